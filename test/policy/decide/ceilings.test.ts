import { describe, expect, test } from 'vitest';
import { classify } from '../../../policy/failures/classify.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';
import { markOf, usedUp, WINDOW_MS } from './house-faults.ts';
import { DECLINES } from './words.ts';

const openedMs = Date.parse(make.newOrder().openedAt);
const withMandate = { facts: make.MANDATE };
const told = (world: World) => JSON.stringify(world.entries);
const sentAfterMs = (world: World) => world.sent.map(({ atMs }) => atMs - openedMs);

describe('a ceiling that is reached before the order starts', () => {
  const ceilings = () => [usedUp('card-ins_1', openedMs)];

  test('nothing is sent; the buyer is asked, and the explanation says which limit of which document', () => {
    const world = scene({}, { ceilings: ceilings() }).open();
    expect([world.stage, world.order.attempts]).toEqual(['waiting_buyer', []]);
    expect(told(world)).toContain('mastercard declines in 24 hours: 10 of 10 used until');
    expect(told(world)).toContain('a document (2026)');
  });

  test('the timeline says once why nothing was tried, whatever else happens', () => {
    const world = scene({}, { ceilings: ceilings() }).open();
    world.say(make.retryNow());
    world.pass(60_000);
    const lines = world.entries.filter(({ kind }) => kind === 'attempt_refused').map(({ text }) => text);
    expect(lines).toEqual([expect.stringMatching(/^No attempt: mastercard declines in 24 hours: 10 of 10 used until/)]);
  });

  test('rule, buyer and support are refused alike, until the window has ended', () => {
    const world = scene({}, { ceilings: ceilings() }).open();
    expect(world.say(make.choose('new_method', make.card('ins_1')))?.code).toBe('recovery_refused');
    expect(world.say(make.retryNow())?.message).toContain('10 of 10');
    world.pass(WINDOW_MS - 1);
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
    world.pass(1);
    expect(world.say(make.retryNow())).toBeNull();
    expect(sends(world)).toEqual(['alpha charge']);
  });

  test('authenticating is one more try with the same card', () => {
    const world = scene(
      { alpha: ['authentication_required', 'insufficient_funds'] },
      { facts: { buyer: { present: false } } },
    );
    world.open();
    expect(world.nextAction.options[0]?.path).toBe('authenticate');
    world.ledger = { ceilings: ceilings(), forbidden: [] };
    expect(world.say(make.choose('authenticate'))?.message).toContain('10 of 10');
  });

  test('another card pays', () => {
    const world = scene({}, { ceilings: ceilings() }).open();
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.stage).toBe('paid');
  });

  test('with a mandate it is tried when the window ends, to the millisecond', () => {
    const world = scene({}, { ...withMandate, ceilings: ceilings() }).open();
    expect(world.stage).toBe('retry_scheduled');
    expect(world.order.retryAt).toMatchObject({ reason: 'ceiling', at: new Date(openedMs + WINDOW_MS).toISOString() });
    world.pass(WINDOW_MS);
    expect([sentAfterMs(world), world.stage]).toEqual([[WINDOW_MS], 'paid']);
  });

  test('what a command’s sender has just read is newer than what the order knows, both ways', () => {
    const full = { ceilings: ceilings(), forbidden: [] };
    const free = { ceilings: full.ceilings.map((each) => ({ ...each, used: 9 })), forbidden: [] };
    const world = scene({ alpha: ['expired_card', 'ok'] }, { ceilings: ceilings() }).open();
    world.message({ ...make.retryNow(), ledger: free } as never, true);
    world.pass(0);
    expect(sends(world)).toEqual(['alpha charge']);
    world.message({ ...make.retryNow(), ledger: full } as never, true);
    world.pass(0);
    expect(sends(world)).toEqual(['alpha charge']);
    expect(told(world)).toContain('cannot be carried out: mastercard declines in 24 hours: 10 of 10 used');
  });
});

describe('the claim refuses what planning had allowed', () => {
  test('at a ceiling: not sent, told with its source, no other processor, the buyer’s turn', () => {
    const world = scene({}, { house: ['ceiling'] }).open();
    expect(world.stage).toBe('waiting_buyer');
    expect(world.order.attempts).toMatchObject([{ outcome: 'not_executed', failureClass: null, processor: 'alpha' }]);
    expect(world.sent).toHaveLength(1);
    expect(world.netCaptured).toBe(0);
    expect(told(world)).toContain('Attempt 1 was not sent: mastercard declines in 24 hours: 10 of 10 used until');
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
  });

  test('with a mandate: tried again when the window ends', () => {
    const world = scene({}, { ...withMandate, house: ['ceiling'] }).open();
    expect(world.order.retryAt).toMatchObject({ reason: 'ceiling' });
    world.pass(WINDOW_MS + make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.sent.map(({ atMs }) => atMs - openedMs)).toEqual([0, WINDOW_MS]);
  });

  test('again and again, it ends: each one uses up a later try', () => {
    const world = scene({}, { ...withMandate, house: Array.from({ length: 20 }, () => 'ceiling' as const) }).open();
    world.pass(30 * make.DAY_MS);
    expect(sends(world).filter((each) => each.endsWith('charge')).length).toBeLessThanOrEqual(4);
    expect(['waiting_buyer', 'hosted_checkout', 'invoiced', 'needs_review']).toContain(world.stage);
  });

  test('because another order forbade the card: forbidden here too, by every route', () => {
    const world = scene({}, { ...withMandate, house: ['forbidden'] }).open();
    expect(world.stage).toBe('waiting_buyer');
    expect(told(world)).toContain('Attempt 1 was not sent: order o-other was declined with it for good');
    expect(world.order.instruments[0]?.forbidden).toMatchObject({ orderId: 'o-other', failureClass: 'hard_decline' });
    expect(world.say(make.retryNow())?.message).toContain('forbidden after hard_decline, by order o-other');
    expect(world.say(make.choose('new_method', make.card('ins_9', { identity: 'card-ins_1' })))?.code).toBe(
      'recovery_refused',
    );
    expect(world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })))).toBeNull();
    expect(world.stage).toBe('paid');
  });
});

