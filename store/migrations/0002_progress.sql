-- Writing one decision: order row, epoch, timeline, outbox, inbox marks. `p` is made by store/encode.ts.

-- What the locked row of an order says, without its state.
CREATE TYPE order_head AS (
  merchant_id  text,
  order_id     text,
  created      boolean,
  request_hash text,
  stage        text,
  epoch        integer,
  state_seq    integer,
  attempts     integer,
  -- Epoch of the run that writes now; null for a run that this order has never seen.
  run_epoch    integer,
  -- The stored state is another run's, and further along than what this run brings, or it has an operation of which this
  -- run does not know: then this run goes on from the stored state, and what it brings is not written.
  behind         boolean,
  -- How long the history was of the run whose state is stored, when it wrote it.
  state_position integer
);

-- A run that was reset may hear again what came, and tell as much as the stored story without having done what it did.
CREATE FUNCTION knows_less(h order_head, brought jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM orders o, jsonb_path_query(o.state, '$.attempts[*].operations[*].key ? (@ != "")') known
     WHERE o.merchant_id = h.merchant_id AND o.order_id = h.order_id
       AND NOT jsonb_path_exists(brought, '$.attempts[*].operations[*].key ? (@ == $known)',
                                 jsonb_build_object('known', known)))
$$;

-- Takes the order's lock (its row) and creates the row if there is none. Whatever else is locked is locked after this,
-- in a fixed order. With `p` null nothing is created, and the writer counts as the current run.
CREATE FUNCTION lock_order(merchant text, id text, p jsonb) RETURNS order_head LANGUAGE plpgsql AS $$
DECLARE
  h order_head;
  last_run text;
BEGIN
  IF p IS NOT NULL THEN
    INSERT INTO orders (merchant_id, order_id, request_hash, amount_minor, currency, stage, is_open, needs_human, next_action_at,
                        processor, failure_class, epoch, run_id, state, state_seq, state_position, attempts)
    VALUES (merchant, id, p->>'requestHash', (p->>'amountMinor')::bigint, p->>'currency', p->>'stage',
            (p->>'open')::boolean, (p->>'needsHuman')::boolean, (p->>'nextActionAt')::timestamptz, p->>'processor', p->>'failureClass',
            1, p->>'runId', p->'state', (p->>'seq')::int, (p->>'position')::int, (p->>'attempts')::int)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      INSERT INTO order_epochs (merchant_id, order_id, epoch, run_id) VALUES (merchant, id, 1, p->>'runId');
      -- A processor may tell of an order before the order's first write arrives here: such events waited for it. The
      -- lock is store_event's: an event under way is either seen here, or sees this order.
      PERFORM pg_advisory_xact_lock(hashtextextended(merchant || '/' || id, 0));
      UPDATE inbox SET status = 'stored', reason = NULL
       WHERE merchant_id = merchant AND order_id = id AND status = 'parked' AND reason = 'no such order';
      RETURN (merchant, id, true, p->>'requestHash', p->>'stage', 1, (p->>'seq')::int, (p->>'attempts')::int, 1,
              false, (p->>'position')::int)::order_head;
    END IF;
  END IF;

  SELECT o.merchant_id, o.order_id, false, o.request_hash, o.stage, o.epoch, o.state_seq, o.attempts,
         o.state_position, o.run_id
    INTO h.merchant_id, h.order_id, h.created, h.request_hash, h.stage, h.epoch, h.state_seq, h.attempts,
         h.state_position, last_run
    FROM orders o WHERE o.merchant_id = merchant AND o.order_id = id FOR NO KEY UPDATE;
  IF p IS NULL OR last_run = p->>'runId' THEN
    h.run_epoch := h.epoch;
  ELSE
    SELECT e.epoch INTO h.run_epoch FROM order_epochs e
     WHERE e.merchant_id = merchant AND e.order_id = id AND e.run_id = p->>'runId';
  END IF;
  h.behind := p IS NOT NULL AND h.run_epoch IS DISTINCT FROM h.epoch
    AND (h.state_seq > (p->>'seq')::int OR h.attempts > (p->>'attempts')::int OR knows_less(h, p->'state'));
  RETURN h;
END $$;

