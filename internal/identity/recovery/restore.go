package recovery

import (
	"fmt"

	"portico/internal/platform/db"
)

// Restored stops, in a store that was restored, every recovery under way: who
// holds such a code or link asks anew.
func (s *Service) Restored(tx *db.Tx) error {
	if err := stopEverything(tx); err != nil {
		return fmt.Errorf("stop recoveries: %w", err)
	}
	return nil
}
