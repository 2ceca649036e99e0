-- +goose Up
-- Which of a subject's events are a moment of their account and not a use of
-- their data: so that the history of an account whose data was used ten
-- thousand times opens at once. The event itself stays where it is, sealed;
-- this only finds it, and events from before this table are found by reading.
CREATE TABLE audit_moment (
  subject TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (subject, n)
) /*sqlite: WITHOUT ROWID */;

-- +goose Down
DROP TABLE audit_moment;
