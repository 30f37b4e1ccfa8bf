import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureSweeper } from '../../worker/sweeper.ts';
import { openScene, type Scene } from '../setup/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('every task queue has a sweeper of its own: one whose workers are gone holds up no other', async () => {
  const queues = [`gone-${randomUUID()}`, `new-${randomUUID()}`];
  for (const queue of [...queues, ...queues]) await ensureSweeper(scene.client, queue);
  for (const queue of queues) {
    const schedule = scene.client.schedule.getHandle(`recoup-sweeper-${queue}`);
    const { action } = await schedule.describe();
    expect(action).toMatchObject({ taskQueue: queue, workflowType: 'sweepOrders', workflowExecutionTimeout: 120_000 });
    await schedule.delete();
  }
});
