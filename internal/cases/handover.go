package cases

import (
	"context"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services"
)

// The steps that change who holds a case, whatever its workflow.
const (
	StepHandOver = "hand-over" // from the holder, or by who supervises, to a colleague
	StepRelease  = "release"   // nobody holds it any more
	StepClaim    = "claim"     // somebody takes what was released
)

// Officials knows who works for the portal.
type Officials interface {
	// Official returns the roles that an official has now and their party, and
	// whether they work: who was invited only, suspended or removed does not.
	Official(tx *db.Tx, subject string) (roles []string, party string, working bool, err error)
}

var errColleague = fault.Input(fault.Field{Name: "to", Code: "cases.error.colleague"})

// HandOver gives an open case, as it was last seen, to a colleague who decides
// on the service and works now; an empty one is nobody. Its holder can, and whoever
// supervises; what nobody holds, whoever decides can give to themself. A word
// becomes a note, which only the holder can write.
func (c *Cases) HandOver(ctx context.Context, actor policy.Actor, caseID string, revision int64, to string, word string) (*Case, error) {
	word, err := write("word", word, false)
	if err != nil {
		return nil, err
	}
	row, _, err := c.find(ctx, caseID)
	if err != nil {
		return nil, err
	}
	d, err := c.Version(row)
	if err != nil {
		return nil, err
	}
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		var err error
		if row, err = selectCase(tx, caseID); err != nil {
			return err
		}
		return c.handOver(tx, actor, d, row, revision, to, word)
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return nil, wrap("hand a case over", err)
	}
	return row, nil
}

func (c *Cases) handOver(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, revision int64, to string, word string) error {
	step := StepHandOver
	use := deciding(actor, d, row, policy.Use, c.declared(d.DecideActivity(), d.Shown()))
	switch {
	case to == "":
		step = StepRelease
	case row.Holder == "" && to == actor.ID:
		step, use.Task.Holder = StepClaim, actor.ID // would they be allowed to see it?
	}
	leads := c.Supervises(actor, d) && (actor.Strong || c.Policy().Demo())
	if !leads || step == StepClaim || word != "" {
		if _, err := c.Vault.Permit(tx, use); err != nil {
			return err
		}
	}
	switch {
	case !row.Open() || row.Revision != revision || row.Holder == to:
		return errMoved
	case to != "":
		roles, _, working, err := c.Officials.Official(tx, to)
		if err != nil {
			return err
		}
		if !working || !d.For(roles) {
			return errColleague
		}
	}
	if ok, err := holdCase(tx, row); err != nil || !ok {
		return firstOf(err, errMoved)
	}
	if word != "" {
		if err := c.word(tx, actor, d, row, word); err != nil {
			return err
		}
	}
	steps, err := selectSteps(tx, row)
	if err != nil {
		return err
	}
	was, now := *row, c.Config.Clock.Now()
	row.Holder, row.Changed, row.Revision = to, now, row.Revision+1
	if ok, err := moveCase(tx, &was, row); err != nil || !ok {
		return firstOf(err, errMoved)
	}
	if err := c.Vault.Bump(tx, row.Subject); err != nil {
		return err
	}
	return c.took(tx, row, d, state(d, row), Step{N: int64(len(steps)) + 1, At: now, Action: step, State: row.State, Actor: actor.ID, Holder: to})
}

// word keeps what the holder says to whoever has the case next, as a note.
func (c *Cases) word(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, word string) error {
	if d.NoteField() == "" {
		return fault.Input(fault.Field{Name: "word", Code: "cases.error.no-notes"})
	}
	return c.seal(tx, deciding(actor, d, row, policy.Collect, []string{d.NoteField()}), row, word, policy.SourceStaff)
}
