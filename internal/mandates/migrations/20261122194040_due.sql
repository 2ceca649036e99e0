-- +goose Up
-- The daily run finds ended mandates by their time.
CREATE INDEX mandates_mandate_due ON mandates_mandate (ended_at, id) WHERE ended_at IS NOT NULL;

-- +goose Down
DROP INDEX mandates_mandate_due;
