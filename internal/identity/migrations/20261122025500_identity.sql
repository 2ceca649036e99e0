-- +goose Up
-- Who can sign in. It holds no name and no address: those are sealed values,
-- and who asks with an address is found by its blind index.
CREATE TABLE identity_account (
	subject    TEXT NOT NULL PRIMARY KEY,
	realm      TEXT NOT NULL,
	state      TEXT NOT NULL,
	contact    TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);

-- What proves it, sealed: the hash of a password, the key of a second factor.
-- step is the last moment of a second factor that was used up.
CREATE TABLE identity_secret (
	subject    TEXT NOT NULL,
	kind       TEXT NOT NULL,
	sealed     BYTEA NOT NULL,
	step       BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (subject, kind)
);

-- A contact to be confirmed by a code. The code is derived, never stored.
CREATE TABLE identity_challenge (
	subject    TEXT NOT NULL,
	id         TEXT NOT NULL,
	salt       BYTEA NOT NULL,
	tries      BIGINT NOT NULL,
	sends      BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at    BIGINT,
	PRIMARY KEY (subject, id)
);

-- A browser on its way in (stage register, second, enrol) or in (stage full).
CREATE TABLE identity_session (
	subject    TEXT NOT NULL,
	id         TEXT NOT NULL,
	realm      TEXT NOT NULL,
	stage      TEXT NOT NULL,
	token_hash BYTEA NOT NULL,
	means      TEXT NOT NULL,
	tries      BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	seen_at    BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended_at   BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE UNIQUE INDEX identity_session_token ON identity_session (token_hash);

-- How many sign-ins failed, by hour: of anybody, so of nobody.
CREATE TABLE identity_failure (
	hour  BIGINT NOT NULL PRIMARY KEY,
	count BIGINT NOT NULL
);

-- +goose Down
DROP TABLE identity_failure;
DROP TABLE identity_session;
DROP TABLE identity_challenge;
DROP TABLE identity_secret;
DROP TABLE identity_account;
