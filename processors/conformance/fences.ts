import { describe, expect, it } from 'vitest';
import type { ProcessorAnswer } from '../../policy/answers.ts';
import { classify } from '../../policy/failures/classify.ts';
import { type Harness, Order, referenceOf } from './harness.ts';

const CLOSED = { kind: 'result', status: 'closed' };
const isClosed = (answer: ProcessorAnswer) => answer.kind === 'result' && answer.status === 'closed';

/** A fence is the confirmation that no money can be taken any more; each is tested by trying to pay behind it. */
export function fenceCases(harness: () => Harness): void {
  const order = (name: string) => new Order(harness(), name);

  describe('the fence', () => {
    it('of a 3DS payment stops the buyer who comes back', async () => {
      const challenged = order('fence-3ds');
      const answer = await challenged.charge('challenge');
      expect(answer).toMatchObject({ status: 'requires_action', action: 'authenticate' });
      const reference = referenceOf(answer);
      const fence = await challenged.send('void', { reference });
      expect(isClosed(fence)).toBe(harness().sheet.fence.payment);
      if (!harness().sheet.fence.payment) return;
      expect(await challenged.pageUrl('charge', { reference })).toBeNull();
      expect(await challenged.lookup('charge', { reference })).toMatchObject(CLOSED);
      expect(await challenged.effects()).toEqual(['voided']);
    });

    it('of a key that never arrived stops the request that was on its way', async () => {
      const late = order('fence-key');
      await late.charge('timeout_lost');
      const fence = await late.send('void', { targetKey: late.key('charge') });
      expect(isClosed(fence)).toBe(harness().sheet.fence.payment);
      if (!harness().sheet.fence.payment) return;
      const answer = await late.charge('ok');
      expect(classify(answer, harness().sheet, { operation: 'charge' }).outcome).toBe('not_executed');
      expect(await late.effects()).toEqual([]);
    });

    it('is the same request before and after the id of the payment is known', async () => {
      const challenged = order('fence-again');
      const reference = referenceOf(await challenged.charge('challenge'));
      const targetKey = challenged.key('charge');
      if (!harness().sheet.fence.payment) return;
      const first = await challenged.send('void', { targetKey });
      expect(first).toMatchObject(CLOSED);
      expect(await challenged.send('void', { targetKey, reference })).toEqual(first);
    });

    it('of a charge that went through is refused, and the money stays where it is', async () => {
      const charged = order('fence-late');
      await charged.charge('timeout_charged');
      const fence = await charged.send('void', { targetKey: charged.key('charge') });
      expect(isClosed(fence)).toBe(false);
      expect(await charged.effects()).toEqual(['captured']);
    });

    it('of an authorization releases it', async () => {
      const reserved = order('fence-auth');
      const answer = await reserved.send('authorize', { credential: harness().credential('ok') });
      expect(await reserved.send('void', { reference: referenceOf(answer) })).toMatchObject(CLOSED);
      expect(await reserved.effects()).toEqual(['authorized', 'voided']);
    });
  });

  describe('a 3DS page', () => {
    it('takes the money when the buyer authenticates, and the continuation tells so', async () => {
      const challenged = order('page-3ds');
      const reference = referenceOf(await challenged.charge('challenge'));
      if (harness().sheet.lookup === null) return;
      const url = await challenged.pageUrl('charge', { reference });
      expect(await harness().actOnPage(url ?? '')).toBe(true);
      const answer = await challenged.send('continue_authentication', { reference });
      expect(answer).toMatchObject({ status: 'succeeded', authentication: 'challenged' });
      expect(await challenged.effects()).toEqual(['captured']);
    });
  });

  for (const kind of ['hosted', 'invoice'] as const) pageCases(harness, kind);
}

function pageCases(harness: () => Harness, kind: 'hosted' | 'invoice'): void {
  const order = (name: string) => new Order(harness(), name);
  const [open, close] = [`open_${kind}`, `close_${kind}`] as const;

  describe(`a page (${kind})`, () => {
    it('is open, is paid, and tells of the payment', async () => {
      const buyer = order(kind);
      expect(await buyer.send(open)).toMatchObject({ kind: 'result', status: 'requires_action' });
      if (harness().sheet.lookup === null) return;
      const url = await buyer.pageUrl(open);
      expect(await harness().actOnPage(url ?? '')).toBe(true);
      expect(await buyer.lookup(open)).toMatchObject({ status: 'succeeded', currency: 'EUR' });
      expect(await buyer.pageUrl(open)).toBeNull();
      expect(await buyer.effects()).toEqual(['captured']);
    });

    it('that is closed takes no money any more, or the sheet says that it cannot be closed', async () => {
      const buyer = order(`${kind}-closed`);
      const reference = referenceOf(await buyer.send(open));
      const url = harness().sheet.lookup === null ? null : await buyer.pageUrl(open);
      const fence = await buyer.send(close, { reference });
      expect(isClosed(fence)).toBe(harness().sheet.fence[kind]);
      if (!harness().sheet.fence[kind]) return;
      expect(await harness().actOnPage(url ?? '')).toBe(false);
      expect(await buyer.lookup(open)).toMatchObject(CLOSED);
      expect(await buyer.effects()).toEqual([]);
    });

    it('that was paid cannot be closed', async () => {
      if (harness().sheet.lookup === null) return;
      const buyer = order(`${kind}-paid`);
      const reference = referenceOf(await buyer.send(open));
      expect(await harness().actOnPage((await buyer.pageUrl(open)) ?? '')).toBe(true);
      expect(isClosed(await buyer.send(close, { reference }))).toBe(false);
      expect(await buyer.effects()).toEqual(['captured']);
    });
  });
}
