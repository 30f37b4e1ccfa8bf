import { describe, expect, test } from 'vitest';
import { offeredPaths } from '../../../policy/plan/buyer.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const WANTS_3DS = { outcome: 'declined', failureClass: 'authentication_required' } as const;
const FORBIDDEN = { since: '2026-11-22T10:00:00.000Z', attempt: 1, failureClass: null, source: 'a table' };
const OPENS = ['open_hosted', 'open_invoice'];

/** Sheets of which each processor opens only these pages. */
function opening(pages: Record<string, string[]>): Sheet[] {
  return make.sheetsWith({}).map((sheet) => ({
    ...sheet,
    operations: sheet.operations.filter((each) => !OPENS.includes(each) || pages[sheet.processor]?.includes(each)),
  }));
}

describe('authentication that the buyer chooses', () => {
  /** Off session nobody can be challenged: beta’s wish is offered. */
  const wanted = (options = {}) => new Steps({ facts: make.MANDATE, ...options }).answer(SOFT).answer(WANTS_3DS);

  test('goes on where it was asked for, and not at the first processor of the rule', () => {
    const order = wanted().tell(make.choose('authenticate'));
    expect(order.attempt(3)).toMatchObject({ processor: 'beta', challenge: true, instrumentId: 'ins_1', round: 2 });
  });

  test('of a card goes on where that card was last, whatever was tried with another one since', () => {
    const order = wanted()
      .tell(make.choose('new_method', make.card('ins_2', { origin: 'buyer' })))
      .answer(HARD);
    expect(order.attempt(3).processor).toBe('alpha');
    order.tell(make.choose('authenticate', 'ins_1'));
    expect(order.attempt(4)).toMatchObject({ processor: 'beta', challenge: true, instrumentId: 'ins_1' });
  });

  test('goes on where it was asked for last', () => {
    const order = new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT);
    order.untilSent();
    order.answer(WANTS_3DS).tell(make.choose('authenticate'));
    expect(order.attempt(4)).toMatchObject({ processor: 'alpha', challenge: true });
  });

  test('goes on elsewhere where the credential cannot be used there any more', () => {
    const credentials = [
      { processor: 'alpha', sealed: 'a' },
      { processor: 'beta', sealed: 'b', singleUse: true },
    ];
    const order = wanted({ instruments: [make.card('ins_1', { credentials })] }).tell(make.choose('authenticate'));
    expect(order.attempt(3)).toMatchObject({ processor: 'alpha', challenge: true });
  });

  test('begins at the first processor of the rule for a card that was never tried', () => {
    const instruments = [make.card('ins_1'), make.card('saved', { origin: 'saved' })];
    const order = new Steps({ instruments }).answer(HARD).tell(make.choose('authenticate', 'saved'));
    expect(order.attempt(2)).toMatchObject({ processor: 'alpha', challenge: true, instrumentId: 'saved' });
  });
});

describe('a choice that cannot be carried out', () => {
  test.each([
    ['a saved method that is unknown', make.choose('saved_method', 'gone'), undefined],
    ['a page that no processor offers', make.choose('invoice'), opening({ alpha: ['open_hosted'] })],
  ] as const)('%s: the buyer stays asked, in the same round and the same window', (_what, choice, sheets) => {
    const order = new Steps(sheets === undefined ? {} : { sheets: [...sheets] }).answer(HARD);
    const { window } = order.order;
    order.tell(choice);
    expect(order.said('choice_refused')).toContain('cannot be carried out');
    expect([order.stage, order.order.round, order.order.choice, order.command]).toEqual([
      'waiting_buyer',
      1,
      null,
      null,
    ]);
    expect(order.order.window).toEqual(window);
    expect(order.wake?.at).toBe(window?.endsAt);
  });

  test('is made up for by the next one, which begins the next round', () => {
    const order = new Steps().answer(HARD).tell(make.choose('saved_method', 'gone'));
    order.tell(make.choose('new_method', make.card('ins_2', { origin: 'buyer' })));
    expect(order.attempt(2)).toMatchObject({ round: 2, instrumentId: 'ins_2', startedBy: 'buyer' });
  });
});

