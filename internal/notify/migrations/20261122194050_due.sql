-- +goose Up
-- The daily run finds notices by their time.
CREATE INDEX notify_notice_due ON notify_notice (at, id);

-- +goose Down
DROP INDEX notify_notice_due;
