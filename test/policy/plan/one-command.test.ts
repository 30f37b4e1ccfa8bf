import { expect, test } from 'vitest';
import type { Attempt, OrderState } from '../../../policy/order.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const UNKNOWN = { outcome: 'unknown' } as const;
const page = () =>
  new Steps()
    .answer(HARD)
    .tell(make.choose('hosted_checkout'))
    .answer({ outcome: 'requires_action', reference: 'hs_1' });
const sent = ({ command }: Steps) => (command === null ? null : `${command.operation}#${command.attempt}`);

/** The same order with one more attempt, which was made of another one. */
function also(order: Steps, from: Attempt, change: Partial<Attempt>): Steps {
  const number = order.order.attempts.length + 1;
  const operations = from.operations.map((each) => ({ ...each, key: `${number}/${each.operation}/0` }));
  const state: OrderState = {
    ...order.order,
    attempts: [...order.order.attempts, { ...from, operations, number, ...change }],
  };
  order.order = state;
  return order;
}

test('of two pages that are to be looked up in the same instant one is asked about, and then the other', () => {
  const order = page();
  also(order, order.attempt(2), { reference: 'hs_2' }).tell(make.returned());
  expect([sent(order), order.attempt(3).lookupSince]).toEqual(['lookup#2', null]);
  order.answer({ outcome: 'requires_action', found: 'payment', claim: 'none' });
  expect(sent(order)).toBe('lookup#3');
});

test('while one attempt is being closed, the key of another that is due waits its turn', () => {
  const doubted = new Steps().answer(UNKNOWN);
  const order = also(page(), doubted.attempt(1), {});
  const [first, second, third] = order.order.attempts;
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
  const left = { ...second, leave: { reason: 'window' as const, since: order.now } };
  order.order = { ...order.order, attempts: [first, left, third] };
  order.wait(1_000);
  expect(sent(order)).toBe('close_hosted#2');
  expect(order.attempt(3).operations).toMatchObject([{ sends: 1 }]);
  expect(sent(order.answer({ outcome: 'succeeded', found: 'closed' }))).toBe('charge#3');
});
