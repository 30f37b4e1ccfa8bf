import { describe, expect, test } from 'vitest';
import { refuseCapture } from '../../../policy/refusals.ts';
import { Steps } from '../apply/steps.ts';
import * as make from './fixtures.ts';

const AMOUNT = 4_999;
const stranger = (order: Steps) =>
  order.notice('payment_succeeded', { processor: 'gamma', attempt: 9, reference: 'pay_7' });
const answered = (order: Steps, afterMs = 0) => order.tell(make.resolve(1, 'accepted'), afterMs);
const unknown = (options = {}) => new Steps(options).answer({ outcome: 'unknown' });
const authorized = () =>
  new Steps({ facts: { capture: 'manual' } }).answer({
    ...{ outcome: 'succeeded', amountMinor: AMOUNT, reference: 'auth_1', authorizedOnly: true },
  });

/** Everything that is sent while nobody answers, until nothing is planned any more. */
function sentMeanwhile(order: Steps, wakes = 12): string[] {
  const sent: string[] = [];
  for (let at = 0; at < wakes && (order.command !== null || order.wake !== null); at += 1) {
    if (order.command !== null) {
      sent.push(order.command.operation);
      order.answer({ outcome: 'unknown', found: 'no_answer' });
    } else order.wait(Math.max(0, Date.parse(order.wake?.at ?? '') - Date.parse(order.now)));
  }
  return sent;
}

describe('while a person is asked about money that nobody has explained', () => {
  test('no key is sent again to collect; proof goes on by lookups', () => {
    const order = stranger(unknown());
    expect(order.order.review?.code).toBe('event_unmatched');
    const sent = sentMeanwhile(order);
    expect(sent.length).toBeGreaterThan(2);
    expect(new Set(sent)).toEqual(new Set(['lookup']));
    expect(order.attempt(1).operations[0]?.sends).toBe(1);
  });

  test('and after the answer the key is sent again, if that is still allowed', () => {
    const soon = answered(stranger(unknown()));
    expect(soon.order.review).toBeNull();
    soon.untilSent();
    expect(soon.command).toMatchObject({ operation: 'charge', attempt: 1 });
    const late = answered(stranger(unknown()).wait(500), 10 * make.MINUTE_MS);
    late.untilSent();
    expect(late.command?.operation).toBe('lookup');
  });

  test('what is asked without a lookup stays somebody’s turn, and is sent again after the answer', () => {
    const order = stranger(unknown({ sheets: make.sheetsWith({ alpha: { lookup: null } }) }));
    expect(sentMeanwhile(order)).toEqual([]);
    expect([order.stage, order.attempt(1).proof?.nextResendAt]).toEqual(['needs_review', null]);
    expect(answered(order).command).toMatchObject({ operation: 'charge', attempt: 1 });
  });

  test('what cannot be proved then is a person’s again', () => {
    const order = stranger(unknown({ sheets: make.sheetsWith({ alpha: { lookup: null } }) }));
    sentMeanwhile(order);
    answered(order, make.HOUR_MS);
    expect([order.command, order.order.review?.code]).toEqual([null, 'unknown_too_long']);
  });

  test('an attempt that is left is closed all the same', () => {
    const order = stranger(unknown()).tell(make.cancel());
    expect(order.command).toMatchObject({ operation: 'void' });
    order.answer({ outcome: 'unknown' });
    expect(sentMeanwhile(order)).toContain('void');
  });

  test('a capture is refused, with the reason; also past the validator', () => {
    const order = stranger(authorized());
    expect(refuseCapture(order.order)).toMatchObject({
      code: 'recovery_refused',
      message: expect.stringContaining('event_unmatched'),
    });
    order.tell(make.capture());
    expect(order.said('capture_refused')).toMatch(/a person was asked about money/);
    expect([order.command, order.order.captureRequested]).toEqual([null, null]);
    answered(order);
    expect(refuseCapture(order.order)).toBeNull();
    expect(order.tell(make.capture()).command).toMatchObject({ operation: 'capture' });
  });

  test('a capture that was asked for before waits, and goes on after the answer', () => {
    const order = authorized().tell(make.capture()).answer({ outcome: 'unknown' });
    stranger(order);
    expect(new Set(sentMeanwhile(order))).toEqual(new Set(['lookup']));
    const again = stranger(authorized().tell(make.capture()).answer({ outcome: 'unknown' }));
    answered(again).untilSent();
    expect(again.command).toMatchObject({ operation: 'capture' });
    // Asked for while another attempt hid it: nothing of it was sent.
    const hidden = stranger(authorized());
    hidden.order = { ...hidden.order, captureRequested: { actor: 'merchant', since: hidden.now } };
    expect(hidden.wait(1).command).toBeNull();
    expect(answered(hidden).command).toMatchObject({ operation: 'capture' });
  });

  test('a reservation is voided all the same', () => {
    expect(stranger(authorized()).tell(make.cancel()).command).toMatchObject({ operation: 'void' });
  });
});
