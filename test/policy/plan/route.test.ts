import { describe, expect, test } from 'vitest';
import type { Sheet } from '../../../policy/sheet.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';
import { scene, sends } from '../decide/fixtures.ts';
import { due } from './due.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { failureClass: 'hard_decline', forbidsInstrument: true } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const UNKNOWN = { outcome: 'unknown' } as const;
const THREE = ['alpha', 'beta', 'gamma'];
const OTHER_CARD = make.choose('new_method', make.card('ins_2', { origin: 'buyer' }));
const alpha = (change: Partial<Sheet>) => ({ sheets: make.sheetsWith({ alpha: change }) });

describe('the first attempt', () => {
  test('is made with the payment method that the order came with, not with a saved one', () => {
    const saved = make.card('saved', { origin: 'saved' });
    expect(new Steps({ instruments: [saved, make.card('own')] }).attempt().instrumentId).toBe('own');
    const none = new Steps({ instruments: [saved] });
    expect([none.order.attempts, none.stage]).toEqual([[], 'waiting_buyer']);
  });

  test('is made up to the very end of the time in which somebody waits for it', () => {
    const at = (notAfter: string) => new Steps({ facts: { notAfter } }).order.attempts.length;
    // At its last instant the claim would not let it out any more.
    expect([at('2026-11-22T10:00:00.001Z'), at('2026-11-22T10:00:00.000Z')]).toEqual([1, 0]);
  });
});

describe('the same key, after a send that did nothing', () => {
  test('is not sent before its time, whatever is heard meanwhile', () => {
    const order = new Steps().answer(BUSY).wait(100).notice('unknown_type');
    expect([order.command, order.order.retryAt?.reason, order.untilSent()]).toEqual([null, 'backoff', 400]);
    expect(order.command).toMatchObject({ operation: 'charge', attempt: 1 });
  });

  test('is not sent once its time is over, as when nobody was there to send it: the retry processor is next', () => {
    const late = (waitMs: number) => new Steps({ facts: make.MANDATE }).answer(BUSY).wait(waitMs).command;
    expect(late(2 * make.MINUTE_MS - 11)).toMatchObject({ attempt: 1 });
    expect(late(2 * make.MINUTE_MS - 10)).toMatchObject({ attempt: 2 });
    expect(late(make.HOUR_MS)).toMatchObject({ attempt: 2 });
  });

  test('is not planned for a time at which the key is not remembered any more', () => {
    const planned = (answerMs: number) => {
      const order = new Steps(alpha({ idempotency: { windowMs: 600, cachesErrors: false, maxKeyLength: 64 } }));
      return order.wait(answerMs).answer(BUSY).order.retryAt?.reason;
    };
    // Remembered for 540 ms; sent again 500 ms after the answer, which takes 10 ms.
    expect([planned(29), planned(30)]).toEqual(['backoff', undefined]);
  });

  test('is not sent with a card that was forbidden meanwhile: the buyer is asked, and no time is planned', () => {
    const order = new Steps().answer(BUSY).notice('payment_failed', HARD);
    expect([order.stage, order.order.retryAt, order.command]).toEqual(['waiting_buyer', null, null]);
  });

  test('is not sent for an attempt that was left, though the choice for which it was left cannot be carried out', () => {
    const nowhere = make.card('ins_2', { origin: 'buyer', credentials: [{ processor: 'gamma', sealed: 's' }] });
    const order = new Steps({ facts: make.MANDATE }).answer(UNKNOWN);
    order.tell(make.choose('new_method', nowhere), 1_000);
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    order.answer(UNKNOWN).tell(make.resolve(1, 'absent'));
    expect(order.said('choice_refused')).toBeDefined();
    expect(order.command).toMatchObject({ operation: 'charge', attempt: 2 });
  });

  const downs = [{ processor: 'alpha', fromMs: 100, untilMs: 30_000 }];
  const overloaded = { alpha: ['503', 'ok'] };

  test('waits for its processor, where that went down and the rule waits: no other one is tried', () => {
    const rulebook = make.ruledBy({ onProcessorDown: 'wait' });
    const world = scene(overloaded, { rulebook, facts: make.MANDATE, down: downs }).open().pass(1_000);
    const waits = { reason: 'processor_down', processor: 'alpha', number: 1, instrumentId: 'ins_1' };
    expect(world.order.retryAt).toMatchObject(waits);
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.order.attempts.map(({ processor }) => processor)).toEqual(['alpha']);
  });

  test('is given up, where its processor went down and the rule goes round: the retry processor is next, mandate or not', () => {
    const world = scene(overloaded, { facts: make.MANDATE, down: downs }).open().pass(1_000);
    expect(world.order.attempts.map(({ processor }) => processor)).toEqual(['alpha', 'beta']);
  });

  test('is given up in its backoff, where every processor went down meanwhile: no time stays planned', () => {
    const order = new Steps().answer(BUSY);
    const health = ['alpha', 'beta'].map((processor) => ({ processor, downUntil: '2026-11-22T11:00:00.000Z' }));
    const { order: after, command } = due(order, { health });
    expect([after.retryAt, after.window?.path, command]).toEqual([null, 'buyer', null]);
  });

  test('is given up, where its processor went down and there is no other: the buyer is asked', () => {
    const world = scene(overloaded, { rulebook: make.ruledBy({ processors: ['alpha'] }), down: downs });
    world.open().pass(1_000);
    expect([world.stage, world.order.retryAt]).toEqual(['waiting_buyer', null]);
  });
});

