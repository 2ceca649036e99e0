package reach

import (
	"context"
	"fmt"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Contacts is how current the contact data of people is (N18).
type Contacts struct {
	Asked  policy.Period // after how long people are asked; empty: never
	People int64
	Right  int64 // those whose word is not older than that
	Marked int64 // contacts to which messages do not get through
	Used   int64 // messages that were sent to one of them all the same
}

// markedMost is how many marked contacts are looked at.
const markedMost = 500

// Look looks at the contact data of everybody, who are asked about it after a
// time; sent counts what was sent to a contact of somebody since a moment.
func Look(ctx context.Context, d *db.DB, now time.Time, asked policy.Period, sent func(tx *db.Tx, subject, field string, since time.Time) (int64, error)) (c Contacts, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		c = Contacts{Asked: asked}
		since := time.UnixMicro(0)
		if y, m, days, err := c.Asked.Parts(); err == nil {
			since = now.AddDate(-y, -m, -days)
		}
		if c.People, c.Right, err = countRight(tx, since); err != nil {
			return err
		}
		marked, err := selectMarked(tx, markedMost)
		if err != nil {
			return err
		}
		c.Marked = int64(len(marked))
		for _, b := range marked {
			n, err := sent(tx, b.Subject, b.Field, b.At)
			if err != nil {
				return err
			}
			c.Used += n
		}
		return nil
	})
	if err != nil {
		return Contacts{}, fmt.Errorf("look how current contact data is: %w", err)
	}
	return c, nil
}
