import type { FailureClass } from '../../terms.ts';
import type { FailureRow } from '../rows.ts';

const TCP = { document: 'RFC 9293, Transmission Control Protocol', edition: '2022-08', evidence: 'primary' } as const;
const HTTP = { document: 'RFC 9110, HTTP Semantics', edition: '2022-06', evidence: 'primary' } as const;

function row(code: string, failureClass: FailureClass, source: typeof TCP | typeof HTTP, note: string): FailureRow {
  return { source: 'transport', code, class: failureClass, ...source, note };
}

/** What the wire itself tells. Only a connection that was never made proves that nothing was executed. */
export const TRANSPORT_ROWS: readonly FailureRow[] = [
  row('refused', 'transient', TCP, 'no connection was made, so no byte of the request was sent'),
  row('timeout', 'unknown_outcome', HTTP, 'no answer in time: the request may have been executed'),
  row('cut', 'unknown_outcome', HTTP, 'connection lost after sending began: the request may have been executed'),
  row('http_401', 'misconfigured', HTTP, 'our credentials are missing or wrong'),
  row('http_403', 'misconfigured', HTTP, 'our account may not do this'),
  row('http_4xx', 'unclassified', HTTP, 'refused with a code that no table knows'),
  row('http_not_executed', 'transient', HTTP, 'the server failed and says itself that nothing was executed'),
  row('http_5xx', 'unknown_outcome', HTTP, 'the server failed, perhaps after it had executed the request'),
  row('http_other', 'unknown_outcome', HTTP, 'an answer that cannot be read says nothing about execution'),
];
