import { setTimeout as sleep } from 'node:timers/promises';
import { doubleCharge, type Violation, type ViolationKind } from './checks.ts';
import { type FaultKind, Faults } from './faults.ts';
import { judgeOrders, type Verdict } from './judge.ts';
import { keepHistory } from './kept-histories.ts';
import { type BatchPlan, type PlanOptions, planBatch } from './plan.ts';
import { playOrder, type Stage } from './play.ts';
import { dice } from './random.ts';
import { type Replays, replayHistories } from './replay.ts';
import { endOrders, inLanes, untilCalm } from './rest.ts';
import { runStateOf } from './run-state.ts';
import type { SabotageName } from './sabotage.ts';
import { sourcesHash } from './sources.ts';
import { Watch } from './watch.ts';
import { openWorld, type World } from './world.ts';

export interface BatchOptions extends PlanOptions {
  faults: readonly FaultKind[];
  inFlight: number;
  /** From one fault to the next, ms: at least, at most. */
  faultEveryMs?: readonly [number, number];
  sabotage?: SabotageName | undefined;
  /** What is to be found: once it is, nobody waits for more. */
  until?: ViolationKind | undefined;
  /** Needed by the fault `network`. */
  toxiproxy?: boolean | undefined;
  /** The stories of all orders, not only of those with a violation. */
  tellAll?: boolean;
  /** How long everything may take to come to rest. */
  calmWithinMs?: number;
  /** So many histories are replayed at the end. */
  replays: number;
  /** Where they are kept, for a later build. */
  keepHistories?: string | undefined;
  say(line: string): void;
}

export interface BatchResult {
  /** On which state of the product. */
  sources: string;
  toxiproxy: boolean;
  plan: BatchPlan;
  verdict: Verdict;
  replays: Replays;
  faults: Record<string, number>;
  /** What callers were answered with, by error code. */
  answers: Record<string, number>;
  playedMs: number;
  elapsedMs: number;
}

/** The sweeper comes once a minute; an order that it finds before its `collect` was accepted waits 90 s for that once more. */
const CALM_WITHIN_MS = 170_000;
const FAULT_EVERY_MS = [3_000, 10_000] as const;

/** One batch in a world of its own: play, heal, wait until all is at rest, end what is open, judge. */
export async function runBatch(options: BatchOptions): Promise<BatchResult> {
  const startedMs = Date.now();
  const { toxiproxy = false } = options;
  const sources = sourcesHash();
  const plan = planBatch(options);
  const { say } = options;
  say(`batch ${plan.batch}: ${plan.orders.length} orders, time ${plan.timeScale} times faster, sources ${sources}`);
  const world = await openWorld({ ...options, timeScale: plan.timeScale });
  const watch = new Watch(world.database);
  try {
    const answers: Record<string, number> = {};
    const answered = (code: string) => {
      answers[code] = (answers[code] ?? 0) + 1;
    };
    const stage: Stage = {
      world,
      watch,
      accepted: new Set(),
      mistaken: new Set(),
      foreignTold: { count: 0 },
      answered,
    };
    const drawn = dice(plan.seed).fork(`faults ${plan.batch}`);
    const faults = new Faults(world, {
      kinds: options.faults,
      everyMs: options.faultEveryMs ?? FAULT_EVERY_MS,
      dice: drawn,
      timeScale: plan.timeScale,
      webhookDelayMs: plan.webhookDelayMs,
      say,
    });
    const inspector = new Inspector(world, stage.mistaken);
    const playedFromMs = Date.now();
    await faults.start();
    await inLanes(options.inFlight, plan.orders, (order) => playOrder(stage, order));
    const playedMs = Date.now() - playedFromMs;
    await faults.stop();
    say(`played in ${(playedMs / 1000).toFixed(1)} s; waiting until everything is at rest`);
    const isEnough = (found: Violation[]) => found.concat(inspector.sofar).some(({ kind }) => kind === options.until);
    const stuck = await restAndEnd(stage, plan, { withinMs: options.calmWithinMs ?? CALM_WITHIN_MS, isEnough, say });
    const during = [...stuck, ...(await inspector.stop())];
    const verdict = await judgeOrders(stage, plan.orders, during, {
      timeScale: plan.timeScale,
      tellAll: options.tellAll === true,
    });
    const replays = await replayHistories(
      world,
      plan.orders.slice(0, options.replays).map(({ orderId }) => orderId),
      (made) => options.keepHistories !== undefined && keepHistory(options.keepHistories, sources, made),
    );
    const elapsedMs = Date.now() - startedMs;
    const injected = { ...faults.counts, 'foreign notices': stage.foreignTold.count };
    return { sources, toxiproxy, plan, verdict, replays, faults: injected, answers, playedMs, elapsedMs };
  } finally {
    await watch.stop();
    await world.close();
  }
}

interface Resting {
  /** How long one coming to rest may take. */
  withinMs: number;
  /** Nothing more has to be found. */
  isEnough(found: Violation[]): boolean;
  say(line: string): void;
}

/**
 * Processors deliver again what they could not; then everybody who has a turn left takes it. What nobody would have moved
 * until then is stuck, even where the shop that cancels moves it on.
 */
async function restAndEnd(
  stage: Stage,
  { orders }: BatchPlan,
  { withinMs, isEnough, say }: Resting,
): Promise<Violation[]> {
  const found = new Map<string, Violation>();
  // An order whose `collect` never got through does not exist, and never comes to rest.
  const orderIds = orders
    .map(({ orderId }) => orderId)
    .filter((orderId) => stage.accepted.has(orderId) || stage.watch.rows.has(orderId));
  const calm = async () => {
    const restless = await untilCalm(stage, orderIds, withinMs);
    if (restless.length === 0) return;
    const names = restless.map(({ orderId, stage: at }) => `${orderId} ${at}`);
    say(`not at rest after ${withinMs / 1000} s: ${names.slice(0, 10).join(', ')}`);
    for (const { orderId, stuck } of restless) {
      if (stuck === null || found.has(orderId)) continue;
      const what = `${stuck}; then its run: ${await runStateOf(stage.world, orderId)}`;
      found.set(orderId, { kind: 'stuck', orderId, what });
    }
  };
  // What was lost comes once more, and then what has come already: a notice twice is one notice.
  const deliver = () => inLanes(10, orderIds, (orderId) => stage.world.simulator.resendWebhooks(orderId, 1));
  const end = () => endOrders(stage, orders);
  for (const turn of [deliver, deliver, end, end]) {
    if (isEnough([...found.values()])) break;
    await turn();
    await calm();
  }
  return [...found.values()];
}

const INSPECT_EVERY_MS = 2_000;

/** Compares the ledger with what may never be, all the time. */
class Inspector {
  private readonly found = new Map<string, Violation>();
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly world: World,
    /** Orders that a person's mistake charged twice. */
    private readonly excused: ReadonlySet<string>,
  ) {
    this.running = this.run();
  }

  get sofar(): Violation[] {
    return [...this.found.values()];
  }

  async stop(): Promise<Violation[]> {
    this.stopped = true;
    await this.running;
    return this.sofar;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const ledgers = await this.world.simulator.ledger();
      for (const [orderId, ledger] of ledgers) {
        const violation = doubleCharge(orderId, ledger, Date.now());
        if (violation !== null && !this.excused.has(orderId)) this.found.set(orderId, violation);
      }
      await sleep(INSPECT_EVERY_MS);
    }
  }
}
