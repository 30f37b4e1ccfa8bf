import type { OrderView } from '../../client/index.ts';
import type { TimelineEntry } from '../../policy/events.ts';
import { capturedOf, isStart, netCaptured, refundedOf, reservedOf, surplusStretches, takings } from './ledger.ts';
import type { OrderPlan } from './plan.ts';
import type { LedgerEntry } from './simulator-control.ts';

/** An operation as our own store has it. */
export interface OperationRow {
  orderId: string;
  attempt: number;
  operation: string;
  processor: string;
  key: string;
  instrumentId: string | null;
  amountMinor: number;
  claimedAtMs: number;
  outcome: string | null;
  recordedAtMs: number | null;
}

/** Everything that is known of one order when it is judged. */
export interface Evidence {
  plan: OrderPlan;
  view: OrderView;
  needsHuman: boolean;
  /** Support said that a payment was not made, and it was: two may stand at the same time then. */
  mistaken: boolean;
  ledger: LedgerEntry[];
  operations: OperationRow[];
  timeline: TimelineEntry[];
  /** The simulator's card of each instrument of the order. */
  cards: Map<string, string>;
  nowMs: number;
}

export type ViolationKind = 'double_charge' | 'lost_payment' | 'forbidden_retry' | 'story_differs' | 'stuck';

export interface Violation {
  kind: ViolationKind;
  orderId: string;
  what: string;
}

/** I1 while it runs: money stands twice although nobody but Recoup started both. The ledger alone tells. */
export function doubleCharge(orderId: string, ledger: LedgerEntry[], nowMs: number): Violation | null {
  if (surplusStretches(ledger, nowMs).length === 0) return null;
  const what = takings(ledger).map(
    ({ processor, key, fromMs }) => `${processor} ${key} at ${new Date(fromMs).toISOString()}`,
  );
  return { kind: 'double_charge', orderId, what: `two payments stood at the same time: ${what.join(', ')}` };
}

/** All that has to hold when the order is at rest. */
export function judge(evidence: Evidence): Violation[] {
  return [...judgeCharges(evidence), ...judgeMoney(evidence), ...judgeStory(evidence), ...judgeHardCards(evidence)];
}

/** I1: nothing is started while something else can take money, and at rest the order keeps no more than its amount. */
function judgeCharges(evidence: Evidence): Violation[] {
  const { plan, view, ledger, timeline, mistaken, nowMs } = evidence;
  const { orderId } = plan;
  const early = startedTooEarly(timeline);
  if (early !== null) return [{ kind: 'double_charge', orderId, what: early }];
  const net = netCaptured(ledger);
  if (capturedTwice(ledger)) return [{ kind: 'double_charge', orderId, what: 'two reservations were captured' }];
  const found = mistaken ? null : doubleCharge(orderId, ledger, nowMs);
  if (found !== null) return [found];
  const keeps = net - (isHeld(evidence) ? view.money.held : 0);
  if (keeps <= view.amount.minor) return [];
  return [{ kind: 'double_charge', orderId, what: `${keeps} is kept of an order of ${view.amount.minor}` }];
}

/** Whoever is wrong about a reservation makes two of them, and never two captures: those are sent by nobody but us. */
export function capturedTwice(ledger: LedgerEntry[]): boolean {
  const captures = ledger.filter(({ operation, effect }) => operation === 'capture' && effect === 'captured');
  const wentBack = (entry: LedgerEntry, atMs: number) =>
    ledger.some(
      (each) => each.effect === 'refunded' && each.reference === entry.reference && Date.parse(each.at) <= atMs,
    );
  return captures.some((later) =>
    captures.some(
      (each) =>
        Date.parse(each.at) < Date.parse(later.at) &&
        each.reference !== later.reference &&
        !wentBack(each, Date.parse(later.at)),
    ),
  );
}

const ENDS = new Set(['attempt_declined', 'attempt_not_executed', 'attempt_held_back', 'fence_confirmed']);
const OPENS = new Set(['attempt_started', 'outcome_unknown', 'payment_pending', 'buyer_action_required']);

/**
 * Even where nothing came of it: an attempt that was started while another one could still take money (I1, I3). An attempt
 * has one number and one key for ever, so only the first line of it tells of a start: a run that Temporal made go back
 * tells it again, and the ledger says whether the processor was asked again.
 */
export function startedTooEarly(timeline: TimelineEntry[]): string | null {
  const open = new Set<number>();
  const started = new Set<number>();
  for (const { kind, attempt, at } of timeline) {
    if (attempt === undefined) continue;
    if (kind === 'attempt_started') {
      if (started.has(attempt)) continue;
      started.add(attempt);
      const other = [...open].find((each) => each !== attempt);
      if (other !== undefined) {
        return `attempt ${attempt} was started at ${at}, while attempt ${other} could still take money`;
      }
    }
    if (OPENS.has(kind)) open.add(attempt);
    else if (ENDS.has(kind)) open.delete(attempt);
  }
  return null;
}

