import { Context } from '@temporalio/activity';
import { hashOf } from '../contract/keys.ts';
import { SealBroken } from '../contract/sealing.ts';
import type { OperationResult, ProcessorAnswer } from '../policy/answers.ts';
import { classify } from '../policy/failures/classify.ts';
import { scaleClassification } from '../policy/rules.ts';
import type { Processor } from '../processors/port.ts';
import type { ClaimAnswer } from '../store/store.ts';
import { admitStart, withHealth } from './admission.ts';
import { type ActivityClock, startClock } from './clock.ts';
import type { ActivityContext } from './context.ts';
import type { MoneyOperationInput } from './inputs.ts';
import { ceilingsNow, readingOf, readingsAfter } from './ledger.ts';
import { orNothingSent } from './nothing-sent.ts';
import { recordAnswer, recordOutcome } from './record-answer.ts';
import { resultOfAnswer, unsent } from './results.ts';
import { readCredential, withoutCredential } from './unreadable-credential.ts';

const HEARTBEAT_EVERY_MS = 1_000;

/**
 * From the activity's start to the write, by the wall clock. Shorter than the heartbeat timeout: a worker that was frozen
 * in between for longer may have been given up, and the payment proved absent and collected elsewhere.
 */
const SEND_WITHIN_MS = 2_500;

/** Its `nowMs` is that of the activity's clock. */
type TimedContext = ActivityContext & ActivityClock;

const NOT_TAKEN = 'The store did not take the claim, so nothing was sent to the processor.';

/**
 * The one way to a processor: ask its breaker, claim in the store, send once, record the outcome (and the decision on it, if it
 * can be foretold).
 *
 * 1. Nothing leaves before the claim is committed. A failure before that is proved to have sent nothing.
 * 2. The activity runs once (`maximumAttempts: 1`); sending the same key again is the workflow's doing, and meets the claim.
 * 3. The time limits are checked again just before the write: the claim may have waited for the store.
 * 4. Every business answer is a value. A rejection is a fault of ours.
 */
export async function moneyOperation(worker: ActivityContext, input: MoneyOperationInput): Promise<OperationResult> {
  const activity = Context.current();
  const clock = startClock(worker.nowMs);
  const context: TimedContext = { ...worker, ...clock };
  const heartbeat = setInterval(() => activity.heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    const startedAtMs = worker.nowMs();
    const startedAt = new Date(context.nowMs()).toISOString();
    if (isPast(context, input.sendBefore)) return unsent(input, 'late', startedAt);
    const processor = context.processors.get(input.processor);
    if (processor === undefined) return unsent(input, 'processor_missing', startedAt);
    const credential = await readCredential(context, input);
    if (credential instanceof SealBroken) return await withoutCredential(context, input, credential, startedAt);
    const admitted = await orNothingSent(() => admitStart(context, input, startedAt), NOT_TAKEN);
    if (admitted.held !== null) return admitted.held;
    const claim = await claimOrFail(context, input);
    const settled = await resultWithoutSending(context, input, claim, startedAt);
    if (settled !== null) return settled;
    if (worker.nowMs() - startedAtMs > SEND_WITHIN_MS) {
      return await recordOutcome(context, unsent(input, 'not_sent_in_time', startedAt));
    }
    const result = await sendOnce(context, input, { processor, claim, startedAt, ...credential });
    const told = withHealth(context, input.processor, { ...result, ...readingsAfter(claim, result) }, admitted.permit);
    return await recordAnswer(context, input, told, clock.workflowNow());
  } finally {
    clearInterval(heartbeat);
  }
}

