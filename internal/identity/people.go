package identity

import (
	"fmt"
	"time"

	"portico/internal/platform/db"
)

// People returns the subjects of people with an account, in the order of their
// ids, that come after one.
func (s *Service) People(tx *db.Tx, after string, limit int) ([]string, error) {
	list, err := selectPeople(tx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return list, nil
}

// CountPeople returns how many people have an account.
func (s *Service) CountPeople(tx *db.Tx) (int64, error) {
	n, err := countPeople(tx)
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return n, nil
}

// Since is when somebody began to have an account.
func (s *Service) Since(tx *db.Tx, subject string) (time.Time, error) {
	at, err := selectCreated(tx, subject)
	if err != nil {
		return time.Time{}, fmt.Errorf("look up since when somebody has an account: %w", err)
	}
	return at, nil
}
