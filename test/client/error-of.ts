import { expect } from 'vitest';
import { RecoupError } from '../../client/index.ts';

export async function errorOf(call: Promise<unknown>): Promise<RecoupError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RecoupError);
  return error as RecoupError;
}
