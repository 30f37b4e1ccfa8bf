import type { ProcessorEvent } from '../../../policy/answers.ts';
import { isPaymentNamed } from '../../../policy/apply/another-payment.ts';
import type { World } from './driver.ts';
import { AMOUNT_MINOR } from './payments.ts';

const TYPES: ProcessorEvent['type'][] = [
  'payment_succeeded',
  'payment_authorized',
  'payment_failed',
  'payment_cancelled',
  'refund_succeeded',
  'refund_failed',
  'payment_returned',
  'dispute_opened',
  'session_closed',
];
const OF_MONEY_THAT_LEFT = new Set(['refund_succeeded', 'refund_failed', 'payment_returned', 'dispute_opened']);

/**
 * A notice of a payment that is none of this order's: under a foreign key, under the number of one of its attempts or under
 * none, of a payment that was told of before or of a new one, now and then for the second time.
 */
export function sayStray(world: World, pick: number): void {
  const { attempts, facts } = world.order;
  const attempt = attempts[pick % attempts.length];
  if (attempt === undefined) return;
  const type = TYPES[Math.floor(pick / 7) % TYPES.length] ?? 'payment_succeeded';
  const name = Math.floor(pick / 3) % 3;
  const named = pick % 5 > 0;
  // Money that left tells of the attempt itself, by its number, where nobody has named another payment: by design.
  const numbered = pick % 4 > 0 && (!OF_MONEY_THAT_LEFT.has(type) || (named && isPaymentNamed(attempt)));
  world.message({
    type: 'processor_event',
    event: {
      eventId: `stray-${type}-${name}-${Math.floor(pick / 100) % 3}`,
      processor: attempt.processor,
      type,
      merchantId: facts.merchantId,
      orderId: facts.orderId,
      ...(numbered ? { attempt: attempt.number } : {}),
      key: `foreign-${name}`,
      ...(named ? { reference: `stray-${name}` } : {}),
      amountMinor: AMOUNT_MINOR,
      occurredAt: world.now,
    },
  });
}

/** Of the last attempt itself, and with another amount than the order's. */
export function sayMismatch(world: World): void {
  const attempt = world.order.attempts.at(-1);
  if (attempt === undefined) return;
  const { merchantId, orderId } = world.order.facts;
  const { processor, number } = attempt;
  world.message({
    type: 'processor_event',
    event: {
      eventId: `evil-${number}`,
      processor,
      type: 'payment_succeeded',
      merchantId,
      orderId,
      attempt: number,
      amountMinor: 1,
      occurredAt: world.now,
    },
  });
}
