import { meaningOf } from '../../../policy/apply/meaning.ts';
import { isAuthorized, openGiveBack } from '../../../policy/facts.ts';
import type { Attempt, Review } from '../../../policy/order.ts';
import { MONEY_DENIED, questionId } from '../../../policy/questions.ts';
import { isAboutMoney, isAboutNotice } from '../../../policy/review-codes.ts';
import { openReviews } from '../../../policy/reviews.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';
import { AMOUNT_MINOR, type Payment } from './payments.ts';

/** A person who looks at the processor's own books, and only says what they show for good. */
export function answerHonestly(world: World, pick: number): void {
  const open = openReviews(world.order);
  const question = open[pick % open.length];
  if (question === undefined || REFUND.has(question.code)) return sayWhatBecame(world, pick);
  const id = questionId(question);
  const attempt = world.order.attempts[(question.attempt ?? 0) - 1];
  if (isAboutNotice(question)) {
    if (sayWhose(world, question, pick)) return;
    const gone = question.about === MONEY_DENIED && attempt !== undefined && becameOf(world, attempt) === 'absent';
    world.message(make.resolve(question.attempt, gone ? 'absent' : 'accepted', id));
    return;
  }
  if (isAboutMoney(question)) {
    world.message(pick % 2 === 0 ? make.retryNow() : make.resolve(question.attempt, 'accepted', id));
    return;
  }
  if (attempt !== undefined) sayOf(world, attempt, pick, question);
}

/** The payment that the question is about is there, and one of the attempts made it. False where it cannot be said. */
function sayWhose(world: World, question: Review, pick: number): boolean {
  const payment = ownPaymentOf(world, question);
  const attempt = world.order.attempts[(payment?.attempt ?? 0) - 1];
  if (payment === undefined || attempt === undefined) return false;
  const word = make.resolve(attempt.number, 'succeeded', questionId(question), tookOf(attempt, payment, pick));
  return world.message(word) === null;
}

/** Of a payment that some attempt made, and that took money. */
export function ownPaymentOf(world: World, { about }: Review): Payment | undefined {
  for (const [name, { payments }] of world.processors) {
    const own = payments.find((each) => `${name} ${each.reference}` === about && each.capturedMinor > 0);
    if (own !== undefined) return own;
  }
  return undefined;
}

/** What the books show of it: now and then its name, and how much, which has to be said where it is not the order's amount. */
function tookOf(attempt: Attempt, { reference, capturedMinor }: Payment, pick: number) {
  const named = pick % 2 === 0 && (attempt.reference === null || attempt.reference === reference);
  const counted = pick % 3 === 0 || capturedMinor !== AMOUNT_MINOR;
  return {
    ...(named ? { reference } : {}),
    ...(counted ? { amount: { minor: capturedMinor, currency: 'EUR' } } : {}),
  };
}

const REFUND = new Set(['refund_unknown']);

/** Of what is in doubt, whether anybody was asked or not: a refund first. */
function sayWhatBecame(world: World, pick: number): void {
  const refund = openGiveBack(world.order);
  if (refund !== undefined) {
    const { attempt, operation } = refund;
    const { refunds } = world.processors.get(attempt.processor) ?? { refunds: [] };
    const done = refunds.some(({ key, status }) => key === operation.key && status === 'done');
    if (operation.endedAt !== null) world.message(make.resolve(attempt.number, done ? 'succeeded' : 'absent'));
    return;
  }
  const attempt = world.order.attempts.find(({ outcome }) => outcome === 'unknown' || outcome === 'pending');
  if (attempt !== undefined) sayOf(world, attempt, pick);
}

function sayOf(world: World, attempt: Attempt, pick: number, question?: Review): void {
  const became = becameOf(world, attempt, question?.code);
  if (became === undefined) return;
  const taken = became === 'succeeded' ? takenBy(world, attempt) : undefined;
  const payment = taken === undefined ? {} : tookOf(attempt, taken, pick);
  world.message(make.resolve(attempt.number, became, question && questionId(question), payment));
}

function takenBy(world: World, { processor, number }: Attempt): Payment | undefined {
  const { payments = [] } = world.processors.get(processor) ?? {};
  return payments.find((each) => each.attempt === number && each.capturedMinor > each.refundedMinor);
}

/** `undefined`: it can still take money, or is reserved and the question is not about its capture. */
function becameOf(world: World, attempt: Attempt, code?: string): 'succeeded' | 'absent' | undefined {
  const { payments = [] } = world.processors.get(attempt.processor) ?? {};
  const own = payments.filter((each) => each.attempt === attempt.number);
  if (takenBy(world, attempt) !== undefined) return 'succeeded';
  if (own.some(({ status }) => status === 'on_the_wire' || status === 'open' || status === 'pending')) return undefined;
  if (own.some(({ later }) => later?.becomes === 'captured')) return undefined;
  if (own.some(({ status }) => status === 'authorized'))
    return isAuthorized(attempt) && code?.startsWith('capture_') ? 'absent' : undefined;
  return 'absent';
}

const WORDS = ['succeeded', 'absent', 'absent', 'accepted'] as const;

/** A name that nobody has or one that a stranger has, an amount of whatever size, none of both; past the validators also nonsense. */
function wrongDetails(pick: number, raw: boolean) {
  const minor = [1, AMOUNT_MINOR, AMOUNT_MINOR * 2, raw ? -1 : 3_000][pick % 4] ?? 1;
  return {
    ...(pick % 5 === 0 ? { reference: `stray-${pick % 3}` } : {}),
    ...(pick % 7 === 0 ? { amount: { minor, currency: raw && pick % 2 === 0 ? 'USD' : 'EUR' } } : {}),
  };
}

/**
 * A person who is wrong, about any question or none. What was called absent comes to light by its notices, and then everything
 * holds as if it had been known; after any other error nobody can make the books agree.
 */
export function answerWrongly(world: World, pick: number, raw: boolean): void {
  const { order } = world;
  const open = openReviews(order);
  const question = pick % 3 === 0 ? undefined : open[pick % open.length];
  const attempt = question?.attempt ?? (pick % Math.max(1, order.attempts.length)) + 1;
  const outcome = WORDS[Math.floor(pick / 11) % WORDS.length] ?? 'absent';
  const word = make.resolve(attempt, outcome, question && questionId(question), wrongDetails(pick, raw));
  const meaning = meaningOf(order, word);
  const isOfPayment = meaning.kind === 'payment' && meaning.answers.every(({ code }) => code !== 'cannot_fence');
  const comesToLight = outcome === 'absent' && isOfPayment && !world.losesNotices;
  if (world.message(word, raw) === null && !comesToLight) world.erred = true;
}
