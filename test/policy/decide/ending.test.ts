import { describe, expect, test } from 'vitest';
import { lostToMoney } from '../../../policy/refusals.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const declined = { alpha: ['insufficient_funds'], beta: ['insufficient_funds'] };

/** Every place in which an order can stand when it is ended, and what has to be closed there. */
const PLACES: Record<string, { world: () => World; fences: string[] }> = {
  'waiting for the buyer': { world: () => scene(declined).open(), fences: [] },
  'in the backoff': { world: () => scene({ alpha: ['503'] }).open(), fences: [] },
  'with a later try scheduled': { world: () => scene(declined, { facts: make.MANDATE }).open(), fences: [] },
  confirming: { world: () => scene({ alpha: ['500_lost'] }).open(), fences: ['alpha void'] },
  'in a 3DS challenge': { world: () => scene({ alpha: ['3ds'] }).open(), fences: ['alpha void'] },
  'with hosted checkout open': {
    world: () => {
      const world = scene(declined).open();
      world.say(make.choose('hosted_checkout'));
      return world;
    },
    fences: ['alpha close_hosted'],
  },
  'with an invoice open': {
    world: () =>
      scene(declined)
        .open()
        .pass(4 * make.DAY_MS + make.MINUTE_MS),
    fences: ['alpha close_invoice'],
  },
  authorized: { world: () => scene({}, { facts: { capture: 'manual' } }).open(), fences: ['alpha void'] },
  'with a person': {
    world: () =>
      scene(declined)
        .open()
        .pass(30 * make.DAY_MS),
    fences: [],
  },
  'on hold': {
    world: () => {
      const world = scene(declined, { facts: make.MANDATE }).open();
      world.say(make.hold());
      return world;
    },
    fences: [],
  },
};

describe.each(Object.entries(PLACES))('%s', (_place, { world: make_, fences }) => {
  test.each([
    ['cancel', make.cancel, 'cancelled'],
    ['close', make.close, 'failed'],
  ] as const)('%s closes what can take money, then ends the order', (_how, command, stage) => {
    const world = make_();
    const before = sends(world).length;
    expect(world.say(command())).toBeNull();
    expect(sends(world).slice(before)).toEqual(fences);
    expect(world.stage).toBe(stage);
    expect(world.netCaptured).toBe(0);
    expect(world.pass(40 * make.DAY_MS).stage).toBe(stage);
    expect(sends(world).slice(before)).toEqual(fences);
  });
});

describe('cancel', () => {
  test('while the charge is out: what the answer says decides', () => {
    const cancelDuring = (word: string) => {
      const world = scene({ alpha: [word], beta: ['ok'] });
      world.at(10, () => world.message(make.cancel()));
      return world.open().pass(make.MINUTE_MS);
    };
    const paid = cancelDuring('ok');
    expect(paid.stage).toBe('paid');
    const stopped = cancelDuring('insufficient_funds');
    expect([stopped.stage, sends(stopped)]).toEqual(['cancelled', ['alpha charge']]);
    const unknown = cancelDuring('500_lost');
    expect([unknown.stage, sends(unknown)]).toEqual(['cancelled', ['alpha charge', 'alpha void']]);
    expect(cancelDuring('500_charged').stage).toBe('paid');
    const later = cancelDuring('503');
    expect([later.stage, sends(later)]).toEqual(['cancelled', ['alpha charge']]);
  });

  test.each([
    ['Cancel', make.cancel],
    ['Close', make.close],
  ])('%s while a charge is out that succeeds is refused in the open: a line, and an answer', (wish, ask) => {
    const world = scene({ alpha: ['slow_ok'] });
    world.at(500, () => expect(world.message(ask())).toBeNull()).open();
    expect(world.stage).toBe('paid');
    const line = world.entries.find(({ kind }) => kind === 'command_refused');
    expect(line).toMatchObject({ actor: 'support', text: expect.stringContaining(`${wish} came while a payment`) });
    expect(lostToMoney(world.order)).toMatchObject({
      code: 'order_closed',
      message: expect.stringContaining('refund it at alpha'),
    });
    expect(line?.text).toContain('the order is paid. Recoup has no call that refunds it: refund it at alpha');
    expect(world.order.ending).toBeNull();
  });

  test('while a charge is out that does not succeed ends the order, and nobody is told otherwise', () => {
    const world = scene({ alpha: ['timeout_lost'] });
    world.at(500, () => world.message(make.cancel())).open();
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('cancelled');
    expect(world.entries.filter(({ kind }) => kind === 'command_refused')).toEqual([]);
    expect(lostToMoney(world.order)).toBeNull();
  });

  test('after paid is refused, and changes nothing when it comes all the same', () => {
    const world = scene().open();
    expect(world.say(make.cancel())?.code).toBe('order_closed');
    world.message(make.cancel(), true);
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.order.ending).toBeNull();
  });

  test('where nothing can be closed waits for the truth, then for a person', () => {
    const world = scene({ gamma: ['timeout_lost'] }, { facts: make.ON_GAMMA }).open();
    world.say(make.cancel());
    expect(world.stage).toBe('cancelling');
    world.pass(make.HOUR_MS);
    expect(world.order.review?.code).toBe('cannot_fence');
    expect(world.say(make.resolve(1, 'absent'))).toBeNull();
    expect(world.stage).toBe('cancelled');
  });

  test('an authorization that its void leaves in doubt is asked about, and again, and then a person says', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null, idempotency: null } });
    const world = scene({}, { sheets, facts: { capture: 'manual' }, house: ['none', 'worker_lost'] }).open();
    world.say(make.cancel());
    world.pass(make.HOUR_MS);
    expect(world.order.review?.code).toBe('cannot_fence');
    expect(world.say(make.resolve(1, 'absent'))).toBeNull();
    expect(world.stage).toBe('cancelled');
  });
});

