package cases

import (
	"context"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// Untouched reports whether nobody has done anything since the application was
// sent on the portal: only then may the program decide on it.
func (a *Application) Untouched() bool {
	return a.Channel == Portal && a.Revision == 1 && a.Open() && a.Holder == "" && a.Case.State == a.Service.Workflow.Initial
}

// ProgramUse is the program's own use of the answers by which it decides.
func (a *Application) ProgramUse() vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: a.Subject, Activity: a.Service.AutomaticActivity(),
		Scope: a.Scope(), Operation: policy.Use, Fields: a.Service.AutomaticReads(), Reference: a.Reference,
	}
}

// Decide lets the program decide on a case that was just sent, by an action of
// its service, in the caller's transaction, and notes the rule and what it
// read. Moved says that somebody was faster: then a person decides.
func (c *Cases) Decide(tx *db.Tx, caseID string, by services.Action) error {
	row, err := selectCase(tx, caseID)
	if err != nil || row == nil {
		return firstOf(err, errMoved)
	}
	a := &Application{Case: row}
	if a.Service, err = c.Version(row); err != nil || !a.Untouched() {
		return firstOf(err, errMoved)
	}
	if _, err := c.Vault.Permit(tx, a.ProgramUse()); err != nil {
		return err
	}
	if a.Steps, err = selectSteps(tx, row); err != nil {
		return err
	}
	return c.move(tx, ByProgram, a.Service, row, a.Steps, by, Step{Rule: by.Rule, Keys: a.Service.AutomaticKeys()})
}

// Automated passes every case that the program decided on, with its steps and
// nothing of what it is about; those of one person if they are named.
func (c *Cases) Automated(ctx context.Context, subject string, each func(a *Application)) error {
	const batch = 200
	for after, more := "", true; more; {
		var found []*Application
		err := c.DB.View(ctx, func(tx *db.Tx) error {
			found = nil
			rows, err := selectProgram(tx, subject, after, batch)
			for _, row := range rows {
				a := &Application{Case: row}
				if a.Steps, err = selectSteps(tx, row); err != nil {
					return err
				}
				found = append(found, a)
			}
			return err
		})
		if err != nil {
			return wrap("look at what the program decided", err)
		}
		for _, a := range found {
			after = a.ID
			if a.Service, err = c.Version(a.Case); err == nil {
				each(a)
			}
		}
		more = len(found) == batch
	}
	return nil
}
