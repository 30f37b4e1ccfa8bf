import { describe, expect, test } from 'vitest';
import { Steps } from '../apply/steps.ts';
import { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const declined = { alpha: ['insufficient_funds'], beta: ['insufficient_funds'] };
const hardThenOk = { alpha: ['stolen_card', 'ok'] };

describe('the buyer’s windows', () => {
  test('24 h to choose, 72 h of hosted checkout, an invoice for 14 days, then a person', () => {
    const world = scene(declined).open();
    expect(world.stage).toBe('waiting_buyer');
    expect(world.pass(make.DAY_MS).stage).toBe('hosted_checkout');
    expect(world.nextAction).toMatchObject({ type: 'hosted_checkout', who: 'buyer' });
    expect(sends(world)).toHaveLength(2);
    world.pass(3 * make.DAY_MS);
    expect(world.stage).toBe('invoiced');
    expect(sends(world).at(-1)).toBe('alpha open_invoice');
    world.pass(15 * make.DAY_MS);
    expect(sends(world).at(-1)).toBe('alpha close_invoice');
    expect(world.order.review?.code).toBe('windows_over');
  });

  test('every path of the rule is there from the start; a window only moves the default', () => {
    const world = scene(declined, {
      instruments: [make.card('ins_1'), make.card('saved', { origin: 'saved' })],
    }).open();
    const paths = () => world.nextAction.options.map(({ path }) => path);
    expect(paths()).toEqual(['saved_method', 'new_method', 'hosted_checkout', 'invoice']);
    world.pass(make.DAY_MS);
    expect(paths()[0]).toBe('hosted_checkout');
    expect([...paths()].sort()).toEqual(['hosted_checkout', 'invoice', 'new_method', 'saved_method']);
  });

  test('when the windows are over the buyer may still choose, and nobody has to decide any more', () => {
    const world = scene(declined)
      .open()
      .pass(30 * make.DAY_MS);
    expect(world.order.review?.code).toBe('windows_over');
    expect(world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })))).toBeNull();
    expect(world.order.review).toBeNull();
  });
});

describe('hosted checkout', () => {
  const open = () => {
    const world = scene(declined).open();
    world.say(make.choose('hosted_checkout'));
    return world;
  };

  test('a click opens one session, a second click finds it', () => {
    const world = open();
    world.say(make.choose('hosted_checkout'));
    expect(sends(world).slice(2)).toEqual(['alpha open_hosted']);
    expect(world.stage).toBe('hosted_checkout');
  });

  test('two clicks while the session is being opened are one session', () => {
    const world = scene(declined).open();
    world.at(5, () => world.message(make.choose('hosted_checkout'), true));
    world.say(make.choose('hosted_checkout'));
    world.pass(make.SECOND_MS);
    expect(sends(world).slice(2)).toEqual(['alpha open_hosted']);
  });

  test('another choice closes it first and runs when that is confirmed', () => {
    const world = open();
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(sends(world).slice(2, 4)).toEqual(['alpha open_hosted', 'alpha close_hosted']);
    expect(sends(world)[4]).toBe('alpha charge');
  });

  test('a page that was paid meanwhile wins over the choice', () => {
    const world = open();
    world.processors.get('alpha')?.buyerActs('pays', world.nowMs);
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    world.pass(5 * make.SECOND_MS);
    expect(world.stage).toBe('paid');
    expect(sends(world).slice(2)).toEqual(['alpha open_hosted', 'alpha close_hosted']);
  });

  test('lives no longer than our window or the processor’s, and is closed at its end', () => {
    const sheets = make.sheetsWith({ alpha: { hostedMaxMs: make.HOUR_MS } });
    const world = scene(declined, { sheets }).open();
    world.say(make.choose('hosted_checkout'));
    expect(world.nextAction.expiresAt).toBe(new Date(world.nowMs + make.HOUR_MS).toISOString());
    world.pass(make.HOUR_MS + make.MINUTE_MS);
    expect(world.stage).toBe('waiting_buyer');
  });

  test('a try that is declined on the page leaves the page open', () => {
    const world = open();
    const { processor, reference } = world.order.attempts.at(-1) ?? {};
    const { merchantId, orderId } = world.order.facts;
    const event = { eventId: 'e', processor: processor ?? '', type: 'payment_failed' as const, merchantId, orderId };
    world.say({ type: 'processor_event', event: { ...event, reference: reference ?? '', occurredAt: world.now } });
    expect(world.stage).toBe('hosted_checkout');
  });

  test('opening that is refused for the moment is tried again with its key', () => {
    const world = new World({
      order: make.newOrder(),
      scripts: { alpha: { collect: ['expired_card'], page: ['503', 'ok'] } },
    }).open();
    world.say(make.choose('hosted_checkout'));
    world.pass(make.SECOND_MS);
    expect(sends(world).slice(1)).toEqual(['alpha open_hosted', 'alpha open_hosted']);
    expect(world.stage).toBe('hosted_checkout');
  });
});

