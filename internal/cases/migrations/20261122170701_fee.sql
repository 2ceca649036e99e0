-- +goose Up
-- What the answers come to, in the smallest unit of the currency. Nothing
-- waited for a payment before, so no case in the store needs it filled in.
ALTER TABLE cases_case ADD COLUMN fee BIGINT NOT NULL DEFAULT 0;