/** I2: money that was taken pays the order, went back, or is held by somebody; and no order is paid without money. */
function judgeMoney(evidence: Evidence): Violation[] {
  const { plan, view, ledger, needsHuman } = evidence;
  const { orderId } = plan;
  const net = netCaptured(ledger);
  const lost = (what: string): Violation[] => [{ kind: 'lost_payment', orderId, what }];
  const unpaid = view.stage === 'failed' || view.stage === 'cancelled' || view.stage === 'expired';
  if (unpaid && net > 0 && !isHeld(evidence)) return lost(`${view.stage}, and ${net} was taken and not given back`);
  if (unpaid && reservedOf(ledger) > 0) return lost(`${view.stage}, and ${reservedOf(ledger)} is still reserved`);
  if (view.stage === 'paid' && net < view.amount.minor)
    return lost(net <= 0 ? 'paid, and no money was taken' : `paid, and only ${net} was kept`);
  const twice = givenBackTwice(ledger);
  if (twice !== null) return lost(`more went back of ${twice} than it took`);
  if (!isInDoubt(view)) {
    if (view.money.held > 0 && !isHeld(evidence)) return lost(`${view.money.held} has to go back, and did not`);
    const stands = net + reservedOf(ledger);
    if (stands > view.amount.minor && !needsHuman) return lost(`${stands} is kept or reserved`);
  }
  if (!unpaid && view.stage !== 'paid' && net > 0 && !needsHuman && !isInDoubt(view))
    return lost(`${view.stage}, although ${net} was taken`);
  return [];
}

/**
 * What has to go back goes by itself. Only gamma, which says nothing of lost answers, leaves that to a person, and a
 * processor that refuses to give back.
 */
function isHeld({ view, needsHuman, ledger, operations }: Evidence): boolean {
  if (!needsHuman || view.money.held === 0) return false;
  const refused = operations.some(({ operation, outcome }) => operation === 'refund' && outcome === 'declined');
  return refused || ledger.some(({ processor }) => processor === 'gamma');
}

/** Names a payment of which more went back than it took. */
function givenBackTwice(ledger: LedgerEntry[]): string | null {
  const captured = ledger.filter(({ effect }) => effect === 'captured');
  const of = ({ processor, reference }: LedgerEntry) =>
    ledger.filter((each) => each.processor === processor && each.reference === reference);
  return captured.find((each) => netCaptured(of(each)) < 0)?.reference ?? null;
}

function isInDoubt({ attempts }: OrderView): boolean {
  return attempts.some(({ outcome }) => outcome === null || outcome === 'unknown' || outcome === 'pending');
}

/** I5: what we tell is what happened. */
function judgeStory({ plan, view, ledger, operations }: Evidence): Violation[] {
  const { orderId } = plan;
  const found: string[] = [];
  const told = new Set(view.attempts.flatMap((attempt) => attempt.operations.map(({ key }) => key)));
  for (const entry of ledger) {
    if (!told.has(entry.key))
      found.push(`${entry.processor} had ${entry.operation} ${entry.key}, of which the order tells nothing`);
    if (isStart(entry) && entry.amountMinor !== view.amount.minor)
      found.push(`${entry.processor} was asked for ${entry.amountMinor}`);
  }
  for (const { key, operation } of operations) {
    if (!told.has(key)) found.push(`${operation} ${key} was claimed, and the order tells nothing of it`);
  }
  // While an outcome is unknown nothing is claimed of its money.
  if (isInDoubt(view)) return found.map((what) => ({ kind: 'story_differs', orderId, what }));
  const captured = capturedOf(ledger);
  if (view.money.captured !== captured)
    found.push(`the order tells of ${view.money.captured} captured, the ledger of ${captured}`);
  if (view.money.net < 0) found.push(`the order tells that more went back than was taken: ${view.money.net}`);
  const refunded = refundedOf(ledger);
  if (view.money.refunded !== refunded)
    found.push(`the order tells of ${view.money.refunded} refunded, the ledger of ${refunded}`);
  return found.map((what) => ({ kind: 'story_differs', orderId, what }));
}

/** I4: a card that was declined for good is sent nowhere again, under no other key. */
function judgeHardCards({ plan, ledger, operations, cards }: Evidence): Violation[] {
  return plan.hardCards.flatMap((card) => {
    const sent = ledger
      .filter(({ operation }) => operation === 'charge' || operation === 'authorize')
      .filter(({ key }) => cards.get(operations.find((each) => each.key === key)?.instrumentId ?? '') === card)
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    // Only what was executed has a reference, and all that is executed with such a card is declined.
    const declined = sent.findIndex(({ reference }) => reference !== null);
    const later = declined === -1 ? [] : sent.slice(declined + 1).filter(({ key }) => key !== sent[declined]?.key);
    return later.map(({ processor, key }) => ({
      kind: 'forbidden_retry' as const,
      orderId: plan.orderId,
      what: `${card} was declined for good at ${sent[declined]?.processor}, and sent to ${processor} again as ${key}`,
    }));
  });
}
