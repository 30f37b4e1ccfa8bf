import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newInstrument, simulatorToken } from '../../contract/instruments.ts';
import { createSealer, createSealingKeys } from '../../contract/sealing.ts';

const sealer = createSealer(createSealingKeys(randomBytes(32).toString('base64')), new Uint8Array(randomBytes(32)));
const order = { merchantId: 'default', orderId: 'o-1' };
type Method = Parameters<typeof newInstrument>[0];
const made = (method: Method) => newInstrument(method, order, 'buyer', sealer);

const STRIPE = { processor: 'stripe', token: 'pm_1' };
const ADYEN = { processor: 'adyen', token: 'stored_1', singleUse: true, expiresAt: '2026-12-01T00:00:00.000Z' };

describe('an instrument', () => {
  test('keeps what the caller knows of the card, and invents nothing', async () => {
    const known = await made({ credentials: [STRIPE], network: 'visa', last4: '4242', par: 'P1' });
    expect(known).toMatchObject({ network: 'visa', last4: '4242', origin: 'buyer', identity: 'par:P1' });
    const unknown = await made({ credentials: [STRIPE] });
    expect(Object.keys(unknown).sort()).toEqual(['credentials', 'id', 'identity', 'identityFrom', 'origin']);
  });

  test('is of the network that the caller names, else of the one in the simulator’s token', async () => {
    expect((await made({ token: 'sim:brand=amex;alpha=ok', network: 'visa' })).network).toBe('visa');
    expect((await made({ token: 'sim:brand=amex;alpha=ok' })).network).toBe('amex');
    expect('network' in (await made({ token: 'sim:brand=;alpha=ok' }))).toBe(false);
  });

  test('has each credential sealed by itself, with what limits its use', async () => {
    const { credentials } = await made({ credentials: [STRIPE, ADYEN] });
    const [stripe, adyen] = credentials;
    expect(Object.keys(stripe ?? {}).sort()).toEqual(['processor', 'sealed']);
    expect(adyen).toMatchObject({ processor: 'adyen', singleUse: true, expiresAt: ADYEN.expiresAt });
    expect(await sealer.open(stripe?.sealed ?? '')).toBe('pm_1');
    expect(await sealer.open(adyen?.sealed ?? '')).toBe('stored_1');
  });

  test('with a simulator’s token has one credential, good everywhere', async () => {
    const { credentials } = await made({ token: 'sim:alpha=ok' });
    expect(credentials.map(({ processor }) => processor)).toEqual(['*']);
    expect(await sealer.open(credentials[0]?.sealed ?? '')).toBe('sim:alpha=ok');
  });
});

describe('what a card is counted by', () => {
  const identity = async (method: Method) => (await made(method)).identity;

  test('never changes from one release to the next: ceilings look back for 30 days', async () => {
    const token = 'sim:alpha=ok';
    const hash = (parts: string[]) => sealer.identityHash(parts).slice(0, 32);
    expect(await identity({ token })).toBe(`sim:${hash(['sim', 'default', 'o-1', token])}`);
    expect(await identity({ credentials: [STRIPE] })).toBe(`cred:${hash(['credential', 'stripe', 'pm_1'])}`);
  });

  test('does not depend on the order in which its credentials are given', async () => {
    const here = await identity({ credentials: [STRIPE, ADYEN] });
    expect(await identity({ credentials: [ADYEN, STRIPE] })).toBe(here);
    expect(here).toBe(await identity({ credentials: [ADYEN] }));
    expect(here).not.toBe(await identity({ credentials: [STRIPE] }));
  });

  test('is the simulator’s card wherever its token stands, and however it is spaced', async () => {
    expect(await identity({ token: 'sim: card=blue ; alpha=ok' })).toBe('sim-card:blue');
    const credentials = [STRIPE, { processor: 'alpha', token: 'sim:card=blue;alpha=ok' }];
    expect(simulatorToken({ credentials })).toBe('sim:card=blue;alpha=ok');
    expect(await identity({ credentials })).toBe('sim-card:blue');
    expect(simulatorToken({ credentials: [STRIPE] })).toBeUndefined();
    expect(await identity({ token: 'sim:card=;alpha=ok' })).toMatch(/^sim:[0-9a-f]{32}$/);
  });
});
