import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { collectUpdateId, lateEventWorkflowId, orderOfWorkflowId, orderWorkflowId } from '../../contract/ids.ts';
import { canonicalJson, hashOf, operationKey, requestHash } from '../../contract/keys.ts';

const parts = {
  merchantId: 'default',
  orderId: 'o-1',
  attempt: 2,
  operation: 'charge',
  processor: 'beta',
  account: 'beta-main',
  maxKeyLength: 255,
} as const;

describe('operation keys', () => {
  test('the same operation has the same key, for ever: this text must never change', () => {
    expect(operationKey(parts)).toEqual({
      key: 'rc_hn4hj9j763k9e86myqxdkjkzjq65czr2',
      readableKey: 'default/o-1/2/charge/beta/beta-main',
    });
  });

  test('every part makes another key', () => {
    const others = [
      { ...parts, merchantId: 'other' },
      { ...parts, orderId: 'o-2' },
      { ...parts, attempt: 3 },
      { ...parts, operation: 'authorize' as const },
      { ...parts, processor: 'alpha' },
      { ...parts, account: 'beta-second' },
    ];
    expect(new Set([parts, ...others].map((each) => operationKey(each).key)).size).toBe(7);
  });

  property.prop([fc.integer({ min: 26, max: 300 })])('a key fits the sheet and keeps 128 bits', (maxKeyLength) => {
    const { key } = operationKey({ ...parts, maxKeyLength });
    expect(key.length).toBeLessThanOrEqual(maxKeyLength);
    expect(key.replace(/^rc_/, '').length).toBeGreaterThanOrEqual(26);
  });

  test('a sheet that allows less than 128 bits is refused', () => {
    expect(() => operationKey({ ...parts, maxKeyLength: 25 })).toThrow(RangeError);
  });

  test('parts that join to the same text have different keys', () => {
    const left = operationKey({ ...parts, processor: 'a/b', account: 'c' });
    const right = operationKey({ ...parts, processor: 'a', account: 'b/c' });
    expect(left.readableKey).toBe(right.readableKey);
    expect(left.key).not.toBe(right.key);
  });
});

describe('request hash', () => {
  const order = {
    merchantId: 'default',
    orderId: 'o-1',
    amount: { minor: 4999, currency: 'EUR' },
    capture: 'automatic',
  } as const;

  test('amount, currency and capture are the order; anything else is not', () => {
    const hash = requestHash(order);
    expect(requestHash({ ...order, ...{ description: 'another' } })).toBe(hash);
    expect(requestHash({ ...order, amount: { minor: 5000, currency: 'EUR' } })).not.toBe(hash);
    expect(requestHash({ ...order, amount: { minor: 4999, currency: 'USD' } })).not.toBe(hash);
    expect(requestHash({ ...order, capture: 'manual' })).not.toBe(hash);
  });

  property.prop([fc.jsonValue()])('a hash does not depend on the order of members', (value) => {
    const again = JSON.parse(canonicalJson(value));
    expect(hashOf(again)).toBe(hashOf(value));
  });
});

describe('workflow ids', () => {
  property.prop([fc.stringMatching(/^[A-Za-z0-9_]{1,40}$/), fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/)])(
    'have an inverse',
    (merchantId, orderId) => {
      expect(orderOfWorkflowId(orderWorkflowId({ merchantId, orderId }))).toEqual({ merchantId, orderId });
      expect(orderOfWorkflowId(lateEventWorkflowId({ merchantId, orderId }))).toEqual({ merchantId, orderId });
    },
  );

  test('nothing but an id of ours is read as one', () => {
    expect(orderOfWorkflowId('sweeper')).toBeNull();
    expect(orderOfWorkflowId('order-default-')).toBeNull();
    expect(() => orderWorkflowId({ merchantId: 'a-b', orderId: 'c' })).toThrow(RangeError);
    expect(() => orderWorkflowId({ merchantId: 'a', orderId: 'c\n' })).toThrow(RangeError);
  });

  test('one update id for an order', () => {
    expect(collectUpdateId('o-1')).toBe('collect:o-1');
  });
});