describe('the retry processor', () => {
  test.each(['insufficient_funds', 'do_not_honor', 'processor_declined', 'blocked', 'unsupported', 'misconfigured'])(
    'after %s is asked without a challenge',
    (word) => {
      const world = scene({ alpha: [word] }).open();
      expect(world.order.attempts.map(({ challenge }) => challenge)).toEqual([false, false]);
    },
  );

  test('after an overload is asked without a challenge', () => {
    const world = scene({ alpha: ['503'] })
      .open()
      .pass(5_000);
    expect(world.order.attempts.map(({ processor, challenge }) => [processor, challenge])).toEqual([
      ['alpha', false],
      ['beta', false],
    ]);
  });

  test('is not asked where the rule stops: the buyer is', () => {
    const stop = scene({ alpha: ['blocked'] }, { rulebook: make.ruledBy({ onBlocked: 'stop' }) }).open();
    expect([sends(stop), stop.stage]).toEqual([['alpha charge'], 'waiting_buyer']);
  });

  test('is asked after one unspecified decline, however many other processors had declined for another reason', () => {
    const words = { alpha: ['insufficient_funds'], beta: ['do_not_honor'] };
    const world = scene(words, { rulebook: make.ruledBy({ processors: THREE }) }).open();
    expect(sends(world)).toEqual(['alpha charge', 'beta charge', 'gamma charge']);
  });

  test('and extra tries are counted anew for what the buyer chose', () => {
    const rulebook = make.ruledBy({ extraTry: { alpha: 1 } });
    const words = { alpha: ['do_not_honor'], beta: ['do_not_honor'] };
    const world = scene(words, { rulebook }).open();
    const once = ['alpha charge', 'alpha charge', 'beta charge'];
    expect(sends(world)).toEqual(once);
    world.say(OTHER_CARD);
    expect(sends(world)).toEqual([...once, ...once]);
    expect(world.order.attempts.map(({ round }) => round)).toEqual([1, 1, 1, 2, 2, 2]);
  });

  test('that declined is not waited for, though it went down then', () => {
    const down = { processor: 'beta', downUntil: '2026-11-22T10:01:00.000Z' };
    const order = new Steps({ facts: make.MANDATE }).answer(SOFT).answer({ ...SOFT, health: [down] });
    expect(order.order.retryAt).toMatchObject({ reason: 'schedule' });
  });
});

describe('advice to wait', () => {
  test('that is over keeps nobody from the retry processor', () => {
    const order = new Steps({ facts: make.MANDATE }).answer({ ...SOFT, retryAfterMs: make.HOUR_MS });
    expect([order.command, order.untilSent()]).toEqual([null, make.HOUR_MS]);
    order.answer(SOFT);
    expect(order.command).toMatchObject({ operation: 'charge', attempt: 3 });
    expect(order.attempt(3).processor).toBe('beta');
  });
});
