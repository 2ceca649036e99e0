package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
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

// known finds a case and the version of its service.
func (c *Cases) known(ctx context.Context, caseID string) (*Case, *services.Definition, []Step, error) {
	row, steps, err := c.find(ctx, caseID)
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := c.Version(row)
	return row, d, steps, err
}

// View returns a case as an official may see it. What it is about is there
// only while they hold it and it is open; that is an event each time. The
// task of somebody else is denied, and the attempt recorded.
func (c *Cases) View(ctx context.Context, actor policy.Actor, caseID string) (*Application, error) {
	row, d, steps, err := c.known(ctx, caseID)
	if err != nil {
		return nil, err
	}
	if d.For(actor.Roles) && (row.Holder == "" || !row.Open()) {
		return &Application{Case: row, Service: d, Steps: steps}, nil
	}
	if d.For(actor.Roles) && c.left(d.DecideActivity()) {
		return nil, errLeft
	}
	var handle *vault.Handle
	var more aside
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		handle = nil
		if row, err = selectCase(tx, caseID); err != nil {
			return err
		}
		// The case stands still until the event is committed: nobody closes
		// it or hands it over between the decision and the view.
		if ok, err := seeNews(tx, row); err != nil || !ok {
			return firstOf(err, errMoved)
		}
		fields := c.declared(d.DecideActivity(), append(d.Shown(), d.Worked()...))
		permit, err := c.Vault.Permit(tx, deciding(actor, d, row, policy.Use, fields))
		if err != nil {
			return err
		}
		if handle, err = c.Vault.Open(tx, permit); err != nil {
			return err
		}
		more, err = selectAside(tx, row)
		return err
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return nil, wrap("open a case", err)
	}
	values, err := handle.Reveal()
	if err != nil {
		return nil, err
	}
	a, err := c.application(row, d, steps, values)
	a.Earlier, a.Notes = more.earlier, notes(d, values, more.authors)
	return a, err
}

// aside is what stands beside a case's row.
type aside struct {
	earlier []string
	authors map[string]string
}

func selectAside(tx *db.Tx, row *Case) (a aside, err error) {
	if a.earlier, err = selectEarlier(tx, row); err != nil {
		return a, err
	}
	a.authors, err = selectAuthors(tx, row)
	return a, err
}

// Glance returns a case as its row says, without opening it.
func (c *Cases) Glance(ctx context.Context, caseID string) (*Application, error) {
	row, d, steps, err := c.known(ctx, caseID)
	if err != nil {
		return nil, err
	}
	return &Application{Case: row, Service: d, Steps: steps}, nil
}

// Act does what an official chose to do with a case as they saw it: what the
// applicant has changed or answered since their last View comes first. text is
// the remarks or, where the action asks for information, the message; keys are
// then the questions whose answers the applicant may change.
func (c *Cases) Act(ctx context.Context, actor policy.Actor, caseID, state, action, text string, keys ...string) (*Case, error) {
	row, d, _, err := c.known(ctx, caseID)
	if err != nil {
		return nil, err
	}
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		var err error
		if row, err = selectCase(tx, caseID); err != nil {
			return err
		}
		return c.act(tx, actor, d, row, state, action, text, keys)
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, policy.Refused(errDenied, err)
	}
	return row, wrap("act on a case", err)
}

func (c *Cases) act(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, state, action, text string, keys []string) error {
	seen, _ := d.Workflow.State(state)
	a, known := seen.Action(action)
	if !known || a.Doer() != services.Official {
		return errMoved
	}
	if a.Take && row.Holder == actor.ID && row.State == a.To && row.Open() {
		return nil // they have it already: a double click, or another tab
	}
	late := tooLate(a, row, actor)
	unseen := row.Holder == actor.ID && !a.Take && (row.News == Amended || row.News == Answered)
	if row.State != state || !row.Open() || unseen || errors.Is(late, errTaken) {
		// Whether they may know that much is still for the policy to say.
		if !d.For(actor.Roles) {
			_, err := c.Vault.Permit(tx, deciding(actor, d, row, policy.Use, d.Shown()))
			return firstOf(err, late)
		}
		return late
	}
	text, err := write(input(a), text, a.Asks || a.Remarks == services.Always)
	if err != nil {
		return err
	}
	if keys, err = c.open(d, a, keys); err != nil {
		return err
	}
	steps, err := selectSteps(tx, row)
	if err != nil {
		return err
	}
	if a.Other && acted(&d.Workflow, steps, actor.ID) {
		return errAgain
	}
	if ok, err := holdCase(tx, row); err != nil {
		return err
	} else if !ok { // somebody was faster between the first look and this
		now, err := selectCase(tx, row.ID)
		if err != nil || now == nil {
			return firstOf(err, errNotFound)
		}
		return tooLate(a, now, actor)
	}
	if a.Take {
		if err := c.mayHold(tx, actor, d, row); err != nil {
			return err
		}
	} else if err := c.say(tx, actor, d, row, a, text); err != nil {
		return err
	}
	return c.move(tx, actor.ID, d, row, steps, a, Step{Keys: keys})
}

