-- +goose Up
-- What was disposed of, for ever: one row an act, one row a thing. It holds
-- ids, codes and times; the person is a random id of whom nothing else is left.
CREATE TABLE retention_disposal (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  at BIGINT NOT NULL,
  because TEXT NOT NULL, -- due, request, own, closing
  ref TEXT NOT NULL,     -- of the run or the request
  actor TEXT NOT NULL,   -- person, staff, system
  policy TEXT NOT NULL,  -- hash
  last BIGINT NOT NULL,  -- 1: nothing is left of the person
  PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX retention_disposal_at ON retention_disposal (at, id);

CREATE TABLE retention_item (
  subject TEXT NOT NULL,
  disposal TEXT NOT NULL,
  n BIGINT NOT NULL,
  kind TEXT NOT NULL,
  item TEXT NOT NULL,
  scope TEXT NOT NULL,
  service TEXT NOT NULL,
  outcome TEXT NOT NULL,
  rule TEXT NOT NULL,
  since_at BIGINT,
  due_at BIGINT,
  action TEXT NOT NULL,
  PRIMARY KEY (subject, disposal, n)
) /*sqlite: WITHOUT ROWID */;

-- How far the rows that are left are swept: this table changes.
CREATE TABLE retention_sweep (
  subject TEXT NOT NULL,
  disposal TEXT NOT NULL,
  swept BIGINT NOT NULL,
  done_at BIGINT,
  PRIMARY KEY (subject, disposal)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX retention_sweep_open ON retention_sweep (disposal) WHERE done_at IS NULL;

-- What is still known of things that were made anonymous: how many there were.
CREATE TABLE retention_count (
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  outcome TEXT NOT NULL,
  month TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (kind, service, outcome, month)
) /*sqlite: WITHOUT ROWID */;

-- What is held back from disposal, whatever a rule says. The reason in words is
-- sealed.
CREATE TABLE retention_hold (
  id TEXT NOT NULL PRIMARY KEY,
  person TEXT NOT NULL,  -- empty: anybody
  service TEXT NOT NULL, -- empty: any
  rule TEXT NOT NULL,    -- empty: any
  item TEXT NOT NULL,    -- empty: any
  ground TEXT NOT NULL,
  reason BYTEA NOT NULL,
  official TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT,
  review_at BIGINT NOT NULL,
  lifted_at BIGINT,
  lifted_by TEXT,
  lifted_why BYTEA
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX retention_hold_standing ON retention_hold (person) WHERE lifted_at IS NULL;

-- Who makes a hold waits here for disposals that did not see it, and who
-- disposes for a hold that is being made.
CREATE TABLE retention_guard (one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1), holds BIGINT NOT NULL);
INSERT INTO retention_guard (one, holds) VALUES (1, 0);

-- A run of a day, and where it stands: it goes on there after a stop.
CREATE TABLE retention_run (
  id TEXT NOT NULL PRIMARY KEY,
  day TEXT NOT NULL UNIQUE,
  started_at BIGINT NOT NULL,
  moved_at BIGINT NOT NULL,
  ended_at BIGINT,
  step TEXT NOT NULL,       -- of the plan, empty before the first
  passed BIGINT NOT NULL,   -- how many steps are behind it
  steps BIGINT NOT NULL,
  after_at BIGINT NOT NULL, -- within the step
  after_id TEXT NOT NULL,
  seen BIGINT NOT NULL,
  told BIGINT NOT NULL,
  disposed BIGINT NOT NULL,
  held BIGINT NOT NULL,
  refused BIGINT NOT NULL
) /*sqlite: WITHOUT ROWID */;

/*postgres:
-- +goose StatementBegin
CREATE FUNCTION retention_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was disposed of is written for ever';
END $$;
-- +goose StatementEnd
CREATE TRIGGER retention_disposal_keep BEFORE UPDATE OR DELETE ON retention_disposal FOR EACH ROW EXECUTE FUNCTION retention_keep();
CREATE TRIGGER retention_item_keep BEFORE UPDATE OR DELETE ON retention_item FOR EACH ROW EXECUTE FUNCTION retention_keep();
*/
/*sqlite:
-- +goose StatementBegin
CREATE TRIGGER retention_disposal_update BEFORE UPDATE ON retention_disposal BEGIN
    SELECT RAISE(ABORT, 'what was disposed of is written for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER retention_disposal_delete BEFORE DELETE ON retention_disposal BEGIN
    SELECT RAISE(ABORT, 'what was disposed of is written for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER retention_item_update BEFORE UPDATE ON retention_item BEGIN
    SELECT RAISE(ABORT, 'what was disposed of is written for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER retention_item_delete BEFORE DELETE ON retention_item BEGIN
    SELECT RAISE(ABORT, 'what was disposed of is written for ever');
END;
-- +goose StatementEnd
*/
