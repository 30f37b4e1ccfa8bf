import { describe, expect, test } from 'vitest';
import { LIVES } from './kill-points/lives.ts';
import { sweepKillPoints } from './kill-points/sweep.ts';

/** All of them, or some by name: `npm run sweep`. */
const ASKED = process.env.RECOUP_SWEEP;
const ALWAYS = ['recovered_by_retry_processor', 'timed_out_but_charged', 'authorized-then-captured'];
const names = ASKED === undefined ? ALWAYS : ASKED === 'all' ? LIVES.map(({ name }) => name) : ASKED.split(',');
const lives = LIVES.filter(({ name }) => names.includes(name));
/** Most of it is waiting: for a death to be noticed, for late money. */
const LANES = 8;
const HOUR_MS = 3_600_000;

describe('F7: the worker is killed at every history event in turn', () => {
  test(`F7: ${lives.map(({ name }) => name).join(', ')} end as in the run that nobody killed, the ledger too`, {
    timeout: ASKED === undefined ? 180_000 : 3 * HOUR_MS,
  }, async () => {
    const tell = ASKED === undefined ? {} : { tell: (line: string) => console.info(line) };
    const points = await sweepKillPoints(lives, {
      lanes: ASKED === undefined ? 4 : LANES,
      each: ASKED === undefined ? 'batch' : 'event',
      ...tell,
    });
    expect(points.length).toBeGreaterThan(4 * lives.length);
    const otherwise = points.filter(({ end, wanted }) => JSON.stringify(end) !== JSON.stringify(wanted));
    for (const { life, event, end, wanted } of otherwise) {
      expect.soft(end, `${life}, killed at event ${event}`).toEqual(wanted);
    }
    const missed = points.filter((point) => point.missed);
    console.info(`${points.length} kill points, ${otherwise.length} ended otherwise, ${missed.length} rested before`);
    // A slow machine adds an event here and there (a task that was given up), which the next run has not.
    expect(missed.length).toBeLessThan(points.length / 4);
  });
});
