package cases

import (
	"context"
	"fmt"
	"slices"

	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// own is a person's use of their own application. Somebody else's is denied by
// the policy, which records it.
func own(actor policy.Actor, d *services.Definition, row *Case, op policy.Operation, fields ...string) vault.Use {
	use := ownUse(actor, d, row.Scope(), op, fields)
	use.Subject, use.Reference = row.Subject, row.Reference
	return use
}

// mine runs do on a person's own application, which stands still meanwhile.
// Somebody else's is not found, and the attempt is recorded.
func (c *Cases) mine(ctx context.Context, actor policy.Actor, caseID string, do func(tx *db.Tx, d *services.Definition, row *Case) error) (*Case, error) {
	row, d, _, err := c.known(ctx, caseID)
	if err != nil {
		return nil, err
	}
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		var err error
		if row, err = selectCase(tx, caseID); err != nil {
			return err
		}
		if _, err := c.Vault.Permit(tx, own(actor, d, row, policy.Use, d.RemarksField())); err != nil {
			return err
		}
		if ok, err := holdCase(tx, row); err != nil || !ok {
			return firstOf(err, errMoved)
		}
		return do(tx, d, row)
	})
	if fault.KindOf(err) == fault.Denied && row != nil && row.Subject != actor.ID {
		return nil, errNotFound
	}
	return row, err
}

// Mine lists a person's own applications, as far as the filter goes: nothing of
// what they are about.
func (c *Cases) Mine(ctx context.Context, f Mine) (list []*Case, more bool, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		list, more, err = selectMine(tx, f)
		return err
	})
	return list, more, wrap("list one's applications", err)
}

// Do does what the applicant chose to do with their application as they saw
// it, such as answering or withdrawing. text becomes a message.
func (c *Cases) Do(ctx context.Context, actor policy.Actor, caseID, state, action, text string) (*Case, error) {
	row, err := c.mine(ctx, actor, caseID, func(tx *db.Tx, d *services.Definition, row *Case) error {
		s, _ := d.Workflow.State(row.State)
		a, ok := s.Action(action)
		if row.State != state || !row.Open() || !ok || a.Doer() != services.Applicant {
			return errMoved
		}
		if a.Contests && c.Overdue(row) {
			return errTermOver
		}
		steps, err := selectSteps(tx, row)
		if err != nil {
			return err
		}
		if text, err = write("message", text, unanswered(d, s, a, steps)); err != nil {
			return err
		}
		if text != "" {
			if err := c.seal(tx, own(actor, d, row, policy.Collect, d.MessageField()), row, text, policy.SourceForm); err != nil {
				return err
			}
		}
		return c.move(tx, actor.ID, d, row, steps, a, Step{})
	})
	return row, wrap("act on an application", err)
}

// unanswered reports whether an action would answer a request for information
// with nothing: no answer was changed since, so that a message is needed.
func unanswered(d *services.Definition, s services.State, a services.Action, steps []Step) bool {
	to, _ := d.Workflow.State(a.To)
	_, ok := asked(&d.Workflow, steps)
	return ok && s.Turn() == services.Applicant && !to.Final && d.Message != nil && steps[len(steps)-1].Action != StepAmend
}

// seal seals one message or note.
func (c *Cases) seal(tx *db.Tx, use vault.Use, row *Case, text, source string) error {
	if use.Fields[0] == "" {
		return errNoMessage
	}
	permit, err := c.Vault.Permit(tx, use)
	if err != nil {
		return err
	}
	item := id.New(c.Clock.Now())
	if err := insertItem(tx, row, item, use.Actor.ID); err != nil {
		return err
	}
	return c.Vault.Put(tx, permit, []vault.Value{{Field: use.Fields[0], Item: item, Text: text, Source: source}})
}

// Write sends a message of the applicant to the office.
func (c *Cases) Write(ctx context.Context, actor policy.Actor, caseID, text string) error {
	text, err := write("message", text, true)
	if err != nil {
		return err
	}
	_, err = c.mine(ctx, actor, caseID, func(tx *db.Tx, d *services.Definition, row *Case) error {
		if !row.Open() {
			return errMoved
		}
		if err := c.seal(tx, own(actor, d, row, policy.Collect, d.MessageField()), row, text, policy.SourceForm); err != nil {
			return err
		}
		news := row.News
		if news == NoNews {
			news = Wrote
		}
		_, err := tell(tx, row, news, row.Unread)
		return err
	})
	return wrap("write to the office", err)
}

// Change is what came of changing answers: what is wrong with them, or the
// questions whose answers are others now.
type Change struct {
	Outcome *forms.Outcome
	Changed []string
}

// Amend changes answers of the applicant's own application, as far as its
// state allows, if it is still as they saw it. given are the answers to the
// questions that may be changed; before are the errors of decoding them.
func (c *Cases) Amend(ctx context.Context, actor policy.Actor, caseID string, revision int64, given forms.Answers, before ...forms.Error) (*Change, error) {
	now, err := c.Application(ctx, actor, caseID)
	if err != nil {
		return nil, err
	}
	keys := now.Typed()
	if len(keys) == 0 {
		return nil, errMoved
	}
	return c.amend(ctx, actor, now, revision, keys, given, nil, before...)
}

