-- +goose Up
CREATE TABLE jobs_job (
    id      TEXT   NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    key     TEXT,             -- one unfinished job of a kind has it
    payload TEXT   NOT NULL,  -- ids by name, JSON
    created BIGINT NOT NULL,
    due     BIGINT NOT NULL,  -- when it may be claimed: later than now while it is claimed
    attempt BIGINT NOT NULL,  -- how many have begun
    holder  TEXT,             -- who claimed it last
    error   TEXT,             -- why the last attempt failed, as a code
    dead    BIGINT            -- when it was given up
);
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, key) WHERE dead IS NULL;
CREATE INDEX jobs_job_due ON jobs_job (due, id) WHERE dead IS NULL;
CREATE INDEX jobs_job_dead ON jobs_job (dead) WHERE dead IS NOT NULL;
