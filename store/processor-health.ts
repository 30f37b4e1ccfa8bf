import { sql } from 'drizzle-orm';
import {
  type Admission,
  type Ask,
  admit,
  advance,
  answered,
  type Breaker,
  type CallCount,
  CLOSED,
  judge,
} from '../policy/health/breaker.ts';
import type { BreakerSettings } from '../policy/health/settings.ts';
import type { Database } from './database.ts';
import { toJson } from './json.ts';

/** Answers of one processor that were counted since they were last written. */
export interface CountedCalls extends CallCount {
  processor: string;
}

/** A breaker as it stands. Times are durations, so that the reader's clock does not matter. */
export interface HealthReading {
  processor: string;
  state: Breaker['state'];
  /** For how long it has been in this state, ms; `null`: since ever. */
  sinceMs: number | null;
  /** Open: for how much longer, ms; else 0. */
  downForMs: number;
  /** How often it opened since it was last closed. */
  opens: number;
  /** Calls held back since it opened. */
  held: number;
  /** Calls of the rolling window. */
  calls: CallCount;
}

export interface HealthStore {
  /** Adds what was counted, opens what fails, and answers every breaker that anything is known of, by name. */
  count(counted: CountedCalls[], settings: BreakerSettings): Promise<HealthReading[]>;
  /** Reads without counting. */
  list(settings: BreakerSettings): Promise<HealthReading[]>;
  /** Asked for a call while the breaker is not closed: decided under the row's lock, so that all workers share one limit. */
  admit(processor: string, ask: Ask, settings: BreakerSettings): Promise<Admission>;
  /** An admitted start was answered. */
  answered(processor: string, answer: { permit: string; good: boolean }, settings: BreakerSettings): Promise<void>;
}

/** One clock for all workers: the database's. */
const NOW_MS = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::float8';
const SLICES = 12;

export function openHealth(database: Database): HealthStore {
  const list = async (settings: BreakerSettings) =>
    (await readRows(database, settings)).map((row) => readingOf(row, settings));
  return {
    list,
    count: async (counted, settings) => {
      if (counted.length > 0) await add(database, counted, settings);
      const rows = await readRows(database, settings);
      const changed = rows.filter(
        (row) => judge(breakerOf(row), callsOf(row), settings, row.now_ms) !== breakerOf(row),
      );
      if (changed.length === 0) return rows.map((row) => readingOf(row, settings));
      for (const row of changed) {
        await change(database, row.processor, (breaker, nowMs) => ({
          breaker: judge(breaker, callsOf(row), settings, nowMs),
          answer: null,
        }));
      }
      return list(settings);
    },
    admit: (processor, ask, settings) =>
      change(database, processor, (breaker, nowMs) => {
        const { breaker: after, admission } = admit(breaker, ask, settings, nowMs);
        return { breaker: after, answer: admission };
      }),
    answered: (processor, answer, settings) =>
      change(database, processor, (breaker, nowMs) => ({
        breaker: answered(breaker, answer, settings, nowMs),
        answer: undefined,
      })),
  };
}

interface HealthRow {
  processor: string;
  breaker: Breaker | null;
  now_ms: number;
  good: number;
  bad: number;
}

function breakerOf({ breaker }: HealthRow): Breaker {
  return breaker ?? CLOSED;
}

function callsOf({ good, bad }: HealthRow): CallCount {
  return { good, bad };
}

function readingOf(row: HealthRow, settings: BreakerSettings): HealthReading {
  const breaker = advance(breakerOf(row), settings, row.now_ms);
  return {
    processor: row.processor,
    state: breaker.state,
    sinceMs: breaker.sinceMs === 0 ? null : Math.max(0, row.now_ms - breaker.sinceMs),
    downForMs: breaker.state === 'open' ? breaker.untilMs - row.now_ms : 0,
    opens: breaker.opens,
    held: breaker.held,
    calls: callsOf(row),
  };
}

/** Workers add up in the same order of rows, so that they never wait for each other in a circle. */
async function add(database: Database, counted: CountedCalls[], { windowMs }: BreakerSettings): Promise<void> {
  const sliceMs = Math.max(1, Math.ceil(windowMs / SLICES));
  await database.statement(
    'count_calls',
    `WITH clock AS (SELECT ${NOW_MS} AS now_ms),
     gone AS (DELETE FROM processor_calls USING clock WHERE slice_ms < now_ms - 10 * $2::float8)
     INSERT INTO processor_calls (processor, slice_ms, good, bad)
     SELECT c.processor, floor(now_ms / $3::float8) * $3::float8, c.good, c.bad
       FROM clock, jsonb_to_recordset($1::jsonb) AS c(processor text, good integer, bad integer) ORDER BY c.processor
     ON CONFLICT (processor, slice_ms)
     DO UPDATE SET good = processor_calls.good + excluded.good, bad = processor_calls.bad + excluded.bad`,
    [toJson(counted), windowMs, sliceMs],
  );
}

/** What was counted before a breaker was closed does not speak against it any more. */
function readRows(database: Database, { windowMs }: BreakerSettings): Promise<HealthRow[]> {
  return database.statement<HealthRow>(
    'list_health',
    `WITH clock AS (SELECT ${NOW_MS} AS now_ms),
     known AS (SELECT processor FROM processor_health UNION SELECT processor FROM processor_calls)
     SELECT known.processor, h.breaker, now_ms, coalesce(sum(c.good), 0)::integer AS good, coalesce(sum(c.bad), 0)::integer AS bad
       FROM clock CROSS JOIN known LEFT JOIN processor_health h USING (processor)
       LEFT JOIN processor_calls c ON c.processor = known.processor
        AND c.slice_ms > now_ms - $1::float8 AND c.slice_ms >= coalesce((h.breaker->>'sinceMs')::float8, 0)
      GROUP BY known.processor, h.breaker, now_ms ORDER BY known.processor`,
    [windowMs],
  );
}

type Step<T> = (breaker: Breaker, nowMs: number) => { breaker: Breaker; answer: T };

/** Reads a breaker under its lock, lets the policy change it, and writes it if it changed. */
function change<T>(database: Database, processor: string, step: Step<T>): Promise<T> {
  return database.run('change_health', (db) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`INSERT INTO processor_health (processor, breaker)
        VALUES (${processor}, ${toJson(CLOSED)}::jsonb) ON CONFLICT DO NOTHING`);
      const locked = await tx.execute<{ breaker: Breaker }>(
        sql`SELECT breaker FROM processor_health WHERE processor = ${processor} FOR NO KEY UPDATE`,
      );
      // Asked once the lock is held: whoever waited for it must not decide as of before.
      const clock = await tx.execute<{ now_ms: number }>(sql.raw(`SELECT ${NOW_MS} AS now_ms`));
      const before = locked.rows[0]?.breaker ?? CLOSED;
      const { breaker, answer } = step(before, clock.rows[0]?.now_ms ?? 0);
      if (breaker !== before) {
        await tx.execute(sql`UPDATE processor_health SET breaker = ${toJson(breaker)}::jsonb, updated_at = now()
          WHERE processor = ${processor}`);
      }
      return answer;
    }),
  );
}
