import { describe, expect, test } from 'vitest';
import * as make from './fixtures.ts';

const { scene, sends, toldMerchant } = make;
const notSent = (world: ReturnType<typeof scene>) => world.entries.filter(({ kind }) => kind === 'attempt_not_sent');

describe('an order whose credential cannot be opened', () => {
  test('is parked for a person at once: no other processor is tried, nothing failed, nothing waits for a time', () => {
    const world = scene({}, { house: ['key_missing'] }).open();
    expect(world.stage).toBe('needs_review');
    expect(world.order.review).toMatchObject({ code: 'credential_unreadable', attempt: 1 });
    expect(world.nextAction).toMatchObject({ type: 'review', who: 'support', messageKey: 'credential_unreadable' });
    expect(world.wake).toBeNull();
    expect(toldMerchant(world)).toEqual(['needs_review']);
    world.pass(60 * make.DAY_MS);
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.stage).toBe('needs_review');
    expect(world.netCaptured).toBe(0);
  });

  test('says which key is missing, by its id', () => {
    const [line] = notSent(scene({}, { house: ['key_missing'] }).open());
    expect(line).toMatchObject({ attempt: 1, processor: 'alpha', evidence: 'sealing_key_missing' });
    expect(line?.text).toContain('sealed with key kid-1, which no worker has');
    expect(notSent(scene({}, { house: ['credential_changed'] }).open())[0]?.text).toContain('opens with no key');
  });

  test('goes on when support tries again with the key back, and is parked anew when it is not', () => {
    const world = scene({}, { house: ['key_missing', 'key_missing'] }).open();
    expect(world.say(make.retryNow())).toBeNull();
    expect(world.order.review).toMatchObject({ code: 'credential_unreadable', attempt: 2 });
    expect(world.say(make.retryNow())).toBeNull();
    expect(world.stage).toBe('paid');
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge', 'alpha charge']);
    expect(world.netCaptured).toBe(make.newOrder().facts.amount.minor);
  });

  test('also with a credential for one use: it never left us, so it was not used', () => {
    const credentials = [{ processor: 'alpha', sealed: 'sealed-once', singleUse: true }];
    const world = scene({}, { house: ['key_missing'], instruments: [make.card('once', { credentials })] }).open();
    world.say(make.retryNow());
    expect(world.stage).toBe('paid');
  });

  test('takes no automatic attempt from the budget', () => {
    const rulebook = make.ruledBy({ automaticAttempts: 1 });
    const world = scene({ alpha: ['503'] }, { house: ['key_missing'], rulebook, facts: make.MANDATE }).open();
    world.say(make.retryNow());
    world.pass(make.MINUTE_MS);
    expect(world.order.attempts.map(({ neverSent }) => neverSent)).toEqual([true, undefined, undefined]);
    // Support's own try is not counted; the retry processor after it is the one that the rule allows.
    expect(sends(world).at(-1)).toBe('beta charge');
  });

  test('can be paid by the buyer in another way meanwhile, and the person is no longer asked', () => {
    const world = scene({}, { house: ['key_missing'] }).open();
    expect(world.nextAction.options.map(({ path }) => path)).toContain('new_method');
    expect(world.say(make.choose('new_method', make.card('fresh', { origin: 'buyer' })))).toBeNull();
    expect(world.stage).toBe('paid');
    expect(world.order.review).toBeNull();
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
  });

  test('can be cancelled, and ends with nothing to close', () => {
    const world = scene({}, { house: ['key_missing'] }).open();
    expect(world.say(make.cancel())).toBeNull();
    expect(world.stage).toBe('cancelled');
    expect(sends(world)).toEqual(['alpha charge']);
  });

  test('stays unknown if an earlier send of the same key may have gone through', () => {
    const world = scene({ alpha: ['timeout_lost'] }, { house: ['none', 'key_missing'] })
      .open()
      .pass(600);
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    expect(world.order.review).toBeNull();
    expect(world.stage).toBe('confirming');
    expect(notSent(world)).toEqual([]);
  });

  test('is parked after sends that all did nothing, and its single-use credential counts as used', () => {
    const world = scene({ alpha: ['503'] }, { house: ['none', 'key_missing'] }).open();
    world.pass(make.MINUTE_MS);
    expect(world.order.review?.code).toBe('credential_unreadable');
    expect(world.order.attempts[0]?.neverSent).toBeUndefined();
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
  });
});
