-- +goose Up
-- What was not sent yet belongs to drafts_draft: there it begins anew.
DELETE FROM cases_case WHERE state = 'draft';
