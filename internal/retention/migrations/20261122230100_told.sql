-- +goose Up
-- Whose person was told that they go, and when. It counts for the event that the
-- time of the thing then counted from, and goes with the thing.
CREATE TABLE retention_told (
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,
  item TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (subject, kind, item)
) /*sqlite: WITHOUT ROWID */;
