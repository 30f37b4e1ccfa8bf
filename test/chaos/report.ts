import type { BatchResult } from './batch.ts';

/** What a run of the harness says. */
export interface ChaosReport {
  seed: number;
  orders: number;
  attempts: number;
  faults: Record<string, number>;
  /** Orders that keep more than their amount, or for which a second charge was started while the first could still take money. */
  doubleCharges: number;
  surplusEpisodes: number;
  /** The longest that one was open, real ms. */
  surplusOpenMs: number;
  lostPayments: number;
  heldOpen: number;
  stuckOrders: number;
  forbiddenRetries: number;
  unknownResolvedMs: { p50: number; p99: number };
  historiesReplayed: number;
  replayFailures: number;
  /** Orders of which we tell something else than happened. */
  storiesThatDiffer: number;
}

/** One line of the results file. */
export interface BatchLine extends ChaosReport {
  batch: number;
  timeScale: number;
  at: string;
  /** Which state of the product (sources.ts). Lines of earlier harnesses do not say. */
  sources?: string;
  toxiproxy?: boolean;
  /** How often an outcome stayed unknown for so long: upper bounds in ms and counts, so that lines can be added. */
  unknownMs: number[];
  ordersPerSecond: number;
  /** Orders of which something arrived at a processor. */
  tried?: number;
  /** From fresh servers to the verdict. */
  elapsedMs?: number;
  stages: Record<string, number>;
  answers: Record<string, number>;
}

export function lineOf(result: BatchResult): BatchLine {
  const { plan, verdict, replays, faults, answers, playedMs } = result;
  const ordersWith = (kind: string) =>
    new Set(verdict.violations.filter((each) => each.kind === kind).map(({ orderId }) => orderId)).size;
  return {
    seed: plan.seed,
    batch: plan.batch,
    timeScale: plan.timeScale,
    at: new Date().toISOString(),
    sources: result.sources,
    toxiproxy: result.toxiproxy,
    elapsedMs: result.elapsedMs,
    tried: verdict.tried,
    orders: plan.orders.length,
    attempts: verdict.attempts,
    faults,
    doubleCharges: ordersWith('double_charge'),
    surplusEpisodes: verdict.surplusEpisodes,
    surplusOpenMs: verdict.surplusOpenMs,
    lostPayments: ordersWith('lost_payment'),
    heldOpen: verdict.heldOpen,
    stuckOrders: ordersWith('stuck'),
    forbiddenRetries: ordersWith('forbidden_retry'),
    unknownResolvedMs: percentiles(verdict.unknownMs),
    historiesReplayed: replays.replayed,
    replayFailures: replays.failures.length,
    storiesThatDiffer: ordersWith('story_differs'),
    unknownMs: verdict.unknownMs,
    ordersPerSecond: Math.round((plan.orders.length / playedMs) * 10_000) / 10,
    stages: verdict.stages,
    answers,
  };
}

/** What must be zero. */
export const MUST_BE_ZERO = [
  'doubleCharges',
  'lostPayments',
  'stuckOrders',
  'forbiddenRetries',
  'replayFailures',
  'storiesThatDiffer',
] as const satisfies readonly (keyof ChaosReport)[];

export function isClean(report: ChaosReport): boolean {
  return MUST_BE_ZERO.every((name) => report[name] === 0);
}

