import { describe, expect, test } from 'vitest';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

describe('the main processor, then the retry processor', () => {
  test('a success at the main processor pays the order with one send', () => {
    const world = scene().open();
    expect(world.stage).toBe('paid');
    expect(sends(world)).toEqual(['alpha charge']);
    expect(make.toldMerchant(world)).toEqual(['payment_succeeded']);
  });

  test.each(['insufficient_funds', 'do_not_honor', 'processor_declined', 'blocked', 'unsupported', 'misconfigured'])(
    '%s at the main processor goes to the retry processor, and the failure tells that we go on',
    (word) => {
      const world = scene({ alpha: [word] }).open();
      expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
      expect(world.stage).toBe('paid');
      expect(world.events[0]).toMatchObject({ type: 'order.payment_failed', attempt: 1, willRetry: true });
    },
  );

  test.each(['expired_card', 'unclassified', 'stolen_card', 'blocked_for_good', '3ds_failed', '3ds_ok_declined'])(
    '%s is the buyer’s: no other processor, payment_failed without a retry',
    (word) => {
      const world = scene({ alpha: [word] }).open();
      expect(sends(world)).toEqual(['alpha charge']);
      expect(world.stage).toBe('waiting_buyer');
      expect(world.events[0]).toMatchObject({ type: 'order.payment_failed', attempt: 1, willRetry: false });
    },
  );

  test('an unspecified decline is retried elsewhere once, a soft one at every processor of the rule', () => {
    const rulebook = make.ruledBy({ processors: ['alpha', 'beta', 'gamma'] });
    const decline = (word: string) => scene({ alpha: [word], beta: [word], gamma: [word] }, { rulebook }).open();
    expect(sends(decline('do_not_honor'))).toEqual(['alpha charge', 'beta charge']);
    expect(sends(decline('insufficient_funds'))).toEqual(['alpha charge', 'beta charge', 'gamma charge']);
  });

  test('an extra try is made where the rule asks, and is off where the processor makes its own', () => {
    const rulebook = make.ruledBy({ extraTry: { alpha: 1, beta: 1 } });
    const words = { alpha: ['processor_declined'], beta: ['processor_declined'] };
    const both = ['alpha charge', 'alpha charge', 'beta charge', 'beta charge'];
    expect(sends(scene(words, { rulebook }).open())).toEqual(both);
    const sheets = make.sheetsWith({ alpha: { nativeRetries: true } });
    const world = scene(words, { rulebook, sheets }).open();
    expect(sends(world)).toEqual(['alpha charge', 'beta charge', 'beta charge']);
    expect(JSON.stringify(world.entries)).toContain('the processor makes its own');
  });

  test('blocked stops where the rule stops, and asks for 3DS where the rule does', () => {
    const stop = scene({ alpha: ['blocked'] }, { rulebook: make.ruledBy({ onBlocked: 'stop' }) }).open();
    expect(sends(stop)).toEqual(['alpha charge']);
    const with3ds = scene({ alpha: ['blocked'] }, { rulebook: make.ruledBy({ onBlocked: 'retry_with_3ds' }) }).open();
    expect(with3ds.order.attempts.map(({ processor, challenge }) => [processor, challenge])).toEqual([
      ['alpha', false],
      ['beta', true],
    ]);
  });

  test('a decline that is heard again by webhook is told once', () => {
    const world = scene({ alpha: ['expired_card'] })
      .open()
      .pass(make.MINUTE_MS);
    expect(make.toldMerchant(world).filter((type) => type === 'payment_failed')).toHaveLength(1);
  });

  test('a notice of failure that overtakes the lost answer ends the attempt, even where nothing can be looked up', () => {
    const world = scene({ gamma: ['timeout_declined'] }, { facts: make.ON_GAMMA })
      .open()
      .pass(10 * make.SECOND_MS);
    expect(world.order.attempts[0]).toMatchObject({ outcome: 'declined', failureClass: 'soft_decline' });
    expect(world.stage).toBe('waiting_buyer');
  });
});

