import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Review } from '../../policy/order.ts';
import {
  holdsBack,
  isAcceptable,
  isLessMoney,
  isOfGiveBack,
  REVIEW_CODES,
  yieldsToProof,
} from '../../policy/review-codes.ts';

const PAGE = readFileSync(new URL('../../docs/errors/recovery_refused.md', import.meta.url), 'utf8');
const asked = REVIEW_CODES.map((code): Review => ({ code, attempt: 1, since: '2026-11-22T10:00:00.000Z' }));
const codesOf = (which: (review: Review) => boolean) => asked.filter(which).map(({ code }) => code);

/** Codes named in a text, in backticks. */
function named(text: string): string[] {
  return [...text.matchAll(/`(\w+)`/g)]
    .map(([, code]) => code as string)
    .filter((code) => REVIEW_CODES.includes(code as never));
}

test('the page of a refused way to pay lists every question that holds everybody back, and names those that do not', () => {
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.flatMap((row) => named(row.split('|')[1] as string)).toSorted()).toEqual(codesOf(holdsBack).toSorted());
  const others = PAGE.split('\n').find((line) => line.startsWith('Others leave the buyer free')) as string;
  expect(named(others).toSorted()).toEqual(codesOf((review) => !holdsBack(review)).toSorted());
});

test('the page says of those, and of no others, that they are answered with `accepted`', () => {
  const accepted = PAGE.split('\n').filter(
    (line) => line.startsWith('| `') && line.split('|')[3]?.includes('`accepted`'),
  );
  expect(accepted.flatMap((row) => named(row.split('|')[1] as string)).toSorted()).toEqual(
    codesOf(isAcceptable).toSorted(),
  );
});

test('what is not proved is never put aside as it is, and money that has to go back is never merely waited for', () => {
  expect(codesOf((review) => isAcceptable(review) && yieldsToProof(review))).toEqual([]);
  expect(codesOf((review) => isOfGiveBack(review) && (yieldsToProof(review) || isLessMoney(review)))).toEqual([]);
});
