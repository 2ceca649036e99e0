-- +goose Up
CREATE TABLE proof_status (
  promise TEXT NOT NULL PRIMARY KEY,
  status TEXT NOT NULL,
  since BIGINT NOT NULL
);
