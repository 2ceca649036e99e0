package roll

import (
	"context"
	"fmt"
	"time"

	"portico/internal/platform/db"
)

// Roll is who has an account.
type Roll struct{ DB *db.DB }

// People returns the subjects of people with an account, in the order of their
// ids, that come after one.
func (r Roll) People(tx *db.Tx, after string, limit int) ([]string, error) {
	list, err := selectPeople(tx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return list, nil
}

// CountPeople returns how many people have an account.
func (r Roll) CountPeople(tx *db.Tx) (int64, error) {
	n, err := countPeople(tx)
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return n, nil
}

// Since is when somebody began to have an account.
func (r Roll) Since(tx *db.Tx, subject string) (time.Time, error) {
	at, err := selectCreated(tx, subject)
	if err != nil {
		return time.Time{}, fmt.Errorf("look up since when somebody has an account: %w", err)
	}
	return at, nil
}

// AgreedAt is when somebody agreed to what is asked before an account is opened;
// zero: nothing was asked of them.
func (r Roll) AgreedAt(ctx context.Context, subject string) (at time.Time, err error) {
	err = r.DB.View(ctx, func(tx *db.Tx) error { at, err = selectAgreed(tx, subject); return err })
	if err != nil {
		return time.Time{}, fmt.Errorf("look up what somebody agreed to: %w", err)
	}
	return at, nil
}

// Agreed counts the accounts of people that were opened since the first who
// agreed, and those of them that did not.
func (r Roll) Agreed(ctx context.Context) (accounts, without int64, err error) {
	err = r.DB.View(ctx, func(tx *db.Tx) error { accounts, without, err = countAgreed(tx); return err })
	if err != nil {
		return 0, 0, fmt.Errorf("count who agreed: %w", err)
	}
	return accounts, without, nil
}
