package proof

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/platform/db"
)

// Refuse answers an error if the store has a column that no feature declared:
// such a store does not start (I1).
func Refuse(ctx context.Context, d *db.DB, tables []db.Table) error {
	schema, err := d.Schema(ctx)
	if err != nil {
		return err
	}
	if faults := db.Undeclared(schema, tables); len(faults) > 0 {
		return fmt.Errorf("the store does not hold what the program declares (I1): %s: declare it in the feature's Holding, or remove it", strings.Join(faults, "; "))
	}
	return nil
}
