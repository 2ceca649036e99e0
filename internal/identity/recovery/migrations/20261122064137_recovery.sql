-- +goose Up
-- A way back into an account: state is code, proved, factor, waiting, done or
-- stopped. That of an account which does not exist has a subject of its own.
CREATE TABLE recovery_request (
	subject     TEXT NOT NULL,
	id          TEXT NOT NULL,
	token_hash  BYTEA NOT NULL,
	state       TEXT NOT NULL,
	channel     TEXT NOT NULL,
	salt        BYTEA NOT NULL,
	tries       BIGINT NOT NULL,
	created_at  BIGINT NOT NULL,
	expires_at  BIGINT NOT NULL,
	ready_at    BIGINT NOT NULL,
	seasoned_at BIGINT NOT NULL,
	PRIMARY KEY (subject, id)
);
CREATE UNIQUE INDEX recovery_request_token ON recovery_request (token_hash);
CREATE UNIQUE INDEX recovery_request_id ON recovery_request (id);

-- +goose Down
DROP TABLE recovery_request;
