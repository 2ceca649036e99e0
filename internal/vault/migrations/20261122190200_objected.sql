-- +goose Up
-- Since when a person objects to some purpose: only of whom it is set, the
-- purposes are asked for at each use.
ALTER TABLE vault_gate ADD COLUMN objected_at BIGINT;

-- +goose Down
ALTER TABLE vault_gate DROP COLUMN objected_at;
