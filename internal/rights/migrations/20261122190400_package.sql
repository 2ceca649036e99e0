-- +goose Up
-- The package that was made for a request: its sealed bytes are a blob, its key
-- the scope file:ID, destroyed when it expires.
CREATE TABLE rights_package (
	subject    TEXT NOT NULL,
	request    TEXT NOT NULL UNIQUE,
	file       TEXT NOT NULL,
	blob       TEXT NOT NULL,
	done       BIGINT NOT NULL,   -- parts that are in it, of total
	total      BIGINT NOT NULL,
	size       BIGINT NOT NULL,
	made_at    BIGINT,
	expires_at BIGINT,
	gone_at    BIGINT,
	PRIMARY KEY (subject, request)
);
CREATE INDEX rights_package_end ON rights_package (expires_at);

-- +goose Down
DROP TABLE rights_package;
