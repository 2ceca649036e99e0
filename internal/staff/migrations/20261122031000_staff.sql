-- +goose Up
CREATE TABLE staff_member (
	subject    TEXT NOT NULL PRIMARY KEY,
	reference  TEXT NOT NULL,
	roles      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX staff_member_reference ON staff_member (reference);

CREATE TABLE staff_invitation (
	subject    TEXT NOT NULL,
	id         TEXT NOT NULL,
	token_hash BYTEA NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at    BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE UNIQUE INDEX staff_invitation_token ON staff_invitation (token_hash);

-- The link of the first administrator: it concerns nobody yet.
CREATE TABLE staff_bootstrap (
	token_hash BYTEA NOT NULL PRIMARY KEY,
	expires_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE staff_bootstrap;
DROP TABLE staff_invitation;
DROP TABLE staff_member;
