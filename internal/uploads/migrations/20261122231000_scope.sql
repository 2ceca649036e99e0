-- +goose Up
DROP INDEX uploads_file_scope;
CREATE INDEX uploads_file_scope ON uploads_file (scope, id);

-- +goose Down
DROP INDEX uploads_file_scope;
CREATE INDEX uploads_file_scope ON uploads_file (subject, scope, field);
