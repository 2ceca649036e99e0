-- +goose Up
-- How far people were told of each item of news. The row without an item says
-- since when that is noted.
CREATE TABLE notify_news (
	item   TEXT   NOT NULL PRIMARY KEY,
	cursor TEXT   NOT NULL, -- the last person who was told
	done   BIGINT NOT NULL, -- 1: nobody is left
	at     BIGINT NOT NULL
);
CREATE INDEX notify_choice_kind ON notify_choice (kind, channel, wanted, subject);

-- +goose Down
DROP INDEX notify_choice_kind;
DROP TABLE notify_news;
