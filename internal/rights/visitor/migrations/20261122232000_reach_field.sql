-- +goose Up
-- In which field of the scope the contact or the number is sealed: a store that
-- was restored without its hashes makes them again.
ALTER TABLE visitor_reach ADD COLUMN field TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE visitor_reach DROP COLUMN field;
