package vault

import (
	"fmt"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// SetRestricted says whether a person restricts processing: only their own
// uses go on then, and what is declared to. The gate moves, so that no use that
// was decided on before commits afterwards, on any node (I6).
func (v *Vault) SetRestricted(tx *db.Tx, subject string, on bool) error {
	return v.suspend(tx, "restricted_at", subject, on)
}

// SetObjected says whether a person objects to any purpose: to which, says
// Config.Objected. The gate moves, also if the person objects to another one.
func (v *Vault) SetObjected(tx *db.Tx, subject string, on bool) error {
	return v.suspend(tx, "objected_at", subject, on)
}

func (v *Vault) suspend(tx *db.Tx, column, subject string, on bool) error {
	var at *int64
	if on {
		now := clock.Micros(v.clock.Now())
		at = &now
	}
	if err := suspendGate(tx, column, subject, at); err != nil {
		return fmt.Errorf("note that processing is suspended: %w", err)
	}
	return nil
}

// Stopped is why a use of a person's data is to stop that opens none, such as
// finding their cases by what they are known by: they restrict processing or
// object to the purpose, and the activity does not go on in spite of that.
func (v *Vault) Stopped(tx *db.Tx, subject, activity string) (policy.Reason, error) {
	g, err := selectGate(tx, subject)
	if err != nil {
		return policy.ReasonUndecided, fmt.Errorf("read a gate: %w", err)
	}
	state, err := v.state(tx, &g, &Use{Subject: subject, Activity: activity})
	switch a, _ := v.policy().Activity(activity); {
	case err != nil || a.WhileRestricted:
		return policy.ReasonAllowed, err
	case state.Restricted:
		return policy.ReasonRestricted, nil
	case state.Objected:
		return policy.ReasonObjected, nil
	}
	return policy.ReasonAllowed, nil
}

// Kept is one value that is kept of a person, as its row says: nothing of what
// it holds.
type Kept struct {
	Scope  string
	Field  string
	Item   string
	Source string
	At     int64 // microseconds
}

// Inventory lists what is kept of a person, by scope and field. It opens
// nothing.
func (v *Vault) Inventory(tx *db.Tx, subject string) ([]Kept, error) {
	list, err := selectInventory(tx, subject)
	if err != nil {
		return nil, fmt.Errorf("list what is kept of a person: %w", err)
	}
	return list, nil
}
