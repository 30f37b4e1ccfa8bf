import type { ChallengeResult } from './model.ts';

/** How an answer gets lost: the processor is silent, cuts the connection, or says 500. */
export type LostAnswer = 'hang' | 'reset' | '500';

/** One scripted outcome, taken apart. */
export type Outcome =
  /** The money is taken; `answer` says what the caller gets to see of it. */
  | {
      kind: 'approve';
      answer: 'normal' | LostAnswer;
      delayMs: number;
      frictionless: boolean;
      /** `late_webhook_<s>`: until then not even lookups know. */
      lateWebhookS: number | null;
      later: { kind: 'dispute' | 'return'; afterS: number } | null;
    }
  | { kind: 'decline'; code: string; network: string | null; networkCode: string | null; adviceCode: string | null }
  /** Nothing happens; the caller may or may not be told so. */
  | { kind: 'not_executed'; answer: LostAnswer | '503' | '429' | 'down' | 'in_flight' }
  | { kind: 'challenge'; result: ChallengeResult }
  | { kind: 'pending'; succeeds: boolean };

const APPROVE = {
  kind: 'approve',
  answer: 'normal',
  delayMs: 0,
  frictionless: false,
  lateWebhookS: null,
  later: null,
} as const;

export const OK: Outcome = APPROVE;

const FIXED: Record<string, Outcome> = {
  ok: OK,
  timeout_charged: { ...APPROVE, answer: 'hang' },
  timeout_lost: { kind: 'not_executed', answer: 'hang' },
  reset_charged: { ...APPROVE, answer: 'reset' },
  reset_lost: { kind: 'not_executed', answer: 'reset' },
  '500_charged': { ...APPROVE, answer: '500' },
  '500_lost': { kind: 'not_executed', answer: '500' },
  '503': { kind: 'not_executed', answer: '503' },
  '429': { kind: 'not_executed', answer: '429' },
  down: { kind: 'not_executed', answer: 'down' },
  in_flight: { kind: 'not_executed', answer: 'in_flight' },
  '3ds_ok': { kind: 'challenge', result: 'ok' },
  '3ds_failed': { kind: 'challenge', result: 'failed' },
  '3ds_abandoned': { kind: 'challenge', result: 'abandoned' },
  '3ds_ok_declined': { kind: 'challenge', result: 'ok_declined' },
  '3ds_frictionless': { ...APPROVE, frictionless: true },
  pending_then_ok: { kind: 'pending', succeeds: true },
  pending_then_declined: { kind: 'pending', succeeds: false },
};

const NUMBERED = /^(slow|late_webhook|dispute_after|return_after)_(.*)$/;
/** A misspelt story must not pass for a decline code. */
const RESERVED = /^(timeout|reset|500|503|429|3ds|pending_then|slow|late_webhook|dispute_after|return_after)(_|$)/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/;
const DETAIL = /^([a-z]{2,20})=([A-Za-z0-9]{1,10})$/;
const MAX_NUMBER = 10_000_000;

/** Throws a `SyntaxError` that says what is wrong with the text. */
export function parseOutcome(text: string): Outcome {
  const fixed = Object.hasOwn(FIXED, text) ? FIXED[text] : undefined;
  if (fixed !== undefined) return fixed;
  const numbered = NUMBERED.exec(text);
  if (numbered !== null) return numberedOutcome(text, numbered[1] ?? '', numbered[2] ?? '');
  if (RESERVED.test(text)) throw new SyntaxError(`"${text}" is no outcome`);
  return declineOutcome(text);
}

function numberedOutcome(text: string, name: string, digits: string): Outcome {
  const value = Number(digits);
  if (!/^\d{1,8}$/.test(digits) || value > MAX_NUMBER) {
    throw new SyntaxError(`"${text}" needs a whole number up to ${MAX_NUMBER} at its end`);
  }
  switch (name) {
    case 'slow':
      return { ...APPROVE, delayMs: value };
    case 'late_webhook':
      return { ...APPROVE, answer: 'hang', lateWebhookS: value };
    case 'dispute_after':
      return { ...APPROVE, later: { kind: 'dispute', afterS: value } };
    default:
      return { ...APPROVE, later: { kind: 'return', afterS: value } };
  }
}

