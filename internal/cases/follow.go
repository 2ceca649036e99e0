package cases

import (
	"portico/internal/platform/db"
	"portico/internal/services"
)

// Happening is a step of a case, in the moment in which it is taken.
type Happening struct {
	Case    *Case                // as it is now
	Service *services.Definition // the version that the case keeps
	From    services.State       // zero when the case was made
	Step    Step                 // its action is one of the workflow, or a Step… of this package
}

// To is the state in which the case stands now.
func (h Happening) To() services.State { return state(h.Service, h.Case) }

// Entered reports whether the case came into its state by this step.
func (h Happening) Entered() bool { return h.Step.Action == StepSubmit || !isOwn(h.Step.Action) }

// Follower is told of each step and each message of the office (StepMessage)
// inside its transaction: what it writes is there exactly if that is, and its
// error undoes it. It does no I/O, may be called again, and opens nothing.
type Follower func(tx *db.Tx, h Happening) error

// told tells the followers.
func (c *Cases) told(tx *db.Tx, h Happening) error {
	for _, follow := range c.Followers {
		if err := follow(tx, h); err != nil {
			return err
		}
	}
	return nil
}

// took stores a step and tells the followers.
func (c *Cases) took(tx *db.Tx, row *Case, d *services.Definition, from services.State, step Step) error {
	if err := insertStep(tx, row, step); err != nil {
		return err
	}
	return c.told(tx, Happening{Case: row, Service: d, From: from, Step: step})
}

// state is where a case stands.
func state(d *services.Definition, row *Case) services.State {
	s, _ := d.Workflow.State(row.State)
	return s
}
