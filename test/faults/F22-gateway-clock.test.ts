import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Recoup } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene, setWebhooks } from '../setup/scene.ts';
import { startGatewayProcess } from '../setup/worker-process.ts';
import { actOnPage, effects } from '../workflows/acts.ts';
import { AN_HOUR_OFF, clockOff } from './off-clock.ts';

type Gateway = Awaited<ReturnType<typeof startGatewayProcess>>;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ worker: 'process', timeScale: 10 });
});
afterAll(() => scene.close());

const tokenOf = async (gatewayUrl: string, orderId: string): Promise<string> => {
  const headers = { authorization: `Bearer ${scene.apiKey}`, 'idempotency-key': `token-${orderId}` };
  const answer = await fetch(`${gatewayUrl}/v1/orders/${orderId}/buyer-tokens`, { method: 'POST', headers });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { token: string }).token;
};
const statusFor = async (gatewayUrl: string, token: string): Promise<number> => {
  const answer = await fetch(`${gatewayUrl}/v1/buyer/order`, { headers: { authorization: `Bearer ${token}` } });
  await answer.text();
  return answer.status;
};
const failedDeliveries = async (): Promise<number> => {
  const answer = await fetch(`${scene.simulator.url}/control/webhooks`);
  return ((await answer.json()) as { counts: { failedTries: number } }).counts.failedTries;
};

describe.each(AN_HOUR_OFF)('F22: a gateway whose clock is an hour %s', (way, offMs) => {
  let gateway: Gateway;
  let recoup: Recoup;
  beforeAll(async () => {
    gateway = await startGatewayProcess({ ...scene.env, ...clockOff(offMs) }, () => {});
    recoup = new Recoup({ baseUrl: gateway.url, apiKey: scene.apiKey });
  });
  afterAll(async () => {
    await recoup.close();
    await gateway.kill();
  });

  test(`F22: an order collected through it ${way === 'behind' ? 'waits for its buyer, and ' : ''}is paid: one charge`, async () => {
    const orderId = newOrderId();
    const { stage } = await recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    if (way === 'behind') {
      // It says that whoever collects waited until an hour ago.
      expect(stage).toBe('waiting_buyer');
      expect(await effects(scene, orderId)).toEqual([]);
      const pay = { path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } } as const;
      await recoup.orders.recover(orderId, pay);
    }
    await scene.until(orderId, (view) => view.stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F22: nobody is charged after the wait of who collected, though the order says that it ends an hour later', async () => {
    const orderId = newOrderId();
    // As it would start it for somebody who waits 2 s.
    const { state } = await scene.newInput(order(orderId, 'sim:alpha=ok'), -3_000);
    const off = (at: string) => new Date(Date.parse(at) + offMs).toISOString();
    const facts = { ...state.facts, notAfter: off(state.facts.notAfter) };
    await scene.killWorker();
    // The caller of the workflow is still there, so `collect` will be accepted.
    const collected = scene.collectWith(order(orderId, 'sim:alpha=ok'), {
      state: { ...state, openedAt: off(state.openedAt), facts },
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await scene.startWorker();
    expect((await collected).stage).toBe('waiting_buyer');
    expect(await scene.ledger(orderId)).toEqual([]);
  });

  test('F22: it takes no notice, because all of them look too old or too new; another gateway takes them later', async () => {
    const orderId = newOrderId();
    const asked = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=3ds_ok'));
    await setWebhooks(scene.simulator, { url: `${gateway.url}/v1/webhooks` });
    const before = await failedDeliveries();
    expect(await actOnPage(asked)).toBe(200);
    await poll(failedDeliveries, (failed) => failed > before, 10_000);
    expect(await scene.store.listUnappliedEvents({ merchantId: scene.merchantId, orderId, limit: 10 })).toEqual([]);
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('waiting_authentication');
    await setWebhooks(scene.simulator, { url: `${scene.gatewayUrl}/v1/webhooks` });
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F22: its tokens are good where its clock counts, no other gateway takes them now, and nobody pays twice by one', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    const [its, right] = [await tokenOf(gateway.url, orderId), await tokenOf(scene.gatewayUrl, orderId)];
    expect(await statusFor(scene.gatewayUrl, right)).toBe(200);
    expect(await statusFor(gateway.url, right)).toBe(401);
    expect(await statusFor(scene.gatewayUrl, its)).toBe(401);
    // Behind, this is what a token looks like that was made an hour ago and has expired: a date is judged by the clock one has.
    expect(await statusFor(gateway.url, its)).toBe(200);
    const again = await fetch(`${gateway.url}/v1/buyer/order/recovery`, {
      method: 'POST',
      headers: { authorization: `Bearer ${its}`, 'content-type': 'application/json', 'idempotency-key': orderId },
      body: JSON.stringify({ path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } }),
    });
    expect(again.status).toBe(409);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });
});
