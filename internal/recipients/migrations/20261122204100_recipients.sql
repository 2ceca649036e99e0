-- +goose Up
-- What happened to some of a person's data, of which whoever received it is
-- told. Lists of ids have a space between them; an empty one is all.
CREATE TABLE recipients_act (
	subject   TEXT NOT NULL,
	id        TEXT NOT NULL UNIQUE,
	kind      TEXT NOT NULL,
	request   TEXT NOT NULL,
	reference TEXT NOT NULL,
	scopes    TEXT NOT NULL,
	fields    TEXT NOT NULL,
	at        BIGINT NOT NULL,
	found_at  BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE INDEX recipients_act_request ON recipients_act (request, id);
CREATE INDEX recipients_act_due ON recipients_act (at, id);

-- Who is told of it.
CREATE TABLE recipients_notice (
	subject   TEXT NOT NULL,
	id        TEXT NOT NULL UNIQUE,
	act       TEXT NOT NULL,
	reference TEXT NOT NULL UNIQUE,
	party     TEXT NOT NULL,
	channel   TEXT NOT NULL,   -- page, mail, none
	about     TEXT NOT NULL,   -- references that the recipient knows
	fields    TEXT NOT NULL,
	sent_at   BIGINT,
	failed_at BIGINT,
	acked_at  BIGINT,
	acked_by  TEXT,            -- the official; nothing: whoever has the link of the mail
	noted     BIGINT NOT NULL, -- 1: by the operator, for the recipient
	PRIMARY KEY (subject, id),
	UNIQUE (subject, act, party)
);
CREATE INDEX recipients_notice_open ON recipients_notice (party, id) WHERE acked_at IS NULL;

-- +goose Down
DROP TABLE recipients_notice;
DROP TABLE recipients_act;