function declineOutcome(text: string): Outcome {
  const [code = '', ...details] = text.split('@');
  if (!CODE.test(code)) throw new SyntaxError(`"${code}" is neither an outcome nor a decline code`);
  const outcome = {
    kind: 'decline' as const,
    code,
    network: null as string | null,
    networkCode: null as string | null,
    adviceCode: null as string | null,
  };
  for (const detail of details) {
    const match = DETAIL.exec(detail);
    if (match === null) throw new SyntaxError(`"@${detail}" is no network detail such as @mac=03 or @visa=14`);
    const [, name = '', value = ''] = match;
    if (name === 'mac') outcome.adviceCode = value;
    else outcome.networkCode = value;
    outcome.network = name === 'mac' ? 'mastercard' : name;
  }
  return outcome;
}

/** For `GET /control/tokens` and the documentation made from it. */
export const OUTCOME_EXPLANATIONS: { outcome: string; explanation: string }[] = [
  { outcome: 'ok', explanation: 'Succeeds.' },
  {
    outcome: '<decline code>',
    explanation: 'Declined with this code, e.g. insufficient_funds; an unknown one is passed on as it is.',
  },
  { outcome: '<decline code>@mac=03', explanation: 'Declined, with a Mastercard merchant advice code.' },
  { outcome: '<decline code>@visa=14', explanation: 'Declined, with the response code of the named network.' },
  {
    outcome: 'timeout_charged',
    explanation: 'Executed, but the answer never comes; the same key replays the success.',
  },
  { outcome: 'timeout_lost', explanation: 'Never executed, and never answered.' },
  { outcome: '500_charged', explanation: 'Executed, answers 500; the key replays the 500, lookups tell the truth.' },
  { outcome: '500_lost', explanation: 'Not executed, answers 500; the key replays the 500, lookups say absent.' },
  { outcome: '503', explanation: 'Answers 503, not executed by the sheet, not kept under the key.' },
  { outcome: '429', explanation: 'Answers 429, not executed by the sheet, not kept under the key.' },
  { outcome: 'reset_charged', explanation: 'Executed, then the connection is cut.' },
  { outcome: 'reset_lost', explanation: 'Not executed, the connection is cut.' },
  { outcome: 'down', explanation: 'Answers 503 marked not executed; lookups work.' },
  { outcome: 'in_flight', explanation: 'Answers 409 in_flight; not executed, not kept under the key.' },
  { outcome: 'duplicate', explanation: 'Declined: the processor says that it already has this payment.' },
  { outcome: 'slow_<ms>', explanation: 'Succeeds after that many milliseconds; until then the key is in flight.' },
  { outcome: '3ds_ok', explanation: 'The buyer must authenticate on a page; then it succeeds.' },
  { outcome: '3ds_failed', explanation: 'The buyer must authenticate; that fails.' },
  { outcome: '3ds_abandoned', explanation: 'The buyer must authenticate, and gives up (by itself after 10 s).' },
  { outcome: '3ds_ok_declined', explanation: 'The buyer authenticates, and the payment is declined all the same.' },
  { outcome: '3ds_frictionless', explanation: 'Succeeds, authenticated without the buyer seeing anything.' },
  { outcome: 'pending_then_ok', explanation: 'Pending for 3 s, then succeeds.' },
  { outcome: 'pending_then_declined', explanation: 'Pending for 3 s, then declined.' },
  {
    outcome: 'late_webhook_<s>',
    explanation: 'Executed, answer lost; until the webhook after s seconds everything says in_flight.',
  },
  { outcome: 'dispute_after_<s>', explanation: 'Succeeds; disputed after s seconds.' },
  {
    outcome: 'return_after_<s>',
    explanation: 'Succeeds; the money is returned (as a bank debit can be) after s seconds.',
  },
  { outcome: 'refund=failed', explanation: 'Token option: refunds fail.' },
  { outcome: 'void=timeout_done', explanation: 'Token option: voids are done, but the answer never comes.' },
];
