/** Builds an instrument from what a caller gave: identity first, then the seal. */
import type { Instrument, SealedCredential } from '../policy/order.ts';
import type { OrderRef } from './ids.ts';
import { hashOf } from './keys.ts';
import type { CollectOrder } from './schemas/orders.ts';
import type { Sealer } from './sealing.ts';

type PaymentMethodFacts = CollectOrder['paymentMethod'];

/** A simulator token is a credential at every processor of the simulator. */
export const EVERY_PROCESSOR = '*';

export async function newInstrument(
  method: PaymentMethodFacts,
  order: OrderRef,
  origin: Instrument['origin'],
  sealer: Sealer,
): Promise<Instrument> {
  const identity = countingIdentity(method, order, sealer);
  const brand = simulatorPart(simulatorToken(method), 'brand');
  const network = method.network ?? brand;
  return {
    id: `ins_${hashOf([order.merchantId, identity]).slice(0, 16)}`,
    identity,
    origin,
    credentials: await sealCredentials(method, sealer),
    ...(network !== undefined && { network }),
    ...(method.last4 !== undefined && { last4: method.last4 }),
  };
}

/**
 * What attempts on one card are counted by: the PAR where we have it; the simulator's card; else a keyed hash of the
 * credential, which is the same card only as long as the credential is.
 */
function countingIdentity(method: PaymentMethodFacts, order: OrderRef, sealer: Sealer): string {
  if (method.par !== undefined) return `par:${method.par}`;
  const token = simulatorToken(method);
  if (token !== undefined) {
    const card = simulatorPart(token, 'card');
    if (card !== undefined) return `sim-card:${card}`;
    return `sim:${sealer.identityHash(['sim', order.merchantId, order.orderId, token]).slice(0, 32)}`;
  }
  const [first] = [...(method.credentials ?? [])].sort((left, right) => (left.processor < right.processor ? -1 : 1));
  return `cred:${sealer.identityHash(['credential', first?.processor ?? '', first?.token ?? '']).slice(0, 32)}`;
}

async function sealCredentials(method: PaymentMethodFacts, sealer: Sealer): Promise<SealedCredential[]> {
  if (method.token !== undefined) return [{ processor: EVERY_PROCESSOR, sealed: await sealer.seal(method.token) }];
  return Promise.all(
    (method.credentials ?? []).map(async ({ processor, token, singleUse, expiresAt }) => ({
      processor,
      sealed: await sealer.seal(token),
      ...(singleUse !== undefined && { singleUse }),
      ...(expiresAt !== undefined && { expiresAt }),
    })),
  );
}

/** The first simulator token among the credentials. */
export function simulatorToken(method: PaymentMethodFacts): string | undefined {
  return [method.token, ...(method.credentials ?? []).map(({ token }) => token)].find((token) =>
    token?.startsWith('sim:'),
  );
}

function simulatorPart(token: string | undefined, name: 'card' | 'brand'): string | undefined {
  const parts = token?.slice('sim:'.length).split(';') ?? [];
  const value = parts
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  return value === '' ? undefined : value;
}
