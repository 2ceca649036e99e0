-- +goose Up
-- Somebody who left for the login: what they left for counts once, in the same
-- browser, until expires_at. Nothing here says who it is.
CREATE TABLE login_attempt (
	state_hash   BYTEA NOT NULL PRIMARY KEY,
	browser_hash BYTEA NOT NULL,
	purpose      TEXT NOT NULL,
	session      TEXT NOT NULL,
	language     TEXT NOT NULL,
	next         TEXT NOT NULL,
	begun_at     BIGINT NOT NULL,
	expires_at   BIGINT NOT NULL
);
CREATE INDEX login_attempt_expires ON login_attempt (expires_at);

-- Which account is connected with the login. What the login calls the person is
-- sealed, and found by a blind index from connected_at on; before that, the
-- account waits to be opened.
CREATE TABLE login_link (
	subject      TEXT NOT NULL PRIMARY KEY,
	sealed       BYTEA NOT NULL,
	seasoned_at  BIGINT NOT NULL,
	connected_at BIGINT
);

-- +goose Down
DROP TABLE login_link;
DROP TABLE login_attempt;
