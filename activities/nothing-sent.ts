import { ApplicationFailure } from '@temporalio/activity';
import { StoreError, StoreUnavailable } from '../store/errors.ts';

/** By this type the workflow knows that nothing left, whatever was the matter with the store. */
const TYPE = 'StoreUnavailable';

/**
 * What is asked of the store before the send: without its answer nothing leaves, and that is certain. So it is when the store
 * refused: it is a mistake of ours then, but no doubt about money.
 */
export async function orNothingSent<T>(ask: () => Promise<T>, whileAway: string): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const message =
      error instanceof StoreUnavailable ? whileAway : `${error.message} Nothing was sent to the processor.`;
    throw ApplicationFailure.nonRetryable(message, TYPE);
  }
}
