-- +goose Up
-- Things of invented people, in a store that is thrown away afterwards.
CREATE TABLE measure_thing (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  side TEXT NOT NULL, -- who removes it
  ended_at BIGINT,
  PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX measure_thing_ended ON measure_thing (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE TABLE measure_row (
  subject TEXT NOT NULL,
  thing TEXT NOT NULL,
  n BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (subject, thing, n)
) /*sqlite: WITHOUT ROWID */;
