import { join } from 'node:path';
import { migrate } from '../../store/migrate.ts';
import { Keeper } from './keeper.ts';
import type { StartOptions } from './options.ts';
import { choosePorts, type PortName } from './ports.ts';
import { embeddedPostgres, ensureDatabase } from './postgres.ts';
import { launcherPidPath, type RunFile, runFilePath, writeRunFile } from './run-file.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { codecEndpoint, MERCHANT_ID, ourServices, STOP_RANK } from './services.ts';
import { Supervised } from './supervisor.ts';
import { readTemporalDev, temporalServer } from './temporal-dev.ts';
import { keepCommands } from './tools/command.ts';
import { temporalCli } from './tools/temporal-cli.ts';

const DATABASE = 'recoup';

/** Everything that `npm start` runs, from the first server to `run.json`. */
export class Stack {
  private readonly children = new Map<string, Supervised>();
  private readonly keeper: Keeper;
  private readonly stateDir: string;
  private run: RunFile | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly options: StartOptions,
    private readonly say: (line: string) => void,
    onKeeper: (pid: number | undefined) => void,
  ) {
    this.stateDir = options.stateDir;
    this.keeper = new Keeper(onKeeper);
    keepCommands(this.keeper);
    this.keeper.removeWhenKilled(runFilePath(this.stateDir));
    this.keeper.removeWhenKilled(launcherPidPath(this.stateDir));
  }

  /** @throws with the reason when a server does not start; what runs by then is stopped by `stop()`. */
  async start(): Promise<RunFile> {
    const executable = await temporalCli();
    const ports = await choosePorts(this.options.flags);
    const secrets = loadSecrets(this.stateDir, this.options.codec);
    const { namespace } = readTemporalDev();
    const place = { port: ports.temporal, uiPort: ports.temporalUi, directory: this.stateDir };
    const logFile = this.logFile('temporal');
    const codec = codecEndpoint({ ports, secrets });
    const ui = codec === undefined ? {} : { codecEndpoint: codec };
    const temporal = temporalServer({ executable, ...place, ...ui, logFile, rank: STOP_RANK.temporal });
    const [databaseUrl] = await Promise.all([
      this.startDatabase(ports, secrets),
      this.supervise(new Supervised(temporal, this.keeper, this.events())),
    ]);
    await migrate(databaseUrl);
    this.say('Database migrated');
    const taskQueue = process.env.TEMPORAL_TASK_QUEUE || 'recoup';
    const settings = { stateDir: this.stateDir, ports, secrets, databaseUrl, namespace, taskQueue };
    const services = ourServices(settings).map((spec) => new Supervised(spec, this.keeper, this.events()));
    await Promise.all(services.map((service) => this.supervise(service)));
    this.run = {
      gateway: `http://127.0.0.1:${ports.gateway}`,
      simulator: `http://127.0.0.1:${ports.simulator}`,
      temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
      temporal: `127.0.0.1:${ports.temporal}`,
      namespace,
      taskQueue,
      databaseUrl,
      merchantId: MERCHANT_ID,
      apiKey: secrets.apiKey,
      pids: this.pids(),
    };
    if (this.stopping === undefined) writeRunFile(this.stateDir, this.run);
    return this.run;
  }

  /** Gateway first, PostgreSQL last. Safe to call at any moment and more than once. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    const inOrder = [...this.children.values()].sort((a, b) => a.spec.rank - b.spec.rank);
    for (const child of inOrder) await child.stop();
    await this.keeper.close();
  }

  private async startDatabase(ports: Record<PortName, number>, secrets: Secrets): Promise<string> {
    const given = process.env.DATABASE_URL;
    if (given) {
      this.say('PostgreSQL: the one of DATABASE_URL');
      return given;
    }
    const server = await embeddedPostgres({
      directory: join(this.stateDir, 'postgres'),
      port: ports.postgres,
      password: secrets.postgresPassword,
      logFile: this.logFile('postgres'),
      rank: STOP_RANK.postgres,
    });
    await this.supervise(new Supervised(server.spec, this.keeper, this.events()));
    return await ensureDatabase(server, DATABASE);
  }

  private async supervise(child: Supervised): Promise<void> {
    if (this.stopping !== undefined) throw new Error('it was stopped');
    this.children.set(child.spec.name, child);
    await child.start();
  }

  private events() {
    return {
      ready: (name: string, pid: number) => {
        this.say(`${name} is ready (process ${pid})`);
        if (this.run === undefined || this.stopping !== undefined) return;
        this.run.pids = this.pids();
        writeRunFile(this.stateDir, this.run);
      },
      died: (name: string, reason: string, restartInMs: number) =>
        this.say(`${name} ended (${reason}); starting it again in ${restartInMs / 1000} s`),
    };
  }

  private pids(): RunFile['pids'] {
    const pid = (name: string) => this.children.get(name)?.pid ?? 0;
    return {
      launcher: process.pid,
      temporal: pid('temporal'),
      postgres: this.children.get('postgres')?.pid ?? null,
      simulator: pid('simulator'),
      worker: pid('worker'),
      gateway: pid('gateway'),
    };
  }

  private logFile(name: string): string {
    return join(this.stateDir, 'logs', `${name}.log`);
  }
}
