import { describe, expect, test } from 'vitest';
import { buyerView } from '../../gateway/buyer/view.ts';
import { headline } from '../../policy/headline.ts';
import { orderView } from '../../policy/next-action.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const ACT = { outcome: 'requires_action' } as const;
const MANUAL = { facts: { capture: 'manual' } } as const;
const DEAF = make.sheetsWith({ alpha: { idempotency: null, lookup: null } });
const RESERVED = { outcome: 'succeeded', authorizedOnly: true } as const;

/** Orders in every stage that is not an end: a hold is asked for in each. */
const LIVES: [string, () => Steps, string][] = [
  ['attempting', () => new Steps(), 'wait_confirming'],
  ['confirming', () => new Steps().answer({ outcome: 'unknown' }), 'wait_confirming'],
  ['payment_pending', () => new Steps().answer({ outcome: 'pending' }), 'wait_pending'],
  ['waiting_authentication', () => new Steps().answer(ACT), 'authenticate'],
  ['waiting_buyer', () => new Steps().answer(HARD), 'on_hold'],
  [
    'hosted_checkout',
    () => new Steps().answer(HARD).tell(make.choose('hosted_checkout')).answer(ACT),
    'hosted_checkout',
  ],
  ['invoiced', () => new Steps().answer(HARD).tell(make.choose('invoice')).answer(ACT), 'invoice'],
  ['retry_scheduled', () => new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT), 'on_hold'],
  ['authorized', () => new Steps(MANUAL).answer(RESERVED), 'capture'],
  ['capturing', () => new Steps(MANUAL).answer(RESERVED).tell(make.capture()), 'wait_confirming'],
  ['cancelling', () => new Steps().answer({ outcome: 'unknown' }).tell(make.cancel()), 'wait_confirming'],
  ['needs_review', () => new Steps({ sheets: DEAF }).answer({ outcome: 'unknown' }).wait(make.HOUR_MS), 'review'],
];

const view = ({ order, sheets, now }: Steps) => orderView({ order, sheets, rulebook: DEFAULT_RULEBOOK, now });

describe.each(LIVES)('an order that is held while it is %s', (stage, life, type) => {
  const order = life().tell(make.hold());
  const hold = { actor: 'support', reason: 'a reason', since: order.now };

  test('says so in its next action, with who and why, beside what happens next', () => {
    expect(view(order)).toMatchObject({ stage, nextAction: { type, hold } });
  });

  test('says so in its headline, and promises no try by itself', () => {
    expect(headline(order.order)).toMatch(/\. Automatic tries are held by support\.$/);
    expect(headline(order.order)).not.toContain('by itself');
  });

  test('does not tell the buyer', () => {
    expect(JSON.stringify(buyerView(view(order)))).not.toMatch(/"hold|held|a reason/);
  });

  test('says nothing of it once it is released', () => {
    const free = order.tell(make.release());
    expect(view(free).nextAction).not.toHaveProperty('hold');
    expect(headline(free.order)).not.toContain('held');
  });
});

test('a later try that waits for a processor that is down is not promised while the order is held', () => {
  const order = new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT).tell(make.hold());
  const { retryAt } = order.order;
  if (retryAt === null) throw new Error('no later try');
  const down = { ...order.order, retryAt: { ...retryAt, reason: 'processor_down', processor: 'alpha' } };
  expect(headline(down)).toBe('alpha is down. Automatic tries are held by support.');
});

test('the merchant is called the merchant', () => {
  const held = make.hold();
  const order = new Steps().answer(HARD).tell({ ...held, actor: 'merchant' } as typeof held);
  expect(headline(order.order)).toContain('Automatic tries are held by the merchant.');
});
