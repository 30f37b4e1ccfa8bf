import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import pg from 'pg';
import type { ChildSpec } from '../../cli/launcher/child.ts';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { ROOT } from '../../cli/launcher/paths.ts';
import { embeddedPostgres, ensureDatabase } from '../../cli/launcher/postgres.ts';
import { temporalServer } from '../../cli/launcher/temporal-dev.ts';
import { temporalCli } from '../../cli/launcher/tools/temporal-cli.ts';
import { Recoup } from '../../client/index.ts';
import { lazyConnection } from '../../client/temporal/connection.ts';
import { hashApiKey } from '../../gateway/access.ts';
import { openStore } from '../../store/open.ts';
import { builtMain } from '../setup/built.ts';
import { type LinkName, Network } from './network.ts';
import { Part } from './part.ts';
import { chaosPort } from './ports.ts';
import { type SabotageName, sabotagedSources } from './sabotage.ts';
import { SimulatorControl } from './simulator-control.ts';

export type PartName = 'temporal' | 'postgres' | 'simulator' | 'worker' | 'otherWorker' | 'gateway';

/** Every part a process, as in production, on ports that stay the same when a part is started again. */
export interface World {
  parts: Record<PartName, Part>;
  simulator: SimulatorControl;
  gatewayUrl: string;
  /** With which processors sign what they tell. */
  webhookSecret: string;
  /** Callers with a key each, over HTTP: one key alone would meet the rate limit. */
  callers: Recoup[];
  temporal: Client;
  /** Only with toxiproxy. */
  network: Network | null;
  database: pg.Pool;
  /** The logs of all parts lie here until `close`. */
  directory: string;
  close(): Promise<void>;
}

export interface WorldOptions {
  timeScale: number;
  /** A toxiproxy between our processes and everything that they call. */
  toxiproxy?: boolean | undefined;
  /** A guard that is taken out of worker, gateway and database. */
  sabotage?: SabotageName | undefined;
}

const CALLERS = 8;
const CLOCK = new URL('clock.mjs', import.meta.url).href;
export const MERCHANT_ID = 'default';

