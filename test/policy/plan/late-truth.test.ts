import { describe, expect, test } from 'vitest';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;

describe('money that comes after the end', () => {
  /** Both declined and closed without payment; then alpha has the money. */
  const late = (end: () => ReturnType<typeof make.cancel>, facts = {}) => {
    const order = new Steps({ facts }).answer(SOFT).answer(SOFT).tell(end());
    return order.wait(make.MINUTE_MS).notice('payment_succeeded', { attempt: 1, processor: 'alpha' });
  };

  test('is told as accepted, and the order’s life begins there anew: an end that lies before is over', () => {
    const opened = Date.parse(make.newOrder().openedAt);
    const order = late(make.close, { expiresAt: new Date(opened + make.SECOND_MS * 30).toISOString() });
    expect(order.said('late_success')).toBe('The money came after the order was failed: it is accepted');
    expect([order.stage, order.order.openedAt, order.order.captureRequested]).toEqual(['paid', order.now, null]);
  });

  test('is told as going back, and when the order had ended is kept', () => {
    const order = late(make.cancel);
    const endedAt = new Date(Date.parse(order.now) - make.MINUTE_MS).toISOString();
    expect(order.said('late_success')).toBe('The money came after the order was cancelled: it has to go back');
    expect(order.order.ending).toMatchObject({ as: 'cancelled', actor: 'system', since: endedAt, endedAt });
    expect(order.stage).toBe('cancelling');
  });
});
