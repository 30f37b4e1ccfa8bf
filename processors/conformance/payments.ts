import { describe, expect, it } from 'vitest';
import { classify } from '../../policy/failures/classify.ts';
import { AMOUNT_MINOR, type Harness, Order, referenceOf, type Story, until } from './harness.ts';

/** Charges, keys and faults: what an adapter says against what really happened. */
export function paymentCases(harness: () => Harness): void {
  const order = (name: string) => new Order(harness(), name);

  describe('a charge', () => {
    it('that succeeds tells the amount, the currency and an id', async () => {
      const paid = order('ok');
      const answer = await paid.charge('ok');
      expect(answer).toMatchObject({ kind: 'result', status: 'succeeded', amountMinor: AMOUNT_MINOR, currency: 'EUR' });
      expect(referenceOf(answer)).not.toBe('');
      expect(await paid.effects()).toEqual(['captured']);
    });

    it('that is declined takes nothing', async () => {
      const declined = order('declined');
      const answer = await declined.charge('soft_decline');
      expect(answer).toMatchObject({ kind: 'result', status: 'declined' });
      const { outcome, failureClass } = classify(answer, harness().sheet, { operation: 'charge' });
      expect([outcome, failureClass]).toEqual(['declined', 'soft_decline']);
      expect(await declined.effects()).toEqual([]);
    });

    it('reserves, captures and gives back', async () => {
      const reserved = order('authorize');
      const credential = harness().credential('ok');
      const answer = await reserved.send('authorize', { credential });
      expect(answer).toMatchObject({ status: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT_MINOR });
      const reference = referenceOf(answer);
      expect(await reserved.send('capture', { reference })).toMatchObject({ status: 'succeeded' });
      expect(await reserved.send('refund', { reference })).toMatchObject({
        status: 'succeeded',
        amountMinor: AMOUNT_MINOR,
      });
      expect(await reserved.effects()).toEqual(['authorized', 'captured', 'refunded']);
    });

    it('that uses a feature which the sheet refuses is not executed', async () => {
      for (const feature of harness().sheet.unsupportedFeatures) {
        const refused = order('feature');
        const answer = await refused.charge('ok', { features: [feature] });
        const { outcome, failureClass } = classify(answer, harness().sheet, { operation: 'charge' });
        expect([outcome, failureClass]).toEqual(['not_executed', 'unsupported']);
        expect(await refused.effects()).toEqual([]);
      }
    });
  });

  keyCases(harness);
  faultCases(harness);
}

function keyCases(harness: () => Harness): void {
  const order = (name: string) => new Order(harness(), name);

  describe('a key', () => {
    it('sent twice takes money once, or the sheet says that there are no keys', async () => {
      const twice = order('twice');
      const first = await twice.charge('ok');
      const second = await twice.charge('ok');
      if (harness().sheet.idempotency === null) {
        expect(await twice.effects()).toEqual(['captured', 'captured']);
        return;
      }
      expect(second).toEqual(first);
      expect(await twice.effects()).toEqual(['captured']);
    });

    it('whose error is kept replays the error while a lookup tells the truth', async () => {
      if (harness().sheet.idempotency?.cachesErrors !== true) return;
      const failed = order('error');
      const first = await failed.charge('error_charged');
      expect(first).toMatchObject({ kind: 'http_error' });
      expect(classify(first, harness().sheet, { operation: 'charge' }).outcome).toBe('unknown');
      expect(await failed.charge('error_charged')).toEqual(first);
      expect(await failed.lookup()).toMatchObject({ status: 'succeeded', amountMinor: AMOUNT_MINOR });
    });
  });
}

const FAULTS: [Story, string][] = [
  ['timeout_charged', 'timeout'],
  ['timeout_lost', 'timeout'],
  ['cut_charged', 'cut'],
  ['cut_lost', 'cut'],
];

function faultCases(harness: () => Harness): void {
  const order = (name: string) => new Order(harness(), name);

  describe('a fault', () => {
    it.each(FAULTS)('%s is told as %s, and nothing sends it again', async (story, fault) => {
      const lost = order('fault');
      const answer = await lost.charge(story);
      expect(answer).toEqual({ kind: 'fault', fault });
      expect(classify(answer, harness().sheet, { operation: 'charge' }).outcome).toBe('unknown');
      const entries = await until(
        () => lost.ledger(),
        (found) => found.length > 0,
      );
      expect(entries.map((entry) => entry.requests)).toEqual([1]);
    });

    it('of a charge that went through is found by lookup, by key and by id', async () => {
      const charged = order('found');
      await charged.charge('timeout_charged');
      if (harness().sheet.lookup === null) return expectNoLookup(charged, harness());
      const found = await charged.lookup();
      expect(found).toMatchObject({ kind: 'result', status: 'succeeded', amountMinor: AMOUNT_MINOR });
      const byId = await charged.lookup('charge', { reference: referenceOf(found) });
      expect(byId).toEqual(found);
    });

    it('of a charge that never arrived is absent, and still absent after the settle window', async () => {
      const lost = order('absent');
      await lost.charge('timeout_lost');
      const absence = harness().sheet.lookup?.absence;
      if (absence == null) return expectNoLookup(lost, harness());
      expect(await lost.lookup()).toEqual({ kind: 'result', status: 'absent' });
      await new Promise((resolve) => setTimeout(resolve, absence.settleMs));
      expect(await lost.lookup()).toEqual({ kind: 'result', status: 'absent' });
      expect(await lost.effects()).toEqual([]);
    });

    it('called not executed by the sheet left nothing behind, and the same key may go again', async () => {
      for (const status of harness().sheet.notExecutedStatuses) {
        const busy = order('busy');
        const answer = await busy.charge({ status });
        expect(answer).toMatchObject({ kind: 'http_error', httpStatus: status });
        expect(classify(answer, harness().sheet, { operation: 'charge' }).outcome).toBe('not_executed');
        expect(await busy.effects()).toEqual([]);
        expect((await busy.ledger()).every((entry) => entry.requests === 1)).toBe(true);
        if (harness().sheet.idempotency === null) continue;
        expect(await busy.charge({ status })).toMatchObject({ status: 'succeeded' });
        expect(await busy.effects()).toEqual(['captured']);
      }
    });

    it('before any connection is told as refused, and nothing arrived', async () => {
      const unheard = order('refused');
      await harness().unreachable(async () => {
        // A kept connection whose end has not been noticed yet is `cut`, to be on the safe side; the next one is refused.
        const answer = await until(
          () => unheard.charge('ok'),
          (said) => said.kind === 'fault' && said.fault === 'refused',
        );
        expect(answer).toEqual({ kind: 'fault', fault: 'refused' });
      });
      expect(await unheard.ledger()).toEqual([]);
    });
  });
}

async function expectNoLookup(order: Order, harness: Harness): Promise<void> {
  const answer = await order.lookup();
  expect(answer.kind).toBe('http_error');
  expect(classify(answer, harness.sheet, { operation: 'lookup' }).outcome).toBe('unknown');
}
