-- +goose Up
-- The look at one state: where few of many cases stand in it, the index by
-- deadline alone was read to its end.
CREATE INDEX cases_case_state ON cases_case (service, state, days, counted_at, id, holder, closed_at, submitted_at) WHERE closed_at IS NULL AND submitted_at IS NOT NULL;
