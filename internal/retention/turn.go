package retention

import (
	"context"
	"fmt"
	"time"

	"portico/internal/platform/db"
)

// turnAtOnce is of how many people a transaction ends the year.
const turnAtOnce = 20

// Turn ends the year of people's logs once it is over, so that what stands in
// them goes when its time is over, year by year. It is called at every hour,
// does nothing once the year was ended for everybody, and goes on where it was
// stopped. A store that was founded this year has none behind it.
func (s *Service) Turn(ctx context.Context) error {
	year := s.Clock.Now().In(s.Zone()).Year()
	begin := time.Date(year, time.January, 1, 0, 0, 0, 0, s.Zone())
	for done := false; !done; {
		err := s.Vault.Update(ctx, func(tx *db.Tx) error {
			founded, err := s.Vault.FoundedAt(tx)
			if err != nil {
				return err
			}
			if done = !founded.Before(begin); done {
				return nil
			}
			after, ended, err := beginTurn(tx, year)
			if done = ended; err != nil || done {
				return err
			}
			if after, err = s.Vault.Turn(tx, after, turnAtOnce); err != nil {
				return err
			}
			var at time.Time
			if done = after == ""; done {
				at = s.Clock.Now()
			}
			return saveTurn(tx, year, after, at)
		})
		if err != nil {
			return fmt.Errorf("end the year of the logs: %w", err)
		}
	}
	return nil
}
