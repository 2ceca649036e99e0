-- +goose Up
-- When its person was told that a document is about to expire.
ALTER TABLE documents_document ADD COLUMN told_at BIGINT;
CREATE INDEX documents_document_expiring ON documents_document (service, expires_at) WHERE ending = '' AND told_at IS NULL;
