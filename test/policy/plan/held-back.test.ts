import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../../policy/answers.ts';
import { PROCESSOR_DOWN, type Sheet } from '../../../policy/sheet.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';
import { scene, sends } from '../decide/fixtures.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const OTHER_CARD = make.choose('new_method', make.card('ins_2', { origin: 'buyer' }));
const OPENED_MS = Date.parse(make.newOrder().openedAt);

/** A breaker held it back; these processors are down, each so long from now, ms. */
function held(order: Steps, downMs: Record<string, number>): Steps {
  const nowMs = Date.parse(order.now) + 10;
  const health = Object.entries(downMs).map(([processor, ms]) => ({
    processor,
    downUntil: new Date(nowMs + ms).toISOString(),
  }));
  const never = { sent: false, claim: 'none', provedNotExecuted: true, evidence: PROCESSOR_DOWN } as const;
  const said: Partial<OperationResult> = { outcome: 'not_executed', failureClass: 'transient', ...never, health };
  return order.answer(said);
}

/** What is sent next, by whom. */
const next = (order: Steps) =>
  order.command === null ? null : [order.attempt(order.command.attempt).processor, order.command.operation];
/** Who is waited for, and with which attempt. */
const awaited = ({ order }: Steps) =>
  order.retryAt?.reason === 'processor_down' ? [order.retryAt.processor, order.retryAt.number] : null;
const BOTH = { alpha: 2_000, beta: 2_000 };

describe('a card’s attempt that was held back', () => {
  test('waits for the processor that is back first', () => {
    expect(awaited(held(new Steps(), { alpha: 3_000, beta: 2_000 }))).toEqual(['beta', 1]);
    expect(awaited(held(new Steps(), { alpha: 2_000, beta: 3_000 }))).toEqual(['alpha', 1]);
  });

  test('waits for none that could not take the payment anyway', () => {
    const sheets = make.sheetsWith({ beta: { unsupportedFeatures: ['x'] } });
    const order = new Steps({ facts: { features: ['x'] }, sheets });
    expect(awaited(held(order, { alpha: 3_000, beta: 2_000 }))).toEqual(['alpha', 1]);
  });

  test('goes to no processor that was tried before in this round', () => {
    const order = held(new Steps().answer(SOFT), { beta: 2_000 });
    expect([next(order), awaited(order)]).toEqual([null, ['beta', 2]]);
  });

  test('goes to the next one of the rule that was not', () => {
    const rulebook = make.ruledBy({ processors: ['alpha', 'beta', 'gamma'] });
    const down = [{ processor: 'beta', fromMs: 0, untilMs: make.MINUTE_MS }];
    const world = scene({ alpha: ['insufficient_funds'] }, { rulebook, down }).open();
    expect(sends(world)).toEqual(['alpha charge', 'beta charge', 'gamma charge']);
  });

  test('goes to one that was tried with another card, in an earlier round', () => {
    const order = held(new Steps().answer(SOFT).answer(SOFT).tell(OTHER_CARD), { alpha: 2_000 });
    expect([next(order), order.attempt().number]).toEqual([['beta', 'charge'], 3]);
  });

  test('goes to one that charges cards, whether or not it has pages', () => {
    const sheets = make.sheetsWith({ beta: { operations: ['charge', 'refund'] } });
    expect(next(held(new Steps({ sheets }), { alpha: 2_000 }))).toEqual(['beta', 'charge']);
  });

  test('goes nowhere if the answer would come too late for the buyer, who is asked', () => {
    const inTime = held(new Steps().wait(12_000), { alpha: 2_000 });
    expect(next(inTime)).toEqual(['beta', 'charge']);
    const late = held(new Steps().wait(14_000), { alpha: 2_000 });
    expect([next(late), late.stage]).toEqual([null, 'waiting_buyer']);
  });

  test('is sent nowhere once its card is forbidden: the buyer is asked', () => {
    const order = held(new Steps(), BOTH).notice('payment_failed', { ...HARD, forbidsInstrument: true });
    order.untilSent();
    expect([next(order), order.attempt().kind, order.order.attempts[0]?.operations[0]?.sends]).toEqual([
      ...[['alpha', 'open_invoice'], 'invoice', 0],
    ]);
  });

  test('is sent nowhere once the buyer has left it, though what was chosen instead cannot be carried out', () => {
    const nowhere = make.card('ins_2', { origin: 'buyer', credentials: [{ processor: 'gamma', sealed: 's' }] });
    const order = held(new Steps().tell(make.choose('new_method', nowhere)), { alpha: 2_000 });
    expect(order.said('choice_refused')).toBeDefined();
    expect([next(order), order.stage]).toEqual([null, 'waiting_buyer']);
  });

  test('as a challenge waits for the processor that wants it', () => {
    const asked = new Steps().answer({ outcome: 'declined', failureClass: 'authentication_required' });
    const order = held(asked, { alpha: 2_000 });
    expect([next(order), awaited(order)]).toEqual([null, ['alpha', 2]]);
    order.untilSent();
    expect([next(order), order.attempt().challenge]).toEqual([['alpha', 'charge'], true]);
  });
});

