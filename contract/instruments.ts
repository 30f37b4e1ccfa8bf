/** Builds an instrument from what a caller gave: identity first, then the seal. */
import type { IdentitySource, Instrument, SealedCredential } from '../policy/instrument.ts';
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
  const [name, ...others] = namesOf(method, order, sealer);
  const brand = simulatorPart(simulatorToken(method), 'brand');
  const network = method.network ?? brand;
  return {
    id: `ins_${hashOf([order.merchantId, name.text]).slice(0, 16)}`,
    identity: name.text,
    identityFrom: name.from,
    ...(others.length > 0 && { aliases: others.map(({ text }) => text) }),
    origin,
    credentials: await sealCredentials(method, sealer),
    ...(network !== undefined && { network }),
    ...(method.last4 !== undefined && { last4: method.last4 }),
  };
}

interface CardName {
  text: string;
  from: IdentitySource;
}

/**
 * What attempts on one card are counted by, the strongest first: the PAR; the simulator's card; else a keyed hash of each
 * credential, which is the same card only as long as one of them is. The weaker names come along as aliases, so that a
 * card met once with its PAR and once with a credential is one card.
 */
function namesOf(method: PaymentMethodFacts, order: OrderRef, sealer: Sealer): [CardName, ...CardName[]] {
  const par: CardName[] = method.par === undefined ? [] : [{ text: `par:${method.par}`, from: 'par' }];
  const credentials = [...(method.credentials ?? [])].sort((left, right) =>
    left.processor < right.processor ? -1 : 1,
  );
  const from: IdentitySource = credentials.length > 1 ? 'linked_credentials' : 'credential';
  const hash = (parts: string[]) => sealer.identityHash(parts).slice(0, 32);
  const token = simulatorToken(method);
  const card = simulatorPart(token, 'card');
  const [first, ...rest]: CardName[] = [
    ...par,
    ...(card === undefined ? [] : [{ text: `sim-card:${card}`, from: 'simulator_card' as const }]),
    ...(token === undefined || card !== undefined
      ? []
      : [{ text: `sim:${hash(['sim', order.merchantId, order.orderId, token])}`, from: 'credential' as const }]),
    ...credentials
      .filter((each) => !each.token.startsWith('sim:'))
      .map((each) => ({ text: `cred:${hash(['credential', each.processor, each.token])}`, from })),
  ];
  if (first === undefined) throw new TypeError('A payment method has a token or a credential: the schema says so.');
  return [first, ...rest];
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
