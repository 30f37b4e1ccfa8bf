import { randomUUID } from 'node:crypto';
import type { Faults } from './faults.ts';
import type { ProcessorName } from './model.ts';
import type { Sheet } from './sheet.ts';
import type { State } from './state.ts';

/** One pretend processor: what every operation needs to know of where it runs. */
export interface Processor {
  name: ProcessorName;
  sheet: Sheet;
  state: State;
  /** Divides durations that a script gives in seconds. */
  timeScale: number;
  /** Address of its port, for pages. */
  url: () => string;
  faults: Faults;
  /** Keys whose request is being worked on right now (`slow_<ms>`). Gone with the process, like the work itself. */
  inFlight: Set<string>;
}

export function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

export function newReference(
  processor: Processor,
  kind: 'pay' | 'ref' | 'cap' | 'void' | 'cont' | 'hs' | 'inv',
): string {
  return newId(`${processor.name}_${kind}`);
}
