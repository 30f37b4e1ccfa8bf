import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  collectUpdateId,
  DEFAULT_MERCHANT_ID,
  INSTRUMENT_ID_PATTERN,
  lateEventWorkflowId,
  orderOfWorkflowId,
  orderWorkflowId,
  PROCESSOR_PATTERN,
} from '../../contract/ids.ts';
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
      { ...parts, number: 2 },
    ];
    expect(new Set([parts, ...others].map((each) => operationKey(each).key)).size).toBe(8);
    expect(operationKey({ ...parts, number: 2 }).readableKey).toBe('default/o-1/2/charge/beta/beta-main/2');
  });

  property.prop([fc.integer({ min: 26, max: 300 })])('a key fits the sheet and keeps 128 bits', (maxKeyLength) => {
    const { key } = operationKey({ ...parts, maxKeyLength });
    expect(key.length).toBeLessThanOrEqual(maxKeyLength);
    expect(key.replace(/^rc_/, '').length).toBeGreaterThanOrEqual(26);
  });

  test('a short key gives up bits first, then the prefix, and never more than to 128 bits', () => {
    const whole = 'rc_hn4hj9j763k9e86myqxdkjkzjq65czr2';
    const key = (maxKeyLength: number | null) => operationKey({ ...parts, maxKeyLength }).key;
    expect(key(null)).toBe(whole);
    expect(key(34)).toBe(whole.slice(0, 34));
    expect(key(29)).toBe(whole.slice(0, 29));
    expect(key(28)).toBe(whole.slice(3, 31));
    expect(key(26)).toBe(whole.slice(3, 29));
  });

  test('a sheet that allows less than 128 bits is refused', () => {
    const short = () => operationKey({ ...parts, maxKeyLength: 25 });
    expect(short).toThrow(new RangeError('a key needs at least 26 characters for 128 bits; the sheet allows 25'));
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

  test('is the same for ever: stored orders are compared with it', () => {
    expect(requestHash(order)).toBe('09ae42e179d48b3432fce05623843ea0703c7cc91203cd457bcc0066488540d2');
  });

  property.prop([fc.jsonValue()])('a hash does not depend on the order of members', (value) => {
    const again = JSON.parse(canonicalJson(value));
    expect(hashOf(again)).toBe(hashOf(value));
  });
});

describe('canonical JSON', () => {
  test('sorts members at every depth, leaves out what is undefined, and keeps lists in their order', () => {
    const value = { b: [2, { z: 1, y: undefined, x: 'ü' }, undefined], gone: undefined, a: { d: null, c: true } };
    expect(canonicalJson(value)).toBe('{"a":{"c":true,"d":null},"b":[2,{"x":"ü","z":1},null]}');
    expect(canonicalJson({ c: 3, d: 4, a: 1, b: 2 })).toBe('{"a":1,"b":2,"c":3,"d":4}');
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
    for (const id of [
      'order-default-',
      'order--o-1',
      'my-order-default-o-1',
      'order-default-o-1!',
      'order-default-o\n',
    ]) {
      expect(orderOfWorkflowId(id)).toBeNull();
    }
    expect(() => orderWorkflowId({ merchantId: 'a-b', orderId: 'c' })).toThrow(/^merchantId must match/);
    expect(() => orderWorkflowId({ merchantId: 'a', orderId: 'c\n' })).toThrow(/^orderId must match/);
  });

  test('instruments and processors are told by their whole name', () => {
    expect('ins_0123456789abcdef').toMatch(INSTRUMENT_ID_PATTERN);
    for (const id of ['xins_0123456789abcdef', 'ins_0123456789abcdef0', 'ins_0123456789ABCDEF']) {
      expect(id).not.toMatch(INSTRUMENT_ID_PATTERN);
    }
    expect('adyen_eu2').toMatch(PROCESSOR_PATTERN);
    for (const name of ['-adyen', 'adyen/', '2adyen', `a${'b'.repeat(40)}`])
      expect(name).not.toMatch(PROCESSOR_PATTERN);
  });

  test('the merchant of the embedded stack is `default`', () => {
    expect(DEFAULT_MERCHANT_ID).toBe('default');
  });

  test('one update id for an order', () => {
    expect(collectUpdateId('o-1')).toBe('collect:o-1');
  });
});
