-- +goose Up
-- The confirmed contacts of an account: where notices go, and what it can be
-- signed in with. seasoned_at is from when on one may authorise what a thief
-- would want first.
CREATE TABLE identity_channel (
	subject     TEXT NOT NULL,
	field       TEXT NOT NULL,
	since       BIGINT NOT NULL,
	seasoned_at BIGINT NOT NULL,
	PRIMARY KEY (subject, field)
);
INSERT INTO identity_channel (subject, field, since, seasoned_at)
	SELECT subject, contact, created_at, created_at FROM identity_account WHERE state <> 'pending';

-- When somebody proved last who they are, with what, and from when on this
-- session may authorise a download or a consent.
ALTER TABLE identity_session ADD COLUMN stepped_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_session ADD COLUMN stepped_by TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_session ADD COLUMN seasoned_at BIGINT NOT NULL DEFAULT 0;

-- Until when an account that was recovered without a second factor may not.
ALTER TABLE identity_account ADD COLUMN seasoned_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE identity_account DROP COLUMN seasoned_at;
ALTER TABLE identity_session DROP COLUMN seasoned_at;
ALTER TABLE identity_session DROP COLUMN stepped_by;
ALTER TABLE identity_session DROP COLUMN stepped_at;
DROP TABLE identity_channel;