// Typed are the keys of those questions whose answers may be changed that are
// no files.
func (a *Application) Typed() []string {
	return slices.DeleteFunc(slices.Clone(a.Changeable()), func(key string) bool {
		f, _ := a.Service.Form.Field(key)
		return f.Alone()
	})
}

// Replace changes the answer to one question that may be changed, if the case is
// still as the applicant saw it. attach runs in the same transaction.
func (c *Cases) Replace(ctx context.Context, actor policy.Actor, now *Application, revision int64, key, text string, attach func(tx *db.Tx) error) (*Change, error) {
	if !slices.Contains(now.Changeable(), key) {
		return nil, errMoved
	}
	return c.amend(ctx, actor, now, revision, []string{key}, forms.Answers{key: text}, attach)
}

// amend changes the answers to the questions with these keys.
func (c *Cases) amend(ctx context.Context, actor policy.Actor, now *Application, revision int64, keys []string, given forms.Answers, attach func(tx *db.Tx) error, before ...forms.Error) (*Change, error) {
	if now.Revision != revision {
		return nil, errMoved
	}
	next := forms.Answers{}
	for key, text := range now.Answers {
		if !slices.Contains(keys, key) {
			next[key] = text
		}
	}
	for key, text := range given {
		if slices.Contains(keys, key) {
			next[key] = text
		}
	}
	d := now.Service
	outcome, err := d.Form.Check(next, forms.At{Now: c.Clock.Now(), Variant: now.Variant}, before...)
	if rule, ok := asRule(err); ok {
		outcome, err = &forms.Outcome{Errors: append(before, forms.Error{Code: "forms.error.rule", Args: []any{"rule", rule}, Rule: rule})}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check changed answers: %w", err)
	}
	// What cannot be changed was right when it was sent.
	outcome.Errors = slices.DeleteFunc(outcome.Errors, func(e forms.Error) bool {
		key := e.Question()
		return key != "" && !slices.Contains(keys, key) && now.Answers[key] == next[key]
	})
	change := &Change{Outcome: outcome}
	if len(outcome.Errors) > 0 {
		return change, nil
	}
	var values []vault.Value
	var fields []string
	for _, f := range d.Form.Fields() {
		if text := outcome.Answers[f.Key]; text != now.Answers[f.Key] {
			v := vault.Value{Field: f.ID, Text: text, Source: policy.SourceForm}
			if f.Computed {
				v.Source = policy.SourceSystem
			}
			values = append(values, now.Values.Replace(v, c.Clock.Now())...)
			fields, change.Changed = append(fields, f.ID), append(change.Changed, f.Key)
		}
	}
	if len(values) == 0 {
		return change, nil
	}
	_, err = c.mine(ctx, actor, now.ID, func(tx *db.Tx, d *services.Definition, row *Case) error {
		if row.Revision != revision {
			return errMoved
		}
		permit, err := c.Vault.Permit(tx, own(actor, d, row, policy.Collect, fields...))
		if err != nil {
			return err
		}
		if err := c.Vault.Put(tx, permit, values); err != nil {
			return err
		}
		if attach != nil {
			if err := attach(tx); err != nil {
				return err
			}
		}
		steps, err := selectSteps(tx, row)
		if err != nil {
			return err
		}
		was := *row
		row.Changed, row.News, row.Revision, row.Fee = c.Clock.Now(), Amended, row.Revision+1, outcome.Fee.Amount()
		if ok, err := moveCase(tx, &was, row); err != nil || !ok {
			return firstOf(err, errMoved)
		}
		return c.took(tx, row, d, state(d, row), Step{
			N: int64(len(steps)) + 1, At: row.Changed, Action: StepAmend, State: row.State, Actor: actor.ID, Keys: change.Changed,
		})
	})
	return change, wrap("change answers", err)
}

// Reply sends a message of the office to the applicant. Only the holder of a
// case writes.
func (c *Cases) Reply(ctx context.Context, actor policy.Actor, caseID, text string) error {
	return c.note(ctx, actor, caseID, text, "message", func(d *services.Definition) string { return d.MessageField() }, true)
}

// Note notes something for other officials. The applicant does not see it on
// their page; it is data about them all the same, and declared.
func (c *Cases) Note(ctx context.Context, actor policy.Actor, caseID, text string) error {
	return c.note(ctx, actor, caseID, text, "note", func(d *services.Definition) string { return d.NoteField() }, false)
}

func (c *Cases) note(ctx context.Context, actor policy.Actor, caseID, text, name string, field func(*services.Definition) string, unread bool) error {
	text, err := write(name, text, true)
	if err != nil {
		return err
	}
	row, d, _, err := c.known(ctx, caseID)
	if err != nil {
		return err
	}
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		var err error
		if row, err = selectCase(tx, caseID); err != nil {
			return err
		}
		if ok, err := tell(tx, row, row.News, row.Unread || unread); err != nil || !ok {
			return firstOf(err, errMoved)
		}
		if err := c.seal(tx, deciding(actor, d, row, policy.Collect, []string{field(d)}), row, text, policy.SourceStaff); err != nil || !unread {
			return err
		}
		return c.told(tx, Happening{row, d, state(d, row), Step{At: c.Clock.Now(), Action: StepMessage, State: row.State, Actor: actor.ID}})
	})
	if fault.KindOf(err) == fault.Denied {
		return policy.Refused(errDenied, err)
	}
	return wrap("write on a case", err)
}
