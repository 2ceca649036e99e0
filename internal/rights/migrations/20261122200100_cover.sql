-- +goose Up
-- Whose data a request is about besides that of whoever asks: those who carry an
-- identifier that was shown to be theirs.
CREATE TABLE rights_cover (
	subject TEXT NOT NULL,
	request TEXT NOT NULL,
	covers  TEXT NOT NULL,
	PRIMARY KEY (subject, request, covers)
);
CREATE INDEX rights_cover_of ON rights_cover (covers);

-- +goose Down
DROP TABLE rights_cover;
