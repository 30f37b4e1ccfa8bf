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
  ])('say by whom, since when and why, while it is %s', (_, life) => {
    const order = life().tell(held('the buyer calls back, ticket 4711'));
    const since = `${order.now.slice(0, 10)} ${order.now.slice(11, 19)} UTC`;
    expect(shown(order)).toContain(`Held by support since ${since}: \`the buyer calls back, ticket 4711\``);
    expect(shown(life().tell(held('once')).tell(make.release())).join('\n')).not.toContain('Held');
  });

  test('show a reason as it was written, not as Markdown', () => {
    const [reason] = shown(confirming().tell(held('a`<b>[x](https://x.example)|`'))).filter((each) =>
      /^Held/.test(each),
    );
    expect(reason).toMatch(/: `a <b>\[x\]\(https:\/\/x\.example\) {2}`$/);
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
