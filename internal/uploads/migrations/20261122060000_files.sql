-- +goose Up
CREATE TABLE uploads_file (
  subject TEXT NOT NULL,
  id TEXT NOT NULL,
  scope TEXT NOT NULL,
  field TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  kind TEXT NOT NULL,
  kinds TEXT NOT NULL,
  most BIGINT NOT NULL,
  size BIGINT NOT NULL,
  got BIGINT NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  name BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  attached_at BIGINT,
  PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;

CREATE UNIQUE INDEX uploads_file_id ON uploads_file (id);
CREATE INDEX uploads_file_scope ON uploads_file (subject, scope, field);
CREATE INDEX uploads_file_loose ON uploads_file (id) WHERE attached_at IS NULL;

CREATE TABLE uploads_part (
  subject TEXT NOT NULL,
  file_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  n BIGINT NOT NULL,
  blob TEXT NOT NULL,
  PRIMARY KEY (subject, file_id, version, n)
) /*sqlite: WITHOUT ROWID */;

CREATE UNIQUE INDEX uploads_part_blob ON uploads_part (blob);
