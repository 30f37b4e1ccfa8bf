import type { OrderView } from '../../client/index.ts';
import type { TimelineEntry } from '../../policy/events.ts';
import type { OrderState } from '../../policy/order.ts';
import { type Evidence, judge, type Violation } from './checks.ts';
import { isStart, surplusStretches } from './ledger.ts';
import type { OrderPlan } from './plan.ts';
import type { Stage } from './play.ts';
import { inLanes, whyStuck } from './rest.ts';
import { runStateOf } from './run-state.ts';
import { type CardHistory, judgeSharedCards } from './shared-cards.ts';
import type { LedgerEntry } from './simulator-control.ts';
import { readOperations, readStates, readTimelines, unknownTimes } from './store-reader.ts';

/** What became of the orders of a batch. */
export interface Verdict {
  violations: Violation[];
  attempts: number;
  /** Orders of which something arrived at a processor: only these can show anything of money. */
  tried: number;
  surplusEpisodes: number;
  surplusOpenMs: number;
  heldOpen: number;
  unknownMs: number[];
  stages: Record<string, number>;
  /** Of the orders with a violation, or of all when that was asked for: what a person reads to understand it. No credential is in either. */
  stories: Record<string, { view: OrderView; ledger: LedgerEntry[]; timeline: TimelineEntry[]; run: string }>;
}

/** Looks at every order at rest: what we tell, what our store has, and what really happened. */
export async function judgeOrders(
  stage: Stage,
  plans: OrderPlan[],
  during: Violation[],
  { timeScale, tellAll }: { timeScale: number; tellAll: boolean },
): Promise<Verdict> {
  const { database, simulator, callers } = stage.world;
  await stage.watch.refresh();
  const [operations, states, timelines, ledgers] = await Promise.all([
    readOperations(database),
    readStates(database),
    readTimelines(database),
    simulator.ledger(),
  ]);
  const verdict: Verdict = {
    violations: [...during],
    attempts: 0,
    tried: 0,
    surplusEpisodes: 0,
    surplusOpenMs: 0,
    heldOpen: 0,
    unknownMs: [],
    stages: {},
    stories: {},
  };
  const cards = new Map<string, CardHistory>();
  await inLanes(16, plans, async (plan, index) => {
    const { orderId } = plan;
    const caller = callers[index % callers.length];
    const row = stage.watch.rows.get(orderId);
    const ledger = ledgers.get(orderId) ?? [];
    const nowMs = Date.now();
    const promised = row !== undefined || stage.accepted.has(orderId) || ledger.some(isStart);
    const stuck = promised ? whyStuck(row, nowMs) : null;
    const known = during.some((each) => each.kind === 'stuck' && each.orderId === orderId);
    if (stuck !== null && !known) verdict.violations.push({ kind: 'stuck', orderId, what: stuck });
    if (row === undefined || caller === undefined) return;
    const view = await caller.orders.get(orderId);
    const timeline = timelines.get(orderId) ?? [];
    const evidence: Evidence = {
      plan,
      view,
      needsHuman: row.needsHuman,
      mistaken: stage.mistaken.has(orderId),
      ledger,
      operations: operations.get(orderId) ?? [],
      timeline,
      cards: cardsOf(states.get(orderId)),
      nowMs,
    };
    remember(cards, evidence);
    add(verdict, evidence, judge(evidence), tellAll);
  });
  verdict.violations.push(...judgeSharedCards([...cards.values()], timeScale));
  for (const [orderId, story] of Object.entries(verdict.stories)) story.run = await runStateOf(stage.world, orderId);
  return verdict;
}

/** Adds what the order sent with a card that others have too. */
function remember(histories: Map<string, CardHistory>, { plan, ledger, operations, cards }: Evidence): void {
  const card = plan.sharedCard;
  if (card === null) return;
  const history = histories.get(card) ?? { card, hard: plan.hardCards.includes(card), requests: [] };
  histories.set(card, history);
  for (const entry of ledger) {
    const operation = operations.find(({ key }) => key === entry.key);
    if (cards.get(operation?.instrumentId ?? '') === card && isStart(entry)) {
      history.requests.push({ orderId: plan.orderId, entry, operation });
    }
  }
}

function add(verdict: Verdict, evidence: Evidence, found: Violation[], tellAll: boolean): void {
  const { plan, view, ledger, timeline, needsHuman, nowMs } = evidence;
  const { orderId } = plan;
  verdict.attempts += view.attempts.length;
  if (ledger.some(isStart)) verdict.tried += 1;
  verdict.stages[view.stage] = (verdict.stages[view.stage] ?? 0) + 1;
  if (needsHuman && view.money.held > 0) verdict.heldOpen += 1;
  for (const { fromMs, untilMs } of surplusStretches(ledger, nowMs)) {
    verdict.surplusEpisodes += 1;
    verdict.surplusOpenMs = Math.max(verdict.surplusOpenMs, untilMs - fromMs);
  }
  verdict.unknownMs.push(...unknownTimes(timeline));
  const known = new Set(verdict.violations.map((each) => `${each.kind} ${each.orderId}`));
  verdict.violations.push(...found.filter((each) => !known.has(`${each.kind} ${each.orderId}`)));
  if (tellAll || verdict.violations.some((each) => each.orderId === orderId))
    verdict.stories[orderId] = { view, ledger, timeline, run: '' };
}

function cardsOf(state: OrderState | undefined): Map<string, string> {
  return new Map((state?.instruments ?? []).map(({ id, identity }) => [id, identity.replace(/^sim-card:/, '')]));
}