describe('a card that another order forbade', () => {
  test('starts nothing, and is not offered as a saved method', () => {
    const instruments = [make.card('a'), make.card('b', { origin: 'saved' })];
    const forbidden = [markOf('card-a', openedMs), markOf('card-b', openedMs)];
    const world = scene({}, { instruments, forbidden }).open();
    expect([world.stage, world.order.attempts]).toEqual(['waiting_buyer', []]);
    expect(world.nextAction.options.map(({ path }) => path)).not.toContain('saved_method');
    expect(told(world)).toContain('a table (1)');
  });

  test('is not tried later either: a planned try is dropped when the mark arrives', () => {
    const world = scene({ alpha: ['insufficient_funds'], beta: ['insufficient_funds'] }, withMandate).open();
    expect(world.stage).toBe('retry_scheduled');
    world.ledger = { ceilings: [], forbidden: [markOf('card-ins_1', world.nowMs)] };
    world.pass(make.DAY_MS + make.HOUR_MS);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    expect(world.stage).toBe('waiting_buyer');
  });
});

describe('a later try that would come before the window ends', () => {
  test('is moved to its end, with the reason', () => {
    const rulebook = make.ruledBy({ processors: ['alpha'], laterTriesMs: [make.HOUR_MS, make.DAY_MS] });
    const world = scene({ alpha: ['insufficient_funds', 'ok'] }, { ...withMandate, rulebook }).open();
    expect(Date.parse(world.order.retryAt?.at ?? '')).toBe(openedMs + 20 + make.HOUR_MS);
    world.ledger = { ceilings: [usedUp('card-ins_1', openedMs)], forbidden: [] };
    world.pass(make.HOUR_MS + make.MINUTE_MS);
    expect(world.order.retryAt).toMatchObject({
      reason: 'schedule',
      at: new Date(openedMs + 20 + make.DAY_MS).toISOString(),
    });
    expect(told(world)).toContain('the later try that is due');
    world.pass(make.DAY_MS);
    expect([sentAfterMs(world), world.stage]).toEqual([[0, make.DAY_MS + 20], 'paid']);
  });
});

describe('Mastercard advice to wait', () => {
  const waits = { 24: 1, 25: 24, 26: 48, 27: 96, 28: 144, 29: 192, 30: 240 };
  const answer = (code: string) =>
    classify(
      { kind: 'result', status: 'declined', code: 'insufficient_funds', network: 'mastercard', adviceCode: code },
      SIMULATOR_SHEETS.alpha,
      { operation: 'charge' },
    );

  test.each(Object.entries(waits))(
    '%s: tried again after exactly %i h, and by ourselves nowhere before',
    (code, hours) => {
      const { failureClass, retryAfterMs } = answer(code);
      expect(retryAfterMs).toBe(hours * make.HOUR_MS);
      const word = `advice_${code}`;
      DECLINES[word] = { failureClass: failureClass ?? 'unclassified', retryAfterMs: retryAfterMs ?? 0 };
      const rulebook = make.ruledBy({ extraTry: { alpha: 2 }, processors: ['alpha', 'beta', 'gamma'] });
      const world = scene({ alpha: [word, 'ok'] }, { ...withMandate, rulebook }).open();
      world.pass(hours * make.HOUR_MS - 1);
      expect(sends(world)).toEqual(['alpha charge']);
      world.pass(1);
      expect(sentAfterMs(world)).toEqual([0, hours * make.HOUR_MS + 20]);
      expect(world.stage).toBe('paid');
    },
  );

  test('holds although a later answer to the same card says nothing of it', () => {
    DECLINES.advice_30 = { failureClass: 'soft_decline', retryAfterMs: waits[30] * make.HOUR_MS };
    const script = { alpha: ['advice_30', 'insufficient_funds', 'ok'] };
    const world = scene(script, withMandate).open();
    world.pass(make.MINUTE_MS);
    // Support may try: what people choose is theirs. What follows by itself waits for the advised time.
    world.say(make.retryNow());
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    world.pass(waits[30] * make.HOUR_MS - 2 * make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    world.pass(2 * make.MINUTE_MS);
    expect(world.sent.at(-1)?.atMs).toBe(openedMs + 20 + waits[30] * make.HOUR_MS);
    expect(world.stage).toBe('paid');
  });
});

test('an order that is reopened meets the mark before anything is planned', () => {
  const world = scene({ alpha: ['insufficient_funds'], beta: ['insufficient_funds'] }, withMandate).open();
  world.say(make.close());
  expect(world.stage).toBe('failed');
  world.ledger = { ceilings: [], forbidden: [markOf('card-ins_1', world.nowMs)] };
  world.message(make.reopened, true);
  world.pass(0);
  expect([world.stage, sends(world)]).toEqual(['waiting_buyer', ['alpha charge', 'beta charge']]);
  expect(told(world)).toContain('order o-other was declined with it for good');
});
