import { describe, expect, test } from 'vitest';
import { isReopenable } from '../../policy/facts.ts';
import { mayChoose, nextActionOf, orderView, patienceEndsAt } from '../../policy/next-action.ts';
import { refuseRecovery } from '../../policy/refusals.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { confirming, refunding } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown' } as const;
const PENDING = { outcome: 'pending' } as const;
const ACT = { outcome: 'requires_action' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const RESERVED = { outcome: 'succeeded', authorizedOnly: true } as const;
const CARD = make.card('ins_2', { origin: 'buyer' });

const reading = ({ order, sheets }: Steps) => ({ order, sheets, rulebook: DEFAULT_RULEBOOK });
const action = (order: Steps, now?: string) =>
  nextActionOf({ ...reading(order), ...(now === undefined ? {} : { now }) });
const paths = (order: Steps, now?: string) => action(order, now).options.map(({ path }) => path);
const later = (order: Steps, ms: number) => new Date(Date.parse(order.now) + ms).toISOString();
const page = (path: 'hosted_checkout' | 'invoice' = 'hosted_checkout') =>
  new Steps().answer(HARD).tell(make.choose(path)).answer(ACT);
const manual = () => new Steps({ facts: { capture: 'manual' } });
const stray = { key: 'theirs', reference: 'pay_9' } as const;
const ALL = ['new_method', 'hosted_checkout', 'invoice'];

describe('whose turn it is, and for what', () => {
  test.each([
    ['a charge is out', () => new Steps(), 'wait_confirming', 'system'],
    ['its outcome is not known', () => new Steps().answer(UNKNOWN), 'wait_confirming', 'system'],
    ['the processor works on it', () => new Steps().answer(PENDING), 'wait_pending', 'system'],
    ['3DS is wanted', () => new Steps().answer(ACT), 'authenticate', 'buyer'],
    ['details are shown', () => new Steps().answer({ ...ACT, action: 'display_details' }), 'display_details', 'buyer'],
    [
      '3DS is wanted, and we leave it',
      () => new Steps().answer(ACT).tell(make.choose('invoice')),
      'wait_confirming',
      'system',
    ],
    ['a page is open', () => page(), 'hosted_checkout', 'buyer'],
    ['an invoice is open', () => page('invoice'), 'invoice', 'buyer'],
    ['a page is open, and we leave it', () => page().tell(make.choose('invoice')), 'wait_confirming', 'system'],
    ['the card was refused', () => new Steps().answer(HARD), 'choose_method', 'buyer'],
    [
      'the card has a fault',
      () => new Steps().answer({ outcome: 'declined', failureClass: 'instrument_problem' }),
      'fix_method',
      'buyer',
    ],
    [
      '3DS is wanted of a buyer who was not there',
      () => new Steps({ facts: make.MANDATE }).answer({ outcome: 'declined', failureClass: 'authentication_required' }),
      'authenticate',
      'buyer',
    ],
    ['tries are held', () => new Steps().tell(make.hold()).answer(SOFT), 'on_hold', 'support'],
    [
      'a later try is planned',
      () => new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT),
      'wait_scheduled',
      'system',
    ],
    [
      'a later try is planned, and held',
      () => new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT).tell(make.hold()),
      'on_hold',
      'support',
    ],
    ['it is reserved', () => manual().answer(RESERVED), 'capture', 'merchant'],
    ['a capture is out', () => manual().answer(RESERVED).tell(make.capture()), 'wait_confirming', 'system'],
    ['it is being cancelled', () => new Steps().answer(UNKNOWN).tell(make.cancel()), 'wait_confirming', 'system'],
    ['a person is asked', () => new Steps().answer(HARD).notice('payment_succeeded', stray), 'review', 'support'],
    ['it is paid', () => new Steps().answer({ outcome: 'succeeded' }), 'none', 'none'],
    ['it is cancelled', () => new Steps().answer(HARD).tell(make.cancel()), 'none', 'none'],
    ['it is paid, and too much goes back', () => refunding(), 'wait_confirming', 'system'],
  ] as [string, () => Steps, string, string][])('%s', (_what, life, type, who) => {
    expect(action(life())).toMatchObject({ type, who });
  });

  test('and until when: of what is open its end, of the buyer’s turn the window’s, of a person a day', () => {
    expect(action(page()).expiresAt).toBe(page().wake?.at);
    const challenge = new Steps().answer(ACT);
    expect(action(challenge).expiresAt).toBe(later(challenge, make.HOUR_MS));
    const buyer = new Steps().answer(HARD);
    expect([action(buyer).expiresAt, action(buyer).at]).toEqual([later(buyer, make.DAY_MS), later(buyer, make.DAY_MS)]);
    const hosted = new Steps().answer(HARD).wait(make.DAY_MS);
    expect(action(hosted)).toMatchObject({ type: 'hosted_checkout', expiresAt: later(hosted, 3 * make.DAY_MS) });
    const asked = new Steps().answer(HARD).notice('payment_succeeded', stray);
    expect(action(asked)).toMatchObject({ at: later(asked, make.DAY_MS), messageKey: 'event_unmatched' });
    expect(action(asked).question).toMatchObject({ code: 'event_unmatched', about: 'alpha pay_9' });
  });

  test('a paid order whose surplus goes back says so, and offers nothing', () => {
    expect(action(confirming())).toMatchObject({ messageKey: 'surplus', options: [] });
    const asked = new Steps().answer({ outcome: 'succeeded', reference: 'pay_1' }).notice('payment_succeeded', stray);
    expect(action(asked)).toMatchObject({ type: 'review', who: 'support', options: [] });
  });

  test('where only one way is left the buyer is told that one', () => {
    const operations = ['charge', 'refund'] as const;
    const pageless = { operations: [...operations] };
    const order = new Steps({ sheets: make.sheetsWith({ alpha: pageless, beta: pageless }) }).answer(HARD);
    expect(action(order)).toMatchObject({ type: 'new_method', who: 'buyer' });
  });
});

