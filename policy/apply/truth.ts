import type { OperationResult } from '../answers.ts';
import type { Truth } from './end-attempt.ts';
import { totalsOf } from './give-back.ts';

/** What an answer says of the attempt's payment. */
export function truthOf(result: OperationResult): Truth {
  return {
    outcome: result.outcome,
    failureClass: result.failureClass,
    forbidsInstrument: result.forbidsInstrument,
    forbidsEverywhere: result.forbidsEverywhere,
    retryAfterMs: result.retryAfterMs,
    source: result.evidence,
    ...(result.document === '' ? {} : { document: sourceText(result) }),
    reference: result.reference,
    amountMinor: result.amountMinor,
    totals: totalsOf(result),
    currency: result.currency,
    authorizedOnly: result.authorizedOnly,
    code: result.code,
    network: result.network,
    networkCode: result.networkCode,
    adviceCode: result.adviceCode,
    authentication: result.authentication,
    action: result.action,
    last4: result.last4,
  };
}

/** The rule's document, with its edition where it has one. */
function sourceText({ document, edition }: OperationResult): string {
  return edition === '' ? document : `${document} (${edition})`;
}
