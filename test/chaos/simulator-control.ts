/** One line of what really happened. Instants by the simulator's clock, which is this machine's. */
export interface LedgerEntry {
  processor: string;
  operation: string;
  key: string;
  reference: string | null;
  amountMinor: number;
  currency: string | null;
  at: string;
  effect: 'captured' | 'authorized' | 'voided' | 'refunded' | 'none';
  requests: number;
}

export const PROCESSORS = ['alpha', 'beta', 'gamma'] as const;
export type ProcessorName = (typeof PROCESSORS)[number];

export interface Weather {
  lostPercent: number;
  answerLostPercent: number;
  overloadPercent: number;
}

/** Ledger and levers of the simulator (simulator/README.md). */
export class SimulatorControl {
  constructor(readonly url: string) {}

  /** Of all orders, by order id. */
  async ledger(): Promise<Map<string, LedgerEntry[]>> {
    const { entries } = (await this.get('/ledger')) as { entries: (LedgerEntry & { orderId: string })[] };
    const byOrder = new Map<string, LedgerEntry[]>();
    for (const entry of entries) byOrder.set(entry.orderId, [...(byOrder.get(entry.orderId) ?? []), entry]);
    return byOrder;
  }

  async ledgerOf(orderId: string): Promise<LedgerEntry[]> {
    return ((await this.get(`/ledger?orderId=${encodeURIComponent(orderId)}`)) as { entries: LedgerEntry[] }).entries;
  }

  async setWeather(weather: Partial<Weather>, seed: number): Promise<void> {
    for (const processor of PROCESSORS) await this.post(`/control/${processor}/faults`, { ...weather, seed });
  }

  async weatherCounts(): Promise<Record<string, number>> {
    const sum: Record<string, number> = {};
    for (const processor of PROCESSORS) {
      const { counts } = (await this.get(`/control/${processor}/faults`)) as { counts: Record<string, number> };
      for (const [kind, count] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + count;
    }
    return sum;
  }

  async shut(processor: ProcessorName): Promise<void> {
    await this.post(`/control/${processor}/down`, {});
  }

  async open(processor: ProcessorName): Promise<void> {
    await this.post(`/control/${processor}/up`, {});
  }

  async setWebhooks(settings: {
    duplicate?: number;
    reorder?: boolean;
    delayMs?: number;
    hold?: boolean;
  }): Promise<void> {
    await this.post('/control/webhooks', settings);
  }

  /** Not delivered yet, those that leave later included. */
  async webhooksOnTheirWay(): Promise<number> {
    const { counts } = (await this.get('/control/webhooks')) as { counts: { waiting: number; held: number } };
    return counts.waiting + counts.held;
  }

  async resendWebhooks(orderId: string, times: number): Promise<void> {
    await this.post('/control/webhooks/resend', { orderId, times });
  }

  private async get(path: string): Promise<unknown> {
    return await answerOf(await fetch(`${this.url}${path}`), path);
  }

  private async post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return await answerOf(
      await fetch(`${this.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
      path,
    );
  }
}

async function answerOf(answer: Response, path: string): Promise<unknown> {
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error(`The simulator answered ${path} with ${answer.status}: ${JSON.stringify(body)}`);
  return body;
}
