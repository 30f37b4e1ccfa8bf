-- Writing one decision: order row, epoch, timeline, outbox, inbox marks. `p` is made by store/encode.ts.

-- What the locked row of an order says, without its state.
CREATE TYPE order_head AS (
  merchant_id text,
  order_id    text,
  created     boolean,
  epoch       integer,
  -- Epoch of the run that writes now; null for a run that this order has never seen.
  run_epoch   integer,
  -- What this run brings does not go on from the stored state. Nothing of it counts: it has to go on from there.
  behind      boolean
);

/*
 Who goes on from the stored state:

 - a run that is new to the order, if its write is based on exactly the stored version: started from it, continued as new,
   reset to where it stood. One that was reset further back, or started from what was stored before something else was
   written, or collects the order again, is behind, however much it tells;
 - the run whose state it is, if it writes at a later place of its history (or the same once more), and knows what that write
   knew to be stored. Otherwise this is the late write of a task that Temporal discarded or of an activity that was given
   up, or Temporal itself is older than the store (restored from a backup);
 - no run that another one has taken over from.
*/
CREATE FUNCTION is_behind(o orders, run_is_new boolean, p jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p->>'runId' = o.run_id THEN (p->>'position')::int < o.state_position
      OR p->>'basedOn' <> ALL (array_append(o.based_on, o.version))
    ELSE NOT run_is_new OR p->>'basedOn' <> o.version
  END
$$;

-- Takes the order's lock (its row) and creates the row if there is none. Whatever else is locked is locked after this,
-- in a fixed order.
CREATE FUNCTION lock_order(p jsonb) RETURNS order_head LANGUAGE plpgsql AS $$
DECLARE
  merchant text := p->>'merchantId';
  id text := p->>'orderId';
  o orders;
  run_epoch integer;
BEGIN
  INSERT INTO orders (merchant_id, order_id, stage, is_open, needs_human, next_action_at, processor, failure_class,
                      epoch, run_id, state, version, based_on, state_position)
  VALUES (merchant, id, p->>'stage', (p->>'open')::boolean, (p->>'needsHuman')::boolean, (p->>'nextActionAt')::timestamptz,
          p->>'processor', p->>'failureClass', 1, p->>'runId', p->'state', p->>'version', ARRAY[p->>'basedOn'], (p->>'position')::int)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    INSERT INTO order_epochs (merchant_id, order_id, epoch, run_id) VALUES (merchant, id, 1, p->>'runId');
    -- A processor may tell of an order before the order's first write arrives here: such events waited for it. The
    -- lock is store_event's: an event under way is either seen here, or sees this order.
    PERFORM pg_advisory_xact_lock(hashtextextended(merchant || '/' || id, 0));
    UPDATE inbox SET status = 'stored', reason = NULL
     WHERE merchant_id = merchant AND order_id = id AND status = 'parked' AND reason = 'no such order';
    RETURN (merchant, id, true, 1, 1, false)::order_head;
  END IF;

  SELECT * INTO o FROM orders WHERE orders.merchant_id = merchant AND orders.order_id = id FOR NO KEY UPDATE;
  SELECT e.epoch INTO run_epoch FROM order_epochs e
   WHERE e.merchant_id = merchant AND e.order_id = id AND e.run_id = p->>'runId';
  RETURN (merchant, id, false, o.epoch, run_epoch,
          is_behind(o, run_epoch IS NULL, p))::order_head;
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

-- The order's row must be locked, and the run not behind it. A run that is new to the order opens an epoch.
-- `foretold`: an activity writes it for its run, which may never hear of it, and then writes on from what it knew before.
CREATE FUNCTION write_progress(h order_head, p jsonb, foretold boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  epoch_now integer := coalesce(h.run_epoch, h.epoch + 1);
BEGIN
  IF h.run_epoch IS NULL THEN
    INSERT INTO order_epochs (merchant_id, order_id, epoch, run_id)
    VALUES (h.merchant_id, h.order_id, epoch_now, p->>'runId');
  END IF;
  PERFORM write_timeline(h, epoch_now, p);
  IF NOT h.created THEN
    UPDATE orders SET
      epoch = epoch_now, run_id = p->>'runId', state = p->'state', version = p->>'version',
      based_on = CASE WHEN foretold THEN array_append(based_on, p->>'basedOn') ELSE ARRAY[p->>'basedOn'] END,
      state_position = (p->>'position')::int, stage = p->>'stage',
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
  -- With the decision, and so never of a run that is behind: a proof that comes late would speak of a send that it cannot
  -- know. Of what was never claimed there is nothing to settle: the state carries the proof.
  PERFORM record_outcome(e->>'key', e->'result') FROM jsonb_array_elements(p->'proofs') e;
END $$;

-- Answers: saved; stale (another run took over from this one: only its timeline was kept, under its own epoch); order_exists
-- (this run is behind the stored state in another way: nothing was written).
CREATE FUNCTION save_progress(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  h order_head := lock_order(p);
BEGIN
  IF NOT h.behind THEN
    PERFORM write_progress(h, p);
    RETURN 'saved';
  ELSIF h.run_epoch < h.epoch THEN
    PERFORM write_timeline(h, h.run_epoch, p);
    RETURN 'stale';
  END IF;
  RETURN 'order_exists';
END $$;
