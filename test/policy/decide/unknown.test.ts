import { describe, expect, test } from 'vitest';
import { ruleOf } from '../../../policy/next-action.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { plannedSteps } from '../../../policy/wake.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';
import { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const lookups = (world: World) => world.sent.filter(({ operation }) => operation === 'lookup').length;
const NO_WEBHOOKS = { webhooks: { lose: [0, 1, 2, 3, 4, 5] } };

describe('an unknown outcome', () => {
  test('runs nothing else until it is proved: the same key, then lookups', () => {
    const world = scene({ alpha: ['timeout_lost'] }, NO_WEBHOOKS)
      .open()
      .pass(20 * make.SECOND_MS);
    const charges = world.sent.filter(({ operation }) => operation === 'charge').slice(0, 3);
    expect(charges.map(({ key }) => key)).toEqual(['1/charge/alpha', '1/charge/alpha', '1/charge/alpha']);
  });

  test('that went through is found, and never repeated with another key', () => {
    const world = scene({ alpha: ['timeout_charged'] }, NO_WEBHOOKS)
      .open()
      .pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(new Set(world.sent.map(({ key }) => key))).toEqual(new Set(['1/charge/alpha']));
  });

  test('is ended by the webhook, whichever comes first', () => {
    const world = scene({ alpha: ['late_webhook'] })
      .open()
      .pass(15 * make.SECOND_MS);
    expect(world.stage).toBe('confirming');
    expect(world.pass(10 * make.SECOND_MS).stage).toBe('paid');
  });

  test('absence is believed only twice, across the settle window, after the last send; then the retry processor', () => {
    const world = scene({ alpha: ['500_lost'] })
      .open()
      .pass(3_500);
    expect(lookups(world)).toBe(2);
    expect(world.stage).toBe('confirming');
    world.pass(3 * make.SECOND_MS);
    expect(lookups(world)).toBe(3);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    expect(world.stage).toBe('paid');
  });

  test('a processor whose sheet wants three absent answers is asked three times', () => {
    const lookup = { ...SIMULATOR_SHEETS.alpha.lookup, absence: { answers: 3, settleMs: 1_000 } };
    const sheets = make.sheetsWith({ alpha: { lookup: lookup as Sheet['lookup'] } });
    const world = scene({ alpha: ['500_lost'] }, { sheets })
      .open()
      .pass(4 * make.SECOND_MS);
    expect([lookups(world), world.stage]).toEqual([2, 'confirming']);
    expect(sends(world.pass(4 * make.SECOND_MS))).toEqual(['alpha charge', 'beta charge']);
  });

  test('a request that arrives late is seen, because one absent answer is not believed', () => {
    const sheets = make.sheetsWith({ alpha: { idempotency: null, callTimeoutMs: 500 } });
    const world = scene({ alpha: ['timeout_delayed'] }, { sheets, ...NO_WEBHOOKS })
      .open()
      .pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.stage).toBe('paid');
    expect(world.netCaptured).toBe(4_999);
  });

  test('a lookup without an answer breaks the chain of absences', () => {
    const order = make.newOrder();
    const scripts = { alpha: { collect: ['500_lost'], lookup: ['ok', 'no_answer', 'ok', 'ok'] } };
    const world = new World({ order, scripts }).open().pass(10 * make.SECOND_MS);
    expect(world.stage).toBe('confirming');
    expect(world.pass(10 * make.SECOND_MS).stage).toBe('paid');
  });

  test('a 500 of a processor that caches errors is not sent again; one that does not cache them is', () => {
    expect(
      sends(
        scene({ alpha: ['500_charged'] })
          .open()
          .pass(500),
      ),
    ).toEqual(['alpha charge']);
    const sheets = make.sheetsWith({
      alpha: { idempotency: { windowMs: make.DAY_MS, cachesErrors: false, maxKeyLength: 64 } },
    });
    const world = scene({ alpha: ['500_charged'] }, { sheets })
      .open()
      .pass(900);
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    expect(world.stage).toBe('paid');
  });

  test('the same key is never sent at or after resendUntil, even by a worker that was away', () => {
    const world = scene({ alpha: ['timeout_lost'] }, NO_WEBHOOKS).open();
    const until = world.order.attempts[0]?.operations[0]?.resendUntil ?? '';
    expect(Date.parse(until) - Date.parse(world.order.openedAt)).toBe(2 * make.MINUTE_MS);
    world.nowMs = Date.parse(until);
    world.pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge']);
    // And a buyer who waited so long is asked, not charged.
    expect(world.stage).toBe('waiting_buyer');
    const key = { windowMs: 60_000, cachesErrors: false, maxKeyLength: 64 };
    const short = scene({}, { sheets: make.sheetsWith({ alpha: { idempotency: key } }) }).open();
    expect(
      Date.parse(short.order.attempts[0]?.operations[0]?.resendUntil ?? '') - Date.parse(short.order.openedAt),
    ).toBe(54_000);
  });

  test('the same key is not sent while another attempt can take money, however it came to that', () => {
    const world = scene({ alpha: ['insufficient_funds'], beta: ['timeout_lost'] }, NO_WEBHOOKS).open();
    const order = structuredClone(world.order);
    const [first, second] = order.attempts;
    if (first === undefined || second?.proof == null) throw new Error('two attempts');
    first.outcome = 'unknown';
    first.proof = { ...second.proof, nextResendAt: null };
    world.order = order;
    world.pass(900);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
  });

  test('without a lookup the key is asked until resendUntil, with doubling pauses, and then not any more', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null } });
    const world = scene({ alpha: ['timeout_lost'] }, { sheets, ...NO_WEBHOOKS })
      .open()
      .pass(10 * make.MINUTE_MS);
    const last = world.sent.at(-1);
    expect(sends(world).length).toBeGreaterThan(4);
    expect(last?.atMs).toBeLessThan(Date.parse(world.order.openedAt) + 2 * make.MINUTE_MS);
    expect(world.stage).toBe('confirming');
  });

  test('after 30 minutes a person decides, while proof goes on; when it comes nobody has to', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null } });
    const world = scene({ alpha: ['late_webhook'] }, { sheets, ...NO_WEBHOOKS })
      .open()
      .pass(31 * make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    const order = make.newOrder();
    const lookup = Array(12).fill('no_answer');
    const slow = new World({ order, scripts: { alpha: { collect: ['500_lost'], lookup: [...lookup, 'ok'] } } }).open();
    slow.pass(31 * make.MINUTE_MS);
    expect(slow.order.review?.code).toBe('unknown_too_long');
    expect(slow.nextAction).toMatchObject({ type: 'review', who: 'support' });
    const before = lookups(slow);
    slow.pass(6 * make.HOUR_MS);
    expect(lookups(slow)).toBeGreaterThan(before);
    expect(slow.order.review).toBeNull();
    expect(slow.stage).toBe('waiting_buyer');
  });

  test('a message that comes while a lookup is out loses no command, and the order goes on', () => {
    const world = scene({ alpha: ['500_lost'] });
    world.at(1_040, () => world.message(make.cancel()));
    world.open().pass(make.MINUTE_MS);
    expect(world.stage).toBe('cancelled');
    expect(sends(world)).toEqual(['alpha charge', 'alpha void']);
  });

  test('a repeated message that comes in the place of the timer does not swallow it', () => {
    const world = scene({ alpha: ['503', 'ok'] }, { facts: make.MANDATE }).open();
    const hold = make.hold();
    const release = make.release();
    world.say(hold);
    world.say(release);
    world.nowMs = Date.parse(world.wake?.at ?? '');
    world.say(hold);
    expect(world.stage).toBe('paid');
  });

  test('nothing that is planned lies in the past, and the timeline shows what comes', () => {
    const world = scene({ alpha: ['500_lost'] }).open();
    const reading = { ...world.reading, order: world.order };
    const steps = plannedSteps({ ...reading, rule: ruleOf(reading) });
    expect(steps.map(({ text }) => text)).toEqual([
      'Lookup 1 since the last send: attempt 1 at alpha',
      expect.stringContaining('a person looks at attempt 1 at alpha'),
    ]);
    expect(steps.every(({ at }) => Date.parse(at) > world.nowMs)).toBe(true);
  });
});