export async function openWorld({ timeScale, sabotage, toxiproxy = false }: WorldOptions): Promise<World> {
  const keeper = new Keeper();
  const directory = mkdtempSync(join(tmpdir(), 'recoup-chaos-'));
  chmodSync(directory, 0o755);
  keeper.removeWhenKilled(directory);
  const started: Part[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const each of closers.reverse()) await each().catch(() => {});
    for (const part of started.reverse()) await part.stop();
    rmSync(directory, { recursive: true, force: true });
    await keeper.close();
  };
  const start = async (spec: ChildSpec): Promise<Part> => {
    const part = new Part(spec, keeper);
    started.push(part);
    await part.start();
    return part;
  };
  try {
    const settings = await settingsOf(timeScale);
    const root = sabotage === undefined ? ROOT : sabotagedSources(sabotage, directory);
    const [database, temporal] = await Promise.all([
      startDatabase(directory, root, keeper, start),
      startTemporal(directory, settings.ports.temporal, start),
    ]);
    const upstream = { ...settings.ports, postgres: Number(new URL(database.url).port) };
    const network = toxiproxy ? await startNetwork(directory, upstream, start) : null;
    const env = throughNetwork({ ...settings.env, DATABASE_URL: database.url }, network);
    const service = serviceIn(directory);
    const simulator = await start(await service('simulator', ROOT, 3, settings.simulatorEnv));
    const keys = await saveKeys(database.url);
    const [worker, otherWorker, gateway] = await Promise.all([
      service('worker', root, 2, env).then(start),
      service('worker', root, 2, env, 'other-worker').then(start),
      service('gateway', root, 1, env).then(start),
    ]);
    const pool = new pg.Pool({ connectionString: database.url, max: 6, connectionTimeoutMillis: 5_000 });
    // A connection that is cut while idle is no reason to end.
    pool.on('error', () => {});
    closers.push(() => pool.end());
    const { connection, close: disconnect } = lazyConnection(settings.env.TEMPORAL_ADDRESS);
    closers.push(disconnect);
    const callers = keys.map((apiKey) => new Recoup({ baseUrl: settings.gatewayUrl, apiKey, maxSends: 6 }));
    return {
      parts: { temporal, postgres: database.part, simulator, worker, otherWorker, gateway },
      simulator: new SimulatorControl(settings.simulatorUrl),
      gatewayUrl: settings.gatewayUrl,
      webhookSecret: settings.simulatorEnv.SIMULATOR_WEBHOOK_SECRET,
      callers,
      temporal: new Client({ connection }),
      network,
      database: pool,
      directory,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Start = (spec: ChildSpec) => Promise<Part>;
type Migrations = typeof import('../../store/migrate.ts');

async function startDatabase(
  directory: string,
  root: string,
  keeper: Keeper,
  start: Start,
): Promise<{ part: Part; url: string }> {
  const postgres = await embeddedPostgres({
    directory: join(directory, 'postgres'),
    port: await chaosPort(),
    password: randomBytes(12).toString('hex'),
    logFile: join(directory, 'postgres.log'),
    rank: 5,
  });
  if (!postgres.dataDirectory.startsWith(directory)) keeper.removeWhenKilled(postgres.dataDirectory);
  // Commits are written before they are confirmed, as in production, but not forced to the disk: processes are killed
  // here, the machine is not.
  const part = await start({ ...postgres.spec, args: [...postgres.spec.args, '-c', 'fsync=off'] });
  const url = await ensureDatabase(postgres, 'chaos');
  const { migrate } = (await import(pathToFileURL(join(root, 'store', 'migrate.ts')).href)) as Migrations;
  await migrate(url);
  return { part, url };
}

async function startTemporal(directory: string, port: number, start: Start): Promise<Part> {
  const executable = await temporalCli();
  const spec = temporalServer({ executable, port, directory, logFile: join(directory, 'temporal.log'), rank: 4 });
  return await start(spec);
}

async function startNetwork(directory: string, upstream: Record<LinkName, number>, start: Start): Promise<Network> {
  const { spec, url } = await Network.spec(directory);
  await start(spec);
  return await Network.connect(url, upstream);
}

/** Worker and gateway call everything through the proxy; the harness itself looks past it. */
function throughNetwork(env: Record<string, string>, network: Network | null): Record<string, string> {
  if (network === null) return env;
  const database = new URL(env.DATABASE_URL ?? '');
  database.port = String(network.ports.postgres);
  return {
    ...env,
    DATABASE_URL: database.toString(),
    TEMPORAL_ADDRESS: `127.0.0.1:${network.ports.temporal}`,
    SIMULATOR_ALPHA_URL: onLoopback(network.ports.alpha),
    SIMULATOR_BETA_URL: onLoopback(network.ports.beta),
    SIMULATOR_GAMMA_URL: onLoopback(network.ports.gamma),
  };
}

async function saveKeys(databaseUrl: string): Promise<string[]> {
  const store = await openStore(databaseUrl);
  const keys = Array.from({ length: CALLERS }, () => `rk_test_${randomBytes(24).toString('hex')}`);
  for (const [index, key] of keys.entries()) {
    const name = `till ${index + 1}`;
    await store.saveApiKey({ keyHash: hashApiKey(key), merchantId: MERCHANT_ID, name, scopes: ['*'] });
  }
  await store.close();
  return keys;
}

const onLoopback = (port: number) => `http://127.0.0.1:${port}`;
const PORTS = ['temporal', 'gateway', 'simulator', 'alpha', 'beta', 'gamma'] as const;

async function settingsOf(timeScale: number) {
  const ports = {} as Record<(typeof PORTS)[number], number>;
  for (const name of PORTS) ports[name] = await chaosPort();
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const gatewayUrl = onLoopback(ports.gateway);
  return {
    ports,
    gatewayUrl,
    simulatorUrl: onLoopback(ports.simulator),
    env: {
      TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
      TEMPORAL_TASK_QUEUE: 'recoup',
      RECOUP_SEALING_KEY: randomBytes(32).toString('base64'),
      RECOUP_BUYER_TOKEN_KEY: randomBytes(32).toString('base64'),
      RECOUP_MODE: 'test',
      RECOUP_TIME_SCALE: String(timeScale),
      SIMULATOR_ALPHA_URL: onLoopback(ports.alpha),
      SIMULATOR_BETA_URL: onLoopback(ports.beta),
      SIMULATOR_GAMMA_URL: onLoopback(ports.gamma),
      SIMULATOR_WEBHOOK_SECRET: webhookSecret,
      GATEWAY_PORT: String(ports.gateway),
      GATEWAY_URL: gatewayUrl,
    },
    simulatorEnv: {
      SIMULATOR_PORT: String(ports.simulator),
      SIMULATOR_ALPHA_PORT: String(ports.alpha),
      SIMULATOR_BETA_PORT: String(ports.beta),
      SIMULATOR_GAMMA_PORT: String(ports.gamma),
      SIMULATOR_WEBHOOK_URL: `${gatewayUrl}/v1/webhooks`,
      SIMULATOR_WEBHOOK_SECRET: webhookSecret,
      RECOUP_TIME_SCALE: String(timeScale),
    },
  };
}

function serviceIn(directory: string) {
  return async (
    name: 'simulator' | 'worker' | 'gateway',
    root: string,
    rank: number,
    env: Record<string, string>,
    called: string = name,
  ): Promise<ChildSpec> => ({
    name: called,
    command: process.execPath,
    args: ['--import', CLOCK, await builtMain(root, `${name}/main.ts`)],
    env: { ...process.env, ...env },
    cwd: ROOT,
    logFile: join(directory, `${called}.log`),
    rank,
    stopSignal: 'SIGTERM',
    graceMs: 10_000,
    readyWithinMs: 90_000,
    isReady: async (child) => child.readyLine(),
  });
}
