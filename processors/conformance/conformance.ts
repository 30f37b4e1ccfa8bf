import { afterAll, beforeAll, describe } from 'vitest';
import { fenceCases } from './fences.ts';
import type { Harness } from './harness.ts';
import { paymentCases } from './payments.ts';
import { webhookCases } from './webhooks.ts';

/**
 * What every adapter and its sheet must live up to, shown against a real server. A sheet that promises less is asked for
 * less, and is held to what it denies: a processor without keys must be seen to charge twice.
 */
export function conformance(name: string, makeHarness: () => Promise<Harness>): void {
  describe(`${name} lives up to its sheet`, () => {
    let harness: Harness;
    beforeAll(async () => {
      harness = await makeHarness();
    });
    afterAll(() => harness.close());

    paymentCases(() => harness);
    fenceCases(() => harness);
    webhookCases(() => harness);
  });
}
