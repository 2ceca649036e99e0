package app

import (
	"context"
	"time"

	"portico/internal/account/reach"
	"portico/internal/identity/roll"
	"portico/internal/proof"
)

// lately is how far back the controls look at notices.
const lately = 7 * 24 * time.Hour

// went is what became of the notices of late (I12).
func (p *portal) went(ctx context.Context) (proof.Notices, error) {
	w, err := p.notices.Went(ctx, p.clock.Now().Add(-lately))
	return proof.Notices{Important: w.Important, Off: w.Off, Asked: w.Asked, Unasked: w.Unasked}, err
}

// current is how current the contact data of people is (N18).
func (p *portal) current(ctx context.Context) (proof.Contacts, error) {
	c, err := reach.Look(ctx, p.db, p.clock.Now(), p.live.Current().Portal.ConfirmContacts(), p.notices.SentSince)
	return proof.Contacts{Asked: c.Asked, People: c.People, Right: c.Right, Marked: c.Marked, Used: c.Used}, err
}

// agreed is who accepted policy and terms, and where data is stored (O15, N11).
func (p *portal) agreed(ctx context.Context) (a proof.Agreements, err error) {
	a.Asked = len(p.live.Current().Portal.Storage.Consent) > 0
	if a.Accepted, err = p.changes.Accepted(ctx); err == nil {
		a.Accounts, a.Without, err = roll.Roll{DB: p.db}.Agreed(ctx)
	}
	return a, err
}
