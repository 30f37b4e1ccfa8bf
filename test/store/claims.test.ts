import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../policy/order.ts';
import type { ClaimInput } from '../../store/store.ts';
import { claim, LATER, NOW, newOrder, nextClaim, progress, record, SOON, state, useStore } from './world.ts';

const opened = useStore();

describe('one operation is granted once', () => {
  test('fifty claims of a new order at once: one is granted, the others are the same send again', async () => {
    const order = newOrder();
    const answers = await Promise.all(Array.from({ length: 50 }, () => opened.store.claimOperation(claim(order))));
    const kinds = answers.map((answer) => answer.kind).sort();
    expect(kinds).toEqual(['granted', ...Array(49).fill('sent_again')]);
    expect(await opened.store.listOperations('default', order)).toHaveLength(1);
    expect(await opened.store.listTimeline('default', order)).toHaveLength(1);
  });

  test('fifty collects of one order by fifty runs at once, with different cards: one is granted', async () => {
    const order = newOrder();
    const claims = Array.from({ length: 50 }, (_, index) =>
      claim(order, { instrumentId: `ins_${index}`, progress: progress(order, { runId: `run-${index}` }) }),
    );
    const answers = await Promise.all(claims.map((each) => opened.store.claimOperation(each)));
    expect(answers.filter((answer) => answer.kind === 'granted')).toHaveLength(1);
    expect(answers.filter((answer) => answer.kind === 'order_exists')).toHaveLength(49);
  });

  test('without idempotency at the processor, of fifty claims one is granted and the others are expired', async () => {
    const order = newOrder();
    const gamma = () => opened.store.claimOperation(claim(order, { processor: 'gamma', resendUntil: null }));
    const answers = await Promise.all(Array.from({ length: 50 }, gamma));
    expect(answers.map((answer) => answer.kind).sort()).toEqual([...Array(49).fill('expired'), 'granted']);
  });
});

describe('claimed before', () => {
  test('until the first claim’s limit it is sent again, whatever limit a later claim brings', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const again = nextClaim(order, { now: '2026-11-22T10:01:59.999Z', resendUntil: LATER });
    expect(await opened.store.claimOperation(again)).toEqual({ kind: 'sent_again', resendUntil: SOON });
    expect(await opened.store.claimOperation({ ...again, now: SOON })).toEqual({ kind: 'expired' });
    // Nor when it may be as late as that, for all that this worker knows.
    expect(await opened.store.claimOperation({ ...again, latestNow: SOON })).toEqual({ kind: 'expired' });
  });

  test.each(['succeeded', 'declined', 'requires_action', 'pending'] as const)(
    '%s is recorded, not repeated',
    async (outcome) => {
      const order = newOrder();
      const first = claim(order);
      await opened.store.claimOperation(first);
      const written = await record(opened.store, first, outcome, { reference: `pay_${order}` });
      expect(await opened.store.claimOperation(first)).toEqual({ kind: 'recorded', result: written });
      expect(await opened.store.claimOperation({ ...first, now: LATER })).toEqual({
        kind: 'recorded',
        result: written,
      });
    },
  );

  test('an unknown outcome keeps it open: sent again in time, expired after', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'unknown');
    expect(await opened.store.claimOperation(first)).toEqual({ kind: 'sent_again', resendUntil: SOON });
    expect(await opened.store.claimOperation({ ...first, now: LATER })).toEqual({ kind: 'expired' });
  });

  test('proved not executed: the same key may be sent in time; after, the proof is the answer', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    const written = await record(opened.store, first, 'not_executed');
    expect(await opened.store.claimOperation({ ...first, now: LATER })).toEqual({ kind: 'recorded', result: written });
    expect(await opened.store.claimOperation(first)).toEqual({ kind: 'sent_again', resendUntil: SOON });
    // The send that was just allowed may have gone through: the old proof says nothing of it.
    expect(await opened.store.claimOperation({ ...first, now: LATER })).toEqual({ kind: 'expired' });
  });
});

