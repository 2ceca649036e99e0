package cases

import (
	"context"
	"slices"

	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

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
	err = c.DB.Glance(ctx, func(tx *db.Tx) error {
		list, err = Applications(tx, subject)
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
	if row.Subject == actor.ID && c.left(d.ApplyActivity()) {
		return nil, errLeft
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
	d, err := c.Version(row)
	return row, d, err
}

func (c *Cases) application(row *Case, d *services.Definition, steps []Step, values vault.Values) (*Application, error) {
	a := &Application{Case: row, Service: d, Steps: steps, Remarks: values.Text(d.RemarksField()), Messages: messages(d, values), Values: values}
	a.Answers, a.Sources = answers(d, values)
	var err error
	a.Fee, err = d.Form.Price(a.Answers, forms.At{Now: row.Submitted, Variant: row.Variant})
	return a, wrap("compute the fee of a case", err)
}
