-- +goose Up
-- The open cases of a service by deadline: among those with as many working
-- days the order of deadlines is the order of what they count from.
DROP INDEX cases_case_queue;
CREATE INDEX cases_case_open ON cases_case (service, days, counted_at, id, state, holder) WHERE closed_at IS NULL AND submitted_at IS NOT NULL;
CREATE INDEX cases_case_held ON cases_case (holder, service, days, counted_at, id) WHERE closed_at IS NULL AND submitted_at IS NOT NULL;
CREATE INDEX cases_case_closed ON cases_case (service, closed_at, id) WHERE closed_at IS NOT NULL;
