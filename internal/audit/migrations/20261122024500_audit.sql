-- +goose Up
CREATE TABLE audit_event (
  subject TEXT NOT NULL,
  n BIGINT NOT NULL,
  at BIGINT NOT NULL,
  leaf BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (subject, n)
);

-- A queue that is short and soon empty: an index would cost more than it saves.
CREATE TABLE audit_pending (
  leaf BYTEA NOT NULL,
  subject TEXT NOT NULL,
  n BIGINT NOT NULL
);

CREATE TABLE audit_leaf (
  idx BIGINT NOT NULL PRIMARY KEY,
  leaf BYTEA NOT NULL,
  subject TEXT NOT NULL,
  n BIGINT NOT NULL,
  UNIQUE (subject, n)
);

CREATE TABLE audit_tile (
  level BIGINT NOT NULL,
  n BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, n)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE audit_tree (
  one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  size BIGINT NOT NULL,
  root BYTEA NOT NULL,
  signed BIGINT NOT NULL,
  checkpoint TEXT NOT NULL
);

INSERT INTO audit_tree (one, size, root, signed, checkpoint) VALUES (1, 0, /*sqlite: x'' */ /*postgres: ''::bytea */, 0, '');

/*sqlite:
-- +goose StatementBegin
CREATE TRIGGER audit_event_pending AFTER INSERT ON audit_event
BEGIN
  INSERT INTO audit_pending (leaf, subject, n) VALUES (NEW.leaf, NEW.subject, NEW.n);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
BEGIN
  SELECT RAISE(ABORT, 'events are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
BEGIN
  SELECT RAISE(ABORT, 'events are never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf
BEGIN
  SELECT RAISE(ABORT, 'leaves are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf
BEGIN
  SELECT RAISE(ABORT, 'leaves are never deleted');
END;
-- +goose StatementEnd
*/

/*postgres:
-- +goose StatementBegin
CREATE FUNCTION audit_event_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_pending (leaf, subject, n) VALUES (NEW.leaf, NEW.subject, NEW.n);
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_event_pending AFTER INSERT ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_event_pending();

-- +goose StatementBegin
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_event_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_leaf_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
*/
