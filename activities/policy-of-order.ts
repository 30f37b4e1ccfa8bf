import type { Rulebook } from '../policy/rulebook.ts';
import { scaleRulebook, scaleSheet } from '../policy/rules.ts';
import type { Sheet } from '../policy/sheet.ts';
import type { Processor } from '../processors/port.ts';
import type { Store } from '../store/store.ts';

export interface OrderPolicy {
  rulebook: Rulebook;
  sheets: Sheet[];
}

/** Versions are immutable, so one that was read stays right; more than these are not in use at one time. */
const REMEMBERED_VERSIONS = 100;

/** The version of the rules that an order began with, and the sheets of this worker: scaled as the workflow's are. */
export function openPolicies(store: Store, processors: ReadonlyMap<string, Processor>, timeScale: number) {
  const remembered = new Map<string, Rulebook>();
  const sheets = [...processors.values()].map(({ sheet }) => scaleSheet(sheet, timeScale));
  /** `null` when the store does not have this version. */
  return async function policyOf(merchantId: string, hash: string): Promise<OrderPolicy | null> {
    const version = `${merchantId}/${hash}`;
    const known = remembered.get(version);
    if (known !== undefined) return { rulebook: known, sheets };
    const stored = await store.rulebookByHash(merchantId, hash);
    if (stored === null) return null;
    const rulebook = scaleRulebook(stored, timeScale);
    if (remembered.size >= REMEMBERED_VERSIONS) remembered.clear();
    remembered.set(version, rulebook);
    return { rulebook, sheets };
  };
}
