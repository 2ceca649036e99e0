-- +goose Up
-- What somebody was told: which kind, what it is about, where that stood.
CREATE TABLE notify_notice (
	subject  TEXT   NOT NULL,
	id       TEXT   NOT NULL,
	kind     TEXT   NOT NULL,
	about    TEXT   NOT NULL, -- case:ID and the like
	state    TEXT   NOT NULL, -- where that stood, may be empty
	while    BIGINT NOT NULL, -- 1: it is needed only as long as it stands there
	key      TEXT   NOT NULL, -- names the happening
	official BIGINT NOT NULL, -- 1: it is told to an official
	at       BIGINT NOT NULL,
	page     BIGINT,          -- when it was shown on the next page; 0: not yet
	read_at  BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE UNIQUE INDEX notify_notice_key ON notify_notice (subject, key);
CREATE INDEX notify_notice_unread ON notify_notice (subject) WHERE read_at IS NULL;

-- How it went by each channel.
CREATE TABLE notify_delivery (
	subject TEXT   NOT NULL,
	notice  TEXT   NOT NULL,
	channel TEXT   NOT NULL,
	state   TEXT   NOT NULL,
	code    TEXT   NOT NULL, -- why it stands so, if there is more to say
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, notice, channel)
);
CREATE INDEX notify_delivery_notice ON notify_delivery (notice);

-- What somebody chose other than what is so without a choice.
CREATE TABLE notify_choice (
	subject TEXT   NOT NULL,
	kind    TEXT   NOT NULL,
	channel TEXT   NOT NULL,
	wanted  BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (subject, kind, channel)
);

-- The language in which somebody is written to.
CREATE TABLE notify_language (
	subject TEXT   NOT NULL PRIMARY KEY,
	lang    TEXT   NOT NULL,
	chosen  BIGINT NOT NULL, -- 0: the one they used last
	at      BIGINT NOT NULL
);

-- +goose Down
DROP TABLE notify_language;
DROP TABLE notify_choice;
DROP TABLE notify_delivery;
DROP TABLE notify_notice;
