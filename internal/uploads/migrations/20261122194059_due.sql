-- +goose Up
-- The daily run finds files that did not arrive by their time.
CREATE INDEX uploads_file_due ON uploads_file (changed_at, id) WHERE state = 'received';

-- +goose Down
DROP INDEX uploads_file_due;
