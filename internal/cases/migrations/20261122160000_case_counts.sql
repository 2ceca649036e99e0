-- +goose Up
-- Counting reads the index alone: what its condition asks stands in it too,
-- since SQLite otherwise reads every row to ask again.
DROP INDEX cases_case_open;
DROP INDEX cases_case_held;
CREATE INDEX cases_case_open ON cases_case (service, days, counted_at, id, state, holder, closed_at, submitted_at) WHERE closed_at IS NULL AND submitted_at IS NOT NULL;
CREATE INDEX cases_case_held ON cases_case (holder, service, days, counted_at, id, state, closed_at, submitted_at) WHERE closed_at IS NULL AND submitted_at IS NOT NULL;