function claimOrFail(context: TimedContext, input: MoneyOperationInput): Promise<ClaimAnswer> {
  const { progress, resendUntil } = input;
  const claim = () =>
    context.store.claimOperation({
      merchantId: input.merchantId,
      orderId: input.orderId,
      attempt: input.attempt,
      operation: input.operation,
      number: input.number ?? 1,
      processor: input.processor,
      account: input.account,
      instrumentId: input.instrumentId,
      amountMinor: input.amountMinor,
      currency: input.currency,
      key: input.key,
      readableKey: input.readableKey,
      requestHash: frozenHash(input),
      ...(input.card === undefined ? {} : { card: input.card, ceilings: ceilingsNow(context) }),
      resendUntil,
      progress,
      now: new Date(context.nowMs()).toISOString(),
      latestNow: new Date(context.latestMs()).toISOString(),
    });
  return orNothingSent(claim, NOT_TAKEN);
}

/**
 * What is frozen with the key. Not in it: what a later decision may word differently for the very same request
 * (when a page closes by itself; the processor's reference of a target that its key names already).
 */
function frozenHash(input: MoneyOperationInput): string {
  return hashOf({
    operation: input.operation,
    amountMinor: input.amountMinor,
    currency: input.currency,
    instrumentId: input.instrumentId,
    credential: input.sealedCredential === undefined ? null : hashOf(input.sealedCredential),
    target: input.targetKey ?? input.reference ?? null,
    challenge: input.challenge,
    offSession: input.offSession,
    features: input.features,
    metadata: input.metadata,
    description: input.description ?? null,
    returnUrl: input.returnUrl ?? null,
  });
}

/** Claims that must not be sent: known outcomes, expired keys, conflicts. */
async function resultWithoutSending(
  context: TimedContext,
  input: MoneyOperationInput,
  claim: ClaimAnswer,
  startedAt: string,
): Promise<OperationResult | null> {
  switch (claim.kind) {
    case 'recorded':
      return { ...claim.result, attempt: input.attempt, claim: 'recorded', sent: false };
    case 'expired':
      return {
        ...unsent(input, 'key_expired', startedAt),
        outcome: 'unknown',
        provedNotExecuted: false,
        claim: 'expired',
      };
    case 'conflict':
      return {
        ...unsent(input, 'claim_conflict', startedAt),
        outcome: 'unknown',
        provedNotExecuted: false,
        claim: 'conflict',
      };
    case 'ceiling':
    case 'forbidden':
      return { ...unsent(input, claim.kind, startedAt), claim: claim.kind, ...readingOf(claim.card) };
    case 'order_exists':
      return { ...unsent(input, 'order_exists', startedAt), claim: 'order_exists' };
    case 'sent_again':
      if (!isPast(context, claim.resendUntil)) return null;
      return {
        ...unsent(input, 'key_expired', startedAt),
        outcome: 'unknown',
        provedNotExecuted: false,
        claim: 'expired',
      };
    case 'granted': {
      if (!isPast(context, input.sendBefore)) return null;
      return recordOutcome(context, { ...unsent(input, 'late', startedAt), claim: 'none' });
    }
    default:
      return claim satisfies never;
  }
}

async function sendOnce(
  context: ActivityContext,
  input: MoneyOperationInput,
  call: { processor: Processor; claim: ClaimAnswer; startedAt: string; credential?: string },
): Promise<OperationResult> {
  const {
    sealedCredential: _sealed,
    progress: _p,
    readings: _g,
    resendUntil: _r,
    sendBefore: _b,
    card: _card,
    timeoutMs,
    inDoubt: _d,
    ...request
  } = input;
  const { processor, claim, startedAt, credential } = call;
  const answer: ProcessorAnswer = await processor.send(
    { ...request, ...(credential === undefined ? {} : { credential }) },
    { timeoutMs, signal: Context.current().cancellationSignal },
  );
  const classification = scaleClassification(
    classify(answer, processor.sheet, { operation: input.operation }),
    context.timeScale,
  );
  return resultOfAnswer(input, answer, classification, {
    claim: claim.kind === 'sent_again' ? 'sent_again' : 'granted',
    startedAt,
    endedAt: new Date(context.nowMs()).toISOString(),
  });
}

function isPast(context: TimedContext, instant: string | null): boolean {
  return instant !== null && context.latestMs() >= Date.parse(instant);
}
