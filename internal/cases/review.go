package cases

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
)

// The least and the most that a reason for opening a case says.
const (
	MinReason = 10
	MaxReason = 300
)

// Reviews reports whether somebody may open a case of a service that is not
// their task, for a reason: whether there is anything to ask the policy.
func (c *Cases) Reviews(actor policy.Actor, service string) bool {
	d := c.Catalogue.Service(service)
	return d != nil && d.Review != nil && holds(actor.Roles, d.Review.Roles)
}

// Review opens a case that is not the official's task, for a reason in
// writing. The reason stands in the event, which the applicant reads; the
// policy denies who has no such role, or gives none.
func (c *Cases) Review(ctx context.Context, actor policy.Actor, caseID, because string) (*Application, error) {
	row, d, steps, err := c.known(ctx, caseID)
	if err != nil {
		return nil, err
	}
	because = strings.Join(strings.Fields(because), " ")
	use := deciding(actor, d, row, policy.Use, c.declared(d.ReviewActivity(), append(d.Shown(), d.Worked()...)))
	use.Activity, use.Because = d.ReviewActivity(), because
	if n := utf8.RuneCountInString(because); c.Reviews(actor, d.ID) && (n < MinReason || n > MaxReason) {
		return nil, fault.Input(fault.Field{Name: "because", Code: "cases.error.because", Args: []any{"least", MinReason, "most", MaxReason}})
	}
	if len(use.Fields) == 0 {
		use.Fields = d.Shown() // the policy says why not
	}
	var more aside
	values, err := c.Vault.Read(ctx, use)
	if fault.KindOf(err) == fault.Denied {
		return nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return nil, wrap("open a case for a reason", err)
	}
	if more, err = c.aside(ctx, row); err != nil {
		return nil, err
	}
	a, err := c.application(row, d, steps, values)
	a.Earlier, a.Notes = more.earlier, notes(d, values, more.authors)
	return a, err
}

func holds(roles, any []string) bool {
	return slices.ContainsFunc(any, func(r string) bool { return slices.Contains(roles, r) })
}

// aside reads what stands beside a case's row.
func (c *Cases) aside(ctx context.Context, row *Case) (a aside, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		a, err = selectAside(tx, row)
		return err
	})
	return a, wrap("read what belongs to a case", err)
}
