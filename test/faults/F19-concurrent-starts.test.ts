import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderWorkflowId } from '../../contract/ids.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';

const CALLERS = 50;

describe('F19: fifty concurrent starts of one order', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  const runsOf = async (orderId: string) => {
    const workflowId = orderWorkflowId({ merchantId: scene.merchantId, orderId });
    return poll(
      async () => (await scene.client.workflow.count(`WorkflowId = '${workflowId}'`)).count,
      (count) => count > 0,
      5_000,
    );
  };
  const updatesOf = async (orderId: string) => {
    const { events } = await scene.workflow(orderId).fetchHistory();
    return events?.filter(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => accepted != null).length;
  };
  const chargedOnce = async (orderId: string, answers: { created: boolean; stage: string }[]) => {
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ stage }) => stage))).toEqual(new Set(['paid']));
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', amountMinor: 4999, requests: 1 }]);
    expect(await runsOf(orderId)).toBe(1);
    expect(await updatesOf(orderId)).toBe(1);
  };
  const postOrder = (orderId: string, request: unknown) =>
    fetch(`${scene.gatewayUrl}/v1/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${scene.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': `one-key-${orderId}`,
      },
      body: JSON.stringify(request),
    });
  const together = <T>(collect: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => collect(n)));

  test('F19: fifty at once, straight to Temporal: one run, one update, one charge', async () => {
    const orderId = newOrderId();
    await chargedOnce(orderId, await together(() => scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'))));
  });

  test('F19: fifty at once over HTTP, each with its own key: the same', async () => {
    const orderId = newOrderId();
    await chargedOnce(orderId, await together(() => scene.http.orders.collect(order(orderId, 'sim:alpha=ok'))));
  });

  test('F19: fifty at once over HTTP with one key: one is answered 201, and nobody charges a second time', async () => {
    const orderId = newOrderId();
    const post = () => postOrder(orderId, order(orderId, 'sim:alpha=ok'));
    const answers = await together(post);
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect((await post()).status).toBe(201);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    expect(await updatesOf(orderId)).toBe(1);
  });

  test('F19: fifty at once with one key and two bodies: one body wins, the other is refused with 422, one charge', async () => {
    const orderId = newOrderId();
    const post = (n: number) => {
      const body = order(orderId, 'sim:alpha=ok', n % 2 === 0 ? {} : { description: 'another one' });
      return postOrder(orderId, body);
    };
    const answers = await together(async (n) => ({ body: n % 2, status: (await post(n)).status }));
    // While the first is under way the others are told so; nobody with the other body is ever told that it was taken.
    const accepted = answers.filter(({ status }) => status === 201).map(({ body }) => body);
    expect(new Set(accepted).size).toBe(1);
    expect(answers.filter(({ status }) => ![201, 409, 422].includes(status))).toEqual([]);
    expect(answers.filter(({ body, status }) => status === 422 && body === accepted[0])).toEqual([]);
    const after = await Promise.all([post(0), post(1)]);
    expect(after.map(({ status }) => status).sort()).toEqual([201, 422]);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    expect(await updatesOf(orderId)).toBe(1);
  });
});
