-- +goose Up
-- factor_secret was package identity's until 20261122060037.
ALTER TABLE factor_secret ADD COLUMN seasoned_at BIGINT NOT NULL DEFAULT 0;

-- Passkeys, sealed: who has one, and how often it was used. uses moves with
-- each use, so that two at once cannot both count.
CREATE TABLE factor_passkey (
	subject     TEXT NOT NULL,
	id          TEXT NOT NULL,
	sealed      BYTEA NOT NULL,
	uses        BIGINT NOT NULL,
	created_at  BIGINT NOT NULL,
	used_at     BIGINT,
	seasoned_at BIGINT NOT NULL,
	PRIMARY KEY (subject, id)
);

-- Recovery codes, as authenticators under a key of the key directory.
CREATE TABLE factor_code (
	subject     TEXT NOT NULL,
	code        TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	used_at     BIGINT,
	seasoned_at BIGINT NOT NULL,
	PRIMARY KEY (subject, code)
);

-- Challenges that were used up, until they would be too old anyway. They say
-- nothing of anybody.
CREATE TABLE factor_challenge (
	hash       TEXT NOT NULL PRIMARY KEY,
	expires_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE factor_challenge;
DROP TABLE factor_code;
DROP TABLE factor_passkey;
ALTER TABLE factor_secret DROP COLUMN seasoned_at;
