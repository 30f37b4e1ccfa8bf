import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';
import { answersOf } from '../../cli/recoup/answers.ts';
import { type Output, orderLine, sayOrder, sayTimeline } from '../../cli/recoup/output.ts';
import type { NextAction, OrderView } from '../../client/index.ts';
import { isAcceptable, REVIEW_CODES, type ReviewCode } from '../../policy/review-codes.ts';

const AT = '2026-11-02T10:00:00.000Z';
const LATER = '2026-11-03T10:00:00.000Z';

function view(nextAction: Partial<NextAction>, more: Partial<OrderView> = {}): OrderView {
  return {
    orderId: 'o-1',
    stage: 'paid',
    amount: { minor: 4999, currency: 'EUR' },
    money: { captured: 4999, refunded: 0, returned: 0, disputed: 0, held: 0, net: 4999 },
    attempts: [],
    nextAction: { type: 'none', who: 'none', messageKey: 'paid', options: [], ...nextAction },
    rulebook: { id: 'default', version: 1, hash: 'h' },
    ...more,
  };
}

function said(show: (output: Output) => void): string {
  const lines: string[] = [];
  const plain = (text: string) => text;
  show({ say: (line) => lines.push(line), tell: () => {}, json: () => {}, bold: plain, dim: plain });
  return lines.join('\n');
}
const shown = (order: OrderView) => said((output) => sayOrder(output, order));

const question = { id: 'q_0123456789abcdef', code: 'refund_failed', attempt: 1, about: null, since: AT } as const;
const asked = { type: 'review', who: 'support', at: LATER, messageKey: 'refund_failed', question } as const;

describe('an order that is shown', () => {
  test('asks a person its question, with the id and how it is answered', () => {
    expect(shown(view(asked))).toContain(
      `  question q_0123456789abcdef: refund_failed (a refund failed), attempt 1, since ${AT}; answered by ${answersOf('refund_failed')}`,
    );
  });

  test('tells the payment that a question is about, where no attempt is', () => {
    const stray = { ...question, code: 'event_unmatched', attempt: null, about: 'alpha pay_7' } as const;
    const text = shown(view({ ...asked, question: stray }));
    expect(text).toContain('ours), about alpha pay_7, since');
    expect(text).not.toContain('attempt');
  });

  test('is somebody’s turn until a time, and ours at one', () => {
    expect(shown(view(asked))).toContain(`next: review, support’s turn, until ${LATER}`);
    expect(shown(view({ type: 'choose_method', who: 'buyer', at: LATER }))).toContain(`buyer’s turn, until ${LATER}`);
    const lookedAt = { type: 'authenticate', who: 'buyer', at: AT, expiresAt: LATER } as const;
    expect(shown(view(lookedAt))).toContain(`buyer’s turn, until ${LATER}`);
    expect(shown(view({ type: 'wait_scheduled', who: 'system', at: LATER }))).toContain(`system’s turn, at ${LATER}`);
  });

  test('has no empty brackets for a decline without a code', () => {
    const declined = {
      number: 1,
      processor: 'alpha',
      instrument: null,
      outcome: 'declined',
      failureClass: 'unclassified',
      processorCode: '',
      authentication: 'none',
      operations: [],
    } as const;
    expect(shown(view({}, { attempts: [{ ...declined, operations: [] }] }))).not.toContain('()');
  });
});

const hold = { actor: 'support', reason: 'the buyer calls back, ticket 4711', since: AT } as const;
const proving = { type: 'wait_confirming', who: 'system', messageKey: 'confirming' } as const;

test('an order that is held says so, by whom, since when and why, whatever comes next', () => {
  expect(shown(view({ ...proving, hold }))).toContain(
    `\n  automatic tries held by support since ${AT}: the buyer calls back, ticket 4711`,
  );
  expect(shown(view(proving))).not.toContain('held by');
});

describe('a line of the list', () => {
  test('says that the order is held, and by whom', () => {
    const line = orderLine(view({ ...proving, hold: { ...hold, actor: 'merchant' } }));
    expect(line).toMatch(/wait_confirming, system’s turn, held by the merchant$/);
  });

  test('says whose turn it is, of an order that is paid too', () => {
    expect(orderLine(view(asked))).toMatch(/^o-1 +paid +EUR 49\.99 +review, support’s turn$/);
    expect(orderLine(view({}))).toMatch(/EUR 49\.99$/);
  });
});

describe('how a question is answered', () => {
  test.each(REVIEW_CODES)('%s: by acceptance exactly where policy allows it', (code) => {
    expect(answersOf(code).includes('accepted')).toBe(isAcceptable({ code, attempt: 1, since: AT }));
  });

  test('agrees with the page of recovery_refused', () => {
    const page = readFileSync(`${ROOT}/docs/errors/recovery_refused.md`, 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const words = /\b(accepted|succeeded|absent|retry|cancel|close)\b/g;
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      const [, codes = '', , answers = ''] = row.split('|');
      for (const [, code] of codes.matchAll(/`(\w+)`/g)) {
        const told = [...answersOf(code as ReviewCode).matchAll(words)].map(([word]) => word);
        expect(told.sort(), code).toEqual([...answers.matchAll(words)].map(([word]) => word).sort());
      }
    }
  });
});

test('a timeline says each thing once: a decision only where no line of what happened says the same', () => {
  const line = (kind: string, text: string, at = AT) => ({ kind, text, at, actor: 'system' as const, planned: false });
  const text = said((output) =>
    sayTimeline(output, [
      ...[line('decision', 'Paid'), line('order_paid', 'Paid')],
      ...[line('decision', 'Wait for beta'), line('order_paid', 'Wait for beta', LATER)],
    ]),
  );
  expect(text.split('\n').map((each) => each.slice(AT.length + 12))).toEqual([
    'Paid',
    'Wait for beta',
    'Wait for beta',
  ]);
});
