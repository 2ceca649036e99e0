-- +goose Up
-- What somebody asks for about their data. Their words and the answers are
-- sealed, in the scope right:ID. When it is overdue is computed from the times
-- here: received_at, what lies between asked_at and shown_at while it was
-- outstanding who asks, extended_at, appealed_at.
CREATE TABLE rights_request (
	subject      TEXT NOT NULL,
	id           TEXT NOT NULL UNIQUE,
	reference    TEXT NOT NULL UNIQUE,
	right_id     TEXT NOT NULL,
	kind         TEXT NOT NULL,
	source       TEXT NOT NULL,
	state        TEXT NOT NULL,
	language     TEXT NOT NULL,
	holder       TEXT,
	decider      TEXT,
	revision     BIGINT NOT NULL,
	received_at  BIGINT NOT NULL,
	asked_at     BIGINT,
	shown_at     BIGINT,
	extended_at  BIGINT,
	answered_at  BIGINT,
	appealed_at  BIGINT,
	escalated_at BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE INDEX rights_request_queue ON rights_request (state, received_at, id);

-- The parts of a request, and what was decided on each.
CREATE TABLE rights_item (
	subject    TEXT NOT NULL,
	request    TEXT NOT NULL,
	n          BIGINT NOT NULL,
	sort       TEXT NOT NULL,   -- all, place (a scope), purpose
	item       TEXT NOT NULL,
	decision   TEXT NOT NULL,
	ground     TEXT NOT NULL,   -- a term of DPV's list, where it is refused
	decided_at BIGINT,
	PRIMARY KEY (subject, request, n)
);

-- Forms that were taken, by the hash of what makes each one of its kind.
CREATE TABLE rights_form (
	subject TEXT NOT NULL,
	once    BYTEA NOT NULL UNIQUE,
	request TEXT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, once)
);

-- Restrictions (no purpose) and objections (to one), as long as they last.
CREATE TABLE rights_suspension (
	subject      TEXT NOT NULL,
	id           TEXT NOT NULL UNIQUE,
	purpose      TEXT NOT NULL,
	request      TEXT NOT NULL,
	since_at     BIGINT NOT NULL,
	announced_at BIGINT,
	ends_at      BIGINT,
	ended_at     BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE INDEX rights_suspension_end ON rights_suspension (ends_at);

-- +goose Down
DROP TABLE rights_suspension;
DROP TABLE rights_form;
DROP TABLE rights_item;
DROP TABLE rights_request;
