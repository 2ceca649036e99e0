-- +goose Up
-- The daily run finds answered requests by their time.
CREATE INDEX rights_request_due ON rights_request (answered_at, id) WHERE answered_at IS NOT NULL;

-- +goose Down
DROP INDEX rights_request_due;
