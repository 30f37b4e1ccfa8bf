-- Instants are kept to the millisecond, as on the wire, so that a cursor made from one finds the very same row again.
-- No foreign keys between these tables: all writes go through the functions of 0002, which lock the order's row first.

-- One row per merchant and order, for ever: beyond Temporal's retention, beyond every run.
CREATE TABLE orders (
  merchant_id    text NOT NULL,
  order_id       text NOT NULL,
  stage          text NOT NULL,
  -- A run has to work on it. Not the same as the stage: of a paid order money may have to go back.
  is_open        boolean NOT NULL,
  needs_human    boolean NOT NULL,
  next_action_at timestamptz(3),
  processor      text,
  failure_class  text,
  -- The newest epoch and the run that opened it, whose the state is.
  epoch          integer NOT NULL,
  run_id         text NOT NULL,
  state          jsonb NOT NULL,
  -- Which write the state is of: a run that is new to the order goes on from exactly this one.
  version        text NOT NULL,
  -- The writes that its run knew to be stored when it wrote it.
  based_on       text[] NOT NULL,
  -- Where in that run's history it was written.
  state_position integer NOT NULL,
  created_at     timestamptz(3) NOT NULL DEFAULT now(),
  updated_at     timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, order_id)
);
CREATE INDEX orders_newest ON orders (merchant_id, updated_at DESC, order_id DESC);
CREATE INDEX orders_open ON orders (updated_at, merchant_id, order_id) WHERE is_open;

-- Each run that ever wrote an order, in the order in which they first wrote: a reset opens a new epoch.
CREATE TABLE order_epochs (
  merchant_id text NOT NULL,
  order_id    text NOT NULL,
  epoch       integer NOT NULL,
  run_id      text NOT NULL,
  opened_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, order_id, epoch),
  UNIQUE (merchant_id, order_id, run_id)
);

-- One row per thing asked of a processor. Everything up to resend_until is frozen by the first claim.
CREATE TABLE operations (
  key           text PRIMARY KEY,
  readable_key  text NOT NULL,
  merchant_id   text NOT NULL,
  order_id      text NOT NULL,
  attempt       integer NOT NULL,
  operation     text NOT NULL,
  -- Another one of its name is asked for only after a definite outcome of the one before.
  number        integer NOT NULL,
  processor     text NOT NULL,
  account       text NOT NULL,
  instrument_id text,
  amount_minor  bigint NOT NULL,
  currency      text NOT NULL,
  request_hash  text NOT NULL,
  claimed_at    timestamptz(3) NOT NULL,
  resend_until  timestamptz(3),
  -- True once a send ended without a known outcome: from then on a later send's "not executed" proves nothing of it.
  doubtful      boolean NOT NULL DEFAULT false,
  outcome       text,
  result        jsonb,
  reference     text,
  recorded_at   timestamptz(3),
  UNIQUE (merchant_id, order_id, attempt, operation, processor, number)
);
CREATE INDEX operations_reference ON operations (processor, reference) WHERE reference IS NOT NULL;

-- `position`: how long the run's history was when its task wrote. Temporal may discard a task after it wrote here (a
-- message came in between, the worker died) and decide anew; then the new writing supersedes the discarded one.
CREATE TABLE timeline (
  merchant_id   text NOT NULL,
  order_id      text NOT NULL,
  epoch         integer NOT NULL,
  seq           integer NOT NULL,
  position      integer NOT NULL,
  entry         jsonb NOT NULL,
  superseded_at timestamptz(3)
);
CREATE UNIQUE INDEX timeline_story ON timeline (merchant_id, order_id, epoch, seq) WHERE superseded_at IS NULL;

-- Events for the merchant. The id is derived from what the event tells, so writing it again writes nothing.
CREATE TABLE outbox (
  id           text PRIMARY KEY,
  position     bigint GENERATED ALWAYS AS IDENTITY,
  merchant_id  text NOT NULL,
  order_id     text NOT NULL,
  event        jsonb NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  delivered_at timestamptz(3)
);
CREATE INDEX outbox_waiting ON outbox (merchant_id, order_id, position) WHERE delivered_at IS NULL;

