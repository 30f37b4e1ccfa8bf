/** Buyer tokens: one order, named actions, 15 minutes. Signed, not stored. */
import { jwtVerify, SignJWT } from 'jose';
import { recoupError } from '../../client/errors.ts';
import { MERCHANT_ID_PATTERN, ORDER_ID_PATTERN, type OrderRef } from '../../contract/ids.ts';

export type BuyerAction = 'view' | 'pay';

export interface BuyerClaims extends OrderRef {
  actions: BuyerAction[];
}

const ISSUER = 'recoup';
const LIFETIME_SECONDS = 15 * 60;

export class BuyerTokens {
  readonly #key: Uint8Array;
  readonly #audience: string;

  /** @param key 32 random bytes. A token of one mode is not valid in the other. */
  constructor(key: Uint8Array, mode: 'test' | 'live') {
    this.#key = key;
    this.#audience = `recoup-buyer-${mode}`;
  }

  async mint({ merchantId, orderId, actions }: BuyerClaims): Promise<{ token: string; expiresAt: string }> {
    const issuedAt = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({ merchant: merchantId, actions })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(this.#audience)
      .setSubject(orderId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_SECONDS)
      .sign(this.#key);
    return { token, expiresAt: new Date((issuedAt + LIFETIME_SECONDS) * 1000).toISOString() };
  }

  /** Every way to be wrong gets the same answer. */
  async verify(token: string): Promise<BuyerClaims> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: this.#audience,
        requiredClaims: ['exp', 'iat', 'sub'],
        maxTokenAge: LIFETIME_SECONDS,
      });
      return readClaims(payload);
    } catch {
      throw recoupError('unauthorized');
    }
  }
}

/** Three dotted parts: a JWT, which is no API key. */
export function looksLikeToken(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential);
}

function readClaims(payload: Record<string, unknown>): BuyerClaims {
  const { sub: orderId, merchant: merchantId, actions } = payload;
  const valid =
    typeof orderId === 'string' &&
    ORDER_ID_PATTERN.test(orderId) &&
    typeof merchantId === 'string' &&
    MERCHANT_ID_PATTERN.test(merchantId) &&
    Array.isArray(actions);
  if (!valid) throw recoupError('unauthorized');
  return { merchantId, orderId, actions: actions.filter((action) => action === 'view' || action === 'pay') };
}
