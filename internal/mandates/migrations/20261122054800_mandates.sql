-- +goose Up
-- That a person acts for a company. The company's name and number are sealed,
-- in the person's scope mandate:ID. services is a list of ids, empty for all.
CREATE TABLE mandates_mandate (
	subject      TEXT NOT NULL,
	id           TEXT NOT NULL UNIQUE,
	reference    TEXT NOT NULL UNIQUE,
	company      TEXT NOT NULL,
	state        TEXT NOT NULL,
	services     TEXT NOT NULL,
	until_at     BIGINT,
	appointed_by TEXT,
	invitation   TEXT,
	ground       TEXT,
	decided_by   TEXT,
	created_at   BIGINT NOT NULL,
	changed_at   BIGINT NOT NULL,
	ended_at     BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE INDEX mandates_mandate_company ON mandates_mandate (company, subject);
CREATE INDEX mandates_mandate_claims ON mandates_mandate (state, created_at, id);

-- That a delegate asked somebody to act for the company too. Their address is
-- sealed in the scope invitation:ID of the delegate.
CREATE TABLE mandates_invitation (
	subject    TEXT NOT NULL,
	id         TEXT NOT NULL UNIQUE,
	mandate    TEXT NOT NULL,
	company    TEXT NOT NULL,
	invitee    TEXT,
	state      TEXT NOT NULL,
	services   TEXT NOT NULL,
	until_at   BIGINT,
	token_hash BYTEA NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended_at   BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE UNIQUE INDEX mandates_invitation_token ON mandates_invitation (token_hash);
CREATE INDEX mandates_invitation_invitee ON mandates_invitation (invitee, state);

-- A claim that an official looks at.
CREATE TABLE mandates_check (
	subject   TEXT NOT NULL,
	id        TEXT NOT NULL UNIQUE,
	mandate   TEXT NOT NULL,
	official  TEXT NOT NULL,
	opened_at BIGINT NOT NULL,
	until_at  BIGINT NOT NULL,
	closed_at BIGINT,
	PRIMARY KEY (subject, id)
);

-- +goose Down
DROP TABLE mandates_check;
DROP TABLE mandates_invitation;
DROP TABLE mandates_mandate;