describe('frozen with the key', () => {
  const changes: [string, Partial<ClaimInput>][] = [
    ['attempt', { attempt: 2 }],
    ['operation', { operation: 'authorize' }],
    ['processor', { processor: 'beta' }],
    ['account', { account: 'alpha_2' }],
    ['instrumentId', { instrumentId: 'ins_2' }],
    ['amountMinor', { amountMinor: 5000 }],
    ['currency', { currency: 'USD' }],
    ['requestHash', { requestHash: 'request-2' }],
  ];

  test.each(changes)('another %s is a conflict, and the recorded operation stays', async (field, change) => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    const before = await opened.store.listOperations('default', order);
    const answer = await opened.store.claimOperation({ ...first, progress: nextClaim(order).progress, ...change });
    expect(answer).toEqual({ kind: 'conflict', what: `the operation is recorded with another ${field}` });
    expect(await opened.store.listOperations('default', order)).toEqual(before);
  });

  test('the same operation under another key is a conflict', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    expect(await opened.store.claimOperation(nextClaim(order, { key: `${order}-other` }))).toEqual({
      kind: 'conflict',
      what: 'the operation is recorded with another key',
    });
  });

  test('a key of another order is a conflict', async () => {
    const [order, other] = [newOrder(), newOrder()];
    await opened.store.claimOperation(claim(order));
    const stolen = claim(other, { key: claim(order).key });
    expect(await opened.store.claimOperation(stolen)).toMatchObject({ kind: 'conflict' });
  });

  test('the order with another amount: it exists as it was first accepted, and nothing is written', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const dearer = state(order, 9, 1);
    dearer.facts.requestHash = 'facts-2';
    const brought = progress(order, { runId: 'run-b', state: dearer });
    expect(await opened.store.claimOperation(claim(order, { progress: brought }))).toEqual({ kind: 'order_exists' });
    expect((await opened.store.findOrder('default', order))?.epoch).toBe(1);
    expect(await opened.store.listTimeline('default', order)).toHaveLength(1);
  });
});

describe('what the order’s other operations forbid', () => {
  test('an attempt number belongs to one processor', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    expect(await opened.store.claimOperation(nextClaim(order, { processor: 'beta' }))).toEqual({
      kind: 'conflict',
      what: 'attempt 1 was made at alpha, account alpha_1',
    });
  });

  test('nothing is started or sent again in an attempt that a later one followed', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    const written = await record(opened.store, first, 'not_executed');
    await opened.store.claimOperation(claim(order, { attempt: 2, processor: 'beta' }));
    expect(await opened.store.claimOperation({ ...first, progress: nextClaim(order).progress })).toEqual({
      kind: 'recorded',
      result: written,
    });
    expect(await opened.store.claimOperation(nextClaim(order, { operation: 'continue_authentication' }))).toMatchObject(
      {
        kind: 'conflict',
      },
    );
    expect(await opened.store.claimOperation(nextClaim(order, { operation: 'void' }))).toEqual({ kind: 'granted' });
  });

  test('no second payment while another attempt keeps the money, but one after it was given back', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'succeeded');
    const second = () => opened.store.claimOperation(nextClaim(order, { attempt: 2, processor: 'beta' }));
    const took = { kind: 'conflict', what: 'attempt 1 took the money' };
    expect(await second()).toEqual(took);
    const part = nextClaim(order, { operation: 'refund', amountMinor: 4_000 });
    await opened.store.claimOperation(part);
    await record(opened.store, part, 'succeeded');
    expect(await second()).toEqual(took);
    const rest = { ...refundNumber(order, 2), amountMinor: 999 };
    await opened.store.claimOperation(rest);
    expect(await second()).toEqual(took);
    await record(opened.store, rest, 'succeeded');
    // Its processor takes it back after all: the money is here again.
    await record(opened.store, part, 'declined');
    expect(await second()).toEqual(took);
    const again = { ...refundNumber(order, 3), amountMinor: 4_000 };
    await opened.store.claimOperation(again);
    await record(opened.store, again, 'succeeded');
    expect(await second()).toEqual({ kind: 'granted' });
  });

  test('what went back is measured by what was taken, which may be another amount', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    await record(opened.store, claim(order), 'succeeded', { amountMinor: 2_000 });
    const second = () => opened.store.claimOperation(nextClaim(order, { attempt: 2, processor: 'beta' }));
    expect(await second()).toMatchObject({ kind: 'conflict' });
    const refund = nextClaim(order, { operation: 'refund', amountMinor: 2_000 });
    await opened.store.claimOperation(refund);
    await record(opened.store, refund, 'succeeded');
    expect(await second()).toEqual({ kind: 'granted' });
  });
});

