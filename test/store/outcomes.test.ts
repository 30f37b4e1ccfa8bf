import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../policy/terms.ts';
import { UnknownOperation } from '../../store/errors.ts';
import { claim, newOrder, nextClaim, record, result, storedOutcome, useStore } from './world.ts';

const opened = useStore();

/** How firm an outcome is. A firmer one is never replaced by a weaker one. */
const FIRMNESS: Record<Outcome, number> = {
  unknown: 0,
  requires_action: 1,
  pending: 2,
  not_executed: 3,
  declined: 4,
  succeeded: 5,
};
const outcomes = Object.keys(FIRMNESS) as Outcome[];

async function claimed() {
  const first = claim(newOrder());
  await opened.store.claimOperation(first);
  return first;
}

describe('a definite outcome stays', () => {
  property.prop([fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 8 })], { numRuns: 60 })(
    'whatever arrives in whatever order, the stored outcome never gets weaker, and a success is never lost',
    async (arriving) => {
      const operation = await claimed();
      let before = -1;
      for (const outcome of arriving) {
        await record(opened.store, operation, outcome);
        const stored = await storedOutcome(opened.store, operation);
        const firmness = stored === null ? -1 : FIRMNESS[stored];
        expect(firmness).toBeGreaterThanOrEqual(before);
        before = firmness;
      }
      const definite = arriving.filter((outcome) => outcome === 'succeeded' || outcome === 'declined');
      if (definite.includes('succeeded')) expect(before).toBe(FIRMNESS.succeeded);
      else if (definite.length > 0) expect(before).toBe(FIRMNESS.declined);
    },
  );

  property.prop([fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 5 })], { numRuns: 30 })(
    'each outcome twice is each outcome once',
    async (arriving) => {
      const [once, twice] = [await claimed(), await claimed()];
      for (const outcome of arriving) {
        await record(opened.store, once, outcome);
        await record(opened.store, twice, outcome);
        await record(opened.store, twice, outcome);
      }
      expect(await storedOutcome(opened.store, twice)).toBe(await storedOutcome(opened.store, once));
    },
  );
});

describe('not executed', () => {
  test('of a second send says nothing of the first, whose answer is missing', async () => {
    const operation = await claimed();
    await opened.store.claimOperation(nextClaim(operation.orderId));
    await record(opened.store, operation, 'not_executed');
    expect(await storedOutcome(opened.store, operation)).toBeNull();
    expect(await opened.store.claimOperation(nextClaim(operation.orderId))).toMatchObject({ kind: 'sent_again' });
  });

  test('of a second send does not end an unknown outcome; a lookup’s proof does', async () => {
    const operation = await claimed();
    await record(opened.store, operation, 'unknown');
    await record(opened.store, operation, 'not_executed');
    expect(await storedOutcome(opened.store, operation)).toBe('unknown');
    await record(opened.store, operation, 'not_executed', { operation: 'lookup', found: 'absent' });
    expect(await storedOutcome(opened.store, operation)).toBe('not_executed');
  });

  test('of every send, one after the other, stays a proof', async () => {
    const operation = await claimed();
    await record(opened.store, operation, 'not_executed');
    await opened.store.claimOperation(nextClaim(operation.orderId));
    expect(await storedOutcome(opened.store, operation)).toBeNull();
    await record(opened.store, operation, 'not_executed');
    expect(await storedOutcome(opened.store, operation)).toBe('not_executed');
  });

  test('does not end what the processor acknowledged, unless it proves it closed', async () => {
    const operation = await claimed();
    await record(opened.store, operation, 'requires_action');
    await record(opened.store, operation, 'not_executed');
    expect(await storedOutcome(opened.store, operation)).toBe('requires_action');
    await record(opened.store, operation, 'not_executed', { found: 'closed' });
    expect(await storedOutcome(opened.store, operation)).toBe('not_executed');
  });
});

test('a late success replaces a decline, and a late decline does not replace a success', async () => {
  const operation = await claimed();
  await record(opened.store, operation, 'declined');
  await record(opened.store, operation, 'succeeded', { reference: 'late' });
  await record(opened.store, operation, 'declined');
  expect(await storedOutcome(opened.store, operation)).toBe('succeeded');
});

test('a refund that failed after it had succeeded has failed, and a late word of its success changes nothing', async () => {
  const { orderId } = await claimed();
  const refund = nextClaim(orderId, { operation: 'refund' });
  await opened.store.claimOperation(refund);
  for (const outcome of ['succeeded', 'not_executed'] as const) {
    await record(opened.store, refund, outcome, { operation: 'lookup' });
    expect(await storedOutcome(opened.store, refund)).toBe('succeeded');
  }
  for (const outcome of ['declined', 'succeeded', 'not_executed', 'unknown'] as const) {
    await record(opened.store, refund, outcome, { operation: 'lookup' });
    expect(await storedOutcome(opened.store, refund)).toBe('declined');
  }
});

test('a reference that was learned is kept, and finds the order', async () => {
  const operation = await claimed();
  await record(opened.store, operation, 'unknown', { reference: `ref_${operation.orderId}` });
  await record(opened.store, operation, 'succeeded');
  const found = { merchantId: 'default', orderId: operation.orderId, attempt: 1 };
  expect(await opened.store.findByReference('alpha', `ref_${operation.orderId}`)).toEqual(found);
  expect(await opened.store.findByReference('beta', `ref_${operation.orderId}`)).toBeNull();
});

test('what proved an outcome is no other operation: asked again, the charge is answered as a charge', async () => {
  const operation = await claimed();
  await record(opened.store, operation, 'succeeded', { operation: 'lookup', authorizedOnly: true });
  expect(await opened.store.claimOperation(nextClaim(operation.orderId))).toMatchObject({
    kind: 'recorded',
    result: { operation: 'charge', outcome: 'succeeded', authorizedOnly: true },
  });
  const [stored] = await opened.store.listOperations(operation.merchantId, operation.orderId);
  expect(stored?.result).toMatchObject({ operation: 'charge' });
});

test('an outcome without a claim is refused', async () => {
  const never = claim(newOrder());
  await expect(
    opened.store.recordOutcome({ key: never.key, result: result(never, 'succeeded') }),
  ).rejects.toBeInstanceOf(UnknownOperation);
});
