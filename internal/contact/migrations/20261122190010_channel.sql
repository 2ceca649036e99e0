-- +goose Up
-- Which channel of the instance a request came by, where people answer it: the
-- helpline, one of the social networks.
ALTER TABLE contact_request ADD COLUMN channel TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE contact_request DROP COLUMN channel;
