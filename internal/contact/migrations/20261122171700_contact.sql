-- +goose Up
-- What somebody asks the operator, or complains about. Its texts, the answers
-- and how the person is reached are sealed, in the scope request:ID of the
-- person, or of a subject made for the request where nobody is signed in.
-- since_at is from when the promised time runs.
CREATE TABLE contact_request (
	subject      TEXT NOT NULL,
	id           TEXT NOT NULL UNIQUE,
	reference    TEXT NOT NULL UNIQUE,
	kind         TEXT NOT NULL,
	source       TEXT NOT NULL,
	state        TEXT NOT NULL,
	reason       TEXT NOT NULL,
	language     TEXT NOT NULL,
	cabinet      BIGINT NOT NULL,
	holder       TEXT,
	revision     BIGINT NOT NULL,
	texts        BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	since_at     BIGINT NOT NULL,
	answered_at  BIGINT,
	escalated_at BIGINT,
	rated_at     BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE INDEX contact_request_queue ON contact_request (state, since_at, id);
CREATE INDEX contact_request_holder ON contact_request (holder, state, since_at, id);

-- Forms that were taken, by the hash of what makes each one of its kind: the
-- same one again finds what it made.
CREATE TABLE contact_form (
	subject TEXT NOT NULL,
	once    BYTEA NOT NULL UNIQUE,
	request TEXT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, once)
);

-- Mails that were taken, by a keyed hash of what names each. The sender is one
-- too, to count how many there are.
CREATE TABLE contact_mail (
	subject TEXT NOT NULL,
	id      TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL,
	message BYTEA NOT NULL UNIQUE,
	sender  BYTEA NOT NULL,
	whole   BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, id)
);
CREATE INDEX contact_mail_sender ON contact_mail (sender, at);

-- Which file an attachment of a mail became.
CREATE TABLE contact_attachment (
	subject TEXT NOT NULL,
	mail    TEXT NOT NULL,
	n       BIGINT NOT NULL,
	file    TEXT NOT NULL,
	PRIMARY KEY (subject, mail, n)
);

-- How people rated answers: numbers, about nobody.
CREATE TABLE contact_rating (
	month TEXT NOT NULL,
	kind  TEXT NOT NULL,
	score BIGINT NOT NULL,
	n     BIGINT NOT NULL,
	PRIMARY KEY (month, kind, score)
);

-- +goose Down
DROP TABLE contact_rating;
DROP TABLE contact_attachment;
DROP TABLE contact_mail;
DROP TABLE contact_form;
DROP TABLE contact_request;
