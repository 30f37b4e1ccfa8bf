import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunningChild } from '../../cli/launcher/child.ts';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { type EmbeddedPostgres, embeddedPostgres, ensureDatabase } from '../../cli/launcher/postgres.ts';
import { StoreUnavailable } from '../../store/errors.ts';
import { migrate } from '../../store/migrate.ts';
import { openStore } from '../../store/open.ts';
import { claim, newOrder, nextClaim, record } from './world.ts';

const keeper = new Keeper();
const directory = mkdtempSync(join(tmpdir(), 'recoup-restart-'));
const password = randomBytes(12).toString('hex');
let server: EmbeddedPostgres;
let running: RunningChild;
let url: string;

beforeAll(async () => {
  keeper.removeWhenKilled(directory);
  chmodSync(directory, 0o755);
  server = await embeddedPostgres({
    directory: join(directory, 'data'),
    port: await anyFreePort(),
    password,
    logFile: join(directory, 'postgres.log'),
    rank: 1,
    throwaway: true,
  });
  await start();
  url = await ensureDatabase(server, 'recoup');
  await migrate(url);
});

afterAll(async () => {
  await running.stop();
  for (const path of [directory, server.dataDirectory]) rmSync(path, { recursive: true, force: true });
  await keeper.close();
});

async function start(): Promise<void> {
  running = new RunningChild(server.spec, keeper);
  await running.untilReady();
}

/** The error of a call that has to fail. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
}

function expectUnavailable(error: unknown): void {
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).toMatchObject({ code: 'store_unavailable', retryable: true });
  const said = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
  expect(said).not.toContain(password);
  expect(said).not.toContain('ins_1');
}

test('the store outlives a restart of the server: calls fail clearly meanwhile, and nothing is lost or doubled', async () => {
  const store = await openStore(url);
  const order = newOrder();
  const first = claim(order);
  expect(await store.claimOperation(first)).toEqual({ kind: 'granted' });
  // Several connections are open and idle when the server goes.
  await Promise.all(Array.from({ length: 8 }, () => store.ping()));

  const underWay = Array.from({ length: 40 }, () => failure(store.claimOperation(claim(newOrder()))));
  await running.stop();
  for (const outcome of await Promise.all(underWay)) {
    if (outcome !== 'it did not fail') expectUnavailable(outcome);
  }
  expectUnavailable(await failure(store.claimOperation(first)));
  expectUnavailable(await failure(store.findOrder('default', order)));
  expectUnavailable(await failure(openStore(url)));
  expectUnavailable(await failure(migrate(url)));

  await start();
  const deadline = Date.now() + 15_000;
  while ((await failure(store.ping())) !== 'it did not fail') {
    if (Date.now() > deadline) throw new Error('the store did not find the server again');
    await pause(20);
  }
  expect(await store.claimOperation(nextClaim(order))).toMatchObject({ kind: 'sent_again' });
  await record(store, first, 'succeeded');
  expect(await store.claimOperation(nextClaim(order))).toMatchObject({ kind: 'recorded' });
  await store.close();
});

test('a server that takes connections and never answers is given up', async () => {
  const silent: Server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const opening = openStore(`postgresql://recoup:${password}@127.0.0.1:${address.port}/recoup`, {
    connectTimeoutMs: 200,
  });
  expectUnavailable(await failure(opening));
  silent.close();
});

test('a call that waits too long for another transaction’s lock is given up, retryably', async () => {
  const store = await openStore(url, { statementTimeoutMs: 200 });
  const order = newOrder();
  await store.claimOperation(claim(order));
  const blocker = new pg.Client({ connectionString: url });
  await blocker.connect();
  await blocker.query('BEGIN');
  await blocker.query('SELECT 1 FROM orders WHERE order_id = $1 FOR UPDATE', [order]);
  expectUnavailable(await failure(store.claimOperation(nextClaim(order))));
  await blocker.query('ROLLBACK');
  await blocker.end();
  expect(await store.claimOperation(nextClaim(order))).toMatchObject({ kind: 'sent_again' });
  await store.close();
});

test('a closed store refuses calls as unavailable, and closing twice is fine', async () => {
  const store = await openStore(url);
  await Promise.all([store.close(), store.close()]);
  expectUnavailable(await failure(store.ping()));
});
