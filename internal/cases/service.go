package cases

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"portico/internal/forms"
	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// Draft is an application while it is being made.
type Draft struct {
	Service *services.Definition
	Ordinal int64
	Case    *Case             // nil until something was saved
	Answers forms.Answers     // what is saved, or what the profile offers
	Sources map[string]string // key → source of what is saved
	Reused  map[string]bool   // keys whose value is the profile's
	Typed   map[string]string // what stands in the inputs
	Outcome *forms.Outcome
}

// ownUse is a person's use of their own data for a service.
func ownUse(actor policy.Actor, d *services.Definition, scope string, op policy.Operation, fields []string) vault.Use {
	return vault.Use{Actor: actor, Subject: actor.ID, Activity: d.ApplyActivity(), Scope: scope, Operation: op, Fields: fields}
}

// declared keeps those fields that an activity of the policy in force names:
// a case may have been submitted under an older one.
func (c *Cases) declared(activity string, fields []string) []string {
	a, _ := c.Policy().Activity(activity)
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !slices.Contains(a.Fields, f) })
}

// answers sorts values of fields by key of the form.
func answers(d *services.Definition, values vault.Values) (forms.Answers, map[string]string) {
	found, sources := forms.Answers{}, map[string]string{}
	for _, f := range d.Form.Fields() {
		if v, ok := values[f.ID]; ok && v.Text != "" {
			found[f.Key], sources[f.Key] = v.Text, v.Source
		}
	}
	return found, sources
}

// profile reads what the person's profile offers to the form.
func (c *Cases) profile(ctx context.Context, actor policy.Actor, d *services.Definition) (vault.Values, error) {
	fields := d.Reused()
	if len(fields) == 0 {
		return vault.Values{}, nil
	}
	return c.Vault.Read(ctx, ownUse(actor, d, vault.Profile, policy.Use, fields))
}

// Begin returns the person's application for a service as it stands: the
// draft, or what the profile offers for a new one. It stores nothing.
func (c *Cases) Begin(ctx context.Context, actor policy.Actor, service string) (*Draft, error) {
	d := c.Catalogue.Service(service)
	if d == nil {
		return nil, errUnknown
	}
	draft := &Draft{Service: d}
	err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
		if draft.Ordinal, err = countSubmitted(tx, actor.ID, d.ID); err != nil {
			return err
		}
		draft.Case, err = selectNth(tx, actor.ID, d.ID, draft.Ordinal)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a draft: %w", err)
	}
	var values vault.Values
	if draft.Case == nil {
		values, err = c.profile(ctx, actor, d)
	} else {
		values, err = c.Vault.Read(ctx, ownUse(actor, d, draft.Case.Scope(), policy.Use, d.Asked()))
	}
	if err != nil {
		return nil, err
	}
	draft.Answers, draft.Sources = answers(d, values)
	draft.Reused = map[string]bool{}
	if draft.Case == nil {
		for key := range draft.Answers {
			draft.Reused[key] = true
		}
	}
	draft.Typed = sent.Typed(d.Form, draft.Answers)
	draft.Outcome, err = c.check(d, draft.Answers)
	return draft, err
}

// check runs the form on answers. That a rule failed is an error of the form,
// so that nothing is submitted and nothing that was typed is lost.
func (c *Cases) check(d *services.Definition, given forms.Answers, before ...forms.Error) (*forms.Outcome, error) {
	o, err := d.Form.Check(given, forms.At{Now: c.Clock.Now()}, before...)
	if rule, ok := asRule(err); ok {
		return &forms.Outcome{Look: forms.Look{Answers: given}, Errors: append(before, forms.Error{Code: "forms.error.rule", Args: []any{"rule", rule}, Rule: rule})}, nil
	}
	return o, err
}

// Save keeps what was sent as the draft, if it is right. Otherwise nothing is
// stored, and the draft that is returned holds everything that was typed.
func (c *Cases) Save(ctx context.Context, actor policy.Actor, service string, ordinal int64, values url.Values, also ...string) (*Draft, error) {
	d := c.Catalogue.Service(service)
	if d == nil {
		return nil, errUnknown
	}
	read := sent.Decode(d.Form, sent.Input{Values: values, Also: also})
	draft := &Draft{Service: d, Ordinal: ordinal, Typed: read.Typed}
	var err error
	if draft.Outcome, err = c.check(d, read.Answers, read.Errors...); err != nil {
		return nil, err
	}
	if len(draft.Outcome.Errors) > 0 {
		return draft, nil
	}
	draft.Answers = draft.Outcome.Answers
	profile, err := c.profile(ctx, actor, d)
	if err != nil {
		return nil, err
	}
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		var err error
		draft.Case, err = c.keep(tx, actor, draft, profile)
		return err
	})
	if Moved(err) {
		return draft, err
	}
	return draft, wrap("save a draft", err)
}

