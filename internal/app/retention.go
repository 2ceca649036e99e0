package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"portico/internal/holdings"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/proof"
	"portico/internal/retention"
	"portico/internal/staysout"
)

// keeping builds what disposes of what is kept. It comes before the features
// that have something disposed of.
func (p *portal) keeping() {
	p.holdings = holdings.New(Kept())
	p.keeps = retention.New(retention.Config{
		DB: p.db, Vault: p.vault, Holdings: p.holdings, Jobs: p.queue, Ring: p.ring, Policy: p.policy, Clock: p.clock, Zone: p.zone,
	})
}

// tellOfEnds has people told, where a rule says so, when what is kept of them
// goes.
func (p *portal) tellOfEnds() {
	p.notices.About("kept", keptSource{p})
	p.keeps.Tell = func(tx *db.Tx, i holdings.Item, _ time.Time) error {
		since := strconv.FormatInt(i.Since.UnixMicro(), 10)
		return p.notices.Queue(tx, notify.Notice{
			Kind: kinds.KeptEnds, Subject: i.Subject, About: "kept:" + i.Kind + ":" + i.ID, State: since, While: true, Key: strings.Join([]string{"kept", i.Kind, i.ID, since}, ":"),
		})
	}
}

// keptSource says what a notice may say of a thing that goes.
type keptSource struct{ p *portal }

// Say answers for notify.Source. Where a thing stands is since when its time
// runs.
func (k keptSource) Say(ctx context.Context, a notify.About, words *i18n.Printer) (notify.Words, error) {
	kind, id, _ := strings.Cut(a.ID, ":")
	i, at, found, err := k.p.keeps.Goes(ctx, kind, a.Subject, id)
	if err != nil || !found {
		return notify.Words{Gone: true}, err
	}
	return notify.Words{Path: "/cabinet/kept", State: strconv.FormatInt(i.Since.UnixMicro(), 10), Until: at, Says: map[string]string{
		kinds.WordWhat: words.T("holdings.kind." + i.Kind), kinds.WordReference: i.Reference, kinds.WordDate: words.Date(at),
	}}, nil
}

// schedules are the pages of how long things are kept.
func (p *portal) schedules() *retention.Site {
	return &retention.Site{
		Service: p.keeps,
		Proposed: func(q *web.Req) (*policy.Policy, error) {
			proposal, err := p.changes.Proposed(q.R.Context())
			if err != nil || proposal == nil {
				return nil, err
			}
			return proposal.In.Policy, nil
		},
		Named: func(pr *i18n.Printer, service string) string {
			if d := p.live.Catalogue().Service(service); d != nil {
				return pr.In(d.Name)
			}
			return service
		},
		Services: func() (ids []string) {
			for _, d := range p.live.Catalogue().Services() {
				ids = append(ids, d.ID)
			}
			return ids
		},
	}
}

// disposal says how disposal stands, for the control of its promise.
func (p *portal) disposal(ctx context.Context) (proof.Disposal, error) {
	st, err := p.keeps.Stand(ctx)
	if err != nil {
		return proof.Disposal{}, err
	}
	d := proof.Disposal{
		Overdue: st.Overdue, Late: st.Late, Refused: st.Refused, Stuck: st.Stuck, Left: st.Left, Looked: st.Reviewed,
		Disposed: st.Disposed, Reviews: st.Reviews,
	}
	if st.Last != nil {
		d.Begun = st.Last.Started
	}
	return d, nil
}

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
