-- +goose Up
CREATE TABLE vault_store (
  one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  instance TEXT NOT NULL,
  demo BIGINT NOT NULL,
  key_check BYTEA NOT NULL,
  founded_at BIGINT NOT NULL
);

CREATE TABLE vault_gate (
  subject TEXT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  n BIGINT NOT NULL,
  erased_at BIGINT,
  restricted_at BIGINT
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE vault_scope (
  subject TEXT NOT NULL,
  scope TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  wrapped BYTEA NOT NULL,
  PRIMARY KEY (subject, scope)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE vault_value (
  subject TEXT NOT NULL,
  scope TEXT NOT NULL,
  field TEXT NOT NULL,
  source TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (subject, scope, field)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE vault_index (
  kind TEXT NOT NULL,
  mac BYTEA NOT NULL,
  subject TEXT NOT NULL,
  PRIMARY KEY (kind, mac)
) /*sqlite: WITHOUT ROWID */;

CREATE INDEX vault_index_subject ON vault_index (subject);

/*postgres:
ALTER TABLE vault_gate SET (fillfactor = 70);
*/
