/** Who asks. Keys are compared by their hash; a buyer token is good for one order. */
import { createHash } from 'node:crypto';
import { recoupError } from '../client/errors.ts';
import type { Caller } from '../client/temporal/caller.ts';
import type { Store } from '../store/store.ts';
import { type BuyerTokens, looksLikeToken } from './buyer/tokens.ts';
import type { Access, Scope } from './http/route.ts';

export interface Admitted {
  caller: Caller;
  /** Names the credential in the rate limit and among Idempotency-Keys; a hash, never the credential. */
  credentialId: string;
  buyerOrderId: string | null;
}

const KEY_FRESH_MS = 10_000;

export function hashApiKey(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex');
}

export class Gate {
  readonly #store: Store;
  readonly #tokens: BuyerTokens;
  readonly #mode: 'test' | 'live';
  readonly #known = new Map<string, { key: ApiKey; readAtMs: number }>();

  constructor(parts: { store: Store; tokens: BuyerTokens; mode: 'test' | 'live' }) {
    this.#store = parts.store;
    this.#tokens = parts.tokens;
    this.#mode = parts.mode;
  }

  async admit(access: Exclude<Access, { kind: 'open' }>, authorization: string | null): Promise<Admitted> {
    const credential = /^Bearer ([\x21-\x7e]{8,4096})$/i.exec(authorization ?? '')?.[1];
    if (credential === undefined) throw recoupError('unauthorized');
    return access.kind === 'key'
      ? this.#admitKey(access.scope, credential)
      : this.#admitBuyer(access.action, credential);
  }

  async #admitKey(scope: Scope, apiKey: string): Promise<Admitted> {
    const otherMode = this.#mode === 'test' ? 'live' : 'test';
    if (looksLikeToken(apiKey) || apiKey.startsWith(`rk_${otherMode}_`)) throw recoupError('unauthorized');
    const keyHash = hashApiKey(apiKey);
    const key = await this.#findKey(keyHash);
    if (key === null) throw recoupError('unauthorized');
    const allowed = key.scopes.includes(scope) || (scope !== 'operations' && key.scopes.includes('*'));
    if (!allowed) {
      throw recoupError('scope_missing', `This call needs the scope ${scope}. Nothing was changed.`);
    }
    const caller = { merchantId: key.merchantId, actor: actorOf(key.scopes), name: key.name };
    return { caller, credentialId: keyHash, buyerOrderId: null };
  }

  async #findKey(keyHash: string): Promise<ApiKey | null> {
    const known = this.#known.get(keyHash);
    if (known !== undefined && Date.now() - known.readAtMs < KEY_FRESH_MS) return known.key;
    const key = await this.#store.findApiKey(keyHash);
    if (key === null) this.#known.delete(keyHash);
    else this.#known.set(keyHash, { key, readAtMs: Date.now() });
    return key;
  }

  async #admitBuyer(action: 'view' | 'pay', token: string): Promise<Admitted> {
    const claims = await this.#tokens.verify(token);
    if (!claims.actions.includes(action)) {
      throw recoupError('scope_missing', `This buyer token does not allow ${action}. Nothing was changed.`);
    }
    const { merchantId, orderId } = claims;
    const caller = { merchantId, actor: 'buyer' as const, name: 'buyer-token' };
    return { caller, credentialId: `buyer:${merchantId}:${orderId}`, buyerOrderId: orderId };
  }
}

interface ApiKey {
  merchantId: string;
  name: string;
  scopes: string[];
}

/** Keys of people who only support orders act as support; all others as the merchant. */
function actorOf(scopes: string[]): 'merchant' | 'support' {
  return scopes.includes('orders:support') && !scopes.includes('orders:write') ? 'support' : 'merchant';
}
