-- What a merchant's cards were tried with, across orders: who a card is, whether it is forbidden, and each attempt that
-- counts to a ceiling of its network. Which ceilings there are is no business of the database: claims and readers bring
-- them (policy/ceilings), as [{name, network, counts, sameAmount, limit, windowMs}].

-- One card of one merchant. `card` is the first name that it was met under; it stands for all others.
CREATE TABLE cards (
  merchant_id text NOT NULL,
  card        text NOT NULL,
  -- As the last answer of a processor reports it, else as the caller said.
  network     text,
  -- Set once, never removed: {since, orderId, attempt, processor, failureClass, source} of the outcome that forbade it.
  forbidden   jsonb,
  PRIMARY KEY (merchant_id, card)
);

-- Every name under which a card was met: PAR, keyed hash of each credential. Two names that come together are one card.
CREATE TABLE card_names (
  merchant_id text NOT NULL,
  name        text NOT NULL,
  card        text NOT NULL,
  PRIMARY KEY (merchant_id, name)
);
CREATE INDEX card_names_of_card ON card_names (merchant_id, card);

-- One row per try. `try` is 0 for ours, and counts the tries that a processor made by itself under the same key. A try on
-- a processor's own page, which is not ours to refuse, has a key made of the processor's reference.
-- reserved: claimed, no definite outcome (unknown keeps it). released: proved that nothing was executed.
CREATE TABLE card_ledger (
  key           text NOT NULL,
  try           integer NOT NULL DEFAULT 0,
  merchant_id   text NOT NULL,
  card          text NOT NULL,
  identity      text NOT NULL,
  identity_from text NOT NULL,
  network       text,
  amount_minor  bigint NOT NULL,
  currency      text NOT NULL,
  order_id      text NOT NULL,
  attempt       integer NOT NULL,
  processor     text NOT NULL,
  started_by    text NOT NULL CHECK (started_by IN ('rule', 'schedule', 'buyer', 'support', 'processor', 'page')),
  state         text NOT NULL CHECK (state IN ('reserved', 'declined', 'succeeded', 'released')),
  counted_at    timestamptz(3) NOT NULL,
  settled_at    timestamptz(3),
  PRIMARY KEY (key, try)
);
CREATE INDEX card_ledger_window ON card_ledger (merchant_id, card, counted_at);

CREATE FUNCTION cards_named(merchant text, names text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(DISTINCT n.card ORDER BY n.card), '{}') FROM card_names n
   WHERE n.merchant_id = merchant AND n.name = ANY (names)
$$;

CREATE FUNCTION names_of(c jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(n ORDER BY at) FROM (
    SELECT c->>'identity' AS n, 0 AS at
    UNION ALL SELECT a.n, a.at FROM jsonb_array_elements_text(coalesce(c->'aliases', '[]')) WITH ORDINALITY a(n, at)
  ) named
$$;

-- Takes the lock of the card with these names, until the transaction ends: counting and reserving of one card happen one
-- after another. Names that turn out to be one card are joined. Locked after the order's row, never before it; the names
-- first, in their order, so that nobody who holds a card waits for a name that is being written
-- (but a claim that brings proofs of another card: two that cross are a deadlock, which PostgreSQL ends, and one is made again).
CREATE FUNCTION lock_card(merchant text, names text[], said_network text) RETURNS cards LANGUAGE plpgsql AS $$
DECLARE
  known text[];
  locked text[] := '{}';
  each text;
  found_card cards;
BEGIN
  IF names[1] IS NULL THEN
    RAISE EXCEPTION 'a card without a name cannot be counted' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  FOR each IN SELECT DISTINCT n FROM unnest(names) n ORDER BY n LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('card name/' || merchant || '/' || each, 0));
  END LOOP;
  LOOP
    known := cards_named(merchant, names);
    IF known = '{}' THEN
      known := names[1:1];
    END IF;
    EXIT WHEN known <@ locked;
    FOREACH each IN ARRAY known LOOP
      PERFORM pg_advisory_xact_lock(hashtextextended('card/' || merchant || '/' || each, 0));
    END LOOP;
    locked := locked || known;
  END LOOP;
  IF cardinality(known) > 1 THEN
    PERFORM join_cards(merchant, known);
  END IF;
  INSERT INTO card_names (merchant_id, name, card)
  SELECT DISTINCT merchant, n, known[1] FROM unnest(names) n
  ON CONFLICT DO NOTHING;
  SELECT * INTO found_card FROM cards WHERE merchant_id = merchant AND card = known[1];
  IF NOT FOUND THEN
    INSERT INTO cards (merchant_id, card, network) VALUES (merchant, known[1], said_network)
    ON CONFLICT DO NOTHING;
    found_card := (merchant, known[1], said_network, NULL)::cards;
  ELSIF found_card.network IS NULL AND said_network IS NOT NULL THEN
    UPDATE cards SET network = said_network WHERE merchant_id = merchant AND card = known[1];
    found_card.network := said_network;
  END IF;
  RETURN found_card;
