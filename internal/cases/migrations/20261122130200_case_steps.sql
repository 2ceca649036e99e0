-- +goose Up
-- A step says which questions it was about (which were changed, or may be) and
-- to whom it gave the case.
ALTER TABLE cases_step ADD COLUMN questions TEXT NOT NULL DEFAULT '';
ALTER TABLE cases_step ADD COLUMN holder TEXT;

-- A case knows what each side has not seen yet, and since when it is noted
-- that its state is overdue.
ALTER TABLE cases_case ADD COLUMN news TEXT NOT NULL DEFAULT '';
ALTER TABLE cases_case ADD COLUMN unread BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases_case ADD COLUMN late_at BIGINT;

-- Who wrote which message or note: the text itself is in the vault.
CREATE TABLE cases_item (
  subject TEXT NOT NULL,
  case_id TEXT NOT NULL,
  item TEXT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (subject, case_id, item)
) /*sqlite: WITHOUT ROWID */;
