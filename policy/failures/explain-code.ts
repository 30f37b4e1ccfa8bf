import type { FailureClass } from '../terms.ts';
import { type FailureTables, findRow, type RowScope } from './rows.ts';
import { permitsOf } from './strictness.ts';
import { FAILURE_TABLES } from './tables.ts';

/** What the buyer can do about it. Words of `nextAction.type`. */
export type BuyerAction = 'none' | 'wait_confirming' | 'authenticate' | 'fix_method' | 'new_method' | 'choose_method';

/** The wire shape of `recoup explain-code`. */
export interface CodeExplanation {
  source: string;
  code: string;
  network: string | null;
  known: boolean;
  /** `null` for codes that inform without deciding anything. */
  class: FailureClass | null;
  autoRetrySameProcessor: boolean;
  autoRetryOtherProcessor: boolean;
  retryLater: boolean;
  buyerAction: BuyerAction;
  sameInstrumentAllowed: boolean;
  document: string | null;
  edition: string | null;
}

/** What Recoup does, by default, when this code comes alone. Rules may allow less, never more. */
export function explainCode(
  source: string,
  code: string,
  scope: RowScope = {},
  tables: FailureTables = FAILURE_TABLES,
): CodeExplanation {
  const row = findRow(tables, source, code, scope);
  const failureClass = row ? row.class : 'unclassified';
  const permits = permitsOf(failureClass);
  const mustWait = row?.retryAfterMs !== undefined;
  return {
    source,
    code,
    network: scope.network ?? null,
    known: row !== undefined,
    class: failureClass,
    autoRetrySameProcessor: permits.sameProcessor && !mustWait,
    autoRetryOtherProcessor: permits.otherProcessor && !mustWait,
    retryLater: permits.later,
    buyerAction: failureClass === null ? 'none' : buyerActionFor(failureClass),
    sameInstrumentAllowed: row?.forbidsInstrument !== true,
    document: row?.document ?? null,
    edition: row?.edition ?? null,
  };
}

function buyerActionFor(failureClass: FailureClass): BuyerAction {
  switch (failureClass) {
    case 'transient':
    case 'unsupported':
    case 'misconfigured':
      return 'none';
    case 'unknown_outcome':
    case 'in_flight':
    case 'duplicate':
      return 'wait_confirming';
    case 'authentication_required':
      return 'authenticate';
    case 'instrument_problem':
      return 'fix_method';
    case 'hard_decline':
    case 'blocked_for_good':
      return 'new_method';
    case 'soft_decline':
    case 'issuer_decline_unspecified':
    case 'processor_decline':
    case 'authentication_failed':
    case 'blocked':
    case 'unclassified':
      return 'choose_method';
    default:
      return failureClass satisfies never;
  }
}
