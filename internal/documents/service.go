package documents

import (
	"context"
	"encoding/json"
	"fmt"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// find returns a document that by finds, or says that there is none.
func (d *Documents) find(ctx context.Context, by func(*db.Tx) (*Document, error)) (row *Document, err error) {
	err = d.DB.View(ctx, func(tx *db.Tx) error {
		row, err = by(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a document: %w", err)
	}
	if row == nil {
		return nil, errNotFound
	}
	return row, nil
}

// Of lists a person's documents, the latest first; those of one case if it is
// named. It reads rows only.
func (d *Documents) Of(ctx context.Context, subject, caseID string) (list []*Document, err error) {
	err = d.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectOf(tx, subject, caseID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	return list, nil
}

// service is the version of its service that a document was issued under.
func (d *Documents) service(ctx context.Context, row *Document) (*services.Definition, error) {
	a, err := d.Cases.Glance(ctx, row.Case)
	if err != nil {
		return nil, fmt.Errorf("find the case of a document: %w", err)
	}
	return a.Service, nil
}

// Open returns a person's own document with what it says, which is an event.
// One that is not made yet is made first; where that cannot be, its content is
// empty. Somebody else's is not found, and the attempt is recorded.
func (d *Documents) Open(ctx context.Context, actor policy.Actor, documentID string) (*Paper, error) {
	if !id.Valid(documentID) {
		return nil, errNotFound
	}
	byID := func(tx *db.Tx) (*Document, error) { return selectDocument(tx, documentID) }
	row, err := d.find(ctx, byID)
	if err != nil {
		return nil, err
	}
	if row.Made.IsZero() && row.Subject == actor.ID {
		if err := d.make(ctx, row.ID); err != nil && fault.KindOf(err) != fault.Denied {
			return nil, err
		}
		if row, err = d.find(ctx, byID); err != nil {
			return nil, err
		}
	}
	out := &Paper{Document: row, Token: d.tokenOf(row.ID)}
	if out.Service, err = d.service(ctx, row); err != nil {
		return nil, err
	}
	values, err := d.Vault.Read(ctx, vault.Use{
		Actor: actor, Subject: row.Subject, Activity: out.Service.ApplyActivity(), Operation: policy.Use, Scope: row.scope(),
		Fields: out.Service.Papers(), Reference: row.Number,
	})
	if fault.KindOf(err) == fault.Denied && row.Subject != actor.ID {
		return nil, errNotFound.Because(err)
	}
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		switch {
		case v.Item != row.ID:
		case v.Field == out.Service.DocumentField():
			if err := json.Unmarshal([]byte(v.Text), &out.Content); err != nil {
				return nil, fmt.Errorf("read a document: %w", err)
			}
		default:
			out.Because = v.Text
		}
	}
	return out, nil
}
