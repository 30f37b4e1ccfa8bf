import { describe, expect, test } from 'vitest';
import { headline } from '../../../policy/headline.ts';
import { Steps } from '../apply/steps.ts';
import * as make from './fixtures.ts';

const { scene, sends } = make;
const AMOUNT = 4_999;
const DECLINED = { outcome: 'declined', failureClass: 'instrument_problem' } as const;
const PAID = { outcome: 'succeeded', amountMinor: AMOUNT } as const;

const declined = () => new Steps().answer(DECLINED);
const stranger = (order: Steps, reference: string, said = {}) =>
  order.notice('payment_succeeded', { processor: 'gamma', attempt: 9, reference, ...said });
const disagreeing = (order: Steps) => order.notice('payment_succeeded', { amountMinor: 1, reference: 'pay_1' });
const asked = ({ order }: Steps) => order.review?.code ?? null;
const types = (order: Steps) => order.events.map(({ type }) => type.slice('order.'.length));

describe('a second question to a person', () => {
  test('waits behind the first, and comes up when that is answered', () => {
    const order = stranger(disagreeing(declined()), 'pay_7');
    expect(asked(order)).toBe('event_mismatch');
    expect(order.said('needs_review')).toMatch(/none of ours/);
    expect(headline(order.order)).toBe(
      'A person decides: a notice of a processor disagrees with the order (then 1 more question).',
    );
    const { since } = order.order.review ?? {};
    order.tell(make.accept(order.order), make.MINUTE_MS);
    expect(order.order.review).toEqual({ code: 'event_unmatched', attempt: null, since, about: 'gamma pay_7' });
    expect(types(order)).toEqual(['needs_review']);
    expect([order.stage, order.command]).toEqual(['needs_review', null]);
    order.tell(make.accept(order.order));
    expect([asked(order), order.stage]).toEqual([null, 'waiting_buyer']);
  });

  test('is one for each payment that is not explained, however often that is told', () => {
    const order = stranger(stranger(stranger(declined(), 'pay_7'), 'pay_8'), 'pay_7');
    expect(order.said('event_parked')).toBeDefined();
    expect(order.said('needs_review')).toBeUndefined();
    expect(order.order.review?.about).toBe('gamma pay_7');
    expect(order.tell(make.accept(order.order)).order.review?.about).toBe('gamma pay_8');
    expect(asked(order.tell(make.accept(order.order)))).toBeNull();
  });

  test('is told to the merchant under an id of its own, each', () => {
    const order = stranger(stranger(declined(), 'pay_7'), 'pay_8');
    const [first] = stranger(declined(), 'pay_7').events;
    const [next] = order.tell(make.accept(order.order)).events;
    expect([first?.type, next?.type]).toEqual(['order.needs_review', 'order.needs_review']);
    expect(first?.cause).not.toBe(next?.cause);
  });

  test('comes first, and holds everybody back, where the first would let them go on', () => {
    const order = new Steps().answer({
      outcome: 'not_executed',
      sent: false,
      claim: 'none',
      evidence: 'sealing_key_missing',
    });
    stranger(order, 'pay_7');
    expect(asked(order)).toBe('event_unmatched');
    order.tell(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(order.said('choice_refused')).toBeDefined();
    expect(order.tell(make.retryNow()).said('retry_refused')).toBeDefined();
    expect([order.command, asked(order)]).toEqual([null, 'event_unmatched']);
    expect(asked(order.tell(make.accept(order.order)))).toBe('credential_unreadable');
    expect(order.tell(make.retryNow()).command).toMatchObject({ operation: 'charge' });
    expect(asked(order)).toBeNull();
  });

  test('that holds everybody back comes before every one that does not, also when the first is answered', () => {
    const order = new Steps().answer(DECLINED).tell(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    stranger(order, 'pay_7').answer({
      ...{ outcome: 'not_executed', sent: false, claim: 'none', evidence: 'sealing_key_missing' },
    });
    stranger(order, 'pay_8');
    const queue = [order.order.review, ...(order.order.reviewsBehind ?? [])];
    expect(queue.map((each) => each?.about ?? each?.code)).toEqual([
      'gamma pay_7',
      'gamma pay_8',
      'credential_unreadable',
    ]);
    expect(order.tell(make.accept(order.order)).order.review?.about).toBe('gamma pay_8');
  });

  test('leaves “every way was offered” open: it comes up again, and nothing is offered anew', () => {
    const order = declined();
    for (let waits = 0; waits < 50 && order.order.review === null; waits += 1) {
      if (order.command !== null) order.answer({ outcome: 'not_executed', provedNotExecuted: true });
      else order.wait(make.DAY_MS);
    }
    const asked_ = order.order.review;
    expect(asked(order)).toBe('windows_over');
    expect(asked(stranger(order.wait(make.DAY_MS), 'pay_7'))).toBe('event_unmatched');
    order.tell(make.resolve(1, 'accepted'));
    expect([order.order.review, order.order.window, types(order)]).toEqual([asked_, null, ['needs_review']]);
    const attempts = order.order.attempts.length;
    for (let days = 0; days < 30; days += 1) order.wait(make.DAY_MS);
    expect([asked(order), order.command, order.order.attempts.length]).toEqual(['windows_over', null, attempts]);
    expect(order.tell(make.choose('new_method', make.card('c', { origin: 'buyer' }))).order.review).toBeNull();
    expect(order.command).toMatchObject({ operation: 'charge' });
  });

  test('goes with the proof that answers it, also from behind; what that does not answer stays', () => {
    const order = disagreeing(stranger(declined(), 'pay_7')).wait(1);
    order.notice('payment_succeeded', { amountMinor: AMOUNT, reference: 'pay_1' });
    expect([order.order.review?.about, order.order.reviewsBehind, order.stage]).toEqual([
      'gamma pay_7',
      [],
      'needs_review',
    ]);
    order.tell(make.accept(order.order));
    expect([asked(order), order.stage]).toEqual([null, 'paid']);
  });

  test('about the same money is answered with it', () => {
    const order = new Steps().answer({ outcome: 'succeeded', amountMinor: 4_000, reference: 'pay_1' });
    order.notice('refund_failed', { reference: 'pay_1' }).notice('payment_succeeded', { reference: 'pay_2' });
    const behind = (order.order.reviewsBehind ?? []).map(({ code }) => code);
    expect([asked(order), behind]).toEqual(['amount_mismatch', ['refund_failed', 'event_unmatched']]);
    order.tell(make.accept(order.order));
    expect([asked(order), order.order.reviewsBehind]).toEqual(['event_unmatched', []]);
  });

  test('outlives the end of the order, as the first does', () => {
    const order = stranger(disagreeing(declined()), 'pay_7').tell(make.cancel());
    expect([order.stage, asked(order)]).toEqual(['cancelled', 'event_mismatch']);
    order.tell(make.accept(order.order));
    expect([order.stage, asked(order)]).toEqual(['cancelled', 'event_unmatched']);
  });

  test('keeps the money that it is about from going back', () => {
    const other = make.choose('new_method', make.card('b', { origin: 'buyer' }));
    const order = declined()
      .tell(other)
      .answer({ ...PAID, reference: 'pay_2' });
    stranger(order, 'pay_7');
    order.notice('payment_succeeded', { attempt: 2, reference: 'pay_3' });
    order.notice('payment_succeeded', { attempt: 1, reference: 'pay_1', amountMinor: AMOUNT });
    order.notice('payment_succeeded', { attempt: 1, reference: 'pay_4' });
    expect(order.order.reviewsBehind).toHaveLength(2);
    order.untilSent();
    expect(order.command).toBeNull();
  });
});

test('a notice that disagrees with money that is here already is not answered by that money', () => {
  const other = make.choose('new_method', make.card('b', { origin: 'buyer' }));
  const order = declined()
    .tell(other)
    .answer({ ...PAID, reference: 'pay_2' });
  order.wait(make.MINUTE_MS).notice('payment_succeeded', { attempt: 2, amountMinor: 1 });
  expect([order.stage, asked(order)]).toEqual(['paid', 'event_mismatch']);
});

test('a notice of less than the amount, which is known already, is not asked about', () => {
  const order = new Steps().answer({ outcome: 'succeeded', amountMinor: 4_000, reference: 'pay_1' });
  expect(asked(order)).toBe('amount_mismatch');
  order.notice('payment_succeeded', { amountMinor: 4_000, reference: 'pay_1' });
  expect([asked(order), order.order.reviewsBehind ?? [], order.entries]).toEqual(['amount_mismatch', [], []]);
});

describe('“try again now”', () => {
  const unexplained = () =>
    scene(
      { alpha: ['insufficient_funds', 'duplicate'] },
      { rulebook: make.ruledBy({ extraTry: { alpha: 1 } }) },
    ).open();
  const told = (change: object) => {
    const world = scene({ alpha: ['expired_card'] }).open();
    const { merchantId, orderId } = world.order.facts;
    const event = { eventId: 'e', type: 'payment_succeeded' as const, merchantId, orderId, occurredAt: world.now };
    world.say({ type: 'processor_event', event: { ...event, processor: 'alpha', ...change } });
    return world;
  };

  test.each([
    ['event_unmatched', () => told({ processor: 'gamma', reference: 'pay_7' })],
    ['event_mismatch', () => told({ attempt: 1, amountMinor: 1 })],
    ['duplicate_unexplained', () => unexplained().pass(make.MINUTE_MS)],
  ])('is refused while %s is open, and charges nothing', (code, begin) => {
    const world = begin();
    expect(world.order.review?.code).toBe(code);
    const before = sends(world).length;
    const refusal = world.say(make.retryNow());
    expect(refusal?.code).toBe('recovery_refused');
    expect(refusal?.message).toMatch(/resolve/);
    // Past the validator, as when both came at once.
    expect(world.message(make.retryNow(), true)).toBeNull();
    world.pass(make.SECOND_MS);
    expect(world.entries.at(-1)?.kind).toBe('retry_refused');
    expect([world.order.review?.code, sends(world).length]).toEqual([code, before]);
    world.say(make.resolve(1, code === 'duplicate_unexplained' ? 'absent' : 'accepted'));
  });

  test('is refused of a cancelled order with a question, and does not answer it', () => {
    const order = stranger(declined(), 'pay_7').tell(make.cancel()).tell(make.retryNow());
    expect(order.said('retry_refused')).toBeDefined();
    expect([asked(order), order.order.choice]).toEqual(['event_unmatched', null]);
  });
});
