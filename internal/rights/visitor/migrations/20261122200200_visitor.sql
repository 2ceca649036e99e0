-- +goose Up
-- Somebody without a cabinet who shows by codes that contacts are theirs: to ask
-- for something, or to see a request of theirs. What they named is sealed, in
-- the scope visit:ID, or in that of the request.
CREATE TABLE visitor_visit (
	subject    TEXT NOT NULL,
	id         TEXT NOT NULL UNIQUE,
	request    TEXT NOT NULL,   -- which is to be seen; empty: something is to be asked
	token_hash BYTEA NOT NULL UNIQUE,
	created_at BIGINT NOT NULL,
	proved_at  BIGINT,
	expires_at BIGINT NOT NULL,
	PRIMARY KEY (subject, id)
);
CREATE INDEX visitor_visit_due ON visitor_visit (created_at, id);

-- The code that was sent to each contact. It follows from a key and the salt.
CREATE TABLE visitor_code (
	subject    TEXT NOT NULL,
	visit      TEXT NOT NULL,
	n          BIGINT NOT NULL,
	item       TEXT NOT NULL,
	field      TEXT NOT NULL,
	salt       BYTEA NOT NULL,
	tries      BIGINT NOT NULL,
	sends      BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	proved_at  BIGINT,
	PRIMARY KEY (subject, visit, n)
);

-- Which contacts reach people who have no cabinet, by a keyed hash, and the
-- scope of what they gave it with.
CREATE TABLE visitor_reach (
	subject TEXT NOT NULL,
	scope   TEXT NOT NULL,
	mac     BYTEA NOT NULL,
	PRIMARY KEY (subject, scope, mac)
);
CREATE INDEX visitor_reach_mac ON visitor_reach (mac);

-- +goose Down
DROP TABLE visitor_reach;
DROP TABLE visitor_code;
DROP TABLE visitor_visit;
