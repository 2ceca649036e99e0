-- +goose Up
-- A case knows its variant, how it came, and what its deadline counts from:
--   entered_at  when it came into its present state
--   clock_at    receipt, moved forward by every pause
--   counted_at  what the deadline of the present state counts from
--   days        how many working days that state has; 0 is none
-- No deadline is stored: it is computed from these by the calendar.
CREATE TABLE cases_case_new (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  variant TEXT NOT NULL,
  ordinal BIGINT,
  reference TEXT UNIQUE,
  state TEXT NOT NULL,
  revision BIGINT NOT NULL,
  holder TEXT,
  channel TEXT NOT NULL,
  instance TEXT NOT NULL,
  policy TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  submitted_at BIGINT,
  entered_at BIGINT,
  clock_at BIGINT,
  counted_at BIGINT,
  days BIGINT NOT NULL,
  closed_at BIGINT,
  PRIMARY KEY (subject, id),
  UNIQUE (subject, service, ordinal)
) /*sqlite: WITHOUT ROWID */;

INSERT INTO cases_case_new (subject, id, service, variant, ordinal, reference, state, revision, holder, channel, instance, policy,
    changed_at, submitted_at, entered_at, clock_at, counted_at, days, closed_at)
  SELECT subject, id, service, '', ordinal, reference, state, revision, holder, 'portal', instance, policy,
    changed_at, submitted_at, changed_at, submitted_at, submitted_at, 5, closed_at FROM cases_case;

DROP TABLE cases_case;
ALTER TABLE cases_case_new RENAME TO cases_case;
CREATE INDEX cases_case_queue ON cases_case (service, submitted_at, id);

CREATE TABLE cases_related (
  subject TEXT NOT NULL,
  case_id TEXT NOT NULL,
  earlier TEXT NOT NULL,
  PRIMARY KEY (subject, case_id, earlier)
) /*sqlite: WITHOUT ROWID */;
