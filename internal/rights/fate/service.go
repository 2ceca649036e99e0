package fate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/rights"
	"portico/internal/vault"
)

// Fates answers for rights.Fates. It is safe for concurrent use.
type Fates struct {
	Keeps  *retention.Service
	Ring   *keys.Ring
	Rights *rights.Service
}

var _ rights.Fates = (*Site)(nil)

// part is one thing that an item of a request is about.
type part struct {
	retention.Fate
	going bool // its erasure was granted, and it is there still
}

// parts are the things that an item is about. Whoever asks about all that is
// theirs, or about their account, is told too what a party has instead.
func (f *Fates) parts(tx *db.Tx, r *rights.Request, i rights.Item) (list []part, err error) {
	place := ""
	if i.Sort == rights.Place {
		place = i.ID
	}
	found, err := f.Keeps.Fates(tx, r.People(), place, r.ID)
	if err == nil && (place == "" || place == vault.Profile) {
		for _, subject := range r.People() {
			handed, err := f.Keeps.Transferred(tx, subject)
			if err != nil {
				return nil, err
			}
			found = append(found, handed...)
		}
	}
	for _, one := range found {
		going := i.Decision == rights.Granted && one.Gone == nil && (place != "" || one.Kind == holdings.Account)
		list = append(list, part{one, going})
	}
	return list, err
}

// Of says what became of each item of an erasure.
func (f *Fates) Of(ctx context.Context, p *i18n.Printer, r *rights.Request, items []rights.Item) (said []string, err error) {
	if r.Kind != policy.RightErasure {
		return nil, nil
	}
	err = f.Keeps.DB.View(ctx, func(tx *db.Tx) error {
		said = make([]string, len(items))
		for n, i := range items {
			parts, err := f.parts(tx, r, i)
			if err != nil {
				return err
			}
			var lines []string
			for _, one := range parts {
				line := one.Say(p, f.named(p))
				if one.going {
					line = p.T("rights.fate.going")
				}
				if i.Sort != rights.Place || i.ID != one.Scope {
					line = p.T("rights.fate.of", "what", p.T("holdings.kind."+one.Kind), "fate", line)
				}
				if !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
			said[n] = strings.Join(lines, " ")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("say what became of an erasure: %w", err)
	}
	return said, nil
}

// named is what people call a party.
func (f *Fates) named(p *i18n.Printer) func(party string) string {
	return func(party string) string {
		declared, _ := f.Keeps.Policy().Party(party)
		return cmp.Or(p.In(declared.Name), party)
	}
}

// Certificate signs what became of an erasure that is answered.
func (f *Fates) Certificate(ctx context.Context, r *rights.Request, items []rights.Item) ([]byte, error) {
	if r.Kind != policy.RightErasure || r.Open() || rights.OutcomeOf(items) == rights.Onward {
		return nil, errNone
	}
	pol := f.Keeps.Policy()
	c := Certificate{
		Instance: f.Ring.Instance(), Request: r.ID, Person: r.Subject, Asked: when(r.Received), Answered: when(r.Answered),
		Made: when(f.Keeps.Clock.Now()), Policy: pol.Hash(),
	}
	err := f.Keeps.DB.View(ctx, func(tx *db.Tx) error {
		c.State, c.Parts = Final, nil
		for _, i := range items {
			parts, err := f.parts(tx, r, i)
			if err != nil {
				return err
			}
			for _, one := range parts {
				if one.going || one.Gone != nil && one.Gone.Done.IsZero() {
					c.State = Provisional
				}
				c.Parts = append(c.Parts, certified(one, i))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("certify an erasure: %w", err)
	}
	return f.Ring.Document(signedName, signedKind, c)
}

// certified is a part as a certificate has it.
func certified(one part, i rights.Item) Part {
	p := Part{Kind: one.Kind, ID: one.ID, Service: one.Service, Answer: Kept}
	switch {
	case one.Gone != nil:
		p.Answer, p.At, p.Disposal = Erased, when(one.Gone.At), one.Gone.ID
		if one.To != nil {
			p.Answer, p.To, p.Reference = Transferred, one.To.Party, one.To.Reference
		}
		return p
	case one.going:
		p.Answer = Erasing
		return p
	}
	p.Ground, p.Rule, p.Period, p.Grace, p.Until = string(i.Ground), one.Rule.ID, string(one.Rule.Period), string(one.Rule.Grace), when(one.Until)
	if one.Until.IsZero() {
		p.Event = one.Rule.Event
	}
	for _, h := range one.Holds {
		p.Holds = append(p.Holds, Hold{Ground: h.Ground, Until: when(h.Until)})
	}
	return p
}
