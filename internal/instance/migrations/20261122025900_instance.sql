-- +goose Up
CREATE TABLE instance_version (
    hash      TEXT   NOT NULL PRIMARY KEY, -- of the whole instance
    policy    TEXT   NOT NULL,             -- of the policy's declarations, as it stands in events
    words     TEXT   NOT NULL,             -- of policy and terms: declarations and texts
    loaded_at BIGINT NOT NULL,             -- when this program first loaded it
    archive   BYTEA  NOT NULL              -- its files, without those that differ per place
);

CREATE TABLE instance_force (
    since BIGINT NOT NULL PRIMARY KEY, -- from when on a version was in force
    hash  TEXT   NOT NULL REFERENCES instance_version (hash)
);

/*postgres:
-- +goose StatementBegin
CREATE FUNCTION instance_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of the instance are kept for ever';
END $$;
-- +goose StatementEnd
CREATE TRIGGER instance_version_keep BEFORE UPDATE OR DELETE ON instance_version FOR EACH ROW EXECUTE FUNCTION instance_keep();
CREATE TRIGGER instance_force_keep BEFORE UPDATE OR DELETE ON instance_force FOR EACH ROW EXECUTE FUNCTION instance_keep();
*/
/*sqlite:
-- +goose StatementBegin
CREATE TRIGGER instance_version_update BEFORE UPDATE ON instance_version BEGIN
    SELECT RAISE(ABORT, 'versions of the instance are kept for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER instance_version_delete BEFORE DELETE ON instance_version BEGIN
    SELECT RAISE(ABORT, 'versions of the instance are kept for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER instance_force_update BEFORE UPDATE ON instance_force BEGIN
    SELECT RAISE(ABORT, 'versions of the instance are kept for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER instance_force_delete BEFORE DELETE ON instance_force BEGIN
    SELECT RAISE(ABORT, 'versions of the instance are kept for ever');
END;
-- +goose StatementEnd
*/
