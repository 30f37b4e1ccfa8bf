import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';
import { actOnPage } from './acts.ts';

/** Part of the credential only: gamma is never asked, so nothing but the token itself carries this text. */
const CANARY = 'xq7canaryzz93';
const token = (outcomes: string) => `sim:card=plain;${outcomes};gamma=${CANARY}`;
const MALFORMED = `sim:;;${CANARY}==;`;
const why = { reason: 'a test asks' };

function linesWith(text: string, secrets: string[]): string[] {
  return text.split('\n').filter((line) => secrets.some((secret) => line.includes(secret)));
}

/** Every text in a history, payloads as they would be read. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

describe('a credential', () => {
  let scene: Scene;
  const errors: string[] = [];
  const orderIds: string[] = [];
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
    await collect('alpha=ok');
    await collect('alpha=insufficient_funds');
    await collect('alpha=500_charged');
    await actOnPage(await collect('alpha=3ds_ok'));
    await collect('alpha=ok', { savedMethods: [{ token: token('beta=ok') }], capture: 'manual' });
    const declined = await collect('alpha=stolen_card');
    const choice = { path: 'new_method', paymentMethod: { token: token('alpha=ok;beta=ok') } } as const;
    await scene.http.orders.recover(declined.orderId, choice).catch(keep);
    await scene.recoup.orders.recover(declined.orderId, choice).catch(keep);
    await scene.recoup.orders.cancel(declined.orderId, why);
    for (const orders of [scene.http.orders, scene.recoup.orders]) {
      const orderId = newOrderId();
      orderIds.push(orderId);
      await orders.collect(order(orderId, MALFORMED)).then((answer) => errors.push(JSON.stringify(answer)), keep);
    }
    for (const paymentMethod of [
      { token: `live_${CANARY}` },
      { token: token('alpha=ok'), cvc: CANARY },
      { credentials: [{ processor: `not a name ${CANARY}`, token: CANARY }] },
    ]) {
      const request = { ...order(newOrderId(), ''), paymentMethod } as never;
      await scene.recoup.orders.collect(request).catch(keep);
      errors.push(await posted(JSON.stringify(request)), await posted(`{"${CANARY}`));
    }
  });
  afterAll(() => scene.close());

  const keep = (error: unknown) => {
    const { message, stack, ...rest } = error as Error;
    errors.push(`${message} ${stack} ${JSON.stringify(rest)}`);
  };
  const collect = async (outcomes: string, more = {}) => {
    const orderId = newOrderId();
    orderIds.push(orderId);
    return scene.recoup.orders.collect(order(orderId, token(outcomes), more));
  };
  const posted = async (body: string) => {
    const headers = {
      authorization: `Bearer ${scene.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': newOrderId(),
    };
    const answer = await fetch(`${scene.gatewayUrl}/v1/orders`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    return `${JSON.stringify([...answer.headers])} ${await answer.text()}`;
  };
  const histories = async () => {
    const texts: string[] = [];
    for (const orderId of orderIds) texts.push(...textsIn(await scene.workflow(orderId).fetchHistory()));
    return texts.join('\n');
  };
  const databaseText = async () => {
    const tables = (await query(
      scene.databaseUrl,
      "select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables " +
        "where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )) as { name: string }[];
    expect(tables.length).toBeGreaterThan(8);
    const rows = await Promise.all(
      tables.map(({ name }) => query(scene.databaseUrl, `select t::text as row from ${name} t`)),
    );
    return (rows.flat() as { row: string }[]).map(({ row }) => row).join('\n');
  };

  test('is in no history, and neither are our keys', async () => {
    const text = await histories();
    expect(text).toContain('sim-card:plain');
    expect(linesWith(text, [CANARY, scene.sealingKey, scene.apiKey])).toEqual([]);
  });

  test('is in no table, and neither are our keys', async () => {
    const text = await databaseText();
    expect(text).toContain('sim-card:plain');
    expect(linesWith(text, [CANARY, scene.sealingKey, scene.apiKey])).toEqual([]);
  });

  test('is in no line of the log, and neither are our keys', () => {
    const text = scene.logged();
    expect(text.length).toBeGreaterThan(1_000);
    const { password } = new URL(scene.databaseUrl);
    expect(linesWith(text, [CANARY, scene.sealingKey, scene.apiKey, password])).toEqual([]);
  });

  test('is in no error, no answer and no timeline', async () => {
    expect(errors.length).toBeGreaterThan(10);
    expect(linesWith(errors.join('\n'), [CANARY])).toEqual([]);
    for (const orderId of orderIds) {
      const { orders } = scene.http;
      const told = await Promise.all([orders.get(orderId), orders.timeline(orderId), orders.explain(orderId)]);
      expect(JSON.stringify(told)).not.toContain(CANARY);
    }
  });
});
