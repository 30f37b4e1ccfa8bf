import { SCENARIOS, type Scenario } from '../../../cli/recoup/scenarios.ts';
import type { CollectRequest, OrderView } from '../../../client/index.ts';
import { order, poll, type Scene } from '../../setup/scene.ts';
import { hasEnded, LATE, STORIES, type Story, shortName } from '../../workflows/stories.ts';

/** An order from its start to where nothing more happens to it, played so that it can meet a death at any moment. */
export interface Life {
  name: string;
  live(scene: Scene, orderId: string): Promise<void>;
}

/** Scenarios of `recoup trigger` until they rest; stories until the order's run is closed. */
export const LIVES: Life[] = [
  ...SCENARIOS.map((scenario) => ({
    name: scenario.name,
    live: (scene: Scene, orderId: string) => play(scene, scenario, orderId),
  })),
  ...STORIES.map((story) => ({
    name: shortName(story),
    live: (scene: Scene, orderId: string) => tell(scene, story, orderId),
  })),
];

const WITHIN_MS = 90_000;
/** A dead worker costs an order seconds: money that is late has to be later than that. */
const LATER = 'late_webhook_100';

/** Nothing more will happen to it by itself. */
const CLOSED: ReadonlySet<string> = new Set(['paid', 'failed', 'cancelled', 'expired']);

/** Plays a scenario of `recoup trigger` until its order rests. Who calls repeats what got no answer, as our clients do. */
export async function play(scene: Scene, { order, recovery, rests }: Scenario, orderId: string): Promise<void> {
  await collected(scene, { ...order, orderId });
  if (recovery !== undefined) {
    const mayChoose = ({ stage, nextAction }: OrderView) =>
      CLOSED.has(stage) || nextAction.options.some(({ path }) => path === recovery.path);
    const { stage } = await scene.until(orderId, mayChoose, WITHIN_MS);
    const call = { idempotencyKey: `choice-${orderId}`, waitMs: 50_000 };
    if (!CLOSED.has(stage))
      await untilTaken(() => scene.recoup.orders.recover(orderId, recovery, call).then(() => true));
  }
  const isIdle = (all: { operations: { endedAt?: string | null }[] }[]) =>
    all.every(({ operations }) => operations.every(({ endedAt }) => endedAt != null));
  const rested = ({ stage, attempts }: OrderView) => CLOSED.has(stage) || (stage === rests && isIdle(attempts));
  await scene.until(orderId, rested, WITHIN_MS);
  await untilQuiet(scene, orderId);
}

/** Plays a story to its end in the same way: after each rest comes the step of whoever has the turn. */
async function tell(scene: Scene, story: Story, orderId: string): Promise<void> {
  const { token, more, steps, end = hasEnded } = story;
  await collected(scene, order(orderId, token.replace(LATE, LATER), more));
  for (const [index, { at, act }] of steps.entries()) {
    const view = await scene.until(orderId, ({ stage }) => at.includes(stage), WITHIN_MS);
    const call = { idempotencyKey: `step-${index}-${orderId}`, waitMs: 50_000 };
    await untilTaken(() => act(scene, orderId, view, call).then(() => true));
  }
  await scene.until(orderId, end, WITHIN_MS);
  await untilQuiet(scene, orderId);
}

async function collected({ recoup }: Scene, request: CollectRequest): Promise<void> {
  // Found, but nothing was tried yet: nobody may have accepted the call that started it.
  const isStarted = ({ stage, attempts }: OrderView) => stage !== 'attempting' || attempts.length > 0;
  await untilTaken(async () => isStarted(await recoup.orders.collect(request, { waitMs: 50_000 })));
}

/**
 * Repeats what nobody took, or a run does not know yet that the store does; also what is refused while an
 * attempt is running, as an answer that was lost may have started one: read again, says the refusal.
 */
const AGAIN: ReadonlySet<unknown> = new Set(['unavailable', 'recovery_refused']);
/** It was done by a call that got no answer, maybe in a run that ended since. If not, the order ends otherwise, which is seen. */
const DONE: ReadonlySet<unknown> = new Set(['order_closed', 'not_unknown']);

async function untilTaken(call: () => Promise<boolean>): Promise<void> {
  const taken = (error: { code?: string }) => {
    if (AGAIN.has(error.code) || DONE.has(error.code)) return DONE.has(error.code);
    throw error;
  };
  await poll(
    () => call().catch(taken),
    (done) => done,
    WITHIN_MS,
  );
}

/** The run is closed, or nothing was added to its history for a moment. */
export async function untilQuiet(scene: Scene, orderId: string): Promise<void> {
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