describe('a payment method that is forbidden', () => {
  test('is refused to the rule, to the buyer and to support; another one pays', () => {
    const world = scene(hardThenOk, { facts: make.MANDATE })
      .open()
      .pass(10 * make.DAY_MS);
    expect(sends(world).filter((each) => each.endsWith('charge'))).toEqual(['alpha charge']);
    expect(world.say(make.choose('saved_method', 'ins_1'))?.code).toBe('recovery_refused');
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
    expect(world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })))).toBeNull();
    expect(world.stage).toBe('paid');
  });

  test.each([
    ['with the same id', make.card('ins_1', { origin: 'buyer', credentials: [{ processor: '*', sealed: 'fresh' }] })],
    ['under another id', make.card('ins_9', { origin: 'buyer', identity: 'card-ins_1' })],
    ['under another name', make.card('ins_9', { origin: 'buyer', aliases: ['card-ins_1'] })],
  ])('is refused when it is offered again as a new one %s, by the validator and by decide', (_how, instrument) => {
    const world = scene(hardThenOk).open();
    expect(world.say(make.choose('new_method', instrument))?.code).toBe('recovery_refused');
    world.message(make.choose('new_method', instrument), true);
    world.message(make.choose('saved_method', instrument.id), true);
    world.message(make.retryNow(), true);
    world.pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge']);
  });

  test.each(['PAR first, then one of its credentials', 'a credential that came with it later'])(
    'is forbidden under all its names: %s',
    (how) => {
      const later = how.startsWith('a credential');
      const instruments = [make.card('ins_1', { identity: 'par:1', ...(later ? {} : { aliases: ['cred:a'] }) })];
      const world = scene({ alpha: ['blocked_for_good'] }, { instruments }).open();
      const again = make.card('ins_1', { origin: 'buyer', identity: 'par:1', aliases: ['cred:a'] });
      if (later) world.message(make.choose('new_method', again), true);
      world.pass(0);
      const alone = make.card('ins_9', { origin: 'buyer', identity: 'cred:a' });
      expect(world.say(make.choose('new_method', alone))?.code).toBe('recovery_refused');
      world.message(make.choose('new_method', alone), true);
      world.pass(make.MINUTE_MS);
      expect(sends(world)).toEqual(['alpha charge']);
    },
  );

  test.each(['answer', 'notice'])('is forbidden under the names that a processor’s %s tells too', (how) => {
    const steps = new Steps();
    const said = { failureClass: 'blocked_for_good' as const, forbidsInstrument: true, cardNames: ['par:1'] };
    if (how === 'answer') steps.answer({ outcome: 'declined', ...said });
    else steps.answer({ outcome: 'unknown' }).notice('payment_failed', said);
    const alone = make.card('ins_9', { origin: 'buyer', identity: 'par:1' });
    steps.tell(make.choose('new_method', alone));
    expect([steps.order.attempts.length, steps.said('choice_refused')]).toEqual([
      1,
      expect.stringContaining('forbidden after blocked_for_good'),
    ]);
  });

  test('stays forbidden when the order is reopened, and numbers go on', () => {
    const world = scene({ alpha: ['stolen_card'] }).open();
    world.say(make.close());
    expect(world.stage).toBe('failed');
    world.say(make.reopened);
    expect(world.stage).toBe('waiting_buyer');
    expect(world.say(make.choose('new_method', make.card('ins_1')))?.code).toBe('recovery_refused');
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.order.attempts.map(({ number }) => number)).toEqual([1, 2]);
  });
});

describe('a choice', () => {
  test('that cannot be carried out starts no automatic round instead', () => {
    const instruments = [make.card('ins_1')];
    const world = scene(
      { alpha: ['authentication_required', '3ds_failed'], beta: ['ok'] },
      { instruments, facts: make.MANDATE },
    ).open();
    const expired = [{ processor: '*', sealed: 's', expiresAt: '2026-01-01T00:00:00.000Z' }];
    world.message(make.choose('new_method', make.card('b', { origin: 'buyer', credentials: expired })), true);
    world.pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.entries.find(({ kind }) => kind === 'choice_refused')?.text).toContain('no credential');
    expect(world.stage).toBe('waiting_buyer');
  });

  test('is routed by the rule for the chosen method, not by the one before', () => {
    const rules = make.ruledBy({}).rules;
    const forAmex = { ...(rules.at(-1) as (typeof rules)[number]), name: 'amex', processors: ['beta'] };
    const rulebook = {
      id: 'default',
      version: 1,
      rules: [{ ...forAmex, when: [{ fact: 'brand' as const, op: 'in' as const, value: ['amex'] }] }, ...rules],
    };
    const world = scene({ alpha: ['expired_card'] }, { rulebook }).open();
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer', network: 'amex' })));
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
  });

  test('made twice while the card is with the processor is one attempt', () => {
    const world = scene({ alpha: ['expired_card'] }).open();
    const pay = () => world.message(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    pay();
    pay();
    world.pass(make.SECOND_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
  });

  test('goes on to the retry processor by itself while the buyer waits', () => {
    const world = scene({ alpha: ['expired_card', 'insufficient_funds'] }).open();
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge', 'beta charge']);
    expect(world.stage).toBe('paid');
  });
});
