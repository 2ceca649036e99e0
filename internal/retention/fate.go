package retention

import (
	"fmt"
	"strings"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Fate is what became of one thing that is, or was, kept of a person: it is
// gone, or it is kept by a rule until a time.
type Fate struct {
	Subject string
	Kind    string
	ID      string
	Service string
	Scope   string
	Rule    policy.Retention
	Since   time.Time // of the rule's event; zero: it has not happened
	Until   time.Time // it goes then, if nothing holds it back; zero: its time does not run yet
	Holds   []Back    // what holds it back now, whatever the rule says
	Gone    *Disposal // that took it away; nil: it is here
	To      *Transfer // who has it instead; nil: nobody
	Action  policy.DisposalAction
}

// Back is a hold on a thing.
type Back struct {
	Ground string
	Until  time.Time // zero: until it is lifted
}

// Fates says what became of what is, or was, kept in a place of people, or,
// without a place, of all that is theirs and of what went because of a request.
func (s *Service) Fates(tx *db.Tx, people []string, scope, request string) (list []Fate, err error) {
	for _, subject := range people {
		held, err := s.Holdings.Held(tx, s.Policy(), subject)
		if err != nil {
			return nil, err
		}
		for _, i := range held {
			if i.Within != "" || scope != "" && scope != i.Scope {
				continue
			}
			f, err := s.kept(tx, i)
			if err != nil {
				return nil, err
			}
			list = append(list, f)
		}
		gone, err := selectGone(tx, subject, scope, request)
		if err != nil {
			return nil, fmt.Errorf("look for what was disposed of: %w", err)
		}
		for _, d := range gone {
			to, err := s.transfer(tx, d)
			if err != nil {
				return nil, err
			}
			for _, i := range d.Items {
				if scope == "" || scope == i.Scope {
					rule, _ := s.Policy().Retention(i.Rule)
					list = append(list, Fate{Subject: subject, Kind: i.Kind, ID: i.ID, Service: i.Service, Scope: i.Scope, Rule: rule, Since: i.Since, Gone: d, To: to, Action: i.Action})
				}
			}
		}
	}
	return list, nil
}

// Transferred is what a party has that was kept here of a person.
func (s *Service) Transferred(tx *db.Tx, subject string) (list []Fate, err error) {
	gone, err := selectTransferred(tx, subject)
	if err != nil {
		return nil, fmt.Errorf("look for what was handed over: %w", err)
	}
	for _, d := range gone {
		to, err := s.transfer(tx, d)
		if err != nil {
			return nil, err
		}
		i := d.Items[0]
		list = append(list, Fate{Subject: subject, Kind: i.Kind, ID: i.ID, Service: i.Service, Scope: i.Scope, Gone: d, To: to, Action: i.Action})
	}
	return list, nil
}

// kept is until when a thing is kept that is there.
func (s *Service) kept(tx *db.Tx, i holdings.Item) (f Fate, err error) {
	f = Fate{Subject: i.Subject, Kind: i.Kind, ID: i.ID, Service: i.Service, Scope: i.Scope, Since: i.Since}
	f.Rule, _ = s.Policy().Retention(i.Rule)
	now := s.Clock.Now()
	if !i.Since.IsZero() {
		if f.Until, _, err = s.goes(tx, f.Rule, i); err != nil {
			return f, err
		}
		if f.Until.Before(now) { // it is due, and goes with the next run
			f.Until = now
		}
	}
	holds, err := selectStanding(tx, []holdings.Item{i}, now)
	if err != nil {
		return f, fmt.Errorf("look for holds: %w", err)
	}
	for _, h := range holds {
		if h.on(i) {
			f.Holds = append(f.Holds, Back{h.Ground, h.Until})
		}
	}
	return f, nil
}

// transfer is who has what was disposed of, nil if nobody has.
func (s *Service) transfer(tx *db.Tx, d *Disposal) (*Transfer, error) {
	if d.Because != holdings.BecauseTransferred || s.Handed == nil {
		return nil, nil
	}
	t, err := s.Handed(tx, d.Ref)
	if err != nil {
		return nil, fmt.Errorf("look who has what was disposed of: %w", err)
	}
	return t, nil
}

// Say says it in words; named is what people call a party.
func (f *Fate) Say(p *i18n.Printer, named func(party string) string) string {
	if f.To != nil {
		return p.T("retention.fate.transferred", "date", p.Date(f.Gone.At), "party", named(f.To.Party), "reference", p.Isolate(f.To.Reference))
	}
	if f.Gone != nil {
		return p.T("retention.fate.gone", "date", p.Date(f.Gone.At))
	}
	said := []string{}
	if f.Until.IsZero() {
		said = append(said, p.T("retention.fate.not-yet", "period", period(p, f.Rule)))
	} else {
		said = append(said, p.T("retention.fate.until", "date", p.Date(f.Until)))
	}
	for _, h := range f.Holds {
		if h.Until.IsZero() {
			said = append(said, p.T("retention.fate.held", "ground", p.T("retention.ground."+h.Ground)))
		} else {
			said = append(said, p.T("retention.fate.held-until", "ground", p.T("retention.ground."+h.Ground), "date", p.Date(h.Until.Add(-time.Second))))
		}
	}
	return strings.Join(said, " ")
}
