package app

import (
	"context"

	"portico/internal/platform/db"
	"portico/internal/proof"
	"portico/internal/staysout"
)

// openStaysOut builds what keeps who does not want a newsletter any more.
func (p *portal) openStaysOut() {
	p.staysOut = staysout.New(staysout.Config{
		DB: p.db, Vault: p.vault, Jobs: p.queue, Keys: p.ring, Policy: p.policy, Clock: p.clock, Disposer: p.keeps,
		Lists: func() []string { return p.live.Current().Notices.Lists() }, Wants: func(tx *db.Tx, subject, list string) (bool, error) { return p.notices.Wants(tx, subject, list) },
	})
	p.consent.Said, p.consent.Reached, p.consent.Silent = p.staysOut.Said, p.staysOut.Reached, p.staysOut.Silent
}

// stayingOut is what the control looks at of who opted out (N9).
func (p *portal) stayingOut(ctx context.Context) (proof.StaysOut, error) {
	st, err := p.staysOut.Stand(ctx)
	return proof.StaysOut(st), err
}
