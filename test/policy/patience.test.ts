import { describe, expect, test } from 'vitest';
import { nextActionOf } from '../../policy/next-action.ts';
import type { OrderState } from '../../policy/order.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';
import * as make from './decide/fixtures.ts';

describe('while an outcome is unknown', () => {
  const order: OrderState = make.scene({ alpha: ['timeout_lost'] }, { webhooks: { lose: [0, 1, 2] } }).open().order;
  const since = Date.parse(order.attempts[0]?.proof?.since ?? '');
  const at = (ms: number) =>
    nextActionOf({
      order,
      rulebook: DEFAULT_RULEBOOK,
      sheets: Object.values(SIMULATOR_SHEETS),
      now: new Date(since + ms).toISOString(),
    });

  test('no other path is offered before the buyer’s patience is over, because none could be chosen', () => {
    expect(at(59_000)).toMatchObject({ type: 'wait_confirming', who: 'system', options: [] });
  });

  test('after it the rule’s paths are offered', () => {
    expect(at(60_000).options.map(({ path }) => path)).toEqual(['new_method', 'hosted_checkout', 'invoice']);
  });
});
