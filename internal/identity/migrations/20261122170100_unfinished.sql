-- +goose Up
-- Registrations that nobody finished are found by when they stood still.
CREATE INDEX identity_account_unfinished ON identity_account (changed_at, subject)
	WHERE realm = 'person' AND state IN ('pending', 'confirmed', 'described');

-- +goose Down
DROP INDEX identity_account_unfinished;
