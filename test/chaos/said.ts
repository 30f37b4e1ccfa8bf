import { RecoupError } from '../../client/index.ts';
import type { Stage } from './play.ts';

/** An error with a code is an answer: it is counted, and judged at the end. */
export async function said<T>({ answered }: Pick<Stage, 'answered'>, call: () => Promise<T>): Promise<T | undefined> {
  try {
    const answer = await call();
    answered('ok');
    return answer;
  } catch (error) {
    answered(error instanceof RecoupError ? error.code : ((error as Error)?.name ?? 'unknown'));
    return undefined;
  }
}
