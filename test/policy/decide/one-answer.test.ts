import { describe, expect, test } from 'vitest';
import { questionMeant } from '../../../policy/apply/meaning.ts';
import { isAtRest } from '../../../policy/facts.ts';
import { nextActionOf } from '../../../policy/next-action.ts';
import type { OrderState } from '../../../policy/order.ts';
import { refuseResolve } from '../../../policy/refusals.ts';
import { openReviews } from '../../../policy/reviews.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import { refunding, refundOf } from '../apply/refunding.ts';
import { Steps } from '../apply/steps.ts';
import * as make from './fixtures.ts';

const AMOUNT = 4_999;
const codes = ({ order }: Steps) => openReviews(order).map(({ code }) => code);
const abouts = ({ order }: Steps) => openReviews(order).map(({ about }) => about);
const stranger = (order: Steps, reference: string) =>
  order.notice('payment_succeeded', { processor: 'gamma', attempt: 9, reference });
const declined = () => new Steps().answer({ outcome: 'declined', failureClass: 'instrument_problem' });
const short = () => new Steps().answer({ outcome: 'succeeded', amountMinor: 4_000, reference: 'pay_1' });

/** What the workflow does when an update comes: refused by the state as it is, or kept as it is meant now. */
function taken(order: OrderState, word: ReturnType<typeof make.resolve>) {
  expect(refuseResolve(order, word)).toBeNull();
  const question = questionMeant(order, word);
  return question === undefined ? word : { ...word, question };
}

/** Refused by the validator; past it, said on the timeline, and nothing else is changed. */
function expectRefused(steps: Steps, word: ReturnType<typeof make.resolve>, says: RegExp): void {
  expect(refuseResolve(steps.order, word)).toMatchObject({ code: 'not_unknown', message: expect.stringMatching(says) });
  const { seq: _, appliedIds: __, ...before } = steps.order;
  steps.tell(word);
  expect(steps.entries).toMatchObject([{ kind: 'resolve_refused', actor: 'support' }]);
  expect(steps.order).toMatchObject(before);
  expect(steps.events).toEqual([]);
}

