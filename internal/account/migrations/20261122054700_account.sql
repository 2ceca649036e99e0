-- +goose Up
-- One line a person who has signed in: the reference by which they are found
-- at a counter, and when they last said that their contact data is right.
CREATE TABLE account_person (
	subject    TEXT NOT NULL PRIMARY KEY,
	reference  TEXT NOT NULL UNIQUE,
	right_at   BIGINT NOT NULL,
	asked_at   BIGINT,
	created_at BIGINT NOT NULL
);

-- A contact to which messages did not get through.
CREATE TABLE account_bounce (
	subject TEXT NOT NULL,
	field   TEXT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, field)
);

-- A change of a contact: begun, confirmed by its code, and for 72 hours stopped
-- by whoever has an old one. The values are sealed, in scopes of its own.
CREATE TABLE account_change (
	subject      TEXT NOT NULL,
	id           TEXT NOT NULL,
	field        TEXT NOT NULL,
	state        TEXT NOT NULL,
	had          BIGINT NOT NULL,
	salt         BYTEA NOT NULL,
	tries        BIGINT NOT NULL,
	sends        BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	expires_at   BIGINT NOT NULL,
	confirmed_at BIGINT,
	stop_hash    BYTEA,
	stop_until   BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE UNIQUE INDEX account_change_stop ON account_change (stop_hash);

-- A cabinet that its owner closes: reopened by signing in until until_at.
CREATE TABLE account_closing (
	subject  TEXT NOT NULL,
	id       TEXT NOT NULL,
	state    TEXT NOT NULL,
	asked_at BIGINT NOT NULL,
	until_at BIGINT NOT NULL,
	ended_at BIGINT,
	PRIMARY KEY (subject, id)
);

-- Somebody stands before an official, who may look at what they declared.
CREATE TABLE account_visit (
	subject   TEXT NOT NULL,
	id        TEXT NOT NULL UNIQUE,
	official  TEXT NOT NULL,
	found_by  TEXT NOT NULL,
	opened_at BIGINT NOT NULL,
	until_at  BIGINT NOT NULL,
	closed_at BIGINT,
	PRIMARY KEY (subject, id)
);

-- Who somebody is, seen by an official, in a register or at a national login.
CREATE TABLE account_verification (
	subject  TEXT NOT NULL,
	id       TEXT NOT NULL,
	level    TEXT NOT NULL,
	official TEXT NOT NULL,
	role     TEXT NOT NULL,
	party    TEXT NOT NULL,
	at       BIGINT NOT NULL,
	ended_at BIGINT,
	PRIMARY KEY (subject, id)
);

-- +goose Down
DROP TABLE account_verification;
DROP TABLE account_visit;
DROP TABLE account_closing;
DROP TABLE account_change;
DROP TABLE account_bounce;
DROP TABLE account_person;
