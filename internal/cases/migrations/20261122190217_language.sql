-- +goose Up
-- The language in which an application was made, empty where it is not known:
-- its letters come in that first.
ALTER TABLE cases_case ADD COLUMN language TEXT NOT NULL DEFAULT '';