describe('transient failures', () => {
  test('the same key twice more, after 0.5 s and 1.5 s, then the retry processor', () => {
    const world = scene({ alpha: ['503'] })
      .open()
      .pass(10 * make.SECOND_MS);
    const charges = world.sent.filter(({ operation }) => operation === 'charge');
    expect(charges.map(({ key }) => key)).toEqual([
      '1/charge/alpha',
      '1/charge/alpha',
      '1/charge/alpha',
      '2/charge/beta',
    ]);
    const [first, second, third] = charges.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBe(520);
    expect((third ?? 0) - (second ?? 0)).toBe(1_520);
    expect(world.stage).toBe('paid');
    expect(make.toldMerchant(world).filter((type) => type === 'payment_failed')).toHaveLength(1);
  });

  test('one send without an answer among refused ones is unknown: no retry processor before it is proved', () => {
    const world = scene({ alpha: ['503', 'timeout_charged'] })
      .open()
      .pass(4 * make.SECOND_MS);
    expect(sends(world).every((each) => each === 'alpha charge')).toBe(true);
    expect(world.stage).toBe('paid');
  });

  test('a store that is down proves that nothing was sent', () => {
    const house = ['store_down', 'store_down', 'store_down'] as const;
    const world = scene({}, { house: [...house] })
      .open()
      .pass(10 * make.SECOND_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge', 'alpha charge', 'beta charge']);
  });

  test('a hold in the middle of the backoff stops it; after the release it goes on', () => {
    const world = scene({ alpha: ['503', 'ok'] }, { facts: make.MANDATE }).open();
    world.say(make.hold());
    world.pass(5 * make.SECOND_MS);
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.nextAction.type).toBe('on_hold');
    world.say(make.release());
    expect(world.pass(make.SECOND_MS).stage).toBe('paid');
  });

  test('a buyer who was asked during the hold is not charged by its end', () => {
    const world = scene({ alpha: ['503', 'ok'] }).open();
    world.say(make.hold());
    world.say(make.release());
    expect(sends(world.pass(make.MINUTE_MS))).toEqual(['alpha charge']);
  });
});

describe('the answer that a buyer waits for', () => {
  test('a new attempt that would not fit into 15 s is not started', () => {
    const sheets = make.sheetsWith({ beta: { callTimeoutMs: 14_990 } });
    const world = scene({ alpha: ['insufficient_funds'] }, { sheets }).open();
    expect(sends(world)).toEqual(['alpha charge']);
    expect(JSON.stringify(world.entries)).toContain('the buyer has an answer within 15 s');
  });

  test('a call is never allowed to take longer than the whole wait, but the first attempt is made', () => {
    const sheets = make.sheetsWith({ alpha: { callTimeoutMs: 80_000 } });
    const world = scene({}, { sheets }).open();
    expect(world.sent[0]?.timeoutMs).toBe(15_000);
  });

  test('off session nobody waits', () => {
    const sheets = make.sheetsWith({ beta: { callTimeoutMs: 20_000 } });
    const world = scene({ alpha: ['insufficient_funds'] }, { sheets, facts: make.MANDATE }).open();
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
  });

  test('an order whose buyer has left before the first attempt is not charged late', () => {
    const world = scene({}, { facts: { notAfter: '2026-11-22T09:59:59.000Z' } }).open();
    expect(sends(world)).toEqual([]);
    expect(world.stage).toBe('waiting_buyer');
    const late = scene({}, { house: ['late'] })
      .open()
      .pass(make.HOUR_MS);
    expect(sends(late)).toEqual(['alpha charge']);
    expect(late.stage).toBe('waiting_buyer');
    expect(late.netCaptured).toBe(0);
  });
});

describe('the automatic budget', () => {
  test('bounds what we start by ourselves; what the buyer starts does not use it', () => {
    const rulebook = make.ruledBy({ automaticAttempts: 1 });
    const world = scene({ alpha: ['insufficient_funds'] }, { rulebook }).open();
    expect(sends(world)).toEqual(['alpha charge']);
    for (const id of ['a', 'b', 'c']) world.say(make.choose('new_method', make.card(id, { origin: 'buyer' })));
    expect(world.order.attempts.map(({ startedBy }) => startedBy)).toEqual(['rule', 'buyer', 'buyer', 'buyer']);
  });

  test('bounds later tries too', () => {
    const rulebook = make.ruledBy({ automaticAttempts: 3, processors: ['alpha'] });
    const world = scene({ alpha: ['insufficient_funds'] }, { rulebook, facts: make.MANDATE })
      .open()
      .pass(30 * make.DAY_MS);
    expect(sends(world).filter((each) => each === 'alpha charge')).toHaveLength(3);
  });
});

describe('ceilings', () => {
  test('a reached ceiling stops rule, buyer and support alike', () => {
    const ceilings = [
      {
        identity: 'card-ins_1',
        name: 'visa',
        used: 15,
        limit: 15,
        windowEndsAt: '2026-12-22T10:00:00.000Z',
        document: 'd',
        edition: 'e',
      },
    ];
    const world = scene({}, { ceilings }).open();
    expect(world.stage).toBe('waiting_buyer');
    expect(world.say(make.choose('new_method', make.card('ins_1')))?.code).toBe('recovery_refused');
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
    world.message(make.retryNow(), true);
    world.pass(0);
    expect(sends(world)).toEqual([]);
  });
});
