-- +goose Up
-- What an official has entered for others is listed to them.
CREATE INDEX cases_step_sent ON cases_step (actor, case_id) WHERE n = 1;
