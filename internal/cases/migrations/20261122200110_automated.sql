-- +goose Up
-- A step that the program took says by which rule.
ALTER TABLE cases_step ADD COLUMN rule TEXT NOT NULL DEFAULT '';
CREATE INDEX cases_step_program ON cases_step (case_id) WHERE actor = 'program';
