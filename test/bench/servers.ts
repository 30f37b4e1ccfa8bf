import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildSpec, RunningChild } from '../../cli/launcher/child.ts';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { nodeArguments, ROOT } from '../../cli/launcher/paths.ts';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { embeddedPostgres, ensureDatabase } from '../../cli/launcher/postgres.ts';
import { temporalServer } from '../../cli/launcher/temporal-dev.ts';
import { temporalCli } from '../../cli/launcher/tools/temporal-cli.ts';
import { migrate } from '../../store/migrate.ts';

export interface BenchServers {
  temporalAddress: string;
  databaseUrl: string;
  sealingKey: string;
  simulator: { url: string; processors: { alpha: string; beta: string; gamma: string } };
  webhookSecret: string;
  taskQueue: string;
  workerPid: number;
  close(): Promise<void>;
}

/** Temporal, PostgreSQL, simulator, our worker and the bare one: each a process, as in production. */
export async function startServers(): Promise<BenchServers> {
  const keeper = new Keeper();
  const directory = mkdtempSync(join(tmpdir(), 'recoup-bench-'));
  chmodSync(directory, 0o755);
  keeper.removeWhenKilled(directory);
  const children: RunningChild[] = [];
  const start: Start = async (spec) => {
    const child = new RunningChild(spec, keeper);
    children.unshift(child);
    await child.untilReady();
    return child;
  };
  const close = async () => {
    for (const child of children) await child.stop();
    rmSync(directory, { recursive: true, force: true });
    await keeper.close();
  };
  try {
    const databaseUrl = await startDatabase(directory, start, keeper);
    const { env, ...servers } = await settingsOf(databaseUrl);
    await startTemporal(directory, Number(env.TEMPORAL_ADDRESS.split(':')[1]), start);
    const service = serviceOf(directory, env);
    await start(service('simulator', 'simulator/main.ts', 3));
    const worker = await start(service('worker', 'worker/main.ts', 2));
    await start(service('bare', 'test/bench/bare-worker.ts', 1));
    return { ...servers, databaseUrl, workerPid: worker.pid, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Start = (spec: ChildSpec) => Promise<RunningChild>;

async function startDatabase(directory: string, start: Start, keeper: Keeper): Promise<string> {
  const postgres = await embeddedPostgres({
    directory: join(directory, 'postgres'),
    port: await anyFreePort(),
    password: randomBytes(12).toString('hex'),
    logFile: join(directory, 'postgres.log'),
    rank: 5,
  });
  keeper.removeWhenKilled(postgres.dataDirectory);
  await start(postgres.spec);
  const databaseUrl = await ensureDatabase(postgres, 'bench');
  await migrate(databaseUrl);
  return databaseUrl;
}

async function startTemporal(directory: string, port: number, start: Start): Promise<void> {
  const executable = await temporalCli();
  await start(temporalServer({ executable, port, directory, logFile: join(directory, 'temporal.log'), rank: 4 }));
}

const onLoopback = (port: number) => `http://127.0.0.1:${port}`;

async function settingsOf(databaseUrl: string) {
  const [temporal, control, alpha, beta, gamma] = (await Promise.all(Array.from({ length: 5 }, anyFreePort))) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const sealingKey = randomBytes(32).toString('base64');
  const temporalAddress = `127.0.0.1:${temporal}`;
  const taskQueue = 'recoup';
  const processors = { alpha: onLoopback(alpha), beta: onLoopback(beta), gamma: onLoopback(gamma) };
  const env = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_TASK_QUEUE: taskQueue,
    RECOUP_SEALING_KEY: sealingKey,
    RECOUP_MODE: 'test',
    RECOUP_TIME_SCALE: '1',
    SIMULATOR_PORT: String(control),
    SIMULATOR_ALPHA_PORT: String(alpha),
    SIMULATOR_BETA_PORT: String(beta),
    SIMULATOR_GAMMA_PORT: String(gamma),
    SIMULATOR_ALPHA_URL: processors.alpha,
    SIMULATOR_BETA_URL: processors.beta,
    SIMULATOR_GAMMA_URL: processors.gamma,
    SIMULATOR_WEBHOOK_SECRET: webhookSecret,
  };
  return {
    env,
    temporalAddress,
    sealingKey,
    simulator: { url: onLoopback(control), processors },
    webhookSecret,
    taskQueue,
  };
}

function serviceOf(directory: string, env: Record<string, string>) {
  return (name: string, file: string, rank: number): ChildSpec => ({
    name,
    command: process.execPath,
    args: nodeArguments(join(ROOT, file)),
    env: { ...process.env, ...env },
    cwd: ROOT,
    logFile: join(directory, `${name}.log`),
    rank,
    stopSignal: 'SIGTERM',
    graceMs: 20_000,
    readyWithinMs: 90_000,
    isReady: async (child) => child.readyLine(),
  });
}
