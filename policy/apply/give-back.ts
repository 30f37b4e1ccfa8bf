import type { OperationResult } from '../answers.ts';
import { askPerson, type Draft, sheetOf, tell } from '../draft.ts';
import { hasMoney, heldOf, isDefinite, keeping } from '../facts.ts';
import type { Attempt, Operation } from '../order.ts';
import { newProof, planConfirmation, planProof } from '../plan/proof-times.ts';
import type { Instant, Outcome } from '../terms.ts';
import { minorText } from '../words.ts';
import { isAnotherPayment, isOfAnotherPayment, tellAnotherPayment } from './another-payment.ts';
import { askAboutDenied } from './denied.ts';
import { countOnce, countTotals, uncountRefund } from './money-facts.ts';

/** What is now known of a refund of ours, from whichever source: its answer, a lookup, a notice, a person. */
export interface GiveBackTruth {
  outcome: Outcome;
  /** Short word for the timeline: where this is known from. */
  source: string;
  code?: string;
}

/** A refund came back from its activity. */
export function applyGiveBackAnswer(
  draft: Draft,
  attempt: Attempt,
  operation: Operation,
  result: OperationResult,
): void {
  operation.endedAt = result.endedAt;
  const source = result.evidence;
  if (result.claim === 'conflict') {
    const text = 'The store holds another claim for this refund: nothing was sent, a person has to look';
    askPerson(draft, 'claim_conflict', attempt, text);
    return concludeGiveBack(draft, attempt, operation, { outcome: 'unknown', source });
  }
  // Whoever said meanwhile that nothing was executed cannot have known of this send.
  if (operation.outcome === 'not_executed') operation.outcome = 'unknown';
  const unsent = !result.sent && result.claim === 'none';
  if (unsent || result.provedNotExecuted) operation.sendsNotExecuted += 1;
  if (result.claim === 'expired') operation.resendUntil = null;
  const said = unsent ? 'not_executed' : result.outcome;
  // One send that did nothing does not undo another whose answer was lost.
  const outcome = said === 'not_executed' && operation.sendsNotExecuted < operation.sends ? 'unknown' : said;
  const code = result.code === undefined ? {} : { code: result.code };
  concludeGiveBack(draft, attempt, operation, { outcome, source, ...code });
}

/** The place where a refund's outcome changes. Late truth wins here too: a refund that failed after all is not given back. */
export function concludeGiveBack(draft: Draft, attempt: Attempt, operation: Operation, truth: GiveBackTruth): void {
  const { outcome, source } = truth;
  if (isDefinite(operation.outcome) && !isDefinite(outcome)) return;
  // Proof that it did nothing is no news about one that was answered.
  if (outcome === 'not_executed' && (operation.outcome === 'succeeded' || operation.outcome === 'declined')) return;
  // A failure ends it. Who says later that it succeeded tells of what was before the failure, or a person has to look.
  if (outcome === 'succeeded' && operation.outcome === 'declined') return;
  const news = operation.outcome !== outcome;
  operation.outcome = outcome;
  const more = { actor: 'processor', attempt, evidence: source } as const;
  const amount = minorText(draft.order, operation.amountMinor ?? 0);
  switch (outcome) {
    case 'succeeded':
      attempt.proof = null;
      if (!countOnce(attempt, 'refunded', operation.key, operation.amountMinor ?? 0)) return;
      return tell(draft, 'refunded', `${amount} refunded at ${attempt.processor}`, more);
    case 'declined':
      attempt.proof = null;
      uncountRefund(attempt, operation.key);
      lookAgain(draft);
      if (!news) return;
      return tell(
        draft,
        'refund_failed',
        `${attempt.processor} did not refund ${amount} (${truth.code ?? source})`,
        more,
      );
    case 'not_executed':
    case 'unknown':
    case 'pending':
    case 'requires_action':
      attempt.proof ??= newProof(draft.now);
      planProof(draft, attempt, sheetOf(draft, attempt.processor));
      if (!news) return;
      return tell(draft, `refund_${outcome}`, `${attempt.processor} has not confirmed the refund of ${amount}`, more);
    default:
      return outcome satisfies never;
  }
}

/** A lookup of the refund itself, by its key. */
export function applyGiveBackLookup(
  draft: Draft,
  attempt: Attempt,
  operation: Operation,
  result: OperationResult,
  askedAt: Instant,
): void {
  if (attempt.proof !== null) attempt.proof.lookups += 1;
  switch (result.found) {
    case 'payment': {
      const code = result.code === undefined ? {} : { code: result.code };
      return concludeGiveBack(draft, attempt, operation, { outcome: result.outcome, source: 'lookup', ...code });
    }
    case 'absent':
      if (believesAbsence(draft, attempt, askedAt)) {
        operation.sendsNotExecuted = operation.sends;
        const source = 'absent, proved by lookups across the settle window';
        return concludeGiveBack(draft, attempt, operation, { outcome: 'not_executed', source });
      }
      break;
    default:
      if (attempt.proof !== null) attempt.proof.absentAt = [];
  }
  planProof(draft, attempt, sheetOf(draft, attempt.processor));
}

