import { decide } from '../../policy/decide.ts';
import type { DecideInput } from '../../policy/decision.ts';
import type { World, WorldOptions } from '../policy/decide/driver.ts';
import * as make from '../policy/decide/fixtures.ts';

/**
 * How many decisions a second one core makes, over what orders really go through: mostly orders that are paid at once, some
 * declines, a few unknown outcomes, challenges, hosted pages, later tries and cancels. Inputs are recorded first, so that
 * nothing but `decide` is in the measured time.
 */
export interface DecideRate {
  decidePerSecond: number;
  /** Of the measured rounds, decisions a second. */
  slowest: number;
  fastest: number;
  inputs: number;
}

const ROUNDS = 7;
const ROUND_MS = 500;

/** How often each life is in the mix. */
const MIX: [number, (watch: NonNullable<WorldOptions['watch']>) => World][] = [
  [60, (watch) => make.scene({}, { watch }).open().pass(make.MINUTE_MS)],
  [
    15,
    (watch) =>
      make
        .scene({ alpha: ['insufficient_funds'] }, { watch })
        .open()
        .pass(make.MINUTE_MS),
  ],
  [
    6,
    (watch) =>
      make
        .scene({ alpha: ['expired_card', 'ok'] }, { watch })
        .open()
        .at(make.MINUTE_MS, () => {})
        .pass(make.HOUR_MS),
  ],
  [
    5,
    (watch) =>
      make
        .scene({ alpha: ['timeout_charged'] }, { watch })
        .open()
        .pass(make.MINUTE_MS),
  ],
  [
    3,
    (watch) =>
      make
        .scene({ alpha: ['500_lost'] }, { watch })
        .open()
        .pass(make.MINUTE_MS),
  ],
  [
    3,
    (watch) =>
      make
        .scene({ alpha: ['3ds'] }, { watch })
        .open()
        .pass(2 * make.HOUR_MS),
  ],
  [3, (watch) => hosted(make.scene({ alpha: ['do_not_honor'], beta: ['do_not_honor'] }, { watch }).open())],
  [
    3,
    (watch) =>
      make
        .scene({ alpha: ['503'] }, { watch })
        .open()
        .pass(make.MINUTE_MS),
  ],
  [
    1,
    (watch) =>
      make
        .scene({ alpha: ['insufficient_funds'] }, { watch, facts: make.MANDATE })
        .open()
        .pass(9 * make.DAY_MS),
  ],
  [1, (watch) => cancelled(make.scene({ alpha: ['500_lost'] }, { watch }).open())],
];

function hosted(world: World): World {
  world.say(make.choose('hosted_checkout'));
  world.pass(make.MINUTE_MS);
  world.processors.get('alpha')?.buyerActs('pays', world.nowMs);
  return world.pass(make.MINUTE_MS);
}

function cancelled(world: World): World {
  world.say(make.cancel());
  return world.pass(make.MINUTE_MS);
}

/** Plain copies, as they come out of a history: nothing frozen, nothing shared. */
function recordInputs(): DecideInput[] {
  const inputs: DecideInput[] = [];
  for (const [times, life] of MIX) {
    const recorded: DecideInput[] = [];
    const world = life(({ before, event }, at) => {
      recorded.push({ ...at.reading, order: before, event, ceilings: [], health: [], now: at.now });
    });
    const { rulebook, sheets } = structuredClone(world.reading);
    for (let copy = 0; copy < times; copy += 1) {
      for (const input of recorded) {
        inputs.push({
          ...structuredClone({ order: input.order, event: input.event }),
          rulebook,
          sheets,
          ceilings: [],
          health: [],
          now: input.now,
        });
      }
    }
  }
  return inputs;
}

export function measureDecide(): DecideRate {
  const inputs = recordInputs();
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rate = decisionsASecond(inputs);
    // The first round warms up.
    if (round > 0) rates.push(rate);
  }
  rates.sort((a, b) => a - b);
  const at = (index: number) => Math.round(rates[index] ?? 0);
  return { decidePerSecond: at(ROUNDS >> 1), slowest: at(0), fastest: at(ROUNDS - 1), inputs: inputs.length };
}

/** By the processor time of this process, its garbage collection included: other load on the machine does not count. */
function decisionsASecond(inputs: DecideInput[]): number {
  const before = process.cpuUsage();
  let decisions = 0;
  let usedMs = 0;
  while (usedMs < ROUND_MS) {
    for (const input of inputs) decide(input);
    decisions += inputs.length;
    const { user, system } = process.cpuUsage(before);
    usedMs = (user + system) / 1_000;
  }
  return (decisions / usedMs) * 1_000;
}
