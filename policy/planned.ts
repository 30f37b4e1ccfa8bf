import type { TimelineEntry } from './events.ts';
import { choiceFrom, type Reading, ruleOf } from './next-action.ts';
import { byTime, type PlannedStep, plannedSteps } from './wake.ts';

/** The timeline's lines of what is planned, earliest first: the steps, and what comes with time and needs no step. */
export function plannedEntries(reading: Reading): TimelineEntry[] {
  const { order, sheets } = reading;
  const steps = plannedSteps({ order, rule: ruleOf(reading), sheets });
  return byTime([...steps, ...choiceTime(reading)]).map(({ at, text, attempt }) => ({
    seq: 0,
    at,
    kind: 'planned',
    actor: 'system',
    ...(attempt === undefined ? {} : { attempt: attempt.number, processor: attempt.processor }),
    text,
    planned: true,
  }));
}

/** Not among the steps: nothing is decided then, so it must wake no run. */
function choiceTime(reading: Reading): PlannedStep[] {
  const at = choiceFrom(reading);
  const isOver = at === null || (reading.now !== undefined && Date.parse(reading.now) >= Date.parse(at));
  return isOver ? [] : [{ at, text: 'The buyer can choose another way to pay' }];
}
