-- +goose Up
-- One row that every change of an official passes, one after the other: who
-- decides whether a change is allowed has seen the one before.
CREATE TABLE staff_guard (
	one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
	changes BIGINT NOT NULL
);
INSERT INTO staff_guard (one, changes) VALUES (1, 0);

-- +goose Down
DROP TABLE staff_guard;
