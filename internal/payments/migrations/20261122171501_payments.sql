-- +goose Up
-- What is to be paid for a case, once. Amounts are in the smallest unit of the
-- currency.
CREATE TABLE payments_order (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  case_id TEXT NOT NULL,
  service TEXT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  paid_at BIGINT,
  PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;

CREATE INDEX payments_order_case ON payments_order (case_id, created_at);
CREATE INDEX payments_order_state ON payments_order (state, changed_at, id);
CREATE INDEX payments_order_changed ON payments_order (changed_at, id);

-- Each try to pay an order: what the provider knows by our reference, and
-- what it calls it. next_at is when to ask it again; none: it is done with.
CREATE TABLE payments_attempt (
  subject TEXT NOT NULL,
  order_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  payment TEXT UNIQUE,
  state TEXT NOT NULL,
  code TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  next_at BIGINT,
  PRIMARY KEY (subject, order_id, n)
) /*sqlite: WITHOUT ROWID */;

CREATE INDEX payments_attempt_next ON payments_attempt (next_at) WHERE next_at IS NOT NULL;