describe('a word on an attempt', () => {
  test('that is in doubt leaves a notice that fits none of ours, and nobody goes on before that is looked at', () => {
    const order = stranger(new Steps().answer({ outcome: 'unknown' }), 'pay_7').tell(make.resolve(1, 'absent'));
    expect(order.attempt(1).outcome).toBe('not_executed');
    expect([order.stage, codes(order)]).toEqual(['needs_review', ['event_unmatched']]);
    order.tell(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect([order.said('choice_refused') === undefined, order.order.attempts.length]).toEqual([false, 1]);
  });

  test('answers what was asked about its outcome, also from behind', () => {
    const order = new Steps().answer({ outcome: 'unknown', claim: 'conflict' });
    stranger(order, 'pay_7').tell(make.resolve(1, 'absent'));
    expect(codes(order)).toEqual(['event_unmatched']);
  });

  test('whose refund is in doubt is about the refund', () => {
    const order = refunding().answer({ outcome: 'unknown', evidence: 'timeout' });
    order.notice('payment_succeeded', { attempt: 1, processor: 'alpha', reference: 'pay_8' });
    order.notice('payment_succeeded', { attempt: 1, processor: 'alpha', reference: 'pay_9' });
    const open = codes(order);
    expect(open).toContain('event_unmatched');
    order.tell(make.resolve(1, 'succeeded'));
    expect(refundOf(order)?.outcome).toBe('succeeded');
    expect(codes(order)).toEqual(open);
  });

  test('whose refund is in doubt does not answer by hand what was asked about other money', () => {
    const order = refunding().answer({ outcome: 'unknown', evidence: 'timeout' });
    order.notice('refund_failed', { attempt: 1, processor: 'alpha', key: 'theirs' });
    expect(codes(order)).toEqual(['refund_failed']);
    expectRefused(order, make.resolve(1, 'succeeded', make.asked(order.order)), /say that first/);
  });

  test.each(['succeeded', 'absent'] as const)('that has its money answers no notice: %s', (outcome) => {
    const order = new Steps().answer({ outcome: 'succeeded', amountMinor: AMOUNT, reference: 'pay_1' });
    order.notice('payment_succeeded', { reference: 'pay_2' });
    expect(codes(order)).toEqual(['event_unmatched']);
    expectRefused(order, make.resolve(1, outcome), /no unknown outcome/);
    expectRefused(order, make.resolve(1, outcome, make.asked(order.order)), /accepted/);
    expect(abouts(order)).toEqual(['alpha pay_2']);
  });

  test('does not make less money enough', () => {
    const order = short();
    expectRefused(order, make.resolve(1, 'succeeded'), /no unknown outcome/);
    expectRefused(order, make.resolve(1, 'absent', make.asked(order.order)), /accepted/);
  });
});

describe('“accepted” by two people', () => {
  test('answers one question once, also where both words come before either is applied', () => {
    const order = stranger(declined(), 'pay_7');
    const words = [make.resolve(1, 'accepted'), make.resolve(1, 'accepted')].map((word) => taken(order.order, word));
    // A second stranger is told of meanwhile: nobody has looked at that one.
    stranger(order, 'pay_8').tell(words[0] ?? make.returned());
    expect(abouts(order)).toEqual(['gamma pay_8']);
    order.tell(words[1] ?? make.returned());
    expect(order.entries).toMatchObject([{ kind: 'resolve_refused' }]);
    expect(abouts(order)).toEqual(['gamma pay_8']);
  });

  test('needs the name of the question where there is more than one', () => {
    const order = stranger(stranger(declined(), 'pay_7'), 'pay_8');
    expectRefused(order, make.resolve(1, 'accepted'), /name the one/);
    const first = make.asked(order.order);
    expect(abouts(order.tell(make.resolve(1, 'accepted', first)))).toEqual(['gamma pay_8']);
    expectRefused(order, make.resolve(1, 'accepted', first), /not open/);
  });

  test('never makes less money enough by a word on a notice', () => {
    const order = short().notice('payment_succeeded', { reference: 'pay_2' });
    expect(codes(order)).toEqual(['amount_mismatch', 'event_unmatched']);
    const [less, notice] = openReviews(order.order).map((review) => make.asked({ ...order.order, review }));
    order.tell(make.resolve(1, 'accepted', notice));
    expect([order.order.accepted, codes(order)]).toEqual([undefined, ['amount_mismatch']]);
    expectRefused(order, make.resolve(1, 'accepted', notice), /not open/);
    order.tell(make.resolve(1, 'accepted', less));
    expect([order.order.accepted?.minor, order.stage]).toEqual([0, 'paid']);
  });

  test('nor by a word on a refund that failed', () => {
    const order = short().notice('refund_failed', { reference: 'pay_1' });
    const [, failed] = openReviews(order.order).map((review) => make.asked({ ...order.order, review }));
    order.tell(make.resolve(1, 'accepted', failed));
    expect([order.stage, codes(order)]).toEqual(['needs_review', ['amount_mismatch']]);
  });

  test('does not reach behind a question that needs proof', () => {
    const order = new Steps().answer({ outcome: 'unknown', claim: 'conflict' });
    stranger(order, 'pay_7');
    expect(codes(order)).toEqual(['claim_conflict', 'event_unmatched']);
    expectRefused(order, make.resolve(1, 'accepted'), /needs proof/);
  });
});

describe('a question that is named', () => {
  test('is answered only about its own attempt', () => {
    const order = short();
    expectRefused(order, make.resolve(2, 'accepted', make.asked(order.order)), /no attempt 2/);
    const other = declined().tell(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    other.answer({ outcome: 'succeeded', amountMinor: 4_000 });
    expectRefused(other, make.resolve(1, 'accepted', make.asked(other.order)), /about attempt 2/);
    expectRefused(other, make.resolve(1, 'accepted'), /attempt 1/);
  });

  test('has an id of its own, the same each time it is read, another when it is asked again', () => {
    const order = stranger(stranger(declined(), 'pay_7'), 'pay_8');
    const ids = openReviews(order.order).map((review) => make.asked({ ...order.order, review }));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^q_[0-9a-f]{16}$/);
    const copy = JSON.parse(JSON.stringify(order.order));
    expect(make.asked(copy)).toBe(ids[0]);
    const { review } = order.order;
    if (review === null) throw new Error('nobody is asked');
    expect(make.asked({ ...order.order, review: { ...review, since: order.now.replace('2026', '2027') } })).not.toBe(
      ids[0],
    );
  });

  test('is in the view, with its attempt and what it is about', () => {
    const order = stranger(stranger(declined(), 'pay_7'), 'pay_8');
    const shown = () => nextActionOf({ order: order.order, rulebook: DEFAULT_RULEBOOK, sheets: order.sheets });
    const first = shown();
    expect(first.question).toMatchObject({
      ...{ code: 'event_unmatched', attempt: null, about: 'gamma pay_7', id: make.asked(order.order) },
    });
    expect(shown()).toEqual(first);
    order.tell(make.resolve(null, 'accepted', first.question?.id));
    expect(shown().question).toMatchObject({ about: 'gamma pay_8' });
    order.tell(make.resolve(null, 'accepted', shown().question?.id));
    expect(shown()).not.toHaveProperty('question');
  });
});

describe('a question on an order without attempts', () => {
  const none = () => {
    const world = make.scene({}, { sheets: [] }).open();
    const { merchantId, orderId } = world.order.facts;
    const event = { eventId: 'e', type: 'payment_succeeded' as const, merchantId, orderId, occurredAt: world.now };
    world.say({ type: 'processor_event', event: { ...event, processor: 'gamma', reference: 'pay_7' } });
    expect([world.order.attempts.length, world.order.review?.code]).toEqual([0, 'event_unmatched']);
    return world;
  };

  test('is put aside without one, named or not', () => {
    for (const named of [true, false]) {
      const world = none();
      const word = named ? make.accept(world.order) : make.resolve(null, 'accepted');
      expect(world.say(word)).toBeNull();
      expect(world.order.review?.code).not.toBe('event_unmatched');
      expect(world.entries.find(({ kind }) => kind === 'unknown_resolved')).toMatchObject({
        ...{ actor: 'support', evidence: 'seen in the dashboard' },
        text: 'What was asked (event_unmatched, gamma pay_7) is accepted: a reason',
      });
    }
  });

  test('is put aside after its end too, which is at rest then', () => {
    const world = none();
    world.say(make.cancel());
    expect([world.stage, isAtRest(world.order)]).toEqual(['cancelled', false]);
    expect(world.say(make.resolve(null, 'accepted'))).toBeNull();
    expect([world.stage, isAtRest(world.order)]).toEqual(['cancelled', true]);
  });

  test('is answered by nothing else', () => {
    const { order } = none();
    for (const word of [
      make.resolve(1, 'accepted'),
      make.resolve(null, 'succeeded'),
      make.resolve(null, 'absent', make.asked(order)),
    ])
      expect(refuseResolve(order, word)?.code).toBe('not_unknown');
  });
});

test('a payment that was found elsewhere may be the attempt’s own: said of the very question', () => {
  const order = stranger(stranger(declined(), 'pay_7'), 'pay_8');
  order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
  expect(order.attempt(1).money.captured).toBe(AMOUNT);
  expect(abouts(order)).toEqual(['gamma pay_8']);
});
