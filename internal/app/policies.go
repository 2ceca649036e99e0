package app

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"portico/internal/changes"
	"portico/internal/consent"
	"portico/internal/identity/roll"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/privacy"
	"portico/internal/services"
)

// consents is what package consent needs.
func (p *portal) consents() consent.Config {
	return consent.Config{
		DB: p.db, Vault: p.vault, Ring: p.ring, Policy: p.policy, Clock: p.clock, Kept: p.keptWords, AgreedAt: roll.Roll{DB: p.db}.AgreedAt,
		Cancel: []func(*db.Tx, string, string) error{func(tx *db.Tx, subject, purpose string) error { return p.notices.Cancel(tx, subject, purpose) }},
		About: func() consent.About {
			in := p.live.Current()
			o := in.Portal.Operator
			return consent.About{Operator: o.Name, Address: o.Address, Law: o.Law, URL: p.address(), Lang: in.Portal.Langs()[0], Stored: in.Portal.Storage.Consent}
		},
	}
}

// keptWords says a rule of retention in words.
func (p *portal) keptWords(words *i18n.Printer, r policy.Retention) string {
	return privacy.Kept(words, p.policy(), r)
}

// proposed are the services that a proposal says otherwise, and its policy.
func (p *portal) proposed(ctx context.Context) ([]*services.Definition, *policy.Policy, error) {
	in, _, err := p.live.Proposal(ctx)
	if err != nil || in == nil {
		return nil, nil, err
	}
	return in.Differing(p.live.Current()), in.Policy, nil
}

// policyKind is the kind of notice of a coming version of policy and terms.
func policyKind(official bool) string {
	if official {
		return kinds.PolicyChangeStaff
	}
	return kinds.PolicyChange
}

// tellOfPolicy queues a notice of a coming version of policy and terms.
func (p *portal) tellOfPolicy(tx *db.Tx, subject string, official bool, a *changes.Announcement) error {
	return p.notices.Queue(tx, notify.Notice{Kind: policyKind(official), Subject: subject, About: changes.About(a), Key: a.ID})
}

// tells reports whether the instance in force has words for that notice.
func (p *portal) tells(official bool) bool {
	return p.live.Current().Notices[policyKind(official)] != nil
}

// officials are those who work now, in any role.
func (p *portal) officials(tx *db.Tx) ([]string, error) {
	var roles []string
	for _, r := range p.policy().Declarations().Roles {
		roles = append(roles, r.ID)
	}
	return p.staff.Working(tx, roles)
}

// banner is what stands above a page: what changed, and what is to be chosen.
func (p *portal) banner(q *web.Req) templ.Component {
	message, choice := p.changes.Banner(q), p.choice.Banner(q)
	switch {
	case message == nil:
		return choice
	case choice == nil:
		return message
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := message.Render(ctx, w); err != nil {
			return err
		}
		return choice.Render(ctx, w)
	})
}
