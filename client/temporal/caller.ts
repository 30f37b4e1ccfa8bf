import type { Actor } from '../../policy/terms.ts';

/** Who calls, for which merchant. */
export interface Caller {
  merchantId: string;
  actor: Actor;
  /** For the audit: name of the credential, never the credential. */
  name: string;
}

/** One call and how long its caller waits. */
export interface Call {
  caller: Caller;
  /** The same id twice is one command. */
  commandId: string;
  waitMs: number;
}
