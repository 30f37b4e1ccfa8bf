import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { MoneyOperationInput } from '../activities/inputs.ts';
import { answeredVersion } from '../contract/ids.ts';
import { operationKey } from '../contract/keys.ts';
import type { OperationResult } from '../policy/answers.ts';
import type { SendCommand } from '../policy/events.ts';
import {
  attemptNumbered,
  instrumentById,
  operationOf,
  primaryOperation,
  provenReference,
  targetKeyOf,
} from '../policy/facts.ts';
import { ruleOf } from '../policy/next-action.ts';
import type { Attempt, Operation } from '../policy/order.ts';
import { pageExpiry } from '../policy/plan/send.ts';
import { credentialFor } from '../policy/plan/usable.ts';
import { recallAnswer, runLookup, runOperation } from './activities.ts';
import { type Collection, confirmSaved, placeOfTask, progressOf, writerOf } from './collection.ts';
import { giveUpBacklog } from './record.ts';

/** Carries out the one command of a decision and says how it ended; whatever goes wrong on the way is a result too. */
export async function carryOut(collection: Collection, command: SendCommand): Promise<OperationResult> {
  const attempt = attemptNumbered(collection.order, command.attempt);
  if (attempt === undefined) throw ApplicationFailure.nonRetryable(`No attempt ${command.attempt}`);
  if (command.operation === 'lookup') return lookUp(collection, attempt, command);
  const operation = operationOf(attempt, command.operation);
  if (operation === undefined)
    throw ApplicationFailure.nonRetryable(`No ${command.operation} in attempt ${attempt.number}`);
  fixKey(collection, attempt, operation);
  // One write at a time: what waits goes with the claim.
  giveUpBacklog(collection);
  const input = operationInput(collection, attempt, operation, command);
  const sheet = collection.input.sheets.find(({ processor }) => processor === attempt.processor);
  try {
    const result = await runOperation(input, sheet, command.summary);
    if (WRITTEN.has(result.claim)) confirmSaved(collection, input.progress);
    if (result.foretold !== undefined) collection.kept = answeredVersion(input.progress.version);
    return result;
  } catch (error) {
    const result = resultOfFault(error, input, operation.startedAt);
    return result.outcome === 'unknown' ? ((await recorded(collection, input.key)) ?? result) : result;
  }
}

/**
 * The activity was lost after it may have sent. What it recorded before is the answer, and nobody is told of a doubt. When it
 * recorded nothing, then asking has closed the order's row to it: a worker that was only frozen records its answer and no more.
 */
async function recorded(collection: Collection, key: string): Promise<OperationResult | null> {
  const { merchantId, orderId } = collection.order.facts;
  const runId = writerOf(collection);
  try {
    const answer = await recallAnswer({ merchantId, orderId, key, runId, position: placeOfTask() });
    return answer === null ? null : { ...answer, claim: 'recorded', sent: false };
  } catch {
    return null;
  }
}

/** Claims that took the progress with them. */
const WRITTEN = new Set<OperationResult['claim']>([
  'granted',
  'sent_again',
  'recorded',
  'expired',
  'ceiling',
  'forbidden',
  'conflict',
]);

/** The key is fixed before the first send and never again. It is shown beside its readable form. */
function fixKey(collection: Collection, attempt: Attempt, operation: Operation): void {
  if (operation.key !== '') return;
  const { merchantId, orderId } = collection.order.facts;
  const sheet = collection.input.sheets.find(({ processor }) => processor === attempt.processor);
  const derived = operationKey({
    merchantId,
    orderId,
    attempt: attempt.number,
    operation: operation.operation,
    ...(operation.number === undefined ? {} : { number: operation.number }),
    processor: attempt.processor,
    account: attempt.account,
    maxKeyLength: sheet?.idempotency?.maxKeyLength ?? null,
  });
  operation.key = derived.key;
  operation.readableKey = derived.readableKey;
}

