import { expect, test } from 'vitest';
import { runBatch } from './batch.ts';
import { complaintsOf, lineOf } from './report.ts';

test('a hundred orders in bad weather, with a worker that is killed again and again: none charged twice, lost or stuck', async () => {
  const result = await runBatch({
    seed: 20,
    batch: 0,
    orders: 100,
    timeScale: 600,
    faults: ['weather', 'worker', 'webhooks'],
    faultEveryMs: [1_000, 3_000],
    inFlight: 40,
    replays: 25,
    say: () => {},
  });
  const line = lineOf(result);
  expect(complaintsOf(result)).toBe('');
  expect(line).toMatchObject({ orders: 100, doubleCharges: 0, lostPayments: 0, stuckOrders: 0, forbiddenRetries: 0 });
  // The run was what it says: the weather was bad, workers died, and payments were in doubt and proved.
  for (const kind of ['worker', 'lostPercent', 'answerLostPercent', 'overloadPercent']) {
    expect(line.faults[kind], kind).toBeGreaterThan(0);
  }
  expect(line.unknownMs.length).toBeGreaterThan(5);
  expect(line.stages.paid).toBeGreaterThan(25);
  expect(line.historiesReplayed).toBeGreaterThan(15);
}, 240_000);