-- Events of processors. `quarantined`: an id that came again with another body; kept beside the first, never applied.
CREATE TABLE inbox (
  position    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  processor   text NOT NULL,
  event_id    text NOT NULL,
  body_hash   text NOT NULL,
  merchant_id text NOT NULL,
  order_id    text NOT NULL,
  event       jsonb NOT NULL,
  status      text NOT NULL CHECK (status IN ('stored', 'applied', 'parked', 'quarantined')),
  reason      text,
  received_at timestamptz(3) NOT NULL,
  applied_at  timestamptz(3)
);
CREATE UNIQUE INDEX inbox_once ON inbox (processor, event_id) WHERE status <> 'quarantined';
CREATE UNIQUE INDEX inbox_quarantined_once ON inbox (processor, event_id, body_hash) WHERE status = 'quarantined';
CREATE INDEX inbox_waiting ON inbox (received_at, position) WHERE status = 'stored';
CREATE INDEX inbox_of_order ON inbox (merchant_id, order_id, position) WHERE status IN ('stored', 'parked');

-- Versions are immutable; which one is current is the last publication (rolling back publishes an old one again).
CREATE TABLE rulebooks (
  merchant_id text NOT NULL,
  hash        text NOT NULL,
  rulebook_id text NOT NULL,
  version     integer NOT NULL,
  rulebook    jsonb NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, hash),
  UNIQUE (merchant_id, rulebook_id, version)
);
CREATE TABLE rulebook_publications (
  position     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id  text NOT NULL,
  hash         text NOT NULL,
  published_at timestamptz(3) NOT NULL DEFAULT now(),
  FOREIGN KEY (merchant_id, hash) REFERENCES rulebooks
);
CREATE INDEX rulebook_publications_newest ON rulebook_publications (merchant_id, position DESC);

CREATE TABLE deployments (
  id           boolean PRIMARY KEY DEFAULT true CHECK (id),
  deployment   jsonb NOT NULL,
  published_at timestamptz(3) NOT NULL DEFAULT now()
);

-- `status` is null while the first request is being answered; `lease_until` frees the key of a gateway that died.
CREATE TABLE http_idempotency (
  caller       text NOT NULL,
  key          text NOT NULL,
  request_hash text NOT NULL,
  lease_until  timestamptz(3) NOT NULL,
  expires_at   timestamptz(3) NOT NULL,
  status       integer,
  body         text,
  PRIMARY KEY (caller, key)
);
CREATE INDEX http_idempotency_expiry ON http_idempotency (expires_at);

CREATE TABLE audit (
  position    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz(3) NOT NULL,
  merchant_id text NOT NULL,
  order_id    text,
  actor       text NOT NULL,
  action      text NOT NULL,
  reason      text NOT NULL,
  detail      jsonb NOT NULL
);
CREATE INDEX audit_of_order ON audit (merchant_id, order_id, position);

CREATE TABLE api_keys (
  key_hash    text PRIMARY KEY,
  merchant_id text NOT NULL,
  name        text NOT NULL,
  scopes      text[] NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT now()
);

-- What happened stays: the database itself refuses to change or remove a line of the story.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: nothing was changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER timeline_append_only BEFORE DELETE OR TRUNCATE ON timeline
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- The one change a line may see: that it was superseded.
CREATE TRIGGER timeline_unchanged BEFORE UPDATE ON timeline
  FOR EACH ROW WHEN (OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
    OR (OLD.merchant_id, OLD.order_id, OLD.epoch, OLD.seq, OLD.position, OLD.entry)
       IS DISTINCT FROM (NEW.merchant_id, NEW.order_id, NEW.epoch, NEW.seq, NEW.position, NEW.entry))
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