/** As for payments: so many absent answers, so far apart, all after the last send. */
function believesAbsence(draft: Draft, attempt: Attempt, askedAt: Instant): boolean {
  const rule = sheetOf(draft, attempt.processor)?.lookup?.absence;
  if (rule == null || attempt.proof === null) return false;
  attempt.proof.absentAt = [...attempt.proof.absentAt, draft.now];
  const [first] = attempt.proof.absentAt;
  if (first === undefined || attempt.proof.absentAt.length < rule.answers) return false;
  return Date.parse(askedAt) - Date.parse(first) >= rule.settleMs;
}

/**
 * A payment that was looked up before anything is given back of it or beside it. What the processor says counts, but not what it
 * may have said before it told of the money (`isOutdated`).
 */
export function applyConfirmation(draft: Draft, attempt: Attempt, result: OperationResult, isOutdated: boolean): void {
  const { order } = draft;
  if (attempt.proof !== null) attempt.proof.lookups += 1;
  if (result.found !== 'payment' && result.found !== 'closed') {
    return planConfirmation(draft, attempt);
  }
  attempt.proof = null;
  if (isAnotherPayment(attempt, result)) return confirmsAnother(draft, attempt, result);
  if (result.outcome !== 'succeeded' || result.authorizedOnly === true) {
    const mayComeFirst = result.authorizedOnly === true || !isDefinite(result.outcome);
    if (isOutdated && mayComeFirst) return tellOutdated(draft, attempt);
    return denied(draft, attempt, result);
  }
  attempt.money.captured = result.amountMinor ?? attempt.money.captured;
  countTotals(attempt, totalsOf(result));
  confirmPayment(draft, attempt);
  const text = `${attempt.processor} confirms ${minorText(order, attempt.money.captured)} of attempt ${attempt.number}`;
  tell(draft, 'payment_confirmed', text, { actor: 'processor', attempt, evidence: 'lookup' });
}

function tellOutdated(draft: Draft, attempt: Attempt): void {
  const text = `${attempt.processor}’s answer may be older than its notice that attempt ${attempt.number} has its money: not counted`;
  tell(draft, 'lookup', text, { attempt, evidence: 'outdated' });
}

/**
 * By its processor the money is not there. What should go back is a surplus as before; anything else pays the order, or does not.
 * Where a person has said otherwise of this very answer, their word confirms the payment.
 */
function denied(draft: Draft, attempt: Attempt, result: OperationResult): void {
  const { order } = draft;
  const { outcome, authorizedOnly, found, reference, amountMinor } = result;
  const said = authorizedOnly === true ? 'only reserved' : found === 'closed' ? 'closed' : outcome;
  const text = `${attempt.processor} says that attempt ${attempt.number} is ${said}, and we knew of its money: nothing is given back before a person has looked`;
  const code = heldOf(order, attempt, keeping(order)) > 0 ? 'surplus' : 'event_mismatch';
  const denial = { said, reference, amountMinor, source: 'lookup' };
  if (!askAboutDenied(draft, attempt, denial, { code, text })) confirmPayment(draft, attempt);
}

/** The payment is there as we knew it: its processor said so, or a person where it did not. */
export function confirmPayment({ order }: Draft, attempt: Attempt): void {
  const { surplus } = order;
  if (surplus !== undefined) order.surplus = { ...surplus, confirmed: [...surplus.confirmed, attempt.number] };
}

/** Nothing of what it says counts. When it still knows no other payment after a person has looked, they give back by hand. */
function confirmsAnother(draft: Draft, attempt: Attempt, result: OperationResult): void {
  if (!isOfAnotherPayment(attempt, result)) return tellAnotherPayment(draft, attempt, result, 'lookup');
  const text = `${attempt.processor} does not tell of the payment of attempt ${attempt.number}, but of another one: nothing is given back before a person has looked`;
  askPerson(draft, 'surplus', attempt, text);
}

export function totalsOf(result: OperationResult): Record<'refunded' | 'returned' | 'disputed', number> {
  const { refundedMinor = 0, returnedMinor = 0, disputedMinor = 0 } = result;
  return { refunded: refundedMinor, returned: returnedMinor, disputed: disputedMinor };
}

/** Nothing that was looked up before counts for the next give-back. */
export function lookAgain({ order }: Draft): void {
  if (order.surplus !== undefined) order.surplus = { ...order.surplus, confirmed: [] };
}

/** The refund that a lookup's answer is about; `undefined` where it is about the payment. */
export function refundLookedUp(attempt: Attempt, { key }: OperationResult): Operation | undefined {
  if (!hasMoney(attempt)) return undefined;
  return attempt.operations.find((each) => each.operation === 'refund' && each.key !== '' && each.key === key);
}
