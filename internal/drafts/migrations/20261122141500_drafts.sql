-- +goose Up
-- An application while it is being made. Its id is that of the case which it
-- becomes; what was typed is sealed in the scope case:ID.
--   made_by  who types: the person, or the official who enters it for them
--   page     the page that was reached
CREATE TABLE drafts_draft (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  variant TEXT NOT NULL,
  instance TEXT NOT NULL,
  revision BIGINT NOT NULL,
  channel TEXT NOT NULL,
  made_by TEXT NOT NULL,
  page TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (subject, id),
  UNIQUE (subject, service, variant, made_by)
) /*sqlite: WITHOUT ROWID */;

CREATE INDEX drafts_draft_changed ON drafts_draft (changed_at, id);