function operationInput(
  collection: Collection,
  attempt: Attempt,
  operation: Operation,
  command: SendCommand,
): MoneyOperationInput {
  const { facts } = collection.order;
  const primary = primaryOperation(attempt);
  const collects = operation === primary;
  const sealed = collects ? sealedCredential(collection, attempt) : undefined;
  const page = attempt.kind !== 'card' && collects;
  const reference = provenReference(attempt, operation.operation);
  const targetKey = targetKeyOf(attempt, operation.operation);
  return {
    operation: operation.operation,
    merchantId: facts.merchantId,
    orderId: facts.orderId,
    attempt: attempt.number,
    ...(operation.number === undefined ? {} : { number: operation.number }),
    processor: attempt.processor,
    account: attempt.account,
    key: operation.key,
    readableKey: operation.readableKey,
    amountMinor: operation.amountMinor ?? facts.amount.minor,
    currency: facts.amount.currency,
    instrumentId: attempt.instrumentId,
    ...(collects && attempt.kind === 'card' ? countedAs(collection, attempt) : {}),
    ...(sealed === undefined ? {} : { sealedCredential: sealed }),
    ...(collects || reference === null ? {} : { reference }),
    ...(collects || targetKey === undefined ? {} : { targetKey }),
    challenge: attempt.challenge,
    offSession: facts.offSession !== undefined,
    features: facts.features,
    metadata: facts.metadata,
    ...(facts.description === undefined ? {} : { description: facts.description }),
    ...(facts.returnUrl === undefined ? {} : { returnUrl: facts.returnUrl }),
    ...(page ? { expiresAt: expiryOfPage(collection, attempt) } : {}),
    sendBefore: sendBefore(collection, attempt, operation),
    resendUntil: operation.resendUntil,
    timeoutMs: command.timeoutMs,
    // This send is counted already; the others are proved not executed, or not.
    inDoubt: operation.sendsNotExecuted < operation.sends - 1,
    progress: progressOf(collection),
    readings: collection.readings,
  };
}

/** As what the card ledger counts this attempt. */
function countedAs({ order }: Collection, attempt: Attempt): Pick<MoneyOperationInput, 'card'> {
  const instrument = instrumentById(order, attempt.instrumentId);
  if (instrument === undefined) return {};
  const { identity, identityFrom = 'credential', aliases = [], network } = instrument;
  return {
    card: { identity, identityFrom, aliases, network: network ?? null, startedBy: attempt.startedBy },
  };
}

function sealedCredential({ order }: Collection, attempt: Attempt): string | undefined {
  const instrument = instrumentById(order, attempt.instrumentId);
  if (instrument === undefined) return undefined;
  const others = { ...order, attempts: order.attempts.filter(({ number }) => number < attempt.number) };
  return credentialFor({ order: others, nowMs: Date.parse(attempt.startedAt) }, instrument, attempt.processor)?.sealed;
}

/** From the attempt's start, so that a resend asks for the same thing. */
function expiryOfPage({ order, input }: Collection, attempt: Attempt): string {
  const rule = ruleOf({ order, rulebook: input.rulebook, sheets: input.sheets });
  return pageExpiry({ rule, sheets: input.sheets }, attempt);
}

/**
 * The first round's charges are bound to the caller who waits for them; a resend is bound by its key's own time. A page
 * takes nothing by itself, so the rule may open it long after that caller has left.
 */
function sendBefore({ order }: Collection, attempt: Attempt, operation: Operation): string | null {
  const first = operation.sends === 1 && operation === primaryOperation(attempt);
  return first && attempt.kind === 'card' && attempt.round === 1 && attempt.startedBy === 'rule'
    ? order.facts.notAfter
    : null;
}

async function lookUp(collection: Collection, attempt: Attempt, command: SendCommand): Promise<OperationResult> {
  const { facts } = collection.order;
  const reference = provenReference(attempt);
  const asked = command.of === undefined ? primaryOperation(attempt) : operationOf(attempt, command.of);
  const input = {
    merchantId: facts.merchantId,
    orderId: facts.orderId,
    attempt: attempt.number,
    processor: attempt.processor,
    operation: asked?.operation ?? 'charge',
    key: asked?.key ?? '',
    ...(reference === null ? {} : { reference }),
    timeoutMs: command.timeoutMs,
  } as const;
  try {
    return await runLookup(input, command.summary);
  } catch (error) {
    const result = resultOfFault(error, { ...input, operation: 'lookup' }, new Date().toISOString());
    return { ...result, outcome: 'unknown', found: 'no_answer', provedNotExecuted: false };
  }
}

/**
 * An activity that failed instead of answering. Not started in time, or no claim: proved that nothing was sent.
 * Anything else after that may have moved money, so it is unknown.
 */
function resultOfFault(
  error: unknown,
  ref: { attempt: number; operation: OperationResult['operation']; key: string },
  startedAt: string,
): OperationResult {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  const neverStarted = cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
  const notClaimed = cause instanceof ApplicationFailure && cause.type === 'StoreUnavailable';
  const nothingSent = neverStarted || notClaimed;
  const evidence = neverStarted ? 'no_worker' : notClaimed ? 'store_unavailable' : 'worker_lost';
  return {
    attempt: ref.attempt,
    operation: ref.operation,
    key: ref.key,
    outcome: nothingSent ? 'not_executed' : 'unknown',
    failureClass: nothingSent ? 'transient' : 'unknown_outcome',
    forbidsInstrument: false,
    retryAfterMs: null,
    evidence,
    document: '',
    edition: '',
    provedNotExecuted: nothingSent,
    sent: !nothingSent,
    claim: nothingSent ? 'none' : 'granted',
    // The claim may have been committed all the same, and keeps a place of the card.
    ...(notClaimed ? { recorded: false as const } : {}),
    startedAt,
    endedAt: new Date().toISOString(),
  };
}
