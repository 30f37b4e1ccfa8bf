import { newOrderId, openScene, type Scene } from '../../setup/scene.ts';
import type { Life } from './lives.ts';
import { endOf, type OrderEnd } from './order-end.ts';
import { waitPatiently } from './patient.ts';
import { untilEvent } from './watch.ts';

/** It never came to its end. */
interface Stuck {
  stage: 'stuck';
  why: string;
}

/** What became of one order whose worker was killed when its history had so many events. */
export interface KillPoint {
  life: string;
  event: number;
  /** Its order rested with fewer events, so nobody was killed. */
  missed: boolean;
  end: OrderEnd | Stuck;
  /** How the order ends that nobody killed. */
  wanted: OrderEnd;
}

/**
 * The worker hears and says everything this much later than we see it in the history, so that it is killed between one
 * event and whatever it would have done next.
 */
const BEHIND_MS = 20;
/** Proofs come this much faster; a killed worker is noticed no sooner. */
const TIME_SCALE = 5;

/** A stack whose worker is killed again and again. */
async function openLane(): Promise<Scene> {
  const scene = await openScene({ worker: 'process', spares: true, behindMs: BEHIND_MS, timeScale: TIME_SCALE });
  await waitPatiently(scene);
  return scene;
}

export interface SweepOptions {
  /** How many stacks work side by side. */
  lanes: number;
  /** `batch`: once for all events that Temporal wrote at one stroke, after which the worker is killed at the same place. */
  each: 'event' | 'batch';
  tell?: (line: string) => void;
}

/** Every life once in peace, then once for each event of its history, with the worker killed at that event. */
export async function sweepKillPoints(
  lives: Life[],
  { lanes: count, each, tell = () => {} }: SweepOptions,
): Promise<KillPoint[]> {
  const lanes = await Promise.all(Array.from({ length: Math.min(count, 8) }, openLane));
  try {
    const peaceful = await inLanes(lanes, lives, inPeace);
    const points = peaceful.flatMap(({ life, batches, end }) => {
      const events = each === 'batch' ? batches : Array.from({ length: batches.at(-1) ?? 0 }, (_, index) => index + 1);
      return events.map((event) => ({ life, event, wanted: end }));
    });
    tell(`${points.length} kill points in ${lives.length} lives`);
    return await inLanes(lanes, points, async (lane, { life, event, wanted }) => {
      const point = { ...(await killAt(lane, life, event)), life: life.name, event, wanted };
      tell(`${life.name} ${event}: ${point.missed ? 'rested before' : point.end.stage}`);
      return point;
    });
  } finally {
    // One after the other: each replays its histories, and this process has one place for that.
    for (const lane of lanes) await lane.close();
  }
}

async function inPeace(scene: Scene, life: Life) {
  const orderId = newOrderId();
  let rested = false;
  const playing = life.live(scene, orderId).finally(() => {
    rested = true;
  });
  const batches = await untilEvent(scene, orderId, Infinity, () => rested);
  await playing;
  return { life, batches, end: await endOf(scene, orderId) };
}

async function killAt(scene: Scene, life: Life, event: number): Promise<Pick<KillPoint, 'end' | 'missed'>> {
  const orderId = newOrderId();
  let rested = false;
  const playing = life.live(scene, orderId).finally(() => {
    rested = true;
  });
  playing.catch(() => {});
  const [seen = 0] = (await untilEvent(scene, orderId, event, () => rested)).slice(-1);
  const missed = seen < event;
  if (!missed) {
    await scene.killWorker();
    await scene.startWorker();
  }
  const end = await playing.then(
    () => endOf(scene, orderId),
    (error: Error): Stuck => ({ stage: 'stuck', why: `${orderId}: ${error.message}` }),
  );
  return { missed, end };
}

/** Each lane takes the next one as soon as it is free; answers are in the order of what was asked. */
async function inLanes<T, R>(lanes: Scene[], all: T[], work: (lane: Scene, each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const run = async (lane: Scene) => {
    for (let at = next++; at < all.length; at = next++) results[at] = await work(lane, all[at] as T);
  };
  await Promise.all(lanes.map(run));
  return results;
}
