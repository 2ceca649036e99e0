-- +goose Up
-- The version of policy and terms under which somebody agreed to what is asked
-- of whoever opens an account; NULL where nothing was asked.
ALTER TABLE identity_account ADD COLUMN agreed TEXT;

-- +goose Down
ALTER TABLE identity_account DROP COLUMN agreed;
