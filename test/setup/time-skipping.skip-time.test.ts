import { TestWorkflowEnvironment } from '@temporalio/testing';
import { expect, inject, test } from 'vitest';
import './provided.ts';

test('the time-skipping server lets thirty days pass in a moment', async () => {
  const executable = { type: 'existing-path', path: inject('testServerPath') } as const;
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
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
