-- +goose Up
-- Of whom the year of their log has ended, up to whom; when it has for all.
CREATE TABLE retention_turn (
  year BIGINT NOT NULL PRIMARY KEY,
  after_id TEXT NOT NULL,
  ended_at BIGINT
) /*sqlite: WITHOUT ROWID */;

-- +goose Down
DROP TABLE retention_turn;
