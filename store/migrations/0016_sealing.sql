-- The key behind counting identities, once for each sealing key that has to find it: a JWE, never in clear.
CREATE TABLE identity_keys (
  kid        text PRIMARY KEY,
  sealed     text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE FUNCTION save_identity_key(key_id text, text_sealed text, is_first boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Two processes that start at once must not make two identity keys.
  LOCK TABLE identity_keys IN SHARE ROW EXCLUSIVE MODE;
  IF is_first AND EXISTS (SELECT FROM identity_keys) THEN
    RETURN;
  END IF;
  INSERT INTO identity_keys (kid, sealed) VALUES (key_id, text_sealed) ON CONFLICT DO NOTHING;
END $$;

-- The key id in the header of a compact JWE; null when it cannot be read.
CREATE FUNCTION sealed_kid(sealed text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  head text := translate(split_part(sealed, '.', 1), '-_', '+/');
BEGIN
  RETURN convert_from(decode(rpad(head, (length(head) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb ->> 'kid';
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;

-- How many orders may still have to open a credential of each sealing key. Paid and cancelled ones never do.
CREATE FUNCTION sealing_key_use() RETURNS TABLE (kid text, open_orders bigint, reopenable_orders bigint)
LANGUAGE sql STABLE AS $$
  WITH used AS (
    SELECT DISTINCT o.merchant_id, o.order_id, o.stage, coalesce(sealed_kid(c->>'sealed'), 'unreadable') AS kid
      FROM orders o, jsonb_array_elements(o.state->'instruments') i, jsonb_array_elements(i->'credentials') c
     WHERE o.stage NOT IN ('paid', 'cancelled')
  )
  SELECT kid, count(*) FILTER (WHERE stage NOT IN ('failed', 'expired')),
         count(*) FILTER (WHERE stage IN ('failed', 'expired'))
    FROM used GROUP BY kid ORDER BY kid
$$;