// keep writes a draft inside a transaction.
func (c *Cases) keep(tx *db.Tx, actor policy.Actor, draft *Draft, profile vault.Values) (*Case, error) {
	d, now := draft.Service, c.Clock.Now()
	row, err := selectNth(tx, actor.ID, d.ID, draft.Ordinal)
	if err != nil {
		return nil, err
	}
	fresh := false
	if row == nil {
		n, err := countSubmitted(tx, actor.ID, d.ID)
		if err != nil {
			return nil, err
		}
		if n != draft.Ordinal {
			return nil, errMoved
		}
		row = &Case{
			Subject: actor.ID, ID: id.New(now), Service: d.ID, Ordinal: n, State: services.Draft, Revision: 1,
			Instance: c.Catalogue.Hash(), Policy: c.Policy().Hash(), Changed: now,
		}
		if fresh, err = insertDraft(tx, row); err != nil {
			return nil, err
		}
		if fresh {
			err = c.Vault.NewScope(tx, actor.ID, row.Scope())
		} else {
			row, err = selectNth(tx, actor.ID, d.ID, draft.Ordinal)
		}
		if err != nil {
			return nil, err
		}
	}
	if !row.Draft() {
		return row, errSubmitted
	}
	if !fresh {
		row.Instance = c.Catalogue.Hash()
		if ok, err := touchDraft(tx, row, now); err != nil || !ok {
			return row, firstOf(err, errSubmitted)
		}
		row.Revision++
	}
	return row, c.put(tx, actor, d, row, draft.Answers, profile, !fresh)
}

// put seals answers with their sources. What was answered before and is not
// any more is emptied.
func (c *Cases) put(tx *db.Tx, actor policy.Actor, d *services.Definition, row *Case, given forms.Answers, profile vault.Values, again bool) error {
	var values []vault.Value
	var fields []string
	for _, f := range d.Form.Fields() {
		text, answered := given[f.Key]
		if !answered && !again {
			continue
		}
		v := vault.Value{Field: f.ID, Text: text, Source: policy.SourceForm}
		if known, ok := profile[f.ID]; ok && known.Text == text {
			v.Source = known.Source
		}
		if f.Computed {
			v.Source = policy.SourceSystem
		}
		values, fields = append(values, v), append(fields, f.ID)
	}
	use := ownUse(actor, d, row.Scope(), policy.Collect, fields)
	use.Reference = row.Reference
	permit, err := c.Vault.Permit(tx, use)
	if err != nil {
		return err
	}
	return c.Vault.Put(tx, permit, values)
}

// Send makes an application of the draft as the person last saw it. Done
// again, it returns the application that there is.
func (c *Cases) Send(ctx context.Context, actor policy.Actor, service string, ordinal, revision int64) (*Case, error) {
	d := c.Catalogue.Service(service)
	if d == nil {
		return nil, errUnknown
	}
	var row *Case
	err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
		row, err = selectNth(tx, actor.ID, d.ID, ordinal)
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("find a draft: %w", err)
	case row == nil:
		return nil, errMoved
	case !row.Draft():
		return row, nil
	case row.Revision != revision:
		return nil, errMoved
	}
	values, err := c.Vault.Read(ctx, ownUse(actor, d, row.Scope(), policy.Use, d.Asked()))
	if err != nil {
		return nil, err
	}
	given, _ := answers(d, values)
	outcome, err := c.check(d, given)
	if err != nil {
		return nil, err
	}
	if len(outcome.Errors) > 0 {
		return nil, errMoved // the page says what is wrong now, such as a date that has passed
	}
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		var err error
		row, err = c.submit(tx, actor, d, ordinal, revision, given, outcome.Answers)
		return err
	})
	if err != nil {
		return nil, wrap("submit an application", err)
	}
	return row, nil
}

