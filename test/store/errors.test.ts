import { describe, expect, test } from 'vitest';
import { asStoreError, BadCursor, StoreRefused, StoreUnavailable } from '../../store/errors.ts';

function driverError(code: string, message = 'Key (key)=(secret-1) already exists', over: object = {}): Error {
  return Object.assign(new Error(message), { code, ...over });
}

describe('errors of the database in the store’s words', () => {
  test.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
    ...['08006', '53300', '57P01', '57P03', '57014', '40P01', '40001'],
  ])('%s may be tried again', (code) => {
    expect(asStoreError('claim_operation', driverError(code))).toBeInstanceOf(StoreUnavailable);
  });

  test.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Cannot use a pool after calling end on the pool',
  ])('«%s» may be tried again', (message) => {
    expect(asStoreError('ping', new Error(message))).toBeInstanceOf(StoreUnavailable);
  });

  test('the first of several connection attempts decides', () => {
    const both = new AggregateError([driverError('ECONNREFUSED'), driverError('ECONNREFUSED')]);
    expect(asStoreError('ping', both)).toBeInstanceOf(StoreUnavailable);
  });

  test('under a wrapper the driver’s own error decides, and no parameter gets out', () => {
    const driver = driverError('23505', undefined, { constraint: 'operations_pkey' });
    const wrapped = new Error('Failed query: insert … params: secret-1', { cause: driver });
    const error = asStoreError('claim_operation', wrapped);
    expect(error).toBeInstanceOf(StoreRefused);
    expect(error.message).toBe(
      'The store refused claim_operation (SQLSTATE 23505, constraint operations_pkey). Nothing was changed.',
    );
    expect(error.cause).toBeUndefined();
    expect(`${error.stack}`).not.toContain('secret-1');
  });

  test('a mistake of ours is not taken for an outage', () => {
    expect(asStoreError('ping', new TypeError('secret-1'))).toMatchObject({
      retryable: false,
      message: 'The store refused ping (SQLSTATE none, TypeError). Nothing was changed.',
    });
    expect(asStoreError('ping', 'secret-1')).toMatchObject({ retryable: false });
  });

  test('an error of the store stays what it is', () => {
    const bad = new BadCursor();
    expect(asStoreError('listOrders', bad)).toBe(bad);
  });
});