describe('expiry', () => {
  const expiresAt = '2026-11-22T10:10:00.000Z';

  test('ends the order at its time, after closing what can take money', () => {
    const world = scene({ alpha: ['3ds'] }, { facts: { expiresAt } })
      .open()
      .pass(11 * make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha void']);
    expect(world.stage).toBe('expired');
  });

  test('stops resends of an unknown charge at once', () => {
    const soon = '2026-11-22T10:00:02.100Z';
    const world = scene({ alpha: ['timeout_lost'] }, { facts: { expiresAt: soon } })
      .open()
      .pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha void']);
    expect(world.stage).toBe('expired');
  });

  test('never touches a paid order', () => {
    expect(scene({}, { facts: { expiresAt } }).open().pass(make.DAY_MS).stage).toBe('paid');
  });

  test('an order reopened after it does not expire again', () => {
    const world = scene(declined, { facts: { expiresAt } }).open().pass(make.HOUR_MS);
    expect(world.stage).toBe('expired');
    world.say(make.reopened);
    expect(world.stage).toBe('waiting_buyer');
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.order.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });
});

describe('money that comes after the end', () => {
  const late = (onLateSuccess: 'accept' | 'give_back', facts = {}) =>
    scene({ alpha: ['surprise'], beta: ['expired_card'] }, { rulebook: make.ruledBy({ onLateSuccess }), facts }).open();

  test('on a cancelled order is given back at once, and the order is cancelled as before', () => {
    const world = late('accept');
    world.say(make.cancel());
    expect(world.stage).toBe('cancelled');
    world.pass(make.MINUTE_MS);
    expect(sends(world).slice(-1)).toEqual(['alpha refund']);
    expect(world.netCaptured).toBe(0);
    expect(world.stage).toBe('cancelled');
    expect(world.order.review).toBeNull();
    expect(make.toldMerchant(world).slice(-2)).toEqual(['cancelled', 'surplus_returned']);
  });

  test.each([
    ['cancel', make.cancel()],
    ['close', make.close()],
  ])(
    'on a cancelled order goes back, and the order is never paid by it, whoever asks to %s meanwhile',
    (_what, wish) => {
      const world = late('accept');
      world.say(make.cancel());
      // While the refund is under way. (No validator lets it through then; it may have been let through before.)
      world.at(Date.parse(world.order.openedAt) + 6_025 - world.nowMs, () => world.message(wish, true));
      world.pass(make.MINUTE_MS);
      expect(world.entries.map(({ kind }) => kind)).toContain('command_refused');
      expect([world.stage, world.netCaptured]).toEqual(['cancelled', 0]);
      expect(world.entries.map(({ kind }) => kind)).not.toContain('order_paid');
    },
  );

  test.each(['failed', 'expired'])('on a %s order is accepted by default', (stage) => {
    const world = late('accept', stage === 'expired' ? { expiresAt: '2026-11-22T10:00:03.000Z' } : {});
    if (stage === 'failed') world.say(make.close());
    world.pass(4 * make.SECOND_MS);
    expect(world.stage).toBe(stage);
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(make.toldMerchant(world)).toContain('payment_succeeded');
  });

  test('on a failed order goes back where the rule gives back, and does not pay the order when it is opened again', () => {
    const world = late('give_back');
    world.say(make.close());
    world.pass(make.MINUTE_MS);
    expect(world.netCaptured).toBe(0);
    expect(world.stage).toBe('failed');
    world.say(make.reopened);
    expect(world.stage).toBe('waiting_buyer');
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.netCaptured).toBe(0);
  });

  test('an authorization on a cancelled order is voided, and the order stays cancelled', () => {
    const world = late('accept', { capture: 'manual' });
    world.say(make.cancel());
    world.pass(make.MINUTE_MS);
    expect(sends(world).at(-1)).toBe('alpha void');
    expect(world.stage).toBe('cancelled');
  });

  test('on an open order pays it and stops what was planned', () => {
    const world = scene({ alpha: ['surprise'], beta: ['insufficient_funds'] }, { facts: make.MANDATE }).open();
    expect(world.stage).toBe('retry_scheduled');
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.order.retryAt).toBeNull();
  });
});

describe('reopening', () => {
  test('goes on with numbers and budget, and starts nothing on the buyer’s card by itself', () => {
    const world = scene(declined).open();
    world.say(make.close());
    world.say(make.reopened);
    world.pass(make.HOUR_MS);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    world.say(make.retryNow());
    expect(world.order.attempts.map(({ number, startedBy }) => `${number} ${startedBy}`)).toEqual([
      '1 rule',
      '2 rule',
      '3 support',
      '4 rule',
    ]);
  });

  test('commands to a closed order are refused and change nothing', () => {
    const world = scene(declined).open();
    world.say(make.close());
    const commands = [make.cancel(), make.hold(), make.retryNow(), make.choose('hosted_checkout'), make.capture()];
    for (const command of commands) expect(world.say(command)?.code).toBe('order_closed');
    for (const command of commands) world.message(command, true);
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('failed');
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
  });
});
