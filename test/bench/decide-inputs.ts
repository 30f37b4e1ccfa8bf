import type { DecideInput } from '../../policy/decision.ts';
import type { World, WorldOptions } from '../policy/decide/driver.ts';
import * as make from '../policy/decide/fixtures.ts';

/** One life of an order: what `decide` is asked in it, and how often such a life is in the mix. */
export interface Life {
  times: number;
  inputs: DecideInput[];
}

/**
 * Prints lives, one a line. It runs as a process of its own, because the driver freezes what it gives to `decide`: whoever
 * measures has only ever seen plain objects, as a worker has.
 */

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

for (const [times, life] of MIX) {
  const inputs: DecideInput[] = [];
  life(({ before, event }, { reading, now }) => {
    inputs.push({ ...reading, order: before, event, ceilings: [], health: [], now });
  });
  process.stdout.write(`${JSON.stringify({ times, inputs } satisfies Life)}\n`);
}