describe('how long an attempt that was held back may wait', () => {
  test('of the first round: until the caller has left', () => {
    const at = (notAfterMs: number) =>
      held(new Steps({ facts: { notAfter: new Date(OPENED_MS + notAfterMs).toISOString() } }), BOTH);
    // Nothing is written to a processor at that instant any more: who would be sent then is not waited for.
    expect([at(2_009), at(2_010), at(2_011)].map(awaited)).toEqual([null, null, ['alpha', 1]]);
    const last = at(2_011);
    last.untilSent();
    expect(next(last)).toEqual(['alpha', 'charge']);
  });

  test('of a later round: while the buyer waits for that answer, long after the first caller has left', () => {
    const declined = new Steps().answer(HARD).wait(make.MINUTE_MS).tell(OTHER_CARD);
    const order = held(declined, BOTH);
    expect(awaited(order)).toEqual(['alpha', 2]);
    order.untilSent();
    expect(next(order)).toEqual(['alpha', 'charge']);
  });

  test('of a later round, at the retry processor, too', () => {
    const order = held(new Steps().answer(HARD).wait(make.MINUTE_MS).tell(OTHER_CARD).answer(SOFT), { beta: 2_000 });
    expect(awaited(order)).toEqual(['beta', 3]);
    order.untilSent();
    expect(next(order)).toEqual(['beta', 'charge']);
  });
});

describe('a page that was held back', () => {
  const page = (path: 'hosted_checkout' | 'invoice', options = {}) =>
    new Steps(options).answer(HARD).wait(make.MINUTE_MS).tell(make.choose(path));
  const without = (operation: string): { sheets: Sheet[] } => {
    const operations = make.sheetsWith({})[1]?.operations.filter((each) => each !== operation) ?? [];
    return { sheets: make.sheetsWith({ beta: { operations } }) };
  };

  test.each([
    ['hosted_checkout', 'open_hosted', 'open_invoice'],
    ['invoice', 'open_invoice', 'open_hosted'],
  ] as const)('%s is opened by a processor that offers it, and by no other', (path, itself, other) => {
    expect(next(held(page(path), { alpha: 2_000 }))).toEqual(['beta', itself]);
    expect(next(held(page(path, without(other)), { alpha: 2_000 }))).toEqual(['beta', itself]);
    const nowhere = held(page(path, without(itself)), { alpha: 2_000 });
    expect([next(nowhere), awaited(nowhere)]).toEqual([null, ['alpha', 2]]);
    nowhere.untilSent();
    expect(next(nowhere)).toEqual(['alpha', itself]);
  });

  test('is waited for, if the buyer chose it, only while the buyer waits', () => {
    const order = held(page('hosted_checkout'), { alpha: make.HOUR_MS, beta: make.HOUR_MS });
    expect([awaited(order), order.stage]).toEqual([null, 'waiting_buyer']);
  });

  test('is waited for, if the rule opens it, however long: it takes nothing by itself', () => {
    const order = new Steps().answer(HARD);
    order.untilSent();
    expect(next(order)).toEqual(['alpha', 'open_invoice']);
    held(order, { alpha: make.HOUR_MS, beta: make.HOUR_MS });
    expect(awaited(order)).toEqual(['alpha', 2]);
    expect([order.untilSent(), next(order)]).toEqual([make.HOUR_MS, ['alpha', 'open_invoice']]);
  });
});

describe('where the rule waits for its first processor', () => {
  const rulebook = make.ruledBy({ onProcessorDown: 'wait' });

  test('one that could not take the payment anyway is passed over', () => {
    const sheets = make.sheetsWith({ alpha: { unsupportedFeatures: ['x'] } });
    expect(sends(scene({}, { rulebook, sheets, facts: { features: ['x'] } }).open())).toEqual(['beta charge']);
    const sheetsOfTwo = make.sheetsWith({}).slice(1);
    expect(sends(scene({}, { rulebook, sheets: sheetsOfTwo }).open())).toEqual(['beta charge']);
  });

  test('what the buyer chooses goes round it all the same', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T11:00:00.000Z' }];
    const world = scene({}, { rulebook, health }).open();
    expect([sends(world), world.stage]).toEqual([[], 'waiting_buyer']);
    world.say(OTHER_CARD);
    expect(sends(world)).toEqual(['beta charge']);
  });

  test('the number of the attempt that waits is that of the next', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T11:00:00.000Z' }];
    expect(scene({}, { rulebook, health, facts: make.MANDATE }).open().order.retryAt).toMatchObject({ number: 1 });
  });
});