-- Lines of the story. `p` has every line since the last confirmed write, so whatever an earlier task of this run told
-- from there on, and told otherwise, was discarded by Temporal: it is superseded. A line that stands already stays.
CREATE FUNCTION write_timeline(h order_head, epoch_now integer, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  task integer := (p->>'position')::int;
  first integer := coalesce((p->'entries'->0->>'seq')::int, (p->>'seq')::int + 1);
BEGIN
  IF NOT h.created THEN
    -- A later task has told this stretch already: this is the late write of a discarded one.
    PERFORM FROM timeline t
      WHERE t.merchant_id = h.merchant_id AND t.order_id = h.order_id AND t.epoch = epoch_now
        AND t.seq BETWEEN first AND (p->>'seq')::int AND t.superseded_at IS NULL AND t.position > task;
    IF FOUND THEN
      RETURN;
    END IF;
    UPDATE timeline t SET superseded_at = now()
     WHERE t.merchant_id = h.merchant_id AND t.order_id = h.order_id AND t.epoch = epoch_now AND t.seq >= first
       AND t.superseded_at IS NULL AND t.position < task
       AND NOT EXISTS (SELECT FROM jsonb_array_elements(p->'entries') e WHERE e = t.entry);
  END IF;
  INSERT INTO timeline (merchant_id, order_id, epoch, seq, position, entry)
  SELECT h.merchant_id, h.order_id, epoch_now, (e->>'seq')::int, task, e FROM jsonb_array_elements(p->'entries') e
  ON CONFLICT DO NOTHING;
END $$;

-- The order's row must be locked, and the run not behind it. The state in the row:
--   an older epoch's run never writes it (nor merchant events, nor inbox marks): its story was replaced;
--   within its own epoch it only moves forward, by the length of the run's history: a task that Temporal discarded may
--   have written more, but what counts is the later task;
--   a newer epoch's run replaces it.
CREATE FUNCTION write_progress(h order_head, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  epoch_now integer := coalesce(h.run_epoch, h.epoch + 1);
  replaces boolean := epoch_now <> h.epoch OR (p->>'position')::int >= h.state_position;
BEGIN
  IF h.run_epoch IS NULL THEN
    INSERT INTO order_epochs (merchant_id, order_id, epoch, run_id)
    VALUES (h.merchant_id, h.order_id, epoch_now, p->>'runId');
  END IF;
  PERFORM write_timeline(h, epoch_now, p);
  IF epoch_now < h.epoch THEN
    RETURN;
  END IF;

  IF replaces AND NOT h.created THEN
    UPDATE orders SET
      epoch = epoch_now, run_id = p->>'runId', state = p->'state',
      state_seq = (p->>'seq')::int, state_position = (p->>'position')::int, attempts = (p->>'attempts')::int, stage = p->>'stage',
      is_open = (p->>'open')::boolean, needs_human = (p->>'needsHuman')::boolean, next_action_at = (p->>'nextActionAt')::timestamptz,
      processor = p->>'processor', failure_class = p->>'failureClass', updated_at = clock_timestamp()
    WHERE merchant_id = h.merchant_id AND order_id = h.order_id;
  END IF;

  INSERT INTO outbox (id, merchant_id, order_id, event)
  SELECT e->>'id', h.merchant_id, h.order_id, e->'event' FROM jsonb_array_elements(p->'events') e
  ON CONFLICT DO NOTHING;
  IF jsonb_array_length(p->'applied') > 0 THEN
    UPDATE inbox SET status = 'applied', applied_at = now(), reason = NULL
      FROM jsonb_array_elements(p->'applied') a
     WHERE inbox.processor = a->>'processor' AND inbox.event_id = a->>'eventId' AND status IN ('stored', 'parked');
  END IF;
END $$;

-- Answers: saved, stale (an older epoch's run: only its timeline was kept), order_exists (this run is behind: it was reset,
-- or the order was collected again; the stored state comes along), conflict. The last two write nothing.
CREATE FUNCTION save_progress(p jsonb, OUT answer text, OUT state jsonb) LANGUAGE plpgsql AS $$
DECLARE
  h order_head := lock_order(p->>'merchantId', p->>'orderId', p);
BEGIN
  IF h.request_hash <> p->>'requestHash' THEN
    answer := 'conflict';
  ELSIF h.behind AND h.run_epoch IS NULL THEN
    answer := 'order_exists';
    SELECT o.state INTO state FROM orders o WHERE o.merchant_id = h.merchant_id AND o.order_id = h.order_id;
  ELSE
    PERFORM write_progress(h, p);
    answer := CASE WHEN h.run_epoch < h.epoch THEN 'stale' ELSE 'saved' END;
  END IF;
END $$;
