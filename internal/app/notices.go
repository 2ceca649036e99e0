package app

import (
	"context"
	"fmt"
	"time"

	"portico/internal/cases"
	"portico/internal/drafts"
	"portico/internal/identity/roll"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// tell builds what tells people.
func (p *portal) tell(langs []string, catalogue *i18n.Catalogue) {
	p.openStaysOut()
	p.notices = notify.New(notify.Config{
		DB: p.db, Vault: p.vault, Jobs: p.queue, Sender: p.sender, Contacts: p.account, People: roll.Roll{DB: p.db}.People, Consents: p.consent, StaysOut: p.staysOut, Keys: p.ring, Policy: p.policy, Clock: p.clock,
		Kinds: func() kinds.Set { return p.live.Current().Notices }, News: func() []notify.Item { return p.news.Told() },
		Quiet: func() notify.Quiet {
			from, until := p.live.Current().Portal.QuietHours()
			return notify.Quiet{From: from, Until: until}
		},
		Zone: p.zone, Name: func() i18n.Text { return p.live.Current().Portal.Name },
		Langs: langs, Catalogue: catalogue, Address: p.address,
	})
}

func (p *portal) zone() *time.Location { return p.live.Current().Portal.Timezone.Location() }

func (p *portal) calendar() cases.Calendar { return &p.live.Current().Portal.Calendar }

// supervisors is who is told of work that is late.
type supervisors struct{ p *portal }

// Supervisors are those who supervise a service and work now.
func (s supervisors) Supervisors(tx *db.Tx, service string) ([]string, error) {
	d := s.p.live.Catalogue().Service(service)
	if d == nil {
		return nil, nil
	}
	var roles []string
	for _, r := range s.p.policy().Declarations().Roles {
		if s.p.cases.Supervises(policy.Actor{Roles: []string{r.ID}}, d) {
			roles = append(roles, r.ID)
		}
	}
	if len(roles) == 0 {
		return nil, nil
	}
	return s.p.staff.Working(tx, roles)
}

// draftSource says what notices about drafts may say.
type draftSource struct{ drafts *drafts.Drafts }

// Say answers for notify.Source. Where a draft stands is when it expires.
func (d draftSource) Say(ctx context.Context, a notify.About, p *i18n.Printer) (notify.Words, error) {
	service, ends, err := d.drafts.Ends(ctx, a.ID)
	if err != nil || service == nil {
		return notify.Words{Gone: true}, err
	}
	return notify.Words{Path: "/cabinet/applications", State: fmt.Sprint(ends.Unix()), Says: map[string]string{
		kinds.WordService: p.In(service.Name), kinds.WordDate: p.Date(ends),
	}}, nil
}