describe('a processor without key, lookup and fence', () => {
  const onGamma = (word: string, more = {}) => scene({ gamma: [word] }, { facts: make.ON_GAMMA, ...more }).open();

  test('is never sent the same thing twice', () => {
    const world = onGamma('timeout_lost').pass(make.DAY_MS);
    expect(sends(world)).toEqual(['gamma charge']);
    expect(world.order.review?.code).toBe('unknown_too_long');
  });

  test('tells by webhook', () => {
    expect(onGamma('timeout_charged').pass(5 * make.SECOND_MS).stage).toBe('paid');
  });

  test('or a person decides: succeeded pays, absent goes to the buyer', () => {
    const paid = onGamma('timeout_charged', NO_WEBHOOKS).pass(make.HOUR_MS);
    expect(paid.say(make.resolve(1, 'succeeded'))).toBeNull();
    expect(paid.stage).toBe('paid');
    const absent = onGamma('timeout_lost').pass(make.HOUR_MS);
    expect(absent.say(make.resolve(1, 'absent'))).toBeNull();
    expect(absent.stage).toBe('waiting_buyer');
    expect(sends(absent)).toEqual(['gamma charge']);
    expect(absent.say(make.resolve(1, 'absent'))?.code).toBe('not_unknown');
  });

  test('a buyer’s other choice waits for the truth, because nothing can be closed', () => {
    const world = onGamma('timeout_charged', NO_WEBHOOKS).pass(2 * make.MINUTE_MS);
    expect(world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })))).toBeNull();
    world.pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['gamma charge']);
    world.say(make.resolve(1, 'succeeded'));
    expect(world.stage).toBe('paid');
    expect(world.netCaptured).toBe(4_999);
  });
});
