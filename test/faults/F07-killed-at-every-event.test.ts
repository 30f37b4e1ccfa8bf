import { describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../cli/recoup/scenarios.ts';
import { sweepKillPoints } from './kill-points/sweep.ts';

/** All of them, or some by name: `npm run sweep`. */
const ASKED = process.env.RECOUP_SWEEP;
const ALWAYS = ['paid', 'recovered_by_retry_processor'];
const names = ASKED === undefined ? ALWAYS : ASKED === 'all' ? SCENARIOS.map(({ name }) => name) : ASKED.split(',');
const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
const HOUR_MS = 3_600_000;

describe('F7: the worker is killed at every history event in turn', () => {
  test(`F7: ${scenarios.map(({ name }) => name).join(', ')} end as in the run that nobody killed, the ledger too`, {
    timeout: ASKED === undefined ? 120_000 : HOUR_MS,
  }, async () => {
    const tell = ASKED === undefined ? {} : { tell: (line: string) => console.info(line) };
    const points = await sweepKillPoints(scenarios, {
      lanes: 4,
      each: ASKED === undefined ? 'batch' : 'event',
      ...tell,
    });
    expect(points.length).toBeGreaterThan(4 * scenarios.length);
    const otherwise = points.filter(({ end, wanted }) => JSON.stringify(end) !== JSON.stringify(wanted));
    for (const { scenario, event, end, wanted } of otherwise) {
      expect.soft(end, `${scenario}, killed at event ${event}`).toEqual(wanted);
    }
    const missed = points.filter((point) => point.missed);
    console.info(`${points.length} kill points, ${otherwise.length} ended otherwise, ${missed.length} rested before`);
    // A slow machine adds an event here and there (a task that was given up), which the next run has not.
    expect(missed.length).toBeLessThan(points.length / 4);
  });
});
