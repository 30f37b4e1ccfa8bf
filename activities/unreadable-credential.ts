import { log } from '@temporalio/activity';
import { SealBroken } from '../contract/sealing.ts';
import type { OperationResult } from '../policy/answers.ts';
import type { ActivityContext } from './context.ts';
import type { MoneyOperationInput } from './inputs.ts';
import { orNothingSent } from './nothing-sent.ts';
import { unsent } from './results.ts';

/** In clear from here to the send; a {@link SealBroken} when no key of ours opens it. */
export async function readCredential(
  context: ActivityContext,
  { sealedCredential }: MoneyOperationInput,
): Promise<{ credential?: string } | SealBroken> {
  if (sealedCredential === undefined) return {};
  try {
    return { credential: await context.openCredential(sealedCredential) };
  } catch (error) {
    return error instanceof SealBroken ? error : new SealBroken('changed', null);
  }
}

/**
 * Nothing is claimed and nothing is sent without the credential. That this operation was never sent at all is certain
 * only if the store knows no claim of its key: a run that was reset may ask for what was charged long ago.
 */
export async function withoutCredential(
  context: ActivityContext,
  input: MoneyOperationInput,
  broken: SealBroken,
  startedAt: string,
): Promise<OperationResult> {
  const { merchantId, orderId, attempt, processor } = input;
  const alert = { alert: 'credential_unreadable', reason: broken.reason, sealingKeyId: broken.kid };
  log.error('A sealed credential cannot be opened: nothing is sent', {
    ...alert,
    merchantId,
    orderId,
    attempt,
    processor,
  });
  const message = 'The store did not say whether this was sent before. Nothing was sent now.';
  return orNothingSent(() => resultFromClaims(context, input, broken, startedAt), message);
}

async function resultFromClaims(
  context: ActivityContext,
  input: MoneyOperationInput,
  broken: SealBroken,
  startedAt: string,
): Promise<OperationResult> {
  const claims = await context.store.listOperations(input.merchantId, input.orderId);
  const claimed = claims.find(({ key }) => key === input.key);
  if (claimed === undefined || claimed.result?.outcome === 'not_executed') return neverSent(input, broken, startedAt);
  if (!(await savedAsOurs(context, input))) {
    return { ...unsent(input, 'order_exists', startedAt), claim: 'order_exists' };
  }
  return resultOfEarlierSends(input, claimed.result, startedAt);
}

function neverSent(input: MoneyOperationInput, { reason, kid }: SealBroken, startedAt: string): OperationResult {
  const evidence = reason === 'key_missing' ? 'sealing_key_missing' : 'credential_changed';
  return { ...unsent(input, evidence, startedAt), ...(kid === null ? {} : { sealingKeyId: kid }) };
}

/** Saved as a claim would have done it. False when the store has a story of this order that this run does not know. */
async function savedAsOurs({ store }: ActivityContext, { progress }: MoneyOperationInput): Promise<boolean> {
  return (await store.saveProgress(progress)) === 'saved';
}

/** What was recorded is the answer; without one only proof ends it, because the key cannot be sent again. */
function resultOfEarlierSends(
  input: MoneyOperationInput,
  recorded: OperationResult | null,
  startedAt: string,
): OperationResult {
  if (recorded !== null && recorded.outcome !== 'unknown') {
    return { ...recorded, attempt: input.attempt, claim: 'recorded', sent: false };
  }
  return {
    ...unsent(input, 'credential_unreadable', startedAt),
    outcome: 'unknown',
    provedNotExecuted: false,
    claim: 'expired',
  };
}
