-- The breaker of each processor, one row shared by all workers: policy/health/breaker.ts says what is in it and changes it
-- under the row's lock. No row: closed.
CREATE TABLE processor_health (
  processor  text PRIMARY KEY,
  breaker    jsonb NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

-- How calls ended, in slices of time, summed over all workers. `good`: the processor answered, a decline included.
-- A slice is named by its start, ms since 1970; what no window reaches any more is deleted.
CREATE TABLE processor_calls (
  processor text NOT NULL,
  slice_ms  bigint NOT NULL,
  good      integer NOT NULL,
  bad       integer NOT NULL,
  PRIMARY KEY (processor, slice_ms)
);
CREATE INDEX processor_calls_age ON processor_calls (slice_ms);
