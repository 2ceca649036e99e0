-- +goose Up
-- What proves who somebody is, is package factor's now.
ALTER TABLE identity_secret RENAME TO factor_secret;
