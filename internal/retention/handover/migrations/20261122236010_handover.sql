-- +goose Up
-- A file in which things are handed over to a party, and how far that is. What
-- the party calls it is a reference, and names nobody.
CREATE TABLE handover_package (
  id TEXT NOT NULL PRIMARY KEY,
  party TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  things BIGINT NOT NULL, -- how many are in it
  opened_at BIGINT,       -- the download began, once
  sha256 TEXT,            -- of the file, once it was whole
  acked_at BIGINT,        -- the party has it
  acked_by TEXT,
  reference TEXT          -- of the party
) /*sqlite: WITHOUT ROWID */;

-- What is in it and still here: a row goes with its thing.
CREATE TABLE handover_thing (
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,
  item TEXT NOT NULL,
  package TEXT NOT NULL,
  since_at BIGINT NOT NULL, -- of the event from which its time counted
  PRIMARY KEY (subject, kind, item)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX handover_thing_package ON handover_thing (package, subject, kind, item);

-- +goose Down
DROP TABLE handover_thing;
DROP TABLE handover_package;
