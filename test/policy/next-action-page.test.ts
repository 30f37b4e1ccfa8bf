import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { orderViewSchema } from '../../contract/schemas/answers.ts';
import { STAGES } from '../../contract/stages.ts';
import { buyerView } from '../../gateway/buyer/view.ts';
import { orderView } from '../../policy/next-action.ts';
import { REVIEW_CODES } from '../../policy/review-codes.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { refunding } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const PAGE = readFileSync(new URL('../../docs/next-action.md', import.meta.url), 'utf8');
const TYPES = orderViewSchema.shape.nextAction.shape.type.options;

/** First cells of the table under a heading, without the table's own. */
function rowsUnder(heading: string): string[] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const [, ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.flatMap((row) => /^\| `([\w.]+)` /.exec(row)?.[1] ?? []);
}

const UNKNOWN = { outcome: 'unknown' } as const;
const ACT = { outcome: 'requires_action' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const RESERVED = { outcome: 'succeeded', authorizedOnly: true } as const;
const PAGELESS = Object.values(make.sheetsWith({})).map((sheet) => ({ ...sheet, operations: ['charge' as const] }));
const manual = () => new Steps({ facts: { capture: 'manual' } }).answer(RESERVED);
const later = () => new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT);
const down = () => {
  const order = later();
  if (order.order.retryAt !== null) order.order.retryAt.reason = 'processor_down';
  return order;
};

/** Orders that come to every type. */
const LIVES: (() => Steps)[] = [
  () => new Steps(),
  () => new Steps().answer(UNKNOWN),
  () => new Steps().answer({ outcome: 'pending' }),
  () => new Steps().answer(ACT),
  () => new Steps().answer({ ...ACT, action: 'display_details' }),
  () => new Steps().answer(HARD),
  () => new Steps({ sheets: PAGELESS }).answer(HARD),
  () => new Steps().answer({ outcome: 'declined', failureClass: 'instrument_problem' }),
  () => new Steps().answer(HARD).tell(make.hold()),
  () => new Steps().answer(HARD).tell(make.choose('hosted_checkout')).answer(ACT),
  () => new Steps().answer(HARD).tell(make.choose('invoice')).answer(ACT),
  later,
  down,
  manual,
  () => manual().tell(make.capture()),
  () => new Steps().answer(UNKNOWN).tell(make.cancel()),
  () => new Steps().answer(HARD).tell(make.cancel()),
  () => new Steps().answer({ outcome: 'succeeded' }),
  () => new Steps().answer(HARD).notice('payment_succeeded', { key: 'theirs', reference: 'pay_9' }),
  () => refunding(),
];

/** Each is read twice: while the buyer is asked for patience, and after it. */
const views = LIVES.flatMap((life) => {
  const { order, sheets, now } = life();
  const reading = { order, sheets, rulebook: DEFAULT_RULEBOOK };
  return [orderView(reading), orderView({ ...reading, now })];
});

describe('docs/next-action.md', () => {
  test('has a row for every type, and for no other', () => {
    expect(rowsUnder('`type`').toSorted()).toEqual(TYPES.toSorted());
  });

  test('has a row for every key that the merchant can meet: the stages, or what a person is asked instead', () => {
    const keys = [...STAGES.filter((stage) => stage !== 'needs_review'), ...REVIEW_CODES];
    expect(rowsUnder('`messageKey`, for the merchant').toSorted()).toEqual(keys.toSorted());
    for (const { nextAction } of views) expect(keys).toContain(nextAction.messageKey);
  });

  test('has a row for every key that the buyer can meet, and for no other', () => {
    // The lives above come to every type: none of its keys is missing for want of an order.
    expect([...new Set(views.map(({ nextAction }) => nextAction.type))].toSorted()).toEqual(TYPES.toSorted());
    const keys = new Set(views.map((view) => buyerView(view).nextAction.messageKey));
    expect(rowsUnder('`messageKey`, for the buyer').toSorted()).toEqual([...keys].toSorted());
  });

  test('says of each type whose turn it is', () => {
    for (const { nextAction } of views) {
      const row = PAGE.split('\n').find((line) =>
        new RegExp(`^\\| \`${nextAction.type}\` .*\\| \`(system|buyer|merchant|support|none)\` `).test(line),
      );
      expect(row, nextAction.type).toContain(`| \`${nextAction.who}\` `);
    }
  });

  test('names every member', () => {
    const members = Object.keys(orderViewSchema.shape.nextAction.shape);
    expect(rowsUnder('Its members').toSorted()).toEqual(members.toSorted());
  });
});
