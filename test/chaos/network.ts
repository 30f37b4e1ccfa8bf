import { join } from 'node:path';
import type { ChildSpec } from '../../cli/launcher/child.ts';
import { ROOT } from '../../cli/launcher/paths.ts';

import { toxiproxyServer } from '../../cli/launcher/tools/toxiproxy.ts';
import { chaosPort } from './ports.ts';
import type { Dice } from './random.ts';

export const LINKS = ['temporal', 'postgres', 'alpha', 'beta', 'gamma'] as const;
export type LinkName = (typeof LINKS)[number];

/** A toxiproxy between our processes and everything that they call. */
export class Network {
  private constructor(
    private readonly url: string,
    /** Where each link is reached through the proxy. */
    readonly ports: Record<LinkName, number>,
  ) {}

  static async spec(directory: string): Promise<{ spec: ChildSpec; url: string }> {
    const port = await chaosPort();
    const url = `http://127.0.0.1:${port}`;
    const spec: ChildSpec = {
      name: 'toxiproxy',
      command: await toxiproxyServer(),
      args: ['-host', '127.0.0.1', '-port', String(port)],
      env: { PATH: process.env.PATH, LOG_LEVEL: 'error' },
      cwd: ROOT,
      logFile: join(directory, 'toxiproxy.log'),
      rank: 6,
      stopSignal: 'SIGTERM',
      graceMs: 5_000,
      readyWithinMs: 20_000,
      isReady: async () => (await fetch(`${url}/version`).catch(() => null))?.ok === true,
    };
    return { spec, url };
  }

  static async connect(url: string, upstream: Record<LinkName, number>): Promise<Network> {
    const ports = {} as Record<LinkName, number>;
    for (const name of LINKS) {
      ports[name] = await chaosPort();
      const proxy = {
        name,
        listen: `127.0.0.1:${ports[name]}`,
        upstream: `127.0.0.1:${upstream[name]}`,
        enabled: true,
      };
      await post(`${url}/proxies`, proxy);
    }
    return new Network(url, ports);
  }

  /** Makes one link bad in one way, and says how. */
  async trouble(dice: Dice): Promise<string> {
    const link = dice.pick(LINKS);
    const toxic = dice.weighted([
      [4, { type: 'latency', attributes: { latency: dice.whole(50, 800), jitter: dice.whole(0, 400) } }],
      [3, { type: 'reset_peer', attributes: { timeout: dice.whole(0, 200) } }],
      // Nothing gets through, and nobody is told.
      [3, { type: 'timeout', attributes: { timeout: 0 } }],
      [1, { type: 'limit_data', attributes: { bytes: dice.whole(100, 20_000) } }],
    ] as const);
    const stream = dice.pick(['upstream', 'downstream']);
    await post(`${this.url}/proxies/${link}/toxics`, {
      ...toxic,
      name: 'chaos',
      stream,
      toxicity: dice.pick([0.5, 1]),
    });
    return `${link}: ${toxic.type} ${stream}`;
  }

  async heal(): Promise<void> {
    await post(`${this.url}/reset`, {});
  }
}

async function post(url: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  await answer.text();
  if (!answer.ok) throw new Error(`toxiproxy answered ${url} with ${answer.status}`);
}
