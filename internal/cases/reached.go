package cases

import (
	"context"
	"time"

	"portico/internal/platform/db"
)

// Reached returns when an application of the person for the service last came
// into the state, zero if none ever did. An empty variant is any. It reads
// states and times only, as the list of one's applications does.
func (c *Cases) Reached(ctx context.Context, subject, service, variant, state string) (at time.Time, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		at, err = lastReached(tx, subject, service, variant, state)
		return err
	})
	return at, wrap("see how far "+service+" got", err)
}
