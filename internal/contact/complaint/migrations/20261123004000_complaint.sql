-- +goose Up
-- What is owed to a complaint beside its answer, and how far that is. What was
-- found and tried is sealed, in the scope of its request.
CREATE TABLE complaint_complaint (
	subject     TEXT NOT NULL,
	id          TEXT NOT NULL UNIQUE,
	request     TEXT NOT NULL UNIQUE,
	transfer    BIGINT NOT NULL, -- 1: it is about a transfer of data
	resolved    BIGINT NOT NULL, -- 1: the attempt resolved it
	found_at    BIGINT NOT NULL,
	found_by    TEXT NOT NULL,
	given_at    BIGINT,          -- what goes to the authority was opened for it
	referred_at BIGINT,          -- the authority has it
	referred_by TEXT,
	authority   TEXT,
	reference   TEXT,            -- of the authority
	PRIMARY KEY (subject, id)
);

-- +goose Down
DROP TABLE complaint_complaint;
