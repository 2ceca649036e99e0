-- +goose Up
-- What somebody said about a purpose that rests on consent. Where they stand is
-- the last of it; nothing is ever changed or deleted.
CREATE TABLE consent_event (
	subject TEXT   NOT NULL,
	n       BIGINT NOT NULL,        -- 1, 2, 3 … for each person
	id      TEXT   NOT NULL UNIQUE,
	purpose TEXT   NOT NULL,
	act     TEXT   NOT NULL,        -- given, refused, withdrawn
	terms   TEXT   NOT NULL,        -- SHA-256 of what was asked
	at      BIGINT NOT NULL,
	receipt BYTEA  NOT NULL,        -- signed; it names the person by the subject only
	PRIMARY KEY (subject, n)
);
CREATE INDEX consent_event_purpose ON consent_event (subject, purpose, n);

/*postgres:
-- +goose StatementBegin
CREATE FUNCTION consent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what people consented to is kept for ever';
END $$;
-- +goose StatementEnd
CREATE TRIGGER consent_event_keep BEFORE UPDATE OR DELETE ON consent_event FOR EACH ROW EXECUTE FUNCTION consent_keep();
*/
/*sqlite:
-- +goose StatementBegin
CREATE TRIGGER consent_event_update BEFORE UPDATE ON consent_event BEGIN
    SELECT RAISE(ABORT, 'what people consented to is kept for ever');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_event_delete BEFORE DELETE ON consent_event BEGIN
    SELECT RAISE(ABORT, 'what people consented to is kept for ever');
END;
-- +goose StatementEnd
*/
