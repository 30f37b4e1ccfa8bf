-- Few orders wait for a person: whoever lists them must not read through all that do not.
CREATE INDEX orders_persons_turn ON orders (merchant_id, updated_at DESC, order_id DESC) WHERE needs_human;
