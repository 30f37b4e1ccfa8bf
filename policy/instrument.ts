import type { FailureClass, Instant } from './terms.ts';

/** A credential at one processor, sealed (compact JWE with a key id). Opened only in the activity that sends it. */
export interface SealedCredential {
  /** `*`: valid at every processor (simulator tokens). */
  processor: string;
  sealed: string;
  singleUse?: boolean;
  /** Attempts before this one did not use it: a card that is entered again comes with a fresh token. */
  fromAttempt?: number;
  expiresAt?: Instant;
}

export interface Instrument {
  /** `ins_…`, the same for the same card of the same merchant. */
  id: string;
  /** Counting identity: PAR, else a keyed hash of the credential; the simulator's card. In clear, never a credential. */
  identity: string;
  /** What the identity is made of, strongest first; the weaker, the more easily one card counts as two. */
  identityFrom?: IdentitySource;
  /** Other names of the same card: keyed hashes of its credentials. A card met under any of them is this one. */
  aliases?: string[];
  origin: 'order' | 'saved' | 'buyer';
  credentials: SealedCredential[];
  network?: string;
  funding?: string;
  issuerCountry?: string;
  last4?: string;
  /** Set once, never removed, only ever further: no attempt that we submit uses this instrument again (I4). */
  forbidden?: {
    since: Instant;
    attempt: number;
    failureClass: FailureClass | null;
    source: string;
    /** By this order's own outcome, for every order of the merchant: the store marks the card. */
    everywhere?: true;
    /** Another order, whose outcome forbade it for all. */
    orderId?: string;
  };
}

/** `linked_credentials`: several processors' credentials that were given as one card's. */
export type IdentitySource = 'par' | 'simulator_card' | 'linked_credentials' | 'credential';
