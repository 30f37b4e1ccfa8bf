import { expect, test } from 'vitest';
import { startDraft, tellNotTried, tellSkipped } from '../../policy/draft.ts';
import { ruleOf } from '../../policy/next-action.ts';
import * as make from './decide/fixtures.ts';

test('what is said once in a round is remembered for that round only', () => {
  const { reading, now } = make.scene({});
  const event = { type: 'clock' as const };
  const input = { ...reading, order: make.newOrder(), ceilings: [], health: [], event, now };
  const draft = startDraft(input, ruleOf(input));
  for (let round = 1; round <= 50; round += 1) {
    draft.order.round = round;
    for (let times = 0; times < 2; times += 1) {
      tellSkipped(draft, 'alpha', 'it is down');
      tellNotTried(draft, 'too late');
    }
  }
  expect(draft.entries).toHaveLength(100);
  expect(draft.order.toldSkipped).toEqual(['50 alpha', '50 no attempt']);
});
