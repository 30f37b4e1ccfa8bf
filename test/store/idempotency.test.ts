import { describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { useStore } from './world.ts';

const opened = useStore();
let keys = 0;

function request(over: { caller?: string; requestHash?: string; key?: string } = {}) {
  keys += 1;
  return { caller: 'key-1', key: `idem-${keys}`, requestHash: 'body-1', ...over };
}

/** As if that much time had passed for one key. */
async function passes(key: string, interval: string): Promise<void> {
  await query(
    opened.url,
    `UPDATE http_idempotency SET lease_until = lease_until - $2::interval, expires_at = expires_at - $2::interval
     WHERE key = $1`,
    [key, interval],
  );
}

describe('an Idempotency-Key', () => {
  test('is new once, in flight while it is answered, and then gives the same answer', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    const answers = await Promise.all(Array.from({ length: 20 }, () => idempotency.begin(asked)));
    expect(answers.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'in_flight')).toHaveLength(19);
    await idempotency.finish({ ...asked, status: 201, body: '{"orderId":"o-1"}' });
    const done = { kind: 'done', status: 201, body: '{"orderId":"o-1"}' };
    expect(await idempotency.begin(asked)).toEqual(done);
    await idempotency.finish({ ...asked, status: 500, body: 'late' });
    await idempotency.abandon(asked);
    expect(await idempotency.begin(asked)).toEqual(done);
  });

  test('with another body is refused, in flight and after', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    await idempotency.begin(asked);
    expect(await idempotency.begin({ ...asked, requestHash: 'body-2' })).toEqual({ kind: 'other_body' });
    await idempotency.finish({ ...asked, status: 200, body: '' });
    expect(await idempotency.begin({ ...asked, requestHash: 'body-2' })).toEqual({ kind: 'other_body' });
  });

  test('belongs to its caller', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    await idempotency.begin(asked);
    expect(await idempotency.begin({ ...asked, caller: 'key-2' })).toEqual({ kind: 'new' });
  });

  test('is free again after a fault', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    await idempotency.begin(asked);
    await idempotency.abandon(asked);
    expect(await idempotency.begin(asked)).toEqual({ kind: 'new' });
  });

  test('of a gateway that died in flight is free after 10 s, for the same request and one caller only', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    await idempotency.begin(asked);
    await passes(asked.key, '5 seconds');
    expect(await idempotency.begin(asked)).toEqual({ kind: 'in_flight' });
    await passes(asked.key, '6 seconds');
    expect(await idempotency.begin({ ...asked, requestHash: 'body-2' })).toEqual({ kind: 'other_body' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => idempotency.begin(asked)));
    expect(answers.filter(({ kind }) => kind === 'new')).toHaveLength(1);
  });

  test('of a request that takes longer stays taken, as long as it is renewed', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    await idempotency.begin(asked);
    for (let renewals = 0; renewals < 3; renewals += 1) {
      await passes(asked.key, '8 seconds');
      await idempotency.renew(asked);
      expect(await idempotency.begin(asked)).toEqual({ kind: 'in_flight' });
    }
    await idempotency.finish({ ...asked, status: 200, body: '' });
    await passes(asked.key, '11 seconds');
    await idempotency.renew(asked);
    expect(await idempotency.begin(asked)).toMatchObject({ kind: 'done' });
  });

  test('lives 24 hours', async () => {
    const { idempotency } = opened.store;
    const asked = request();
    await idempotency.begin(asked);
    await idempotency.finish({ ...asked, status: 200, body: 'kept' });
    await passes(asked.key, '23 hours 59 minutes');
    expect(await idempotency.begin(asked)).toMatchObject({ kind: 'done' });
    await passes(asked.key, '1 minute');
    expect(await idempotency.begin({ ...asked, requestHash: 'body-2' })).toEqual({ kind: 'new' });
  });

  test('is purged when its life is over, and not before', async () => {
    const { idempotency } = opened.store;
    const [old, young] = [request(), request()];
    await idempotency.begin(old);
    await idempotency.begin(young);
    await passes(old.key, '25 hours');
    expect(await idempotency.purge()).toBe(1);
    expect(await idempotency.begin(young)).toEqual({ kind: 'in_flight' });
  });
});
