import { World } from '../policy/decide/driver.ts';
import { DAY_MS, MANDATE, newOrder } from '../policy/decide/fixtures.ts';

/** When an order with a mandate that every processor declines is tried: at once, and after 1, 3 and 7 days. */
export function triedAt(openedAt: string): string[] {
  const fresh = newOrder({ facts: MANDATE });
  const notAfter = new Date(Date.parse(openedAt) + 365 * DAY_MS).toISOString();
  const order = { ...fresh, openedAt, answerFrom: openedAt, facts: { ...fresh.facts, notAfter } };
  const declined = { collect: ['insufficient_funds'] };
  const world = new World({ order, scripts: { alpha: declined, beta: declined } });
  world.open().pass(10 * DAY_MS);
  return world.order.attempts.filter(({ processor }) => processor === 'alpha').map(({ startedAt }) => startedAt);
}

// node planned.ts <instant>: the same in a process with a time zone of its own.
const [, file, openedAt] = process.argv;
if (file?.endsWith('planned.ts') && openedAt !== undefined) process.stdout.write(JSON.stringify(triedAt(openedAt)));
