import { expect, test } from 'vitest';
import { startTestServer } from './skipping-scene.ts';

test('the time-skipping server lets thirty days pass in a moment', async () => {
  const environment = await startTestServer();
  try {
    const before = await environment.currentTimeMs();
    const startedAt = Date.now();
    await environment.sleep('30 days');
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 24 * 3600 * 1000);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  } finally {
    await environment.teardown();
  }
});
