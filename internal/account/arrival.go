package account

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
)

// referencePrefix begins the references by which people are found at a counter.
const referencePrefix = "ID"

// standing is what is remembered of somebody who has signed in.
type standing struct {
	Subject   string
	Reference string
	Right     time.Time // when their contact data was last said to be right
	Asked     time.Time // when they were last asked
}

// Arrived is told of each sign-in (identity.Arrivals): somebody who comes for
// the first time gets a reference, and one who closed their cabinet opens it
// again.
func (s *Service) Arrived(tx *db.Tx, subject string) error {
	me, err := selectStanding(tx, subject)
	if err != nil {
		return fmt.Errorf("look at who signs in: %w", err)
	}
	if me.Subject == "" {
		if err := s.found(tx, subject); err != nil {
			return fmt.Errorf("note who signs in: %w", err)
		}
		return nil
	}
	reopened, err := reopen(tx, subject, s.Clock.Now())
	if err != nil || !reopened {
		return err
	}
	// A restore would close it again, and for good if they do not come back.
	if err := s.Vault.Took(tx, ledger.Revoke, subject, refReopened); err != nil {
		return err
	}
	return s.note(tx, subject, "cabinet-reopened")
}

// found makes the line of somebody who signs in for the first time.
func (s *Service) found(tx *db.Tx, subject string) error {
	for {
		reference := id.Reference(referencePrefix)
		taken, err := hasReference(tx, reference)
		if err != nil {
			return err
		}
		if !taken {
			return insertStanding(tx, subject, reference, s.Clock.Now())
		}
	}
}

// Welcome is where somebody goes who has just signed in (identity.Arrivals):
// to a page that asks, if there is something to ask, and goes on to next.
func (s *Service) Welcome(q *web.Req, next string) string {
	return q.Path("/cabinet/welcome") + "?next=" + url.QueryEscape(next)
}

// Due is why somebody is asked about their contact data.
type Due struct {
	Is      bool
	Bounced []string // fields to which messages did not get through
}

// due reports whether somebody is to be asked now whether their contact data
// is still right. It is asked once a session at the most.
func (s *Service) due(tx *db.Tx, me *web.Session) (d Due, err error) {
	st, err := selectStanding(tx, me.Subject)
	if err != nil || st.Subject == "" || !st.Asked.Before(me.Signed) {
		return Due{}, err
	}
	if d.Bounced, err = selectBounces(tx, me.Subject); err != nil {
		return Due{}, err
	}
	after := s.Confirm()
	if after == "" || after == policy.PeriodNone {
		d.Is = len(d.Bounced) > 0
		return d, nil
	}
	at, err := after.After(st.Right)
	if err != nil {
		return Due{}, fmt.Errorf("when to ask about contact data: %w", err)
	}
	d.Is = len(d.Bounced) > 0 || !s.Clock.Now().Before(at)
	return d, nil
}

// Ask answers whether somebody is to be asked about their contact data in this
// session, and notes that they are.
func (s *Service) Ask(ctx context.Context, me *web.Session) (d Due, err error) {
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { d, err = s.due(tx, me); return err }); err != nil {
		return Due{}, fmt.Errorf("ask about contact data: %w", err)
	}
	if !d.Is {
		return d, nil
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return setAsked(tx, me.Subject, s.Clock.Now()) }); err != nil {
		return Due{}, fmt.Errorf("ask about contact data: %w", err)
	}
	return d, nil
}

// Right takes somebody's word that their contact data is still right (N18).
// What bounced stays marked: it takes a code to be believed again.
func (s *Service) Right(ctx context.Context, subject string) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := setRight(tx, subject, s.Clock.Now()); err != nil {
			return err
		}
		return s.note(tx, subject, "contacts-confirmed")
	})
	if err != nil {
		return fmt.Errorf("confirm contact data: %w", err)
	}
	return nil
}
