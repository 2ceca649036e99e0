-- +goose Up
-- Who consented to a purpose, in order.
CREATE INDEX consent_event_agreed ON consent_event (purpose, act, subject);

-- +goose Down
DROP INDEX consent_event_agreed;
