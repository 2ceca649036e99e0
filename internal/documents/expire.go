package documents

import (
	"context"
	"fmt"

	"portico/internal/platform/db"
	"portico/internal/services"
)

const jobExpire = "documents.expire"

// expireBatch is how many documents are told of in one transaction.
const expireBatch = 50

// Notices tells people of their documents, in the transaction in which
// something becomes of them.
type Notices interface {
	// Ended tells of one that was revoked or replaced.
	Ended(tx *db.Tx, row *Document) error
	// Expiring tells of one that is about to expire.
	Expiring(tx *db.Tx, row *Document) error
}

// Remind has everybody told, once, whose document is about to expire.
func (d *Documents) Remind(ctx context.Context) error {
	for _, s := range d.Cases.Catalogue.Services() {
		if s.Document == nil {
			continue
		}
		for more := true; more; {
			err := d.DB.Update(ctx, func(tx *db.Tx) (err error) {
				more, err = d.remind(tx, s)
				return err
			})
			if err != nil {
				return fmt.Errorf("tell of documents that expire: %w", err)
			}
		}
	}
	return nil
}

func (d *Documents) remind(tx *db.Tx, s *services.Definition) (more bool, err error) {
	now := d.Clock.Now()
	list, err := selectExpiring(tx, s.ID, now, now.Add(s.Document.Nearing()), expireBatch)
	if err != nil {
		return false, err
	}
	for _, row := range list {
		ok, err := tellExpiring(tx, row, now)
		if err == nil && ok && d.Notices != nil {
			err = d.Notices.Expiring(tx, row)
		}
		if err != nil {
			return false, err
		}
	}
	return len(list) == expireBatch, nil
}

// Glance returns a document as its row says.
func (d *Documents) Glance(ctx context.Context, documentID string) (*Document, error) {
	return d.find(ctx, func(tx *db.Tx) (*Document, error) { return selectDocument(tx, documentID) })
}