END $$;

-- Several names proved to be one card: the first keeps what all of them have.
CREATE FUNCTION join_cards(merchant text, same text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE card_ledger SET card = same[1] WHERE merchant_id = merchant AND card = ANY (same[2:]);
  UPDATE card_names SET card = same[1] WHERE merchant_id = merchant AND card = ANY (same[2:]);
  UPDATE cards c SET
    network = coalesce(c.network, (SELECT o.network FROM cards o
      WHERE o.merchant_id = merchant AND o.card = ANY (same) AND o.network IS NOT NULL ORDER BY o.card LIMIT 1)),
    forbidden = coalesce(c.forbidden, (SELECT o.forbidden FROM cards o
      WHERE o.merchant_id = merchant AND o.card = ANY (same) AND o.forbidden IS NOT NULL ORDER BY o.card LIMIT 1))
  WHERE c.merchant_id = merchant AND c.card = same[1];
  DELETE FROM cards WHERE merchant_id = merchant AND card = ANY (same[2:]);
END $$;

-- As on the wire: UTC, to the millisecond.
CREATE FUNCTION instant_text(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- How far each ceiling of the network is used at `at`: [{name, used, reached, windowEndsAt}]. An attempt is in the window
-- while `at - window < counted_at`. windowEndsAt: when the count falls below the limit; below it, when the oldest leaves.
CREATE FUNCTION ceiling_counts(merchant text, same text[], net text, amount bigint, cur text, at timestamptz,
                               ceilings jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', c.name,
      'used', u.used,
      'reached', u.used >= c.most,
      'windowEndsAt', instant_text(coalesce(u.times[greatest(1, u.used - c.most + 1)], at) + c.wide))
    ORDER BY c.name), '[]')
  FROM (
    SELECT r->>'name' AS name, r->>'counts' AS counts, (r->>'sameAmount')::boolean AS same_amount, (r->>'limit')::int AS most,
           make_interval(secs => (r->>'windowMs')::double precision / 1000) AS wide
    FROM jsonb_array_elements(ceilings) r WHERE r->>'network' = net
  ) c
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS used, array_agg(l.counted_at ORDER BY l.counted_at) AS times
    FROM card_ledger l
    WHERE l.merchant_id = merchant AND l.card = ANY (same) AND l.counted_at > at - c.wide
      -- What no processor has named the network of counts as this card's.
      AND coalesce(l.network, net) = net
      AND (l.state IN ('reserved', 'declined') OR (l.state = 'succeeded' AND c.counts = 'attempts'))
      AND (NOT c.same_amount OR (l.amount_minor = amount AND l.currency = cur))
  ) u
$$;

