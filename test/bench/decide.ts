import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeArguments, ROOT } from '../../cli/launcher/paths.ts';
import { decide } from '../../policy/decide.ts';
import type { DecideInput } from '../../policy/decision.ts';
import type { Life } from './decide-inputs.ts';

/**
 * How many decisions a second one core makes, over what orders really go through: mostly orders that are paid at once, some
 * declines, a few unknown outcomes, challenges, hosted pages, later tries and cancels. Inputs are recorded first, so that
 * nothing but `decide` is in the measured time, and read from JSON, as they come out of a history: nothing shared.
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
/** Between two looks at the clock. */
const PASSES = 10;

function recordedInputs(): DecideInput[] {
  const printed = execFileSync(process.execPath, nodeArguments(join(ROOT, 'test/bench/decide-inputs.ts')), {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return printed.trim().split('\n').flatMap(copiesOf);
}

function copiesOf(line: string): DecideInput[] {
  const { times } = JSON.parse(line) as Life;
  return Array.from({ length: times }, () => (JSON.parse(line) as Life).inputs).flat();
}

export function measureDecide(): DecideRate {
  const inputs = recordedInputs();
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
    for (let pass = 0; pass < PASSES; pass += 1) {
      for (const input of inputs) decide(input);
    }
    decisions += PASSES * inputs.length;
    const { user, system } = process.cpuUsage(before);
    usedMs = (user + system) / 1_000;
  }
  return (decisions / usedMs) * 1_000;
}
