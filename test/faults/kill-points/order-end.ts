import type { Scenario } from '../../../cli/recoup/scenarios.ts';
import type { OrderView } from '../../../client/index.ts';
import { poll, type Scene } from '../../setup/scene.ts';
import { toldTypes } from '../../workflows/acts.ts';

/** Where an order ends, as far as it must be the same whoever died on the way. */
export interface OrderEnd {
  stage: string;
  nextAction: string;
  money: unknown;
  attempts: unknown[];
  ledger: string[];
  /** What the merchant is told. That an outcome was unknown for a while is no end. */
  told: string[];
}

export async function endOf(scene: Scene, orderId: string): Promise<OrderEnd> {
  const { stage, nextAction, money, attempts } = await scene.recoup.orders.get(orderId);
  const ledger = await scene.ledger(orderId);
  return {
    stage,
    nextAction: nextAction.type,
    money,
    attempts: attempts.map(
      ({ number, processor, outcome, failureClass, processorCode, authentication, operations }) => ({
        ...{ number, processor, outcome, failureClass, processorCode, authentication },
        operations: operations.map(({ operation, outcome: end }) => `${operation} ${end}`),
      }),
    ),
    ledger: ledger.map((each) => `${each.processor} ${each.operation} ${each.effect} ${each.amountMinor}`),
    told: (await toldTypes(scene, orderId)).filter((type) => type !== 'order.outcome_unknown'),
  };
}

const WITHIN_MS = 90_000;

/** Nothing more will happen to it by itself. */
const CLOSED: ReadonlySet<string> = new Set(['paid', 'failed', 'cancelled', 'expired']);

/** Plays a scenario of `recoup trigger` until its order rests. Who calls repeats what got no answer, as our clients do. */
export async function play(scene: Scene, { order, recovery, rests }: Scenario, orderId: string): Promise<void> {
  const { orders } = scene.recoup;
  // Found, but nothing was tried yet: nobody may have accepted the call that started it.
  const isStarted = ({ stage, attempts }: OrderView) => stage !== 'attempting' || attempts.length > 0;
  await untilTaken(async () => isStarted(await orders.collect({ ...order, orderId }, { waitMs: 50_000 })));
  if (recovery !== undefined) {
    const mayChoose = ({ stage, nextAction }: OrderView) =>
      CLOSED.has(stage) || nextAction.options.some(({ path }) => path === recovery.path);
    const { stage } = await scene.until(orderId, mayChoose, WITHIN_MS);
    const call = { idempotencyKey: `choice-${orderId}`, waitMs: 50_000 };
    // Repeated after it was done by a run that ended: by then the order may be paid.
    const choose = () =>
      orders.recover(orderId, recovery, call).catch(async (error) => {
        if ((error as { code?: string }).code === 'order_closed') return orders.get(orderId);
        throw error;
      });
    if (!CLOSED.has(stage)) await untilTaken(async () => (await choose()).orderId === orderId);
  }
  const isIdle = (all: { operations: { endedAt?: string | null }[] }[]) =>
    all.every(({ operations }) => operations.every(({ endedAt }) => endedAt != null));
  const rested = ({ stage, attempts }: OrderView) => CLOSED.has(stage) || (stage === rests && isIdle(attempts));
  await scene.until(orderId, rested, WITHIN_MS);
  await untilQuiet(scene, orderId);
}

async function untilTaken(call: () => Promise<boolean>): Promise<void> {
  // Also what is refused while an attempt is running, as an answer that was lost may have started one: read again, says the refusal.
  const failed = ({ code }: { code?: string }) => code === 'unavailable' || code === 'recovery_refused';
  await poll(
    () => call().catch((error) => (failed(error) ? false : Promise.reject(error))),
    (taken) => taken,
    WITHIN_MS,
  );
}

/** The run is closed, or nothing was added to its history for a moment. */
async function untilQuiet(scene: Scene, orderId: string): Promise<void> {
  let before = -1;
  await poll(
    async () => {
      const { status, historyLength } = await scene.workflow(orderId).describe();
      const quiet = status.name !== 'RUNNING' || historyLength === before;
      before = historyLength;
      if (!quiet) await new Promise((resolve) => setTimeout(resolve, 250));
      return quiet;
    },
    (quiet) => quiet,
    WITHIN_MS,
  );
}
