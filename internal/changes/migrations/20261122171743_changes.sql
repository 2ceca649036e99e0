-- +goose Up
-- A version of policy and terms whose date was set. open is 1 until it is in
-- force or cancelled, then null: one waits at a time.
CREATE TABLE changes_announcement (
	id           TEXT   NOT NULL PRIMARY KEY,
	hash         TEXT   NOT NULL, -- of the instance
	words        TEXT   NOT NULL, -- of its policy and terms
	reason       TEXT   NOT NULL,
	summary      TEXT   NOT NULL, -- JSON, by language
	announced_by TEXT   NOT NULL,
	announced_at BIGINT NOT NULL,
	effective_at BIGINT NOT NULL,
	open         BIGINT UNIQUE,
	enforced_at  BIGINT,
	cancelled_at BIGINT
);

-- For whom a notice of it was queued.
CREATE TABLE changes_told (
	subject      TEXT   NOT NULL,
	announcement TEXT   NOT NULL,
	at           BIGINT NOT NULL,
	PRIMARY KEY (subject, announcement)
);
CREATE INDEX changes_told_announcement ON changes_told (announcement);

-- Who accepted which version by going on using the portal, or by registering.
-- since is from when on the version was in force; seen_at when they put the
-- message about it away.
CREATE TABLE changes_acceptance (
	subject TEXT   NOT NULL,
	since   BIGINT NOT NULL,
	words   TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	seen_at BIGINT,
	PRIMARY KEY (subject, since)
);
