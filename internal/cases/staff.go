package cases

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// deciding is an official's use of a case.
func deciding(actor policy.Actor, d *services.Definition, row *Case, op policy.Operation, fields []string) vault.Use {
	return vault.Use{
		Actor: actor, Subject: row.Subject, Activity: d.DecideActivity(), Scope: row.Scope(), Operation: op,
		Fields: fields, Task: row.task(), Reference: row.Reference,
	}
}

// View returns a case as an official may see it. What it is about is there
// only while they hold it and it is open; that is an event each time. The
// task of somebody else is denied, and the attempt recorded.
func (c *Cases) View(ctx context.Context, actor policy.Actor, caseID string) (*Application, error) {
	row, steps, err := c.find(ctx, caseID)
	if err != nil {
		return nil, err
	}
	d, err := c.Version(row)
	if err != nil {
		return nil, err
	}
	if row.Draft() {
		return nil, errNotFound
	}
	if d.For(actor.Roles) && (row.Holder == "" || !row.Open()) {
		return &Application{Case: row, Service: d, Steps: steps}, nil
	}
	var handle *vault.Handle
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		handle = nil
		if row, err = selectCase(tx, caseID); err != nil {
			return err
		}
		// The case stands still until the event is committed: nobody closes
		// it or hands it over between the decision and the view.
		if ok, err := holdCase(tx, row); err != nil || !ok {
			return firstOf(err, errMoved)
		}
		fields := c.declared(d.DecideActivity(), append(d.Shown(), d.RemarksField()))
		permit, err := c.Vault.Permit(tx, deciding(actor, d, row, policy.Use, fields))
		if err != nil {
			return err
		}
		handle, err = c.Vault.Open(tx, permit)
		return err
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, errDenied.Because(err)
	}
	if err != nil {
		return nil, wrap("open a case", err)
	}
	values, err := handle.Reveal()
	if err != nil {
		return nil, err
	}
	return c.application(row, d, steps, values)
}

// Glance returns a case as its row says, without opening it.
func (c *Cases) Glance(ctx context.Context, caseID string) (*Application, error) {
	row, steps, err := c.find(ctx, caseID)
	if err != nil {
		return nil, err
	}
	d, err := c.Version(row)
	if err != nil {
		return nil, err
	}
	return &Application{Case: row, Service: d, Steps: steps}, nil
}

// Act does what an official chose to do with a case as they saw it.
func (c *Cases) Act(ctx context.Context, actor policy.Actor, caseID, state, action, remarks string) (*Case, error) {
	remarks = strings.TrimSpace(remarks)
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
		return c.act(tx, actor, d, row, state, action, remarks)
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, errDenied.Because(err)
	}
	return row, wrap("act on a case", err)
}

func (c *Cases) act(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, state, action, remarks string) error {
	from, _ := d.Workflow.State(row.State)
	seen, _ := d.Workflow.State(state)
	a, known := seen.Action(action)
	if !known {
		return errMoved
	}
	late := errMoved
	if a.Take {
		late = errTaken
	}
	if row.State != state || !row.Open() || from.Final || a.Take && row.Holder != "" && row.Holder != actor.ID {
		// Whether they may know that much is still for the policy to say.
		if !d.For(actor.Roles) {
			_, err := c.Vault.Permit(tx, deciding(actor, d, row, policy.Use, d.Shown()))
			return firstOf(err, late)
		}
		return late
	}
	switch {
	case tooLong(remarks):
		return fault.Input(fault.Field{Name: "remarks", Code: "cases.error.remarks-long", Args: []any{"n", MaxRemarks}})
	case a.Remarks == services.Always && remarks == "":
		return fault.Input(fault.Field{Name: "remarks", Code: "cases.error.remarks-missing"})
	}
	if ok, err := holdCase(tx, row); err != nil || !ok {
		return firstOf(err, late)
	}
	if a.Take {
		return c.take(tx, actor, d, row, a)
	}
	return c.decide(tx, actor, d, row, a, remarks)
}

// take gives a case that nobody holds to an official.
func (c *Cases) take(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, a services.Action) error {
	// Would they be allowed to see it, once they hold it?
	use := deciding(actor, d, row, policy.Use, c.declared(d.DecideActivity(), d.Shown()))
	use.Task.Holder = actor.ID
	if _, err := c.Vault.Permit(tx, use); err != nil {
		return err
	}
	return c.move(tx, actor, row, a, d, errTaken)
}

// decide does any other action, which is the holder's alone.
func (c *Cases) decide(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, a services.Action, remarks string) error {
	permit, err := c.Vault.Permit(tx, deciding(actor, d, row, policy.Collect, []string{d.RemarksField()}))
	if err != nil {
		return err
	}
	if a.Remarks != services.Never && a.Remarks != "" && remarks != "" {
		if err := c.Vault.Put(tx, permit, []vault.Value{{Field: d.RemarksField(), Text: remarks, Source: policy.SourceStaff}}); err != nil {
			return err
		}
	}
	return c.move(tx, actor, row, a, d, errMoved)
}

// move brings the case into the action's state. The gate moves with it, so
// that whoever decided to open the case before decides again.
func (c *Cases) move(tx *db.Tx, actor policy.Actor, row *Case, a services.Action, d *services.Definition, late error) error {
	to, ok := d.Workflow.State(a.To)
	if !ok {
		return fmt.Errorf("the workflow has no state %q", a.To)
	}
	now := c.Clock.Now()
	steps, err := selectSteps(tx, row)
	if err != nil {
		return err
	}
	was := *row
	row.enter(to, now)
	row.Holder, row.Revision = actor.ID, row.Revision+1
	if ok, err := moveCase(tx, &was, row); err != nil || !ok {
		return firstOf(err, late)
	}
	if err := c.Vault.Bump(tx, row.Subject); err != nil {
		return err
	}
	return insertStep(tx, row, Step{N: int64(len(steps)) + 1, At: now, Action: a.ID, State: to.ID, Actor: actor.ID})
}
