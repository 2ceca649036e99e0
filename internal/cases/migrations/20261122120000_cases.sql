-- +goose Up
CREATE TABLE cases_case (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  ordinal BIGINT NOT NULL,
  reference TEXT UNIQUE,
  state TEXT NOT NULL,
  revision BIGINT NOT NULL,
  holder TEXT,
  instance TEXT NOT NULL,
  policy TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  submitted_at BIGINT,
  closed_at BIGINT,
  PRIMARY KEY (subject, id),
  UNIQUE (subject, service, ordinal)
) /*sqlite: WITHOUT ROWID */;

CREATE INDEX cases_case_queue ON cases_case (service, submitted_at, id);

CREATE TABLE cases_step (
  subject TEXT NOT NULL,
  case_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  at BIGINT NOT NULL,
  action TEXT NOT NULL,
  state TEXT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (subject, case_id, n)
) /*sqlite: WITHOUT ROWID */;
