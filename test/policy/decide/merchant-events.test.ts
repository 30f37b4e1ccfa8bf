import { describe, expect, test } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import type { MerchantEvent } from '../../../policy/events.ts';
import { Steps } from '../apply/steps.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';

const { scene } = make;
/** The outbox keeps one of each type and cause. */
const kept = (events: MerchantEvent[]) => [
  ...new Map(events.map((each) => [`${each.type}/${each.cause}`, each])).values(),
];
const keptOf = (world: World, type: string) => kept(world.events).filter((each) => each.type === `order.${type}`);

describe('an event for the merchant that happens again is another one', () => {
  test('the buyer is asked again, and the order ends again, after it was reopened', () => {
    const world = scene({ alpha: ['stolen_card'] }).open();
    for (const event of [make.close(), make.reopened, make.close()]) world.say(event);
    expect(keptOf(world, 'action_required')).toHaveLength(2);
    expect(keptOf(world, 'recovery_offered')).toHaveLength(2);
    expect(keptOf(world, 'failed')).toHaveLength(2);
  });

  test('the buyer is asked to authenticate, and after that failed for another method', () => {
    const world = scene({ alpha: ['3ds'] })
      .open()
      .pass(make.DAY_MS);
    expect(keptOf(world, 'action_required').map(({ stage }) => stage)).toEqual([
      'waiting_authentication',
      'waiting_buyer',
    ]);
  });

  test('a planned try that is put off is told with each time', () => {
    const down = [{ processor: 'alpha', fromMs: 0, untilMs: 5 * make.MINUTE_MS }];
    const rulebook = make.ruledBy({ processors: ['alpha'] });
    const world = scene({}, { facts: make.MANDATE, rulebook, down }).open().pass(make.DAY_MS);
    const times = world.entries.filter(({ kind }) => kind === 'retry_scheduled').length;
    expect(times).toBeGreaterThan(1);
    expect(new Set(keptOf(world, 'retry_scheduled').map(({ retryAt }) => retryAt)).size).toBe(times);
  });

  test('told again after a reset, at another time, it is the same one', () => {
    const steps = new Steps().answer({ outcome: 'declined', failureClass: 'instrument_problem' });
    steps.tell(make.close());
    const again = (now: string) => {
      const basis = { rulebook: make.ruledBy({}), sheets: steps.sheets, ceilings: [], health: [] };
      return decide({ ...basis, order: steps.order, event: make.reopened, now }).events.map(({ cause }) => cause);
    };
    const causes = again('2026-12-01T00:00:00.000Z');
    expect(causes).toEqual(again('2026-12-02T00:00:00.000Z'));
    expect(causes.every((cause) => cause.endsWith(', time 2'))).toBe(true);
  });
});
