import { describe, expect, it } from 'vitest';
import type { ProcessorEvent } from '../../policy/answers.ts';
import { WebhookRejected } from '../port.ts';
import { AMOUNT_MINOR, type Harness, MERCHANT, Order, type SignedWebhook } from './harness.ts';

const NOW_S = 1_800_000_000;
const NOW_MS = NOW_S * 1000;
const YEAR_S = 31_536_000;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (string: string) => new TextEncoder().encode(string);

/** Webhooks are believed only as the very bytes that the processor signed, just now. */
export function webhookCases(harness: () => Harness): void {
  const read = ({ rawBody, headers }: SignedWebhook, nowMs = NOW_MS): ProcessorEvent =>
    harness().processor.readWebhook(rawBody, headers, nowMs);
  const refusal = (webhook: SignedWebhook, nowMs = NOW_MS): string => {
    try {
      return `read as ${read(webhook, nowMs).type}`;
    } catch (error) {
      return error instanceof WebhookRejected ? error.code : `threw ${String(error)}`;
    }
  };
  const genuine = async (): Promise<SignedWebhook> => {
    const order = new Order(harness(), 'webhook');
    await order.charge('ok');
    const { rawBody } = await harness().webhook(order.orderId);
    return harness().sign(text(rawBody), NOW_S);
  };

  describe('a webhook', () => {
    it('as it arrives tells of the payment', async () => {
      const order = new Order(harness(), 'webhook');
      await order.charge('ok');
      const webhook = await harness().webhook(order.orderId);
      // Whoever names an account names the sheet's: a notice of another one is not believed.
      const { account, processor } = harness().sheet;
      expect({ account, ...read(webhook, Date.now()) }).toMatchObject({
        ...{ account, processor },
        type: 'payment_succeeded',
        ...{ merchantId: MERCHANT, orderId: order.orderId },
        key: order.key('charge'),
        amountMinor: AMOUNT_MINOR,
        currency: 'EUR',
      });
    });

    it('is refused if a bit of it changed, or if it was written anew', async () => {
      const webhook = await genuine();
      const body = text(webhook.rawBody);
      const changed = [body.replace(String(AMOUNT_MINOR), '9999'), `${body} `, `\ufeff${body}`, body.slice(1), ''];
      changed.push(JSON.stringify(JSON.parse(body), null, 1));
      for (const each of changed) {
        expect(refusal({ ...webhook, rawBody: bytes(each) })).toBe('webhook_signature_invalid');
      }
      const invalid = new Uint8Array([...webhook.rawBody, 0xff]);
      expect(refusal({ ...webhook, rawBody: invalid })).toBe('webhook_signature_invalid');
    });

    it('is refused without its headers, or with those of another', async () => {
      const webhook = await genuine();
      const other = harness().sign('{}', NOW_S);
      for (const name of Object.keys(webhook.headers)) {
        const { [name]: _gone, ...rest } = webhook.headers;
        expect(refusal({ ...webhook, headers: rest })).toBe('webhook_signature_invalid');
      }
      expect(refusal({ ...webhook, headers: other.headers })).toBe('webhook_signature_invalid');
    });

    it('is refused outside of five minutes, before and after', async () => {
      const { rawBody } = await genuine();
      const sent = (offsetS: number) => refusal(harness().sign(text(rawBody), NOW_S + offsetS));
      for (const offsetS of [-301, 301, -YEAR_S, YEAR_S]) expect(sent(offsetS)).toBe('webhook_signature_invalid');
      for (const offsetS of [-300, 0, 300]) expect(sent(offsetS)).toBe('read as payment_succeeded');
    });

    it('is refused, and not as an exception of some library, if what was signed cannot be read', () => {
      for (const body of ['', 'x', '[1]', 'null', '"text"', '{}', '{"type":"payment.captured"}', '{"__proto__":{}}']) {
        expect(refusal(harness().sign(body, NOW_S))).toBe('webhook_body_invalid');
      }
    });
  });
}
