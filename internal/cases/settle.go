package cases

import (
	"fmt"

	"portico/internal/platform/db"
	"portico/internal/services"
)

// Settle lets happen what the workflow says of a case whose fee is paid, in the
// caller's transaction. Whoever calls it has seen to it that it is. Moved says
// that the case does not wait for a payment, or does not any more.
func (c *Cases) Settle(tx *db.Tx, caseID string) (*Case, error) {
	row, err := selectCase(tx, caseID)
	if err != nil || row == nil {
		return nil, firstOf(err, errNotFound)
	}
	d, err := c.Version(row)
	if err != nil {
		return nil, err
	}
	return row, c.settle(tx, d, row)
}

func (c *Cases) settle(tx *db.Tx, d *services.Definition, row *Case) error {
	paid, waits := state(d, row).Paid()
	if !waits || !row.Open() {
		return errMoved
	}
	steps, err := selectSteps(tx, row)
	if err != nil {
		return fmt.Errorf("settle a case: %w", err)
	}
	return c.move(tx, ByPayment, d, row, steps, paid, Step{})
}
