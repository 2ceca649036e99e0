-- +goose Up
-- What nobody holds in one state: where few of many cases are free, the index
-- by state was read to its end.
CREATE INDEX cases_case_free ON cases_case (service, state, days, counted_at, id, holder, closed_at, submitted_at)
	WHERE holder IS NULL AND closed_at IS NULL AND submitted_at IS NOT NULL;
