-- +goose Up
CREATE TABLE desk_remark (
  service TEXT NOT NULL,
  id TEXT NOT NULL,
  owner TEXT,
  wording TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (service, id)
) /*sqlite: WITHOUT ROWID */;

CREATE TABLE desk_keys (
  subject TEXT NOT NULL PRIMARY KEY,
  since_at BIGINT NOT NULL
) /*sqlite: WITHOUT ROWID */;
