import { describe, expect, test } from 'vitest';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

describe('processors that cannot take the order', () => {
  test('an unsupported feature skips the processor and says why', () => {
    const rulebook = make.ruledBy({ processors: ['beta', 'alpha'] });
    const world = scene({}, { rulebook, facts: { features: ['on_behalf_of'] } }).open();
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.entries.map(({ text }) => text)).toContainEqual('beta skipped: it does not support on_behalf_of');
  });

  test.each([
    ['missing', [{ processor: 'beta', sealed: 's' }]],
    [
      'expired',
      [
        { processor: 'alpha', sealed: 's', expiresAt: '2026-11-22T09:59:59.000Z' },
        { processor: 'beta', sealed: 's' },
      ],
    ],
  ])('a credential that is %s skips the processor', (_what, credentials) => {
    const world = scene({}, { instruments: [make.card('ins_1', { credentials })] }).open();
    expect(sends(world)).toEqual(['beta charge']);
    expect(world.entries.map(({ text }) => text)).toContainEqual(
      'alpha skipped: it has no credential for this payment method',
    );
  });

  const once = [{ processor: '*', sealed: 's', singleUse: true }];

  test('a single-use credential is used once at a processor: neither extra try nor challenge can use it again', () => {
    const rulebook = make.ruledBy({ extraTry: { alpha: 1 } });
    const instruments = [make.card('ins_1', { credentials: once })];
    const extra = scene({ alpha: ['processor_declined'], beta: ['expired_card'] }, { rulebook, instruments }).open();
    expect(sends(extra)).toEqual(['alpha charge', 'beta charge']);
    const challenge = scene({ alpha: ['authentication_required'] }, { instruments }).open();
    expect(sends(challenge)).toEqual(['alpha charge']);
    expect(challenge.stage).toBe('waiting_buyer');
  });

  test('the same card entered again brings a fresh single-use credential, which can be used', () => {
    const instruments = [make.card('ins_1', { credentials: once })];
    const world = scene({ alpha: ['expired_card', 'ok'] }, { instruments }).open();
    expect(world.say(make.choose('new_method', make.card('ins_1', { credentials: once })))).toBeNull();
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    expect(world.stage).toBe('paid');
  });

  test('a processor that is down is skipped', () => {
    const downUntil = '2026-11-22T10:05:00.000Z';
    expect(sends(scene({}, { health: [{ processor: 'alpha', downUntil }] }).open())).toEqual(['beta charge']);
  });

  test('a processor that is not set up any more goes to the next one', () => {
    const rulebook = make.ruledBy({ processors: ['nowhere', 'beta'] });
    expect(sends(scene({}, { rulebook }).open())).toEqual(['beta charge']);
  });
});

describe('3DS', () => {
  test('a challenge that is wanted is made at the same processor, at most three times', () => {
    const world = scene({ alpha: ['authentication_required'] }).open();
    expect(world.order.attempts.map(({ processor, challenge }) => `${processor} ${challenge}`)).toEqual([
      'alpha false',
      'alpha true',
      'alpha true',
      'alpha true',
    ]);
    expect(world.stage).toBe('waiting_buyer');
    expect(world.nextAction.options.map(({ path }) => path)).not.toContain('authenticate');
    world.message(make.choose('authenticate'), true);
    world.pass(0);
    expect(world.order.attempts).toHaveLength(4);
  });

  test('without the buyer no challenge is made; it is offered when they come', () => {
    const world = scene({ alpha: ['authentication_required', '3ds'] }, { facts: make.MANDATE }).open();
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.nextAction).toMatchObject({ type: 'authenticate', who: 'buyer' });
    expect(world.say(make.choose('authenticate'))).toBeNull();
    expect(world.stage).toBe('waiting_authentication');
  });

  test('the buyer who comes back is looked up at once, and pays', () => {
    const world = scene({ alpha: ['3ds'] }, { webhooks: { lose: [0] } }).open();
    expect(world.stage).toBe('waiting_authentication');
    world.processors.get('alpha')?.buyerActs('pays', world.nowMs);
    world.say(make.returned());
    expect(world.stage).toBe('paid');
  });

  test('a failed challenge asks the buyer, and never another processor', () => {
    const world = scene({ alpha: ['3ds'] }).open();
    world.processors.get('alpha')?.buyerActs('fails', world.nowMs);
    world.pass(5 * make.SECOND_MS);
    expect(world.stage).toBe('waiting_buyer');
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.events.find(({ type }) => type === 'order.payment_failed')).toMatchObject({ willRetry: false });
  });

  test('an abandoned challenge is closed after its window, counts as failed, and is told as such', () => {
    const world = scene({ alpha: ['3ds'] })
      .open()
      .pass(make.HOUR_MS + make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha void']);
    expect(world.order.attempts[0]).toMatchObject({
      outcome: 'not_executed',
      failureClass: 'authentication_failed',
      authentication: 'abandoned',
    });
    expect(world.stage).toBe('waiting_buyer');
    expect(world.events.find(({ type }) => type === 'order.payment_failed')).toMatchObject({ willRetry: false });
  });

  test('after the buyer was asked to act nothing automatic starts on that instrument without a mandate', () => {
    const world = scene({ alpha: ['3ds'] })
      .open()
      .say(make.hold());
    expect(world).toBeNull();
    const asked = scene({ alpha: ['3ds'] }).open();
    asked.processors.get('alpha')?.buyerActs('fails', asked.nowMs);
    asked.pass(2 * make.SECOND_MS);
    asked.say(make.hold());
    asked.say(make.release());
    expect(sends(asked)).toEqual(['alpha charge']);
  });
});
