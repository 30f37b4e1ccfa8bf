import { describe, expect, test } from 'vitest';
import type { OrderEvent } from '../../policy/events.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { openCollection } from '../../workflows/collection.ts';
import { detailsOf } from '../../workflows/details.ts';
import { Steps } from '../policy/apply/steps.ts';
import * as make from '../policy/decide/fixtures.ts';

/** What Temporal Web UI shows of an order that a run holds. */
function shown({ order, sheets }: Steps): string[] {
  const given = {
    version: null,
    rulebook: DEFAULT_RULEBOOK,
    sheets,
    reopened: false,
    firstOfOrder: false,
    startId: 's',
  };
  return detailsOf(openCollection({ ...given, state: order })).split('\n\n');
}

const held = (reason: string): OrderEvent => ({ type: 'retries_held', id: reason, actor: 'support', reason });
const confirming = () => new Steps().answer({ outcome: 'unknown' });
const authorized = () =>
  new Steps({ facts: { capture: 'manual' } }).answer({ outcome: 'succeeded', authorizedOnly: true });

describe('the details of a held order', () => {
  test.each([
    ['confirming', confirming],
    ['authorized', authorized],
  ])('say by whom and since when, while it is %s, but not why: that is free text', (_, life) => {
    const order = life().tell(held('Ada Lovelace calls back'));
    const since = `${order.now.slice(0, 10)} ${order.now.slice(11, 19)} UTC`;
    expect(shown(order)).toContain(`Held by support since ${since}`);
    expect(shown(order).join('\n')).not.toContain('Lovelace');
    expect(shown(life().tell(held('once')).tell(make.release())).join('\n')).not.toContain('Held');
  });
});

describe('the details of an order whose outcome is unknown', () => {
  test('say from when on the buyer can choose another way to pay', () => {
    expect(shown(confirming()).filter((each) => each.includes('can choose'))).toEqual([
      expect.stringMatching(/^From 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC on the buyer can choose another way to pay$/),
    ]);
    expect(shown(authorized()).join()).not.toContain('can choose');
  });
});
