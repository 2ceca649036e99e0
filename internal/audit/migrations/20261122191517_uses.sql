-- +goose Up
-- Which of a subject's events are their own use of an application: the services
-- that they used, in the history of an account whose data was used ten thousand
-- times by others. Events from before are found by reading: those with numbers
-- up to that in audit_unnoted.
CREATE TABLE audit_use (
  subject TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (subject, n)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE audit_unnoted (
  subject TEXT NOT NULL PRIMARY KEY,
  n BIGINT NOT NULL
);
INSERT INTO audit_unnoted (subject, n) SELECT subject, MAX(n) FROM audit_event GROUP BY subject;

-- +goose Down
DROP TABLE audit_unnoted;
DROP TABLE audit_use;
