import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { processorsSchema } from '../../contract/schemas/processors.ts';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import { SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';
import { openWorld, type World } from './world.ts';

type Processors = z.output<typeof processorsSchema>;

describe('GET /v1/processors', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const list = async (): Promise<Processors> => {
    const response = await world.call('/v1/processors');
    expect(response.status).toBe(200);
    // Strict all the way down: the document says everything that the answer has.
    return processorsSchema.parse(await response.json());
  };
  const healthOf = ({ processors }: Processors, name: string) =>
    processors.find(({ processor }) => processor === name)?.health;

  test('lists every processor with its sheet, healthy as long as nothing speaks against it', async () => {
    const { processors, breaker } = await list();
    expect(processors.map(({ processor }) => processor)).toEqual(['alpha', 'beta', 'gamma']);
    expect(processors.map(({ sheet }) => sheet)).toEqual(Object.values(SIMULATOR_SHEETS));
    for (const { health } of processors) expect(health).toMatchObject({ state: 'closed', downUntil: null, held: 0 });
    expect(breaker).toEqual(DEFAULT_BREAKER);
  });

  test('shows a breaker that opened, until when, and the calls that opened it; the others are not touched', async () => {
    const beforeMs = Date.now();
    await world.store.health.count([{ processor: 'beta', good: 4, bad: 25 }], DEFAULT_BREAKER);
    const ask = { kind: 'start' as const, permit: 'p-1', leaseMs: 1_000 };
    expect((await world.store.health.admit('beta', ask, DEFAULT_BREAKER)).admitted).toBe(false);
    const answer = await list();
    const beta = healthOf(answer, 'beta');
    expect(beta).toMatchObject({ state: 'open', opens: 1, held: 1 });
    const downForMs = Date.parse(beta?.downUntil ?? '') - beforeMs;
    expect(downForMs).toBeGreaterThan(DEFAULT_BREAKER.coolDownMs - 5_000);
    expect(downForMs).toBeLessThan(DEFAULT_BREAKER.coolDownMs + 5_000);
    expect(Date.parse(beta?.since ?? '')).toBeGreaterThan(beforeMs - 5_000);
    expect(healthOf(answer, 'alpha')).toMatchObject({ state: 'closed' });
  });

  test('needs the scope processors:read', async () => {
    expect((await world.call('/v1/processors', { apiKey: null })).status).toBe(401);
    const reader = await world.newKey({ scopes: ['orders:read'] });
    const refused = await world.call('/v1/processors', { apiKey: reader });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'scope_missing' });
    const operations = await world.newKey({ scopes: ['processors:read'] });
    expect((await world.call('/v1/processors', { apiKey: operations })).status).toBe(200);
  });

  test('is in the API document', async () => {
    const document = (await (await world.call('/openapi.json', { apiKey: null })).json()) as {
      paths: Record<string, { get?: { security: unknown } }>;
    };
    expect(document.paths['/v1/processors']?.get?.security).toEqual([{ apiKey: [] }]);
  });
});
