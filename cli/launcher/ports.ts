import { createServer } from 'node:net';

/** What the stack listens on, all on loopback. */
export const DEFAULT_PORTS = {
  gateway: 4100,
  simulator: 4200,
  simulatorAlpha: 4201,
  simulatorBeta: 4202,
  simulatorGamma: 4203,
  postgres: 54320,
  temporal: 7233,
  temporalUi: 8233,
} as const;

export type PortName = keyof typeof DEFAULT_PORTS;

/** Flag and environment variable of each port. */
export const PORT_SETTINGS: Record<PortName, { flag: string; variable: string }> = {
  gateway: { flag: 'gateway-port', variable: 'GATEWAY_PORT' },
  simulator: { flag: 'simulator-port', variable: 'SIMULATOR_PORT' },
  simulatorAlpha: { flag: 'alpha-port', variable: 'SIMULATOR_ALPHA_PORT' },
  simulatorBeta: { flag: 'beta-port', variable: 'SIMULATOR_BETA_PORT' },
  simulatorGamma: { flag: 'gamma-port', variable: 'SIMULATOR_GAMMA_PORT' },
  postgres: { flag: 'postgres-port', variable: 'POSTGRES_PORT' },
  temporal: { flag: 'temporal-port', variable: 'TEMPORAL_PORT' },
  temporalUi: { flag: 'temporal-ui-port', variable: 'TEMPORAL_UI_PORT' },
};

/**
 * Settles every port before anything is started, since each server is told the others' addresses. A taken default
 * becomes the next free port; a port that was asked for and is taken is an error.
 */
export async function choosePorts(
  flags: Record<string, string | boolean | undefined>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Record<PortName, number>> {
  const chosen = {} as Record<PortName, number>;
  const taken = new Set<number>();
  for (const name of Object.keys(DEFAULT_PORTS) as PortName[]) {
    const { flag, variable } = PORT_SETTINGS[name];
    const asked = flags[flag] ?? env[variable];
    const port =
      asked === undefined || asked === ''
        ? await nextFreePort(DEFAULT_PORTS[name], taken)
        : await exactPort(asked, `--${flag} (or ${variable})`, taken);
    chosen[name] = port;
    taken.add(port);
  }
  return chosen;
}

async function exactPort(asked: string | boolean, setting: string, taken: Set<number>): Promise<number> {
  const port = Number(asked);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${setting}: ${asked} is not a port`);
  if (taken.has(port)) throw new Error(`${setting}: ${port} is already given to another server of the stack`);
  if (!(await isFree(port))) throw new Error(`${setting}: port ${port} is taken. Free it or choose another one`);
  return port;
}

async function nextFreePort(from: number, taken: Set<number>): Promise<number> {
  for (let port = from; port < from + 1000; port += 1) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${from} and ${from + 999}`);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port that nobody listens on at this moment, chosen by the operating system. */
export function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
