import { namesOf, ofOneCard } from '../cards.ts';
import { ceilingText, isReached } from '../ceilings/ceilings.ts';
import type { CeilingReading } from '../decision.ts';
import { type Draft, refuse } from '../draft.ts';
import { isHeldBack } from '../facts.ts';
import { downReading } from '../health/readings.ts';
import type { Instrument } from '../instrument.ts';
import type { Attempt, OrderState } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import type { Instant } from '../terms.ts';

/** Why no attempt that we submit may use this instrument, or `null` when one may (I4). Holds for rule, buyer and support alike. */
export function refusalOfInstrument(
  draft: Pick<Draft, 'order' | 'ceilings' | 'nowMs'>,
  instrument: Instrument,
): { why: string; source: string; code: 'forbidden' | 'ceiling' } | null {
  const forbidden = forbiddenAs(draft.order, instrument);
  if (forbidden !== undefined) {
    const { failureClass, source, orderId } = forbidden;
    const where = orderId === undefined ? '' : `, by order ${orderId}`;
    return { why: `forbidden after ${failureClass ?? 'a final decline'}${where}`, source, code: 'forbidden' };
  }
  const ceiling = reachedCeiling(draft, instrument);
  if (ceiling === undefined) return null;
  return { why: ceilingText(ceiling), source: `${ceiling.document} (${ceiling.edition})`, code: 'ceiling' };
}

/** Of the ceilings that are reached now, the one that holds longest. Of each the card's latest reading counts, the last. */
export function reachedCeiling(
  { order, ceilings, nowMs }: Pick<Draft, 'order' | 'ceilings' | 'nowMs'>,
  instrument: Instrument,
): CeilingReading | undefined {
  const names = ofOneCard(order, instrument).flatMap(namesOf);
  const latest = new Map(ceilings.filter(({ identity }) => names.includes(identity)).map((each) => [each.name, each]));
  return [...latest.values()]
    .filter((each) => isReached(each, nowMs))
    .sort((a, b) => Date.parse(b.windowEndsAt) - Date.parse(a.windowEndsAt))[0];
}

/** A forbidden card that comes back under another id or name is the same card. */
export function forbiddenAs(order: OrderState, instrument: Instrument): Instrument['forbidden'] {
  return ofOneCard(order, instrument).find(({ forbidden }) => forbidden !== undefined)?.forbidden;
}

const MAX_CHALLENGES = 3;

/** EMV 3DS practice: a buyer is not challenged more than three times with one card. */
export function mayChallenge(order: OrderState, instrument: Instrument): boolean {
  return attemptsWith(order, instrument).filter(({ challenge }) => challenge).length < MAX_CHALLENGES;
}

/** The automatic budget. What buyer and support start does not use it. */
export function isInBudget(draft: Draft, what: string): boolean {
  const { automaticAttempts } = draft.rule;
  const made = draft.order.attempts.filter((attempt) => attempt.neverSent !== true && !isHeldBack(attempt));
  const used = made.filter(({ startedBy }) => startedBy === 'rule' || startedBy === 'schedule').length;
  if (used < automaticAttempts) return true;
  refuse(draft, what, `the rule allows ${automaticAttempts} automatic attempts`);
  return false;
}

/** The buyer was asked to act: what we do by ourselves from then on needs a mandate. */
export function wasAsked(order: OrderState): boolean {
  return order.askedBuyer && order.facts.offSession === undefined;
}

/** Can this processor take this instrument for this order? Says why not in the explanation when `explain`. */
export function canUse(draft: Draft, sheet: Sheet, instrument: Instrument | null, explain: boolean): boolean {
  const { processor } = sheet;
  const why = whyNever(draft, sheet, instrument);
  const down = downReading(draft.health, processor, draft.nowMs);
  if (why === null && down === null) return true;
  if (!explain) return false;
  if (why !== null) refuse(draft, `use ${processor}`, why, `sheet of ${processor}`);
  else refuse(draft, `use ${processor}`, `it is down until ${down?.downUntil}`, `breaker of ${processor}`);
  return false;
}

/** What speaks against this processor whether it is well or not. */
export function whyNever(draft: Draft, sheet: Sheet, instrument: Instrument | null): string | null {
  const { facts } = draft.order;
  const unsupported = facts.features.find((feature) => sheet.unsupportedFeatures.includes(feature));
  if (unsupported !== undefined) return `it does not support ${unsupported}`;
  if (instrument !== null && credentialFor(draft, instrument, sheet.processor) === undefined) {
    return 'it has no credential for this payment method';
  }
  const operation = facts.capture === 'manual' ? 'authorize' : 'charge';
  if (instrument !== null && !sheet.operations.includes(operation)) return `it does not ${operation}`;
  return null;
}

/** The credential to send to a processor: not expired, and a single-use one only once. */
export function credentialFor(
  draft: Pick<Draft, 'order' | 'nowMs'>,
  instrument: Instrument,
  processor: string,
): Instrument['credentials'][number] | undefined {
  return instrument.credentials.find((credential) => {
    if (credential.processor !== processor && credential.processor !== '*') return false;
    if (credential.expiresAt !== undefined && Date.parse(credential.expiresAt) <= draft.nowMs) return false;
    if (credential.singleUse !== true) return true;
    return !draft.order.attempts.some(
      (each) =>
        each.number >= (credential.fromAttempt ?? 0) &&
        each.neverSent !== true &&
        each.instrumentId === instrument.id &&
        each.processor === processor &&
        !isHeldBack(each),
    );
  });
}

/** The latest instant before which the issuer or network wants no try with this card, whichever attempt was told so. */
export function advisedWait(order: OrderState, instrument: Instrument): Instant | null {
  let latest: Instant | null = null;
  for (const { retryNotBefore } of attemptsWith(order, instrument)) {
    if (retryNotBefore === null) continue;
    if (latest === null || Date.parse(retryNotBefore) > Date.parse(latest)) latest = retryNotBefore;
  }
  return latest;
}

/** Attempts with this card, under whichever of its names. */
function attemptsWith(order: OrderState, instrument: Instrument): Attempt[] {
  const ids = ofOneCard(order, instrument).map(({ id }) => id);
  return order.attempts.filter(({ instrumentId }) => instrumentId !== null && ids.includes(instrumentId));
}