-- What is known of a card for an amount: {network, forbidden, counts}. `same`: the cards that its names lead to.
CREATE FUNCTION card_reading(merchant text, same text[], said_network text, amount bigint, cur text, at timestamptz,
                             ceilings jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  net text;
  mark jsonb;
BEGIN
  SELECT min(c.network), (array_agg(c.forbidden) FILTER (WHERE c.forbidden IS NOT NULL))[1] INTO net, mark
    FROM cards c WHERE c.merchant_id = merchant AND c.card = ANY (same);
  net := coalesce(net, said_network);
  RETURN jsonb_build_object('network', net, 'forbidden', mark,
    'counts', ceiling_counts(merchant, same, net, amount, cur, at, ceilings));
END $$;

-- For planning, without a lock: the reading of each card that is asked for, in that order.
CREATE FUNCTION read_cards(merchant text, asked jsonb, amount bigint, cur text, at timestamptz, ceilings jsonb)
RETURNS SETOF jsonb LANGUAGE sql STABLE AS $$
  SELECT card_reading(merchant, cards_named(merchant, names_of(a)), a->>'network', amount, cur, at, ceilings)
    FROM jsonb_array_elements(asked) WITH ORDINALITY x(a, place) ORDER BY place
$$;

-- May this claim try its card now? Takes the card's lock; what it answers holds until the transaction ends.
-- `refused`: forbidden, ceiling or null.
CREATE FUNCTION card_standing(c jsonb, OUT card text, OUT refused text, OUT reading jsonb) LANGUAGE plpgsql AS $$
DECLARE
  found_card cards := lock_card(c->>'merchantId', names_of(c->'card'), c->'card'->>'network');
BEGIN
  card := found_card.card;
  reading := card_reading(c->>'merchantId', ARRAY[card], found_card.network, (c->>'amountMinor')::bigint, c->>'currency',
                          (c->>'now')::timestamptz, c->'ceilings');
  refused := CASE
    WHEN found_card.forbidden IS NOT NULL THEN 'forbidden'
    WHEN jsonb_path_exists(reading, '$.counts[*] ? (@.reached == true)') THEN 'ceiling'
  END;
END $$;

-- Counts the claim's attempt, for the first time or, after it was released, anew. The card must be locked.
CREATE FUNCTION reserve_try(the_card text, c jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  net text := (SELECT k.network FROM cards k WHERE k.merchant_id = c->>'merchantId' AND k.card = the_card);
BEGIN
  INSERT INTO card_ledger (key, merchant_id, card, identity, identity_from, network, amount_minor, currency, order_id,
                           attempt, processor, started_by, state, counted_at)
  VALUES (c->>'key', c->>'merchantId', the_card, c->'card'->>'identity', c->'card'->>'identityFrom', net,
          (c->>'amountMinor')::bigint, c->>'currency', c->>'orderId', (c->>'attempt')::int, c->>'processor',
          c->'card'->>'startedBy', 'reserved', (c->>'now')::timestamptz)
  ON CONFLICT (key, try) DO UPDATE SET state = 'reserved', counted_at = excluded.counted_at, settled_at = NULL;
  RETURN card_reading(c->>'merchantId', ARRAY[the_card], net, (c->>'amountMinor')::bigint, c->>'currency',
                      (c->>'now')::timestamptz, c->'ceilings');
END $$;

-- The outcome `r` of the operation with this key, as the operation now has it, told to its card: what the try counts as,
-- which network it was, what the processor tried by itself, and whether the card is forbidden for all orders.
CREATE FUNCTION settle_try(k text, outcome text, r jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := (r->>'endedAt')::timestamptz;
  tried card_ledger;
  reported text[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(r->'cardNames', '[]')));
  net text := lower(r->>'network');
BEGIN
  -- The processor knows the card by further names: whoever comes with one of them comes with this card.
  IF reported <> '{}' THEN
    SELECT * INTO tried FROM card_ledger l WHERE l.key = k AND l.try = 0;
    IF FOUND AND cardinality(reported) > (SELECT count(*) FROM card_names n
        WHERE n.merchant_id = tried.merchant_id AND n.name = ANY (reported) AND n.card = tried.card) THEN
      PERFORM lock_card(tried.merchant_id, tried.identity || reported, net);
    END IF;
  END IF;
  UPDATE card_ledger l SET
    state = CASE outcome WHEN 'succeeded' THEN 'succeeded' WHEN 'declined' THEN 'declined'
                         WHEN 'not_executed' THEN 'released' ELSE l.state END,
    settled_at = CASE WHEN outcome IN ('succeeded', 'declined', 'not_executed') THEN at ELSE l.settled_at END,
    network = coalesce(net, l.network)
  WHERE l.key = k AND l.try = 0
  RETURNING l.* INTO tried;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM count_native_tries(tried, r->'nativeTries', at);
  PERFORM teach_card(tried, net, (r->>'forbidsEverywhere')::boolean, r->>'failureClass',
    (r->>'document') || CASE WHEN r->>'edition' = '' THEN '' ELSE ' (' || (r->>'edition') || ')' END);
END $$;

-- What a processor tried by itself under the key of ours, in its order: told again, it is counted once.
CREATE FUNCTION count_native_tries(tried card_ledger, tries jsonb, told_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO card_ledger (key, try, merchant_id, card, identity, identity_from, network, amount_minor, currency, order_id,
                           attempt, processor, started_by, state, counted_at, settled_at)
  SELECT tried.key, n.place, tried.merchant_id, tried.card, tried.identity, tried.identity_from, tried.network,
         tried.amount_minor, tried.currency, tried.order_id, tried.attempt, tried.processor, 'processor',
         n.one->>'outcome', (n.one->>'at')::timestamptz, told_at
    FROM jsonb_array_elements(coalesce(tries, '[]')) WITH ORDINALITY n(one, place)
  ON CONFLICT DO NOTHING
$$;

-- What a try said of its card itself: its network, and that it is forbidden for every order of the merchant.
CREATE FUNCTION teach_card(tried card_ledger, net text, forbids boolean, failure_class text, source text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE cards c SET
    network = coalesce(net, c.network),
    forbidden = CASE WHEN forbids THEN coalesce(c.forbidden, jsonb_build_object('since', instant_text(tried.settled_at),
      'orderId', tried.order_id, 'attempt', tried.attempt, 'processor', tried.processor,
      'failureClass', failure_class, 'source', source)) ELSE c.forbidden END
  WHERE c.merchant_id = tried.merchant_id AND c.card = tried.card
    AND ((net IS NOT NULL AND c.network IS DISTINCT FROM net) OR (forbids AND c.forbidden IS NULL));
END $$;

-- A processor's notice of a payment on its own page: the buyer's try there counts like any other, once for each payment.
CREATE FUNCTION count_page_try(e jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  op operations;
  tried card_ledger;
  net text := lower(e->>'network');
BEGIN
  IF e->'cardNames'->>0 IS NULL OR e->>'reference' IS NULL
     OR e->>'type' NOT IN ('payment_succeeded', 'payment_authorized', 'payment_failed') THEN
    RETURN;
  END IF;
  SELECT * INTO op FROM operations o
   WHERE o.key = e->>'key' AND o.merchant_id = e->>'merchantId' AND o.order_id = e->>'orderId'
     AND o.operation IN ('open_hosted', 'open_invoice');
  IF NOT FOUND THEN
    RETURN;
  END IF;
  INSERT INTO card_ledger (key, merchant_id, card, identity, identity_from, network, amount_minor, currency, order_id,
                           attempt, processor, started_by, state, counted_at, settled_at)
  SELECT 'page/' || op.processor || '/' || (e->>'reference'), op.merchant_id, k.card, e->'cardNames'->>0, 'processor',
         coalesce(net, k.network), op.amount_minor, op.currency, op.order_id, op.attempt, op.processor, 'page',
         CASE WHEN e->>'type' = 'payment_failed' THEN 'declined' ELSE 'succeeded' END,
         (e->>'occurredAt')::timestamptz, (e->>'occurredAt')::timestamptz
    FROM lock_card(op.merchant_id, ARRAY(SELECT jsonb_array_elements_text(e->'cardNames')), net) k
  ON CONFLICT DO NOTHING
  RETURNING * INTO tried;
  IF FOUND THEN
    PERFORM teach_card(tried, net, (e->>'forbidsEverywhere')::boolean, e->>'failureClass', 'a notice of ' || op.processor);
  END IF;
END $$;

-- A processor's notice may count before any run decides on it: what it tried by itself, and what the buyer tried on its page.
CREATE FUNCTION count_event(e jsonb) RETURNS void LANGUAGE sql AS $$
  SELECT count_native_tries(l, e->'nativeTries', (e->>'occurredAt')::timestamptz) FROM card_ledger l
   WHERE e->'nativeTries' IS NOT NULL AND l.key = e->>'key' AND l.try = 0
     AND l.merchant_id = e->>'merchantId' AND l.order_id = e->>'orderId';
  SELECT count_page_try(e);
$$;