// tooLate is what an official is told of a case that is not as they saw it.
func tooLate(a services.Action, row *Case, actor policy.Actor) error {
	if a.Take && row.Holder != "" && row.Holder != actor.ID {
		return errTaken
	}
	return errMoved
}

// open checks which questions the applicant is to answer anew.
func (c *Cases) open(d *services.Definition, a services.Action, keys []string) ([]string, error) {
	if !a.Asks {
		return nil, nil
	}
	may := askable(d)
	for _, key := range keys {
		f, _ := d.Form.Field(key)
		if !slices.Contains(may, key) || !slices.Contains(d.Shown(), f.ID) {
			return nil, fault.Input(fault.Field{Name: "keys", Code: "cases.error.keys"})
		}
	}
	return keys, nil
}

// mayHold asks the policy whether an official may see a case, once they hold it.
func (c *Cases) mayHold(tx *db.Tx, official policy.Actor, d *services.Definition, row *Case) error {
	use := deciding(official, d, row, policy.Use, c.declared(d.DecideActivity(), d.Shown()))
	use.Task.Holder = official.ID
	_, err := c.Vault.Permit(tx, use)
	return err
}

// say asks the policy whether an official decides on a case, and seals what
// they wrote.
func (c *Cases) say(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, a services.Action, text string) error {
	value := vault.Value{Field: d.RemarksField(), Text: text, Source: policy.SourceStaff}
	if a.Asks {
		value.Field, value.Item = d.MessageField(), id.New(c.Clock.Now())
	}
	permit, err := c.Vault.Permit(tx, deciding(actor, d, row, policy.Collect, []string{value.Field}))
	if err != nil || text == "" {
		return err
	}
	if value.Item != "" {
		if err := insertItem(tx, row, value.Item, actor.ID); err != nil {
			return err
		}
	}
	return c.Vault.Put(tx, permit, []vault.Value{value})
}

// move brings the case into the action's state. The gate moves with it, so
// that whoever decided to open the case before decides again.
func (c *Cases) move(tx *db.Tx, actor string, d *services.Definition, row *Case, steps []Step, a services.Action, step Step) error {
	from, _ := d.Workflow.State(row.State)
	to, ok := d.Workflow.State(a.To)
	if !ok {
		return fmt.Errorf("the workflow has no state %q", a.To)
	}
	was, now := *row, c.Clock.Now()
	row.enter(from, to, now)
	row.hold(a, actor)
	row.Revision++
	switch a.Doer() {
	case services.Official:
		row.News, row.Unread = NoNews, !a.Take
	case services.Applicant:
		row.News, row.Unread = Answered, false
	case services.System, services.Payment, services.Program:
		row.Unread = true
	}
	if ok, err := moveCase(tx, &was, row); err != nil || !ok {
		return firstOf(err, errMoved)
	}
	if err := c.Vault.Bump(tx, row.Subject); err != nil {
		return err
	}
	step.N, step.At, step.Action, step.State, step.Actor = int64(len(steps))+1, now, a.ID, to.ID, actor
	if err := c.took(tx, row, d, from, step); err != nil {
		return err
	}
	if _, waits := to.Paid(); waits && row.Fee == 0 {
		return c.settle(tx, d, row) // nothing to pay
	}
	return nil
}

// messages are the items of the field of messages, the oldest first.
func messages(d *services.Definition, values vault.Values) (list []Message) {
	for _, v := range values.Items(d.MessageField()) {
		list = append(list, Message{ID: v.Item, At: v.At, Text: v.Text, Office: v.Source == policy.SourceStaff})
	}
	return list
}

// notes are the items of the field of notes, the oldest first.
func notes(d *services.Definition, values vault.Values, authors map[string]string) (list []Note) {
	for _, v := range values.Items(d.NoteField()) {
		list = append(list, Note{ID: v.Item, At: v.At, Text: v.Text, Actor: authors[v.Item]})
	}
	return list
}