func (c *Cases) submit(tx *db.Tx, actor policy.Actor, d *services.Definition, ordinal, revision int64, before, after forms.Answers) (*Case, error) {
	row, err := selectNth(tx, actor.ID, d.ID, ordinal)
	if err != nil {
		return nil, err
	}
	if row == nil || row.Draft() && row.Revision != revision {
		return nil, errMoved
	}
	if !row.Draft() {
		return row, nil
	}
	reference, err := c.reference(tx, d)
	if err != nil {
		return nil, err
	}
	now := c.Clock.Now()
	row.Instance, row.Policy = c.Catalogue.Hash(), c.Policy().Hash()
	initial, _ := d.Workflow.State(d.Workflow.Initial)
	if ok, err := submitDraft(tx, row, reference, initial, now); err != nil || !ok {
		if err != nil {
			return nil, err
		}
		// Somebody else's transaction was first: theirs is what there is.
		row, err := selectNth(tx, actor.ID, d.ID, ordinal)
		if err == nil && (row == nil || row.Draft()) {
			err = errMoved
		}
		return row, err
	}
	row.Reference, row.Submitted = reference, now
	row.enter(services.State{}, initial, now)
	for _, f := range d.Form.Fields() {
		if f.Computed && before[f.Key] != after[f.Key] {
			use := ownUse(actor, d, row.Scope(), policy.Collect, []string{f.ID})
			use.Reference = reference
			permit, err := c.Vault.Permit(tx, use)
			if err != nil {
				return nil, err
			}
			if err := c.Vault.Put(tx, permit, []vault.Value{{Field: f.ID, Text: after[f.Key], Source: policy.SourceSystem}}); err != nil {
				return nil, err
			}
		}
	}
	return row, insertStep(tx, row, Step{N: 1, At: now, Action: "submit", State: row.State, Actor: actor.ID})
}

// reference returns a number for people that no other case has.
func (c *Cases) reference(tx *db.Tx, d *services.Definition) (string, error) {
	for {
		reference := id.Reference(d.Reference)
		if taken, err := hasReference(tx, reference); err != nil || !taken {
			return reference, err
		}
	}
}

// Of lists the applications of a person, the latest first.
func (c *Cases) Of(ctx context.Context, subject string) (list []*Case, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectOf(tx, subject)
		return err
	})
	return list, wrap("list applications", err)
}

// find returns a case by its id.
func (c *Cases) find(ctx context.Context, caseID string) (row *Case, steps []Step, err error) {
	if !id.Valid(caseID) {
		return nil, nil, errNotFound
	}
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		if row, err = selectCase(tx, caseID); err != nil || row == nil {
			return err
		}
		steps, err = selectSteps(tx, row)
		return err
	})
	if err == nil && row == nil {
		err = errNotFound
	}
	return row, steps, wrap("find a case", err)
}

// Version returns the service as it was when the case was submitted.
func (c *Cases) Version(row *Case) (*services.Definition, error) {
	if d := c.Catalogue.Version(row.Instance, row.Service); d != nil {
		return d, nil
	}
	return nil, errUnknown
}

// Application returns a person's own application with what is in it.
// Somebody else's is not found, and the attempt is recorded.
func (c *Cases) Application(ctx context.Context, actor policy.Actor, caseID string) (*Application, error) {
	row, steps, err := c.find(ctx, caseID)
	if err != nil {
		return nil, err
	}
	d, err := c.Version(row)
	if err != nil {
		return nil, err
	}
	use := ownUse(actor, d, row.Scope(), policy.Use, c.declared(d.ApplyActivity(), append(d.Asked(), d.Told()...)))
	use.Subject, use.Reference = row.Subject, row.Reference
	values, err := c.Vault.Read(ctx, use)
	if fault.KindOf(err) == fault.Denied && row.Subject != actor.ID {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	a, err := c.application(row, d, steps, values)
	if err == nil && row.Unread {
		err = c.DB.Update(ctx, func(tx *db.Tx) error { return seeUnread(tx, row) })
	}
	return a, wrap("note what was read", err)
}

// Row returns a person's own application without what is in it: what its
// confirmation needs. Somebody else's is not found, as in Application.
func (c *Cases) Row(ctx context.Context, actor policy.Actor, caseID string) (*Case, *services.Definition, error) {
	row, _, err := c.find(ctx, caseID)
	if err != nil {
		return nil, nil, err
	}
	if row.Subject != actor.ID {
		_, err := c.Application(ctx, actor, caseID)
		return nil, nil, firstOf(err, errNotFound)
	}
	if row.Draft() {
		return nil, nil, errNotFound
	}
	d, err := c.Version(row)
	return row, d, err
}

func (c *Cases) application(row *Case, d *services.Definition, steps []Step, values vault.Values) (*Application, error) {
	a := &Application{Case: row, Service: d, Steps: steps, Remarks: values.Text(d.RemarksField()), Messages: messages(d, values)}
	a.Answers, a.Sources = answers(d, values)
	if row.Draft() {
		return a, nil
	}
	fee, err := d.Form.Price(a.Answers, forms.At{Now: row.Submitted, Variant: row.Variant})
	if err != nil {
		return nil, fmt.Errorf("compute the fee of a case: %w", err)
	}
	a.Fee = fee
	return a, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
