package uploads

import (
	"context"
	"fmt"
	"time"

	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
)

const (
	sweepPage = 50
	// patience is how long a file or a blob may belong to nothing: whoever writes
	// it may not have noted it yet.
	patience = 24 * time.Hour
)

// Sweep destroys what belongs to nobody: files of applications that are gone,
// and blobs that no file knows. What has an owner goes by package retention.
func (u *Uploads) Sweep(ctx context.Context) error {
	since := u.Clock.Now().Add(-patience)
	behind := ""
	for {
		var list []*File
		err := u.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = selectLoose(tx, since, behind, sweepPage)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for loose files: %w", err)
		}
		if len(list) == 0 {
			return u.sweepBlobs(ctx, since)
		}
		for _, f := range list {
			behind = f.ID
			if err := u.sweepFile(ctx, f); err != nil {
				return err
			}
		}
	}
}

func (u *Uploads) sweepFile(ctx context.Context, f *File) error {
	lives, err := u.Lives(ctx, f.Subject, f.Scope)
	if err != nil {
		return fmt.Errorf("look for the case of a file: %w", err)
	}
	if lives {
		return nil
	}
	err = u.Vault.Update(ctx, func(tx *db.Tx) error {
		now, err := selectFile(tx, f.ID)
		if err != nil || now == nil || now.revision != f.revision || !now.Attached.IsZero() {
			return err
		}
		return u.destroy(tx, now)
	})
	if err != nil {
		return fmt.Errorf("destroy a loose file: %w", err)
	}
	return nil
}

// sweepBlobs deletes blobs that no file knows and nobody else does.
func (u *Uploads) sweepBlobs(ctx context.Context, since time.Time) error {
	return u.Blobs.List(ctx, func(b blobs.Info) error {
		if !b.At.Before(since) {
			return nil
		}
		if b.Done {
			var known bool
			err := u.DB.View(ctx, func(tx *db.Tx) (err error) {
				if known, err = hasBlob(tx, b.ID); err == nil && !known && u.Others != nil {
					known, err = u.Others(tx, b.ID)
				}
				return err
			})
			if err != nil || known {
				return err
			}
		}
		return u.Blobs.Delete(ctx, b.ID)
	})
}
