-- +goose Up
-- When a data backup of this store was made.
CREATE TABLE backup_made (
  at BIGINT NOT NULL PRIMARY KEY
);

-- +goose Down
DROP TABLE backup_made;