/** Many batches as one run. */
export function sumOf(lines: BatchLine[]): ChaosReport {
  const add = (name: Exclude<keyof ChaosReport, 'faults' | 'unknownResolvedMs'>) =>
    lines.reduce((total, line) => total + line[name], 0);
  const faults: Record<string, number> = {};
  for (const line of lines) {
    for (const [kind, count] of Object.entries(line.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  }
  return {
    seed: lines[0]?.seed ?? 0,
    orders: add('orders'),
    attempts: add('attempts'),
    faults,
    doubleCharges: add('doubleCharges'),
    surplusEpisodes: add('surplusEpisodes'),
    surplusOpenMs: Math.max(0, ...lines.map(({ surplusOpenMs }) => surplusOpenMs)),
    lostPayments: add('lostPayments'),
    heldOpen: add('heldOpen'),
    stuckOrders: add('stuckOrders'),
    forbiddenRetries: add('forbiddenRetries'),
    unknownResolvedMs: percentiles(lines.flatMap(({ unknownMs }) => unknownMs)),
    historiesReplayed: add('historiesReplayed'),
    replayFailures: add('replayFailures'),
    storiesThatDiffer: add('storiesThatDiffer'),
  };
}

function percentiles(values: number[]): { p50: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** For programs: the fixed names and nothing else. */
export function jsonOf({ storiesThatDiffer: _forPeople, ...report }: ChaosReport): string {
  return JSON.stringify(report);
}

/** Calls that the weather hit, by the name of the setting that says how many of 100. */
const WEATHER: Record<string, string> = {
  lostPercent: 'calls lost',
  answerLostPercent: 'answers lost',
  overloadPercent: 'overloads',
};

/** For people: a line each. */
export function tableOf(report: ChaosReport): string {
  const { faults, unknownResolvedMs, ...numbers } = report;
  const rows: [string, string][] = Object.entries(numbers).map(([name, value]) => [name, String(value)]);
  rows.push(['unknownResolvedMs', `p50 ${unknownResolvedMs.p50}, p99 ${unknownResolvedMs.p99}`]);
  rows.push([
    'faults',
    Object.entries(faults)
      .map(([kind, count]) => `${WEATHER[kind] ?? kind} ${count}`)
      .join(', '),
  ]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** Which states of the product the lines tell of, and how many orders had the network's faults. */
export function originsOf(lines: BatchLine[]): string {
  const ordersOf = (some: BatchLine[]) => some.reduce((total, { orders }) => total + orders, 0);
  const names = [...new Set(lines.map(({ sources }) => sources))];
  const origins = names.map((name) => {
    const of = lines.filter(({ sources }) => sources === name);
    return `  sources ${name ?? 'unknown'}: ${of.length} batches, ${ordersOf(of)} orders`;
  });
  return [
    ...origins,
    `  something arrived at a processor: ${triedOf(lines)} orders`,
    `  with toxiproxy: ${ordersOf(lines.filter(({ toxiproxy }) => toxiproxy))} orders`,
  ].join('\n');
}

function triedOf(lines: BatchLine[]): number {
  return lines.reduce((total, { tried = 0 }) => total + tried, 0);
}

/**
 * Nothing in N orders says: with 95 % confidence it happens to at most 3 in N (rule of three). N are the orders of which something
 * arrived at a processor; the others show nothing of money.
 */
export function boundOf(lines: BatchLine[]): string {
  const { doubleCharges, lostPayments } = sumOf(lines);
  const orders = triedOf(lines);
  if (doubleCharges + lostPayments > 0 || orders === 0) return '';
  return (
    `Of ${orders} orders that reached a processor none was charged twice and no payment was lost: ` +
    `at 95 % confidence at most 3 in ${orders}, 1 in ${Math.floor(orders / 3)}, under these faults.`
  );
}

/** Everything that is needed to understand what went wrong, and to see it again. */
export function complaintsOf({ plan, verdict, replays }: BatchResult): string {
  const lines: string[] = [];
  for (const { kind, orderId, what } of verdict.violations) lines.push(`${kind}: ${orderId}: ${what}`);
  for (const { orderId, what } of replays.failures) lines.push(`replay: ${orderId}: ${what}`);
  for (const [orderId, { view, ledger, timeline, run }] of Object.entries(verdict.stories)) {
    const order = plan.orders.find((each) => each.orderId === orderId);
    lines.push('', `${orderId} (${order?.story}): ${view.stage}, money ${JSON.stringify(view.money)}`);
    lines.push(`  run ${run}`);
    lines.push(`  plan ${JSON.stringify({ ...order, request: { ...order?.request, orderId: undefined } })}`);
    for (const entry of timeline) {
      lines.push(`  ${entry.at} ${entry.kind} ${entry.attempt ?? ''} ${entry.text} ${entry.evidence ?? ''}`);
    }
    for (const entry of ledger) {
      lines.push(
        `  ledger ${entry.at} ${entry.processor} ${entry.operation} ${entry.effect} ${entry.amountMinor} ` +
          `requests ${entry.requests} ${entry.key} ${entry.reference ?? ''}`,
      );
    }
  }
  return lines.join('\n');
}
