-- +goose Up
-- The years of people's logs that have ended: the events of each are sealed
-- under a key of their own, which goes when their time is over.
CREATE TABLE vault_record (
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  last_n BIGINT NOT NULL, -- the number of its last event
  ended_at BIGINT NOT NULL,
  PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX vault_record_ended ON vault_record (ended_at, id);

-- +goose Down
DROP TABLE vault_record;
