-- +goose Up
-- A document that was issued. What it says is sealed in the scope of the case,
-- as an item of the field SERVICE.document, whose id is the document's. token
-- is a keyed hash of what stands beside the number on the paper.
CREATE TABLE documents_document (
	subject    TEXT NOT NULL,
	id         TEXT NOT NULL UNIQUE,
	case_id    TEXT NOT NULL,
	service    TEXT NOT NULL,
	n          BIGINT NOT NULL,
	number     TEXT NOT NULL UNIQUE,
	token      BYTEA NOT NULL,
	issued_at  BIGINT NOT NULL,
	made_at    BIGINT,
	expires_at BIGINT,
	ended_at   BIGINT,
	ending     TEXT NOT NULL,
	PRIMARY KEY (subject, id)
) /*sqlite: WITHOUT ROWID */;

CREATE UNIQUE INDEX documents_document_case ON documents_document (case_id, n);
