import { expect } from 'vitest';
import { namesOf } from '../../../policy/cards.ts';
import { instrumentById, isPayable } from '../../../policy/facts.ts';
import type { Step, World } from './driver.ts';
import { operationSent } from './invariants.ts';

const TRIES_CARD = ['charge', 'authorize'];

/** What the outside knows of cards, kept apart from the state's own memory of it. */
interface Known {
  /** Ids and names that an answer, a notice or another order has forbidden. */
  forbidden: Set<string>;
  /** By name: until when a ceiling is reached, and until when the issuer wants no try by ourselves. */
  reachedUntilMs: Map<string, number>;
  advisedUntilMs: Map<string, number>;
}

/** I4 and the issuer’s waits, asked of every decision. */
export function watchCards(): (step: Step, world: World) => void {
  const known: Known = { forbidden: new Set(), reachedUntilMs: new Map(), advisedUntilMs: new Map() };
  return (step, world) => {
    rememberForbidden(step, world, known);
    rememberLimits(step, world, known);
    neverForbidden(step, known);
    neverAboveCeiling(step, world, known);
    neverBeforeAdvice(step, world, known);
  };
}

function cardTried(step: Step) {
  const sent = operationSent(step);
  if (sent === undefined || !TRIES_CARD.includes(sent.operation.operation)) return undefined;
  const instrument = instrumentById(step.decision.order, sent.attempt.instrumentId);
  expect(instrument, 'a card attempt has its instrument').toBeDefined();
  return instrument === undefined ? undefined : { ...sent, instrument };
}

function neverForbidden(step: Step, { forbidden }: Known): void {
  const tried = cardTried(step);
  if (tried === undefined) return;
  const known = [tried.instrument.id, ...namesOf(tried.instrument)];
  expect(
    known.filter((each) => forbidden.has(each)),
    'I4: forbidden instrument',
  ).toEqual([]);
}

/** By whichever route: a new attempt on a card whose ceiling is known to be reached is not even planned. */
function neverAboveCeiling(step: Step, world: World, { reachedUntilMs }: Known): void {
  const tried = cardTried(step);
  if (tried === undefined || tried.operation.sends > 1) return;
  const untilMs = reachedUntilMs.get(tried.instrument.identity) ?? 0;
  expect(world.nowMs, 'I4: a ceiling is reached').toBeGreaterThanOrEqual(untilMs);
}

/** Not by ourselves, wherever: what buyer and support choose is theirs. */
function neverBeforeAdvice(step: Step, world: World, { advisedUntilMs }: Known): void {
  const tried = cardTried(step);
  if (tried === undefined || tried.operation.sends > 1) return;
  if (tried.attempt.startedBy !== 'rule' && tried.attempt.startedBy !== 'schedule') return;
  const untilMs = Math.max(...namesOf(tried.instrument).map((name) => advisedUntilMs.get(name) ?? 0));
  expect(world.nowMs, 'the issuer asked to wait').toBeGreaterThanOrEqual(untilMs);
}

function rememberLimits({ event, before }: Step, world: World, { reachedUntilMs, advisedUntilMs }: Known): void {
  if (event.type !== 'answered') return;
  const { result } = event;
  for (const { identity, windowEndsAt } of result.ceilings ?? [])
    reachedUntilMs.set(identity, Date.parse(windowEndsAt));
  const attempt = before.attempts[result.attempt - 1];
  const card = instrumentById(before, attempt?.instrumentId ?? null);
  // A webhook may have told of it first, and then the answer says nothing new.
  if (result.retryAfterMs === null || card === undefined || attempt === undefined || !isPayable(attempt)) return;
  for (const name of namesOf(card)) advisedUntilMs.set(name, world.nowMs + result.retryAfterMs);
}

function rememberForbidden(step: Step, world: World, { forbidden }: Known): void {
  const { event, before } = step;
  let number: number | undefined;
  if (event.type === 'answered') {
    for (const { identity } of event.result.forbidden ?? []) forbidden.add(identity);
    if (event.result.forbidsInstrument) number = event.result.attempt;
  }
  if (event.type === 'processor_event' && event.event.forbidsInstrument) {
    const { processor, key } = event.event;
    const payment = world.processors.get(processor)?.payments.find((each) => each.key === key);
    const attempt = before.attempts[(payment?.attempt ?? 0) - 1];
    // A notice about what is settled otherwise says nothing new.
    if (attempt !== undefined && attempt.outcome !== 'succeeded' && isPayable(attempt)) number = payment?.attempt;
  }
  const attempt = before.attempts[(number ?? 0) - 1];
  if (attempt === undefined || attempt.money.captured > 0) return;
  const instrument = instrumentById(before, attempt.instrumentId);
  if (instrument === undefined) return;
  for (const each of [instrument.id, ...namesOf(instrument)]) forbidden.add(each);
}
