-- +goose Up
-- A part of a request that an institution has to correct. subject is who asked,
-- about is whose data it is.
CREATE TABLE correct_task (
	subject     TEXT NOT NULL,
	id          TEXT NOT NULL UNIQUE,
	request     TEXT NOT NULL,
	n           BIGINT NOT NULL,
	about       TEXT NOT NULL,
	scope       TEXT NOT NULL,
	party       TEXT NOT NULL,
	state       TEXT NOT NULL,
	holder      TEXT,
	decision    TEXT NOT NULL,
	revision    BIGINT NOT NULL,
	created_at  BIGINT NOT NULL,
	ordered_at  BIGINT,          -- when it was granted on appeal
	answered_at BIGINT,
	PRIMARY KEY (subject, id)
);
CREATE INDEX correct_task_open ON correct_task (state, created_at, id);
CREATE INDEX correct_task_request ON correct_task (request, n);

-- +goose Down
DROP TABLE correct_task;
