-- +goose Up
-- Addresses at which something is not wanted any more, as keyed hashes. Their
-- subject is the system: nothing says whose they were.
CREATE TABLE staysout_hash (
	subject  TEXT NOT NULL,
	id       TEXT NOT NULL UNIQUE,
	hash     BYTEA NOT NULL UNIQUE,
	since_at BIGINT NOT NULL,
	PRIMARY KEY (subject, id)
);
CREATE INDEX staysout_hash_due ON staysout_hash (since_at, id);

-- +goose Down
DROP TABLE staysout_hash;
