package find

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services"
)

var (
	errDenied   = fault.New(fault.Denied, "cases.error.denied")
	errNotFound = fault.New(fault.NotFound, "cases.error.not-found")
)

// wrapped says what was tried, unless there is no error.
func wrapped(tried string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", tried, err)
}

// ByReference finds a case by what people call it, among the services that an
// official decides on or supervises, and those cases that officials entered
// among the services for which they may. That somebody looked is an event of
// the applicant; what matched nothing is kept nowhere.
func ByReference(ctx context.Context, c *cases.Cases, actor policy.Actor, reference string) (*cases.Case, error) {
	if !mayLook(c, actor) {
		return nil, errDenied
	}
	var row *cases.Case
	err := c.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if row, err = cases.Referred(tx, strings.ToUpper(strings.TrimSpace(reference))); err != nil || row == nil {
			return err
		}
		d := c.Catalogue.Service(row.Service)
		switch {
		case d != nil && slices.Contains(c.Works(actor), d):
			return looked(tx, c, actor, d.DecideActivity(), d.Decide.Roles, row.Subject, row)
		case d != nil && row.Channel != cases.Portal && d.Enters(actor.Roles):
			return looked(tx, c, actor, d.EnterActivity(), d.Enter, row.Subject, row)
		}
		row = nil
		return nil
	})
	if err == nil && row == nil {
		err = errNotFound
	}
	return row, wrapped("find a case by its reference", err)
}

// ByIdentifier finds the cases of whoever is known by exactly this value of a
// field, such as an e-mail address that they confirmed: in those services on
// which the official decides and sees the field. That somebody looked is an
// event of the person; a value that nobody has is kept nowhere. Who restricts the
// use of their data, or objects to it, is not found by it.
func ByIdentifier(ctx context.Context, c *cases.Cases, actor policy.Actor, field, value string) (list []*cases.Case, err error) {
	if !mayLook(c, actor) {
		return nil, errDenied
	}
	sees := slices.DeleteFunc(c.Works(actor), func(d *services.Definition) bool {
		return !d.For(actor.Roles) || !slices.Contains(d.Shown(), field)
	})
	if len(sees) == 0 {
		return nil, nil
	}
	stopped := policy.ReasonAllowed
	err = c.Vault.Update(ctx, func(tx *db.Tx) error {
		list, stopped = nil, policy.ReasonAllowed
		subject, err := c.Vault.Find(tx, field, value)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := cases.Applications(tx, subject)
		if err != nil {
			return err
		}
		for _, row := range all {
			n := slices.IndexFunc(sees, func(d *services.Definition) bool { return d.ID == row.Service })
			if n < 0 {
				continue
			}
			why, err := c.Vault.Stopped(tx, subject, sees[n].DecideActivity())
			if err != nil {
				return err
			}
			if why == policy.ReasonAllowed {
				list = append(list, row)
			} else {
				stopped = why
			}
		}
		return looked(tx, c, actor, sees[0].DecideActivity(), sees[0].Decide.Roles, subject, nil, field)
	})
	if err == nil && len(list) == 0 && stopped != policy.ReasonAllowed {
		return nil, &policy.Denied{Decision: policy.Decision{Reason: stopped}}
	}
	return list, wrapped("find cases by an identifier", err)
}

// mayLook reports whether somebody is an official as the portal wants them.
func mayLook(c *cases.Cases, actor policy.Actor) bool {
	return actor.Kind == policy.Staff && (actor.Strong || c.Policy().Demo())
}

// looked records that an official looked for somebody's cases, or for one.
func looked(tx *db.Tx, c *cases.Cases, actor policy.Actor, under string, roles []string, subject string, row *cases.Case, fields ...string) error {
	activity, _ := c.Policy().Activity(under)
	e := audit.Event{
		Kind: audit.KindSearch, Subject: subject, Activity: activity.ID, Purpose: activity.Purpose,
		Basis: string(c.Policy().BasisOf(activity).DPV), Fields: fields, Policy: c.Policy().Hash(),
		Actor: audit.Actor{ID: actor.ID, Kind: actor.Kind.String(), Party: actor.Party},
	}
	if row != nil {
		e.Scope, e.Reference = row.Scope(), row.Reference
	}
	for _, role := range actor.Roles {
		if e.Actor.Role == "" || slices.Contains(roles, role) {
			e.Actor.Role = role
		}
	}
	return c.Vault.Append(tx, e)
}
