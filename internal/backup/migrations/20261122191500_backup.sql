-- +goose Up
-- The restore that made this store, if one did. Not finished, it serves nobody.
CREATE TABLE backup_restore (
  one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  manifest TEXT NOT NULL,
  act BIGINT NOT NULL,
  began_at BIGINT NOT NULL,
  finished_at BIGINT
);

-- That backups were restored in a scratch place, and what came of it.
CREATE TABLE backup_drill (
  at BIGINT NOT NULL PRIMARY KEY,
  data_at BIGINT NOT NULL,
  keys_at BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  people BIGINT NOT NULL,
  opened BIGINT NOT NULL,
  faults BIGINT NOT NULL
);

-- Which nodes serve this store, and the oldest and newest epoch whose keys each
-- of them holds.
CREATE TABLE backup_node (
  node TEXT NOT NULL PRIMARY KEY,
  oldest BIGINT NOT NULL,
  newest BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE backup_node;
DROP TABLE backup_drill;
DROP TABLE backup_restore;
