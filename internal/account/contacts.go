package account

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

// Contacts looks at the contact data of everybody; sent counts what was sent to
// a contact of somebody since a moment.
func (s *Service) Contacts(ctx context.Context, sent func(tx *db.Tx, subject, field string, since time.Time) (int64, error)) (c Contacts, err error) {
	now := s.Clock.Now()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c = Contacts{Asked: s.Confirm()}
		since := time.UnixMicro(0)
		if y, m, d, err := c.Asked.Parts(); err == nil {
			since = now.AddDate(-y, -m, -d)
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