describe('a page', () => {
  test.each([
    ['hosted_checkout', 'open_hosted', 'open_invoice'],
    ['invoice', 'open_invoice', 'open_hosted'],
  ] as const)('%s is opened by the first processor of the rule that offers it', (path, itself, other) => {
    const order = new Steps({ sheets: opening({ alpha: [other], beta: [itself] }) }).answer(HARD);
    order.tell(make.choose(path));
    expect([order.attempt(2).processor, order.command?.operation]).toEqual(['beta', itself]);
  });

  test('is not opened by a processor that lacks a feature of the order', () => {
    const facts = { features: ['on_behalf_of'] };
    const sheets = make.sheetsWith({
      alpha: { unsupportedFeatures: ['on_behalf_of'] },
      beta: { unsupportedFeatures: [] },
    });
    const order = new Steps({ facts, sheets }).answer(HARD).tell(make.choose('hosted_checkout'));
    expect(order.attempt(2).processor).toBe('beta');
  });
});

describe('what is offered', () => {
  const [rule] = make.ruledBy({}).rules.filter(({ when }) => when.length === 0);
  const offered = (order = make.newOrder(), sheets = make.sheetsWith({}), change = {}) => {
    if (rule === undefined) throw new Error('the default rulebook has a fallback rule');
    return offeredPaths(order, { ...rule, ...change }, sheets).map(({ path }) => path);
  };

  test('are the rule’s paths, in its order, of pages those that a processor of the rule opens', () => {
    expect(offered()).toEqual(['new_method', 'hosted_checkout', 'invoice']);
    expect(offered(make.newOrder(), opening({ beta: ['open_hosted'] }))).toEqual(['new_method', 'hosted_checkout']);
    expect(offered(make.newOrder(), opening({ alpha: ['open_invoice'] }))).toEqual(['new_method', 'invoice']);
    expect(offered(make.newOrder(), opening({ gamma: OPENS }))).toEqual(['new_method']);
    const recoveryPaths = ['invoice', 'authenticate', 'hosted_checkout'];
    expect(offered(make.newOrder(), make.sheetsWith({}), { recoveryPaths })).toEqual(['invoice', 'hosted_checkout']);
  });

  test('is no page of a processor that lacks a feature of the order', () => {
    const order = make.newOrder({ facts: { features: ['x'] } });
    const lacking = { unsupportedFeatures: ['x', 'y'] };
    expect(offered(order, make.sheetsWith({ alpha: lacking, beta: lacking }))).toEqual(['new_method']);
    expect(offered(order, make.sheetsWith({ alpha: lacking }))).toEqual(['new_method', 'hosted_checkout', 'invoice']);
  });

  test('is authentication first, where it was asked for, of a card that may be used and challenged', () => {
    const { order } = new Steps({ facts: make.MANDATE }).answer(WANTS_3DS);
    expect(offered(order)[0]).toBe('authenticate');
    const [instrument] = order.instruments;
    if (instrument === undefined) throw new Error('it has a card');
    expect(offered({ ...order, instruments: [{ ...instrument, forbidden: FORBIDDEN }] })).not.toContain('authenticate');
    const thrice = [1, 2, 3].flatMap(() => order.attempts.map((each) => ({ ...each, challenge: true })));
    expect(offered({ ...order, attempts: thrice })).not.toContain('authenticate');
  });

  test('are saved methods that are not forbidden', () => {
    const saved = make.card('a', { origin: 'saved' });
    const instruments = [make.card('own'), saved, make.card('b', { origin: 'saved', forbidden: FORBIDDEN })];
    expect(offered(make.newOrder({ instruments }))).toEqual([
      'saved_method',
      'new_method',
      'hosted_checkout',
      'invoice',
    ]);
  });
});
