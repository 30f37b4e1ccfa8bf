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
  const [temporalPort, postgresPort, control, alpha, beta, gamma] = (await Promise.all(
    Array.from({ length: 6 }, anyFreePort),
  )) as [number, number, number, number, number, number];
  const log = (name: string) => join(directory, `${name}.log`);
  const postgres = await embeddedPostgres({
    directory: join(directory, 'postgres'),
    port: postgresPort,
    password: randomBytes(12).toString('hex'),
    logFile: log('postgres'),
    rank: 5,
  });
  const children: RunningChild[] = [];
  const start = async (spec: ChildSpec) => {
    const child = new RunningChild(spec, keeper);
    children.unshift(child);
    await child.untilReady();
    return child;
  };
  const executable = await temporalCli();
  await start(postgres.spec);
  await start(temporalServer({ executable, port: temporalPort, directory, logFile: log('temporal'), rank: 4 }));
  const databaseUrl = await ensureDatabase(postgres, 'bench');
  await migrate(databaseUrl);
  const onLoopback = (port: number) => `http://127.0.0.1:${port}`;
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const sealingKey = randomBytes(32).toString('base64');
  const env = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    TEMPORAL_TASK_QUEUE: 'recoup',
    RECOUP_SEALING_KEY: sealingKey,
    RECOUP_MODE: 'test',
    RECOUP_TIME_SCALE: '1',
    SIMULATOR_PORT: String(control),
    SIMULATOR_ALPHA_PORT: String(alpha),
    SIMULATOR_BETA_PORT: String(beta),
    SIMULATOR_GAMMA_PORT: String(gamma),
    SIMULATOR_ALPHA_URL: onLoopback(alpha),
    SIMULATOR_BETA_URL: onLoopback(beta),
    SIMULATOR_GAMMA_URL: onLoopback(gamma),
    SIMULATOR_WEBHOOK_SECRET: webhookSecret,
  };
  const service = (name: string, file: string, rank: number): ChildSpec => ({
    name,
    command: process.execPath,
    args: nodeArguments(join(ROOT, file)),
    env: { ...process.env, ...env },
    cwd: ROOT,
    logFile: log(name),
    rank,
    stopSignal: 'SIGTERM',
    graceMs: 20_000,
    readyWithinMs: 90_000,
    isReady: async (child) => child.readyLine(),
  });
  await start(service('simulator', 'simulator/main.ts', 3));
  const worker = await start(service('worker', 'worker/main.ts', 2));
  await start(service('bare', 'test/bench/bare-worker.ts', 1));
  return {
    temporalAddress: env.TEMPORAL_ADDRESS,
    databaseUrl,
    sealingKey,
    simulator: {
      url: onLoopback(control),
      processors: { alpha: onLoopback(alpha), beta: onLoopback(beta), gamma: onLoopback(gamma) },
    },
    webhookSecret,
    taskQueue: 'recoup',
    workerPid: worker.pid,
    close: async () => {
      for (const child of children) await child.stop();
      for (const path of [directory, postgres.dataDirectory]) rmSync(path, { recursive: true, force: true });
      await keeper.close();
    },
  };
}