describe('money of which the claim’s own run knows that it went back', () => {
  const MONEY = { authorized: 0, captured: 4_000, voided: 0, refunded: 0, returned: 0, disputed: 0 };
  /** The first attempt took 4,000, as the store knows; the run that asks for a second one knows this of it. */
  async function second(known: Partial<Attempt>, refund?: 'succeeded' | 'declined') {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    await record(opened.store, claim(order), 'succeeded', { amountMinor: 4_000 });
    const back = nextClaim(order, { operation: 'refund', amountMinor: 4_000 });
    if (refund !== undefined) {
      await opened.store.claimOperation(back);
      await record(opened.store, back, refund);
    }
    const asked = nextClaim(order, { attempt: 2, processor: 'beta' });
    const told = known.moneyTold?.map((each) => (each.id === 'ours' ? { ...each, id: back.key } : each));
    Object.assign(asked.progress.state.attempts[0] ?? {}, known, told === undefined ? {} : { moneyTold: told });
    return opened.store.claimOperation(asked);
  }
  const took = { kind: 'conflict', what: 'attempt 1 took the money' };

  test.each([
    ['refunded by hand', { refunded: 4_000 }],
    ['returned by the bank', { returned: 4_000 }],
    ['disputed, and the rest refunded', { refunded: 1_000, disputed: 3_000 }],
  ])('%s: the order that was opened again can be paid', async (_how, went) => {
    expect(await second({ money: { ...MONEY, ...went }, givenBack: true })).toEqual({ kind: 'granted' });
  });

  test('after a refund of ours was refused, too', async () => {
    const money = { ...MONEY, refunded: 4_000 };
    const moneyTold = [
      { fact: 'refunded', id: 'ours', minor: 0 },
      { fact: 'refunded', id: 'by hand', minor: 4_000 },
    ] satisfies Attempt['moneyTold'];
    expect(await second({ money, moneyTold, givenBack: true }, 'declined')).toEqual({ kind: 'granted' });
  });

  test.each<[string, Partial<Attempt>, 'succeeded' | 'declined' | undefined]>([
    ['a part of it is still here', { money: { ...MONEY, refunded: 3_999 }, givenBack: true }, undefined],
    ['the order was not opened again since', { money: { ...MONEY, refunded: 4_000 } }, undefined],
    ['the run does not know of its success', { money: { ...MONEY, captured: 0 } }, undefined],
    ['the run knows neither, whatever it says', { money: { ...MONEY, captured: 0 }, givenBack: true }, undefined],
    ['the run knows of more than our refund gave back', { money: MONEY }, 'succeeded'],
    [
      'the store knows that a refund failed which the run counts',
      {
        ...{ money: { ...MONEY, refunded: 4_000 }, givenBack: true as const },
        moneyTold: [{ fact: 'refunded', id: 'ours', minor: 4_000 }],
      },
      'declined',
    ],
  ])('not while %s', async (_why, known, refund) => {
    expect(await second(known, refund)).toEqual(took);
  });
});

function refundNumber(order: string, number: number) {
  const key = `${order}/1/refund/alpha/${number}`;
  return nextClaim(order, { operation: 'refund', number, key, readableKey: `default/${key}` });
}

test('a refund may be asked for again under another number and key, and each is claimed once', async () => {
  const order = newOrder();
  await opened.store.claimOperation(claim(order));
  const refund = nextClaim(order, { operation: 'refund' });
  const again = refundNumber(order, 2);
  expect(await opened.store.claimOperation(refund)).toEqual({ kind: 'granted' });
  await record(opened.store, refund, 'declined');
  expect(await opened.store.claimOperation(again)).toEqual({ kind: 'granted' });
  expect(await opened.store.claimOperation(again)).toMatchObject({ kind: 'sent_again' });
  expect(await opened.store.claimOperation({ ...again, key: refund.key })).toMatchObject({ kind: 'conflict' });
});

test('a claim keeps everything that was fixed, to be read back', async () => {
  const order = newOrder();
  const first = claim(order);
  await opened.store.claimOperation(first);
  const { merchantId: _merchant, orderId: _order, progress: _progress, now: _now, ...frozen } = first;
  const stored = await opened.store.listOperations('default', order);
  expect(stored).toEqual([{ ...frozen, claimedAt: NOW, result: null }]);
});

test('claim and progress of different orders are refused before anything is written', async () => {
  const order = newOrder();
  const mixed = claim(order, { progress: progress(newOrder()) });
  await expect(opened.store.claimOperation(mixed)).rejects.toThrow(/same order/);
  expect(await opened.store.findOrder('default', order)).toBeNull();
});