describe('what can be chosen', () => {
  test('are the rule’s paths, ranked, each until the window ends; the default one first', () => {
    const order = new Steps().answer(HARD);
    expect(paths(order)).toEqual(ALL);
    expect(action(order).options.map(({ rank }) => rank)).toEqual([1, 2, 3]);
    expect(action(order).options[0]).toEqual({ path: 'new_method', rank: 1, expiresAt: later(order, make.DAY_MS) });
    expect(paths(order.wait(make.DAY_MS))).toEqual(['hosted_checkout', 'new_method', 'invoice']);
  });

  test('are saved methods by what the buyer knows of them', () => {
    const saved = { origin: 'saved' as const };
    const known = make.card('a', { ...saved, network: 'visa', last4: '4242' });
    const order = new Steps({ instruments: [make.card('own'), known, make.card('b', saved)] }).answer(HARD);
    expect(
      action(order)
        .options.slice(0, 2)
        .map(({ instrument }) => instrument),
    ).toEqual([{ id: 'a', network: 'visa', last4: '4242' }, { id: 'b' }]);
  });

  test('is nothing while the buyer has to be patient with an outcome that is not known, and all after that', () => {
    const order = new Steps().answer(UNKNOWN);
    expect(patienceEndsAt(reading(order))).toBe(later(order, make.MINUTE_MS));
    expect(paths(order, later(order, make.MINUTE_MS - 1))).toEqual([]);
    expect(paths(order, later(order, make.MINUTE_MS))).toEqual(ALL);
    // Who does not say when it is read is told what there will be.
    expect(paths(order)).toEqual(ALL);
    expect(patienceEndsAt(reading(new Steps().answer(HARD)))).toBeNull();
  });

  test.each([
    ['something is with a processor', () => new Steps()],
    ['the processor works on it', () => new Steps().answer(PENDING)],
    ['it is reserved', () => manual().answer(RESERVED)],
    ['it is paid', () => new Steps().answer({ outcome: 'succeeded' })],
    ['it is closed', () => new Steps().answer(HARD).tell(make.cancel())],
    ['it is being ended', () => new Steps().answer(UNKNOWN).tell(make.cancel()).answer(UNKNOWN)],
    ['nobody has explained a payment', () => new Steps().answer(HARD).notice('payment_succeeded', stray)],
  ] as [string, () => Steps][])('is nothing: %s', (_what, life) => {
    const order = life();
    expect(paths(order)).toEqual([]);
    const choice = { path: 'new_method', instrument: CARD } as const;
    const nobody = { ceilings: [], forbidden: [] };
    expect(refuseRecovery(reading(order), choice, nobody, later(order, make.HOUR_MS))).not.toBeNull();
  });

  test('is nothing in an order that has not begun', () => {
    expect(mayChoose(make.newOrder())).toBe(false);
    expect(mayChoose(new Steps().answer(HARD).order)).toBe(true);
  });
});

test('the view of an order tells each attempt by its card, and its operations by their keys, and nothing sealed', () => {
  const instruments = [make.card('own', { network: 'visa', last4: '4242' })];
  const order = new Steps({ instruments })
    .answer({ ...HARD, code: 'stolen_card' })
    .tell(make.choose('hosted_checkout'));
  const view = orderView(reading(order));
  expect(view).toMatchObject({ orderId: 'o-1', stage: 'attempting', amount: order.order.facts.amount });
  expect(view.attempts).toMatchObject([
    {
      number: 1,
      processor: 'alpha',
      instrument: { id: 'own', network: 'visa', last4: '4242' },
      processorCode: 'stolen_card',
    },
    { number: 2, processor: 'alpha', instrument: null, outcome: null },
  ]);
  const [charge] = order.attempt(1).operations;
  const { operation, key, outcome, startedAt, endedAt } = charge ?? {};
  expect(view.attempts[0]?.operations).toEqual([{ operation, key, outcome, startedAt, endedAt }]);
  expect(JSON.stringify(view)).not.toContain('sealed');
});

test('only an order that ended without payment, and of which nobody is asked anything, is opened again', () => {
  const failed = new Steps().answer(HARD).tell(make.close());
  const expired = new Steps({ facts: { expiresAt: '2026-11-22T11:00:00.000Z' } }).answer(HARD).wait(make.HOUR_MS);
  expect([failed.stage, expired.stage]).toEqual(['failed', 'expired']);
  for (const { order } of [failed, expired]) expect(isReopenable(order)).toBe(true);
  const asked = new Steps().answer(HARD).tell(make.close()).notice('payment_succeeded', stray);
  expect(asked.order.review?.code).toBe('event_unmatched');
  const others = [
    new Steps(),
    new Steps().answer({ outcome: 'succeeded' }),
    new Steps().answer(HARD).tell(make.cancel()),
  ];
  for (const { order } of [asked, ...others]) expect(isReopenable(order)).toBe(false);
});
