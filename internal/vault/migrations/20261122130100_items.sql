-- +goose Up
-- A field may have items, and a value is sealed to its item and its time. What
-- was sealed before does not open in the new place, so it does not stay: no
-- store with anybody's data has been kept with the older schema.
DROP TABLE vault_value;
CREATE TABLE vault_value (
  subject TEXT NOT NULL,
  scope TEXT NOT NULL,
  field TEXT NOT NULL,
  item TEXT NOT NULL,
  source TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (subject, scope, field, item)
) /*sqlite: WITHOUT ROWID */;
