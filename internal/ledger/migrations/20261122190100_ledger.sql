-- +goose Up
-- An act that took something away. n is its line in the ledger's file beside
-- the keys; nothing as long as it is not there.
CREATE TABLE ledger_act (
  subject TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  ref TEXT NOT NULL,
  at BIGINT NOT NULL,
  n BIGINT,
  PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;

CREATE UNIQUE INDEX ledger_act_line ON ledger_act (n);
CREATE INDEX ledger_act_waiting ON ledger_act (at, id) WHERE n IS NULL;

-- +goose Down
DROP TABLE ledger_act;
