package contact

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
)

// Rights takes requests about people's own data (O14).
type Rights interface {
	// Offered are the rights that can be asked for.
	Offered() []policy.Right
	// Enter takes a request in the caller's transaction.
	Enter(tx *db.Tx, who policy.Actor, r *Request, right, text, contact string) error
}

// reasonRights is why a request was closed that is followed as one about
// somebody's own data.
const reasonRights = "rights"

// PassOn makes a request that an official holds one about the person's own
// data, in one step: what was written goes with it, all of it, and the time runs
// from when it was received.
func (s *Service) PassOn(ctx context.Context, who policy.Actor, request, right string) error {
	if s.Rights == nil || !slices.ContainsFunc(s.Rights.Offered(), func(r policy.Right) bool { return r.ID == right }) {
		return fault.Input(fault.Field{Name: "right", Code: "contact.rights.none"})
	}
	r, c, err := s.View(ctx, who, request)
	if err != nil {
		return err
	}
	var said []string
	for _, l := range c.Lines {
		if !l.Answer {
			said = append(said, l.Text)
		}
	}
	contact := c.Email
	if contact == "" {
		contact = c.Phone
	}
	err = s.change(ctx, who, r.ID, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID {
			return errMoved
		}
		if err := s.Rights.Enter(tx, who, r, right, strings.Join(said, "\n\n"), contact); err != nil {
			return err
		}
		r.State, r.Reason = Closed, reasonRights
		return s.Vault.Bump(tx, r.Subject)
	})
	if err != nil {
		return fmt.Errorf("pass a request on: %w", err)
	}
	return nil
}
