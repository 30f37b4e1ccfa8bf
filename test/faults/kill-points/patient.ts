import { hashOf } from '../../../contract/keys.ts';
import type { Rulebook } from '../../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import type { Scene } from '../../setup/scene.ts';

/**
 * A dead worker costs an order seconds. That the buyer's time for an answer is over by then, and the retry processor is not
 * tried any more, is another story than the one of these tests.
 */
const PATIENT: Rulebook = {
  ...DEFAULT_RULEBOOK,
  rules: DEFAULT_RULEBOOK.rules.map((rule) => ({ ...rule, windows: { ...rule.windows, answerWithinMs: 120_000 } })),
};

/** From now on the buyers of this scene wait two minutes for an answer. */
export async function waitPatiently({ store, merchantId }: Scene): Promise<void> {
  await store.publishRulebook(merchantId, PATIENT, hashOf(PATIENT));
}
