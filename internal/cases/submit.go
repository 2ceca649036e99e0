package cases

import (
	"fmt"

	"portico/internal/platform/db"
	"portico/internal/services"
)

// Channel is how an application came to the office.
type Channel string

// The channels. All but Portal are entered by an official.
const (
	Portal  Channel = "portal"
	Counter Channel = "counter"
	Phone   Channel = "phone"
	Letter  Channel = "letter"
	Email   Channel = "e-mail"
)

// Channels lists them all.
func Channels() []Channel { return []Channel{Portal, Counter, Phone, Letter, Email} }

// Submission is an application in the moment in which it is made. Whoever
// makes it has checked it, and seals the answers in the scope case:ID in the
// same transaction.
type Submission struct {
	Subject string // whose application it is
	ID      string // of the draft: the case has its id and its scope
	Service string
	Variant string
	Channel Channel
	By      string   // who sent it: the person, or the official who entered it
	Related []string // earlier cases that it goes back to
	Fee     int64    // what the answers come to
	Lang    string   // in which it was made
}

// Submit makes a case, with its reference and its first step, in the caller's
// transaction. Done again, it returns the case that there is: an application
// is submitted exactly once.
func (c *Cases) Submit(tx *db.Tx, s Submission) (*Case, error) {
	d := c.Catalogue.Service(s.Service)
	if d == nil {
		return nil, errUnknown
	}
	row, err := selectCase(tx, s.ID)
	if err != nil {
		return nil, fmt.Errorf("find a case: %w", err)
	}
	if row != nil {
		return row, row.isOf(s)
	}
	reference, err := c.reference(tx, d)
	if err != nil {
		return nil, err
	}
	now := c.Clock.Now()
	row = &Case{
		Subject: s.Subject, ID: s.ID, Service: d.ID, Variant: s.Variant, Channel: s.Channel, Reference: reference, Revision: 1,
		Instance: c.Catalogue.Hash(), Policy: c.Policy().Hash(), Submitted: now, Fee: s.Fee, Language: s.Lang,
	}
	initial, _ := d.Workflow.State(d.Workflow.Initial)
	row.enter(services.State{}, initial, now)
	fresh, err := insertCase(tx, row)
	if err == nil && !fresh {
		// Somebody else's transaction was first: theirs is what there is.
		if row, err = selectCase(tx, s.ID); err == nil {
			return row, row.isOf(s)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("submit a case: %w", err)
	}
	for _, earlier := range s.Related {
		if err := insertRelated(tx, row, earlier); err != nil {
			return nil, fmt.Errorf("relate a case: %w", err)
		}
	}
	return row, c.took(tx, row, d, services.State{}, Step{N: 1, At: now, Action: StepSubmit, State: row.State, Actor: s.By})
}

// isOf answers what is wrong if a case is not what a submission made.
func (c *Case) isOf(s Submission) error {
	if c == nil || c.Subject != s.Subject || c.Service != s.Service {
		return errNotFound
	}
	return nil
}
