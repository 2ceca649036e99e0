-- +goose Up
-- What the directory said when. The newest one is proposed while its policy or
-- terms differ from those in force.
CREATE TABLE instance_loaded (
    at   BIGINT NOT NULL PRIMARY KEY,
    hash TEXT   NOT NULL REFERENCES instance_version (hash)
);

/*postgres:
CREATE TRIGGER instance_loaded_keep BEFORE UPDATE OR DELETE ON instance_loaded FOR EACH ROW EXECUTE FUNCTION instance_keep();
*/
/*sqlite:
-- +goose StatementBegin
CREATE TRIGGER instance_loaded_update BEFORE UPDATE ON instance_loaded BEGIN
    SELECT RAISE(ABORT, 'versions of the instance are kept for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER instance_loaded_delete BEFORE DELETE ON instance_loaded BEGIN
    SELECT RAISE(ABORT, 'versions of the instance are kept for ever');
END;
-- +goose StatementEnd
*/
