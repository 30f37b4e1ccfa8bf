import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { OrderView } from '../../client/index.ts';
import { newOrderId, order, poll, type Scene } from '../setup/scene.ts';

/** The buyer acts on the processor's page. Redirects lead to the shop, which is not here. */
export async function actOnPage(view: OrderView, fields: Record<string, string> = {}): Promise<number> {
  const { url } = view.nextAction;
  if (url === undefined) expect.fail(`no page to act on: ${JSON.stringify(view.nextAction)}`);
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await answer.text();
  return answer.status;
}

export async function control(scene: Scene, path: string, body: Record<string, unknown>): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${scene.simulator.url}/control/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

/** Types of the events that the merchant is told, oldest first. */
export async function toldTypes(scene: Scene, orderId: string): Promise<string[]> {
  return (await scene.outbox(orderId)).map(({ type }) => type);
}

/** What moved money, in order: `alpha captured`, `alpha voided` … */
export async function effects(scene: Scene, orderId: string): Promise<string[]> {
  return (await scene.ledger(orderId))
    .filter(({ effect }) => effect !== 'none')
    .map(({ processor, effect }) => `${processor} ${effect}`);
}

/** The paths that the buyer is offered now. */
export function offered(view: OrderView): string[] {
  return view.nextAction.options.map(({ path }) => path);
}

/** One round of the sweeper, which otherwise runs by its schedule. */
export async function sweep(scene: Scene): Promise<void> {
  const { taskQueue } = scene;
  const workflowId = `sweep-${randomUUID()}`;
  await scene.client.workflow.execute('sweepOrders', { workflowId, taskQueue });
}

/** Round after round, until the order has a run again. The sweeper finds ended runs by Temporal's lists, which take a moment. */
export async function sweepUntilRunning(scene: Scene, orderId: string, withinMs: number): Promise<void> {
  await poll(
    async () => {
      await sweep(scene);
      return (await scene.workflow(orderId).describe()).status.name;
    },
    (status) => status === 'RUNNING',
    withinMs,
  );
}

/** An order whose processor has the charge and says nothing: whoever takes that down now leaves no moment for a proof. */
export async function silent(scene: Scene, token: string) {
  const orderId = newOrderId();
  const answer = scene.recoup.orders.collect(order(orderId, token));
  await poll(
    () => scene.ledger(orderId),
    (entries) => entries.length === 1,
    5_000,
  );
  return { orderId, answer };
}

/** The sheet of a processor with another promise: by how late a lookup has to be for "absent" to be true. */
export async function settlesWithin({ store }: Scene, processor: string, settleMs: number): Promise<void> {
  const deployment = await store.currentDeployment();
  if (deployment === null) throw new Error('No worker has started');
  const sheets = deployment.sheets.map((sheet) => {
    if (sheet.processor !== processor || sheet.lookup === null) return sheet;
    return { ...sheet, lookup: { ...sheet.lookup, absence: { answers: 2, settleMs } } };
  });
  await store.publishDeployment({ ...deployment, sheets });
}
