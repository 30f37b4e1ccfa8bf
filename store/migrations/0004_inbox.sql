-- Stores a processor's event once: stored, duplicate (same id, same body) or conflict (same id, another body: kept as
-- quarantined). An event whose order is not in the store is parked; the order's first write takes it out again.
CREATE FUNCTION store_event(e jsonb, body text, received timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  order_known boolean;
  first_body text;
BEGIN
  SELECT true INTO order_known FROM orders
   WHERE merchant_id = e->>'merchantId' AND order_id = e->>'orderId';
  IF NOT FOUND THEN
    -- The order may be written at this very moment: wait for it (lock_order takes the same lock) and look again.
    PERFORM pg_advisory_xact_lock(hashtextextended((e->>'merchantId') || '/' || (e->>'orderId'), 0));
    SELECT true INTO order_known FROM orders
     WHERE merchant_id = e->>'merchantId' AND order_id = e->>'orderId';
  END IF;

  INSERT INTO inbox (processor, event_id, body_hash, merchant_id, order_id, event, received_at, status, reason)
  VALUES (e->>'processor', e->>'eventId', body, e->>'merchantId', e->>'orderId', e, received,
          CASE WHEN order_known THEN 'stored' ELSE 'parked' END, CASE WHEN order_known THEN NULL ELSE 'no such order' END)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM count_event(e);
    RETURN 'stored';
  END IF;

  SELECT body_hash INTO first_body FROM inbox
   WHERE processor = e->>'processor' AND event_id = e->>'eventId' AND status <> 'quarantined';
  IF first_body = body THEN
    RETURN 'duplicate';
  END IF;
  INSERT INTO inbox (processor, event_id, body_hash, merchant_id, order_id, event, received_at, status, reason)
  VALUES (e->>'processor', e->>'eventId', body, e->>'merchantId', e->>'orderId', e, received, 'quarantined',
          'the same id came before with another body')
  ON CONFLICT DO NOTHING;
  RETURN 'conflict';
END $$;
