/** What is mutated together, and where a word counts. */
export interface Group {
  name: string;
  mutate: string[];
  /**
   * Also replace texts by empty ones. Off in `policy/`: there nearly every text is a member of a union, where the
   * compiler refuses another one, or a sentence for people.
   */
  texts: boolean;
}

export const GROUPS: readonly Group[] = [
  { name: 'keys', mutate: ['contract/keys.ts', 'contract/instruments.ts', 'contract/ids.ts'], texts: true },
  { name: 'verifiers', mutate: ['processors/standard-webhook.ts', 'processors/simulator/webhooks.ts'], texts: true },
  { name: 'sealing', mutate: ['contract/sealing.ts', 'contract/key-ring.ts'], texts: true },
  // The tables are data: each row is checked against its document by eye, and by test/policy/failures/tables.test.ts.
  { name: 'failures', mutate: ['policy/failures/*.ts'], texts: false },
  { name: 'rulebooks', mutate: ['policy/rulebooks/*.ts'], texts: false },
  { name: 'ceilings', mutate: ['policy/ceilings/*.ts'], texts: false },
  { name: 'health', mutate: ['policy/health/*.ts'], texts: false },
  { name: 'apply', mutate: ['policy/apply/*.ts'], texts: false },
  { name: 'plan', mutate: ['policy/plan/*.ts'], texts: false },
  { name: 'policy', mutate: ['policy/*.ts'], texts: false },
];
