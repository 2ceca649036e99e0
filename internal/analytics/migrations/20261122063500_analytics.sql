-- +goose Up
-- Numbers by day, page and language. Nothing here is about anybody.
CREATE TABLE analytics_count (
  day TEXT NOT NULL,
  page TEXT NOT NULL,
  lang TEXT NOT NULL,
  views BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  timed BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  PRIMARY KEY (day, page, lang)
) /*sqlite: WITHOUT ROWID */;
