import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../cli/launcher/paths.ts';

const CLAIM = 'store/migrations/0003_claim.sql';

/**
 * The harness proves itself: with one guard taken out, it must find what the guard prevents. The guard is taken out of a
 * copy of the sources, from which worker, gateway and migrations are then run; the product has no switch for it.
 */
export const SABOTAGES = {
  /** Every send of a payment has another key. */
  key: [
    {
      file: 'processors/simulator/simulated-processor.ts',
      guard: "const headers = { 'idempotency-key': request.key };",
      instead: "const headers = { 'idempotency-key': request.key + Math.random().toString(36).slice(2) };",
    },
  ],
  /** Every claim is granted, whatever is recorded. */
  claim: [
    { file: CLAIM, guard: '  known := FOUND;', instead: '  known := false;' },
    {
      file: CLAIM,
      guard: '  IF h.behind THEN',
      instead: '  IF false THEN',
    },
    { file: CLAIM, guard: 'ELSIF hindrance IS NOT NULL THEN', instead: 'ELSIF false THEN' },
    {
      file: CLAIM,
      guard: "answer := CASE WHEN FOUND THEN 'granted' ELSE 'conflict' END;",
      instead: "answer := 'granted';",
    },
  ],
  /** An attempt without an answer counts as one that failed. */
  'unknown-gate': [
    { file: 'policy/facts.ts', guard: "    case 'unknown':\n", instead: '' },
    {
      file: 'policy/facts.ts',
      guard: "    case 'declined':\n    case 'not_executed':\n",
      instead: "    case 'unknown':\n    case 'declined':\n    case 'not_executed':\n",
    },
    // Only an attempt that has a class is followed by another one, and this one is new to the router.
    {
      file: 'policy/plan/route.ts',
      guard: "    case 'transient':\n",
      instead: "    case 'unknown_outcome':\n    case 'transient':\n",
    },
  ],
  /** A notice that comes twice is two notices: at the gateway, in the decision, and where money is counted. */
  dedup: [
    {
      file: 'policy/apply/money-facts.ts',
      guard: '  if (told.some((each) => each.fact === fact && each.id === id)) return false;\n',
      instead: '',
    },
    {
      file: 'policy/apply/money-facts.ts',
      guard: 'if (event.total === true) countTotals(attempt, { [fact]: minor });\n  else countOnce',
      instead: 'countOnce',
    },
    { file: 'policy/decide.ts', guard: 'if (order.appliedIds.includes(id)) return true;', instead: '' },
    {
      file: 'gateway/routes/webhooks.ts',
      guard: "if (stored === 'stored' || (await isUnapplied(services, event))) await",
      instead: 'await',
    },
  ],
  /** A card is tried as often as orders ask for it: by the claim, and in planning, which reads what was counted. */
  ceiling: [
    {
      file: 'store/migrations/0006_card_ledger.sql',
      guard: "WHEN jsonb_path_exists(reading, '$.counts[*] ? (@.reached == true)') THEN 'ceiling'",
      instead: "WHEN false THEN 'ceiling'",
    },
    {
      file: 'policy/ceilings/ceilings.ts',
      guard: 'return reading.used >= reading.limit && Date.parse(reading.windowEndsAt) > nowMs;',
      instead: 'return false;',
    },
  ],
  /** Cancel in Temporal tears down what is going on. */
  'cancellation-shield': [
    {
      file: 'workflows/order-payment.ts',
      guard: 'return CancellationScope.nonCancellable(() => collectOrder(collection));',
      instead: 'return collectOrder(collection);',
    },
  ],
} as const satisfies Record<string, { file: string; guard: string; instead: string }[]>;

export type SabotageName = keyof typeof SABOTAGES;

const FOLDERS = ['activities', 'client', 'contract', 'gateway', 'policy', 'processors', 'store', 'worker', 'workflows'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json'];

/** @returns the folder of the sabotaged copy. @throws when the guard is not where it was: it moved, and this has to follow. */
export function sabotagedSources(name: SabotageName, directory: string): string {
  const root = join(directory, 'sabotaged');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  for (const path of [...FOLDERS, ...FILES]) cpSync(join(ROOT, path), join(root, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  for (const { file, guard, instead } of SABOTAGES[name]) {
    const source = readFileSync(join(root, file), 'utf8');
    if (source.split(guard).length !== 2) throw new Error(`The guard of "${name}" is not once in ${file}: ${guard}`);
    writeFileSync(
      join(root, file),
      source.replace(guard, () => instead),
    );
  }
  return root;
}
