/**
 * The orders that `npm start` plays once everything is ready, so that a newcomer finds stories to look at: the scenarios
 * of `recoup trigger`, each checked against the end that it should reach and against the simulator's ledger.
 */
import { Recoup } from '../../client/index.ts';
import { amountText } from '../../policy/words.ts';
import { newOrderId, type Played, playScenario } from '../recoup/play.ts';
import { findScenario, type Scenario } from '../recoup/scenarios.ts';
import { disagreement, type LedgerEntry } from './ledger.ts';
import type { RunFile } from './run-file.ts';

/** One of each kind of end: paid on three ways, the buyer's turn on three ways, and waiting for proof. */
const DEMO = [
  'recovered_by_retry_processor',
  'timed_out_but_charged',
  'confirmed_later',
  'needs_authentication',
  'hard_decline',
  'hosted_checkout',
  'outcome_unknown',
] as const;

const ANSWER_WITHIN_MS = 5_000;
/** Long enough for an order to be started, short enough that an unknown outcome does not hold up the box. */
const FIRST_ANSWER_WITHIN_MS = 1_000;

export interface DemoOrder {
  scenario: string;
  orderId: string;
  /** What went wrong, in words; null when the order reached its end and agrees with the ledger. */
  problem: string | null;
}

export interface Demo {
  /** Every order has been started (or could not be). */
  started: Promise<void>;
  /** Every order rests. Neither promise rejects: a demo that fails says so in `problem`. */
  settled: Promise<DemoOrder[]>;
}

type DemoRun = Pick<RunFile, 'gateway' | 'apiKey' | 'simulator' | 'merchantId'>;

/** All at once, over HTTP, under new order ids; one line for each as it settles. */
export function playDemo(run: DemoRun, say: (line: string) => void): Demo {
  const recoup = new Recoup({ baseUrl: run.gateway, apiKey: run.apiKey, maxSends: 2 });
  const plays = DEMO.map((name) => playOne(recoup, run, scenarioNamed(name), say));
  return {
    started: Promise.all(plays.map(({ started }) => started)).then(() => {}),
    settled: Promise.all(plays.map(({ settled }) => settled)),
  };
}

function playOne(
  recoup: Recoup,
  run: DemoRun,
  scenario: Scenario,
  say: (line: string) => void,
): { started: Promise<void>; settled: Promise<DemoOrder> } {
  const orderId = newOrderId(scenario);
  const told = { scenario: scenario.name, orderId };
  let onStarted = () => {};
  const asked = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  const settled = playScenario(recoup, scenario, orderId, { firstAnswerWithinMs: FIRST_ANSWER_WITHIN_MS, onStarted })
    .then(async (played): Promise<DemoOrder> => {
      const problem = problemOf(scenario, played, await ledgerOf(run, orderId));
      say(`Demo ${orderId}: ${problem ?? endOf(played)}`);
      return { ...told, problem };
    })
    .catch((error: Error): DemoOrder => {
      say(`Demo ${orderId} did not finish: ${error.message}`);
      return { ...told, problem: error.message };
    });
  return { started: Promise.race([asked, settled.then(() => {})]), settled };
}

function problemOf(scenario: Scenario, { order, stages, asExpected }: Played, ledger: LedgerEntry[]): string | null {
  if (!asExpected) {
    const should = [scenario.through, scenario.rests].filter((stage) => stage !== undefined).join(' → ');
    return `went ${stages.join(' → ')}, and should go ${should}`;
  }
  return disagreement(order, ledger);
}

/** `confirming → paid, EUR 49.99 at alpha, as its ledger says`. */
function endOf({ order, stages }: Played): string {
  const way = stages.filter((stage) => stage !== 'attempting').join(' → ');
  // What the ledger has of it is not known to the order, and must not be told as if it were.
  if (order.attempts.at(-1)?.outcome === 'unknown') return `${way}, nothing else is tried until it is proved`;
  if (order.money.captured === 0) return `${way}, nothing charged, as the ledger says`;
  const { processor } = order.attempts.findLast(({ outcome }) => outcome === 'succeeded') ?? {};
  return `${way}, ${amountText({ ...order.amount, minor: order.money.captured })} at ${processor}, once, as the ledger says`;
}

async function ledgerOf(run: DemoRun, orderId: string): Promise<LedgerEntry[]> {
  const query = new URLSearchParams({ orderId, merchantId: run.merchantId });
  const response = await fetch(`${run.simulator}/ledger?${query}`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!response.ok) throw new Error(`the simulator's ledger answered ${response.status}`);
  return ((await response.json()) as { entries: LedgerEntry[] }).entries;
}

function scenarioNamed(name: string): Scenario {
  const scenario = findScenario(name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`);
  return scenario;
}
