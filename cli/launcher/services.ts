import { join } from 'node:path';
import type { ChildSpec } from './child.ts';
import { nodeArguments, ROOT } from './paths.ts';
import type { PortName } from './ports.ts';
import type { Secrets } from './secrets.ts';

/** Stopped in this order: nobody may lose a server that it still calls. */
export const STOP_RANK = { gateway: 1, worker: 2, simulator: 3, temporal: 4, postgres: 5 } as const;

export const MERCHANT_ID = 'default';

export interface ServiceSettings {
  stateDir: string;
  ports: Record<PortName, number>;
  secrets: Secrets;
  databaseUrl: string;
  namespace: string;
  taskQueue: string;
}

/** Where the Web UI has payloads decrypted, when they are encrypted. */
export function codecEndpoint({ ports, secrets }: Pick<ServiceSettings, 'ports' | 'secrets'>): string | undefined {
  return secrets.codecKeys === undefined ? undefined : `${onLoopback(ports.gateway)}/codec`;
}

const onLoopback = (port: number) => `http://127.0.0.1:${port}`;

/** What every server of ours is told, by environment. */
function serviceEnvironment(settings: ServiceSettings): Record<string, string> {
  const { ports, secrets } = settings;
  return {
    DATABASE_URL: settings.databaseUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: settings.namespace,
    TEMPORAL_TASK_QUEUE: settings.taskQueue,
    TEMPORAL_UI_URL: onLoopback(ports.temporalUi),
    RECOUP_SEALING_KEY: secrets.sealingKey,
    RECOUP_CODEC_KEYS: secrets.codecKeys ?? '',
    // The dev server's UI has no users, so it calls without a credential; here that is safe.
    RECOUP_CODEC_UI_ORIGINS: `${onLoopback(ports.temporalUi)},http://localhost:${ports.temporalUi}`,
    RECOUP_CODEC_UI_KEYLESS: 'true',
    RECOUP_API_KEY: secrets.apiKey,
    RECOUP_BUYER_TOKEN_KEY: secrets.buyerTokenKey,
    RECOUP_MERCHANT_ID: MERCHANT_ID,
    RECOUP_MODE: 'test',
    RECOUP_TIME_SCALE: process.env.RECOUP_TIME_SCALE || '1',
    SIMULATOR_URL: onLoopback(ports.simulator),
    SIMULATOR_ALPHA_URL: onLoopback(ports.simulatorAlpha),
    SIMULATOR_BETA_URL: onLoopback(ports.simulatorBeta),
    SIMULATOR_GAMMA_URL: onLoopback(ports.simulatorGamma),
    SIMULATOR_WEBHOOK_SECRET: secrets.webhookSecret,
    GATEWAY_PORT: String(ports.gateway),
    GATEWAY_URL: onLoopback(ports.gateway),
  };
}

/** The simulator is somebody else's server: it gets its own settings and none of our keys but the webhook secret. */
function simulatorEnvironment({ ports, secrets, stateDir }: ServiceSettings): Record<string, string> {
  return {
    SIMULATOR_PORT: String(ports.simulator),
    SIMULATOR_ALPHA_PORT: String(ports.simulatorAlpha),
    SIMULATOR_BETA_PORT: String(ports.simulatorBeta),
    SIMULATOR_GAMMA_PORT: String(ports.simulatorGamma),
    SIMULATOR_WEBHOOK_URL: `${onLoopback(ports.gateway)}/v1/webhooks`,
    SIMULATOR_WEBHOOK_SECRET: secrets.webhookSecret,
    SIMULATOR_STATE_FILE: join(stateDir, 'simulator.json'),
    RECOUP_TIME_SCALE: process.env.RECOUP_TIME_SCALE || '1',
  };
}

/** Worker, gateway and simulator, each printing a JSON line with `"ready":true` once it serves. */
export function ourServices(settings: ServiceSettings): ChildSpec[] {
  const inherited = { ...process.env };
  // Under another's settings the wrong database or a port of the parent could slip through.
  for (const name of Object.keys(inherited)) if (/^(SIMULATOR|GATEWAY|TEMPORAL)_/.test(name)) delete inherited[name];
  const service = (name: keyof typeof STOP_RANK, graceMs: number, env: Record<string, string>): ChildSpec => ({
    name,
    command: process.execPath,
    args: nodeArguments(join(ROOT, name, 'main.ts')),
    env: { ...inherited, ...env },
    cwd: ROOT,
    logFile: join(settings.stateDir, 'logs', `${name}.log`),
    rank: STOP_RANK[name],
    stopSignal: 'SIGTERM',
    graceMs,
    readyWithinMs: 90_000,
    isReady: async (child) => child.readyLine(),
  });
  const env = serviceEnvironment(settings);
  return [
    service('simulator', 5_000, simulatorEnvironment(settings)),
    // Longer than the longest charge: a worker that is asked to stop writes the outcome of what it has sent.
    service('worker', 30_000, env),
    service('gateway', 10_000, env),
  ];
}
