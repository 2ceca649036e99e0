-- +goose Up
-- The daily run finds sign-ins and closed accounts by their time.
CREATE INDEX identity_session_due ON identity_session (created_at, id);
CREATE INDEX identity_account_closed ON identity_account (changed_at, subject) WHERE state = 'closed';

-- +goose Down
DROP INDEX identity_session_due;
DROP INDEX identity_account_closed;
