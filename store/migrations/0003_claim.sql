-- Claim before call: the one gate to a processor. One call, one transaction, one commit.

-- The first frozen field in which a claim differs from the recorded operation; null when all are the same.
CREATE FUNCTION claim_difference(op operations, c jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN op.merchant_id <> c->>'merchantId' OR op.order_id <> c->>'orderId' THEN 'order'
    WHEN op.attempt <> (c->>'attempt')::int THEN 'attempt'
    WHEN op.operation <> c->>'operation' THEN 'operation'
    WHEN op.number <> (c->>'number')::int THEN 'number'
    WHEN op.processor <> c->>'processor' THEN 'processor'
    WHEN op.account <> c->>'account' THEN 'account'
    WHEN op.key <> c->>'key' THEN 'key'
    WHEN op.readable_key <> c->>'readableKey' THEN 'readableKey'
    WHEN op.instrument_id IS DISTINCT FROM c->>'instrumentId' THEN 'instrumentId'
    WHEN op.amount_minor <> (c->>'amountMinor')::bigint THEN 'amountMinor'
    WHEN op.currency <> c->>'currency' THEN 'currency'
    WHEN op.request_hash <> c->>'requestHash' THEN 'requestHash'
  END
$$;

-- Is money of a payment that succeeded still here, as far as anybody knows? The run that claims tells what it knows of the
-- attempt (`known`, in the state it brings; as hasMoney in policy/facts.ts): also notices, returns and people say that money
-- went back. A refund that it counts and that failed since is here again. Of a success that the run does not know, only our
-- own refunds speak.
CREATE FUNCTION money_is_here(taken operations, known jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN coalesce((known->'money'->>'captured')::bigint, 0) > 0
    THEN coalesce(known->>'givenBack', 'false') <> 'true' OR
      (known->'money'->>'captured')::bigint - (known->'money'->>'refunded')::bigint
      - (known->'money'->>'returned')::bigint - (known->'money'->>'disputed')::bigint
      + (SELECT coalesce(sum((told->>'minor')::bigint), 0)
           FROM jsonb_array_elements(coalesce(known->'moneyTold', '[]')) told JOIN operations back ON back.key = told->>'id'
          WHERE told->>'fact' = 'refunded' AND back.operation = 'refund' AND back.outcome = 'declined') > 0
    ELSE coalesce((taken.result->>'amountMinor')::bigint, taken.amount_minor) > (
      SELECT coalesce(sum(back.amount_minor), 0) FROM operations back
       WHERE back.merchant_id = taken.merchant_id AND back.order_id = taken.order_id AND back.attempt = taken.attempt
         AND back.operation = 'refund' AND back.outcome = 'succeeded')
  END
$$;

-- Why this claim must not start or repeat a payment now, from what else is recorded of the order; null when nothing
-- speaks against it. What gives back or closes (void, refund, close_…) is never hindered. `attempts`: of the state that the
-- claim brings.
CREATE FUNCTION claim_hindrance(h order_head, c jsonb, attempts jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  attempt_now integer := (c->>'attempt')::int;
  starts boolean := c->>'operation' IN ('charge', 'authorize', 'continue_authentication', 'open_hosted', 'open_invoice');
  other operations;
BEGIN
  IF NOT starts AND c->>'operation' <> 'capture' THEN
    RETURN NULL;
  END IF;
  FOR other IN
    SELECT * FROM operations o WHERE o.merchant_id = h.merchant_id AND o.order_id = h.order_id ORDER BY o.attempt
  LOOP
    IF other.attempt = attempt_now AND (other.processor <> c->>'processor' OR other.account <> c->>'account') THEN
      RETURN format('attempt %s was made at %s, account %s', attempt_now, other.processor, other.account);
    ELSIF starts AND other.attempt > attempt_now THEN
      RETURN format('attempt %s was started after attempt %s', other.attempt, attempt_now);
    ELSIF other.attempt <> attempt_now AND other.operation IN ('charge', 'capture', 'open_hosted', 'open_invoice')
      AND other.outcome = 'succeeded'
      AND coalesce(other.result->>'authorizedOnly', 'false') <> 'true'
      -- A void gives up what was reserved, and nothing that was taken.
      AND money_is_here(other, attempts->(other.attempt - 1)) THEN
      RETURN format('attempt %s took the money', other.attempt);
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- The recorded operation answers a claim that asks for exactly it.
CREATE FUNCTION answer_again(op operations, sendable boolean, OUT answer text, OUT resend_until timestamptz,
                             OUT result jsonb) LANGUAGE plpgsql AS $$
BEGIN
  IF op.outcome IN ('succeeded', 'declined', 'requires_action', 'pending')
     OR (op.outcome = 'not_executed' AND NOT sendable) THEN
    answer := 'recorded';
    result := op.result;
  ELSIF sendable THEN
    answer := 'sent_again';
    resend_until := op.resend_until;
    -- From here on a send is under way again: what the last one proved no longer tells of the whole operation.
    UPDATE operations o SET
      doubtful = o.doubtful OR o.outcome IS DISTINCT FROM 'not_executed',
      outcome = nullif(o.outcome, 'not_executed'),
      result = CASE WHEN o.outcome <> 'not_executed' THEN o.result END
    WHERE o.key = op.key;
  ELSE
    answer := 'expired';
  END IF;
END $$;

/*
 The rule (the docs of ClaimAnswer say what each answer means):

 1. The order's row is locked first: claims of one order happen one after another.
 2. A run that is behind the stored state (is_behind) is answered order_exists, whatever it asks, and nothing is written. An
    order that was reset, or that is collected again after retention, goes on from there with its numbers, budgets and
    forbidden instruments. So whatever a claim below finds, its run knows of everything that is stored.
 3. The key is known and all frozen fields are the same: the operation's row answers. So a lost answer and a second worker get
    recorded, sent_again or expired, never a new payment.
 4. A payment that the store has reasons against (claim_hindrance) is not started: that is a conflict, for a person. Nor
    is a known key sent again then: it is recorded or expired.
 5. Sending again needs `latestNow < resend_until` as fixed by the first claim. Past it, an operation of which every send is
    proved not executed is recorded as that; one without a known outcome is expired: only proof ends it.
 6. What tries a card (`c.card`) is counted under the card's lock: a card that any outcome has forbidden, or whose ceiling
    is reached, is refused by `forbidden` or `ceiling`, and nothing but the progress is written. Sending a known key again
    counts nothing again, unless its try had been released: then it needs room anew. `reading`: how the card stands now.
*/
CREATE FUNCTION claim_operation(c jsonb, p jsonb, OUT answer text, OUT what text, OUT resend_until timestamptz,
                                OUT result jsonb, OUT reading jsonb) LANGUAGE plpgsql AS $$
DECLARE
  h order_head := lock_order(p);
  op operations;
  known boolean;
  hindrance text;
  the_card text;
  refused text;
  latest_now timestamptz := coalesce(c->>'latestNow', c->>'now')::timestamptz;
BEGIN
  IF h.behind THEN
    answer := 'order_exists';
    RETURN;
  END IF;
  PERFORM write_progress(h, p);

  SELECT * INTO op FROM operations o
   WHERE o.key = c->>'key' OR (o.merchant_id = h.merchant_id AND o.order_id = h.order_id
     AND o.attempt = (c->>'attempt')::int AND o.operation = c->>'operation' AND o.processor = c->>'processor'
     AND o.number = (c->>'number')::int)
   ORDER BY o.key = c->>'key' DESC LIMIT 1 FOR UPDATE;
  known := FOUND;
  what := CASE WHEN known THEN claim_difference(op, c) END;
  hindrance := claim_hindrance(h, c, p->'state'->'attempts');
  IF what IS NOT NULL THEN
    answer := 'conflict'; what := format('the operation is recorded with another %s', what);
  ELSIF known THEN
    SELECT r.refused, r.reading INTO refused, reading
      FROM card_for_resend(op, c, op.resend_until > latest_now AND hindrance IS NULL) r;
    IF refused IS NOT NULL AND op.outcome = 'not_executed' THEN
      answer := refused;
    ELSE
      SELECT a.answer, a.resend_until, a.result INTO answer, resend_until, result
        FROM answer_again(op, op.resend_until > latest_now AND hindrance IS NULL AND refused IS NULL) a;
    END IF;
  ELSIF hindrance IS NOT NULL THEN
    answer := 'conflict'; what := hindrance;
  ELSE
    IF c->'card' IS NOT NULL THEN
      SELECT s.card, s.refused, s.reading INTO the_card, refused, reading FROM card_standing(c) s;
      IF refused IS NOT NULL THEN
        answer := refused;
        RETURN;
      END IF;
    END IF;
    INSERT INTO operations (key, readable_key, merchant_id, order_id, attempt, operation, number, processor, account,
                            instrument_id, amount_minor, currency, request_hash, claimed_at, resend_until)
    VALUES (c->>'key', c->>'readableKey', h.merchant_id, h.order_id, (c->>'attempt')::int, c->>'operation',
            (c->>'number')::int, c->>'processor', c->>'account', c->>'instrumentId', (c->>'amountMinor')::bigint, c->>'currency',
            c->>'requestHash', (c->>'now')::timestamptz, (c->>'resendUntil')::timestamptz)
    ON CONFLICT DO NOTHING;
    answer := CASE WHEN FOUND THEN 'granted' ELSE 'conflict' END;
    what := CASE WHEN NOT FOUND THEN 'the key belongs to another order' END;
    IF answer = 'granted' AND the_card IS NOT NULL THEN
      reading := reserve_try(the_card, c);
    END IF;
  END IF;
END $$;

-- Before a known key is sent again: a card that was forbidden meanwhile is not tried, and a try that had been released
-- is counted again. One that is still reserved has its place already.
CREATE FUNCTION card_for_resend(op operations, c jsonb, sendable boolean, OUT refused text, OUT reading jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  the_card text;
BEGIN
  IF c->'card' IS NULL OR sendable IS NOT TRUE OR coalesce(op.outcome NOT IN ('unknown', 'not_executed'), false) THEN
    RETURN;
  END IF;
  SELECT s.card, s.refused, s.reading INTO the_card, refused, reading FROM card_standing(c) s;
  IF EXISTS (SELECT FROM card_ledger l WHERE l.key = op.key AND l.try = 0 AND l.state = 'reserved') THEN
    refused := nullif(refused, 'ceiling');
  ELSIF refused IS NULL THEN
    reading := reserve_try(the_card, c);
  END IF;
END $$;

-- How far an outcome is from being open: a higher one is never replaced by a lower one. Payments may succeed after all;
-- refunds may fail after all, and whoever says later that one succeeded tells of what was before.
CREATE FUNCTION outcome_rank(outcome text, operation text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE outcome WHEN 'unknown' THEN 0 WHEN 'requires_action' THEN 1 WHEN 'pending' THEN 2
    WHEN 'not_executed' THEN 3 WHEN 'declined' THEN CASE operation WHEN 'refund' THEN 6 ELSE 4 END
    WHEN 'succeeded' THEN 5 ELSE -1 END
$$;

-- Writes an outcome unless a firmer one is there; answers whether the key is known.
-- `not_executed` of one send says nothing of earlier sends whose answer is missing (doubtful), nor of what the processor
-- acknowledged; it ends those only as a proof about the whole operation (a lookup, or `found` absent or closed).
-- What proved it may have been a question about it (a proof says `lookup`): it is kept as the operation's own answer.
-- In the same transaction the card that was tried learns of it: what the try counts as, and whether the card is forbidden.
CREATE FUNCTION record_outcome(k text, r jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  now_outcome text;
  written boolean;
  proof boolean := r->>'operation' = 'lookup' OR coalesce(r->>'found' IN ('absent', 'closed'), false);
BEGIN
  UPDATE operations o SET
    outcome = r->>'outcome', result = r || jsonb_build_object('operation', o.operation),
    reference = coalesce(r->>'reference', o.reference),
    -- What needed a proof once goes on needing one: the answer of an earlier send may still be on its way here.
    doubtful = o.doubtful OR r->>'outcome' = 'unknown' OR (r->>'outcome' = 'not_executed' AND proof), recorded_at = now()
  WHERE o.key = k
    AND (outcome_rank(r->>'outcome', o.operation) > outcome_rank(o.outcome, o.operation)
      OR (r->>'outcome' = o.outcome AND o.outcome IN ('unknown', 'requires_action', 'pending')))
    AND (r->>'outcome' <> 'not_executed' OR proof OR (NOT o.doubtful AND o.outcome IS NULL));
  written := FOUND;
  SELECT o.outcome INTO now_outcome FROM operations o WHERE o.key = k;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  -- An outcome that is on record may still teach the card something: it may be told again with more.
  IF written OR now_outcome = r->>'outcome' THEN
    PERFORM settle_try(k, now_outcome, r);
  END IF;
  RETURN true;
END $$;

-- An answer, and the decision on it that its activity foretells, in one commit (`foretold`: it was written). The decision is
-- written onto the very state from which it was made, and nothing else: the one of this run's claim, which `p` is based on,
-- while the run has not gone on from there. Nor is it written when a processor's event waits for this order, because the
-- run decides on that first. What the run writes itself stands at a later position, and supersedes this.
CREATE FUNCTION record_answer(k text, r jsonb, p jsonb, OUT known boolean, OUT foretold boolean) LANGUAGE plpgsql AS $$
DECLARE
  h order_head;
BEGIN
  SELECT o.merchant_id, o.order_id, false, o.epoch, o.epoch, false
    INTO h
    FROM orders o
   WHERE o.merchant_id = p->>'merchantId' AND o.order_id = p->>'orderId' AND o.run_id = p->>'runId'
     AND o.version = p->>'basedOn' AND o.state_position < (p->>'position')::int
     FOR NO KEY UPDATE;
  foretold := FOUND AND EXISTS (SELECT FROM operations WHERE key = k) AND NOT EXISTS (SELECT FROM inbox
    WHERE merchant_id = h.merchant_id AND order_id = h.order_id AND status IN ('stored', 'parked'));
  IF foretold THEN
    PERFORM write_progress(h, p, true);
  END IF;
  known := record_outcome(k, r);
END $$;

-- What a lost activity recorded of its operation, if that is definite. The order's row moves on to where its run is now: if
-- the activity is only frozen, what it foretells later stands at an earlier one, and so does what it claims.
CREATE FUNCTION recall_answer(merchant text, id text, k text, run text, now_at integer) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  UPDATE orders o SET state_position = greatest(o.state_position, now_at)
   WHERE o.merchant_id = merchant AND o.order_id = id AND o.run_id = run;
  RETURN (SELECT o.result FROM operations o WHERE o.key = k AND o.outcome <> 'unknown');
END $$;
