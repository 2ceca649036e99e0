package complaint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"portico/internal/contact"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Service follows complaints. It is safe for concurrent use.
type Service struct {
	DB      *db.DB
	Vault   *vault.Vault
	Policy  func() *policy.Policy
	Clock   clock.Clock
	Contact *contact.Service
}

var _ contact.Complaints = (*Service)(nil)

// Offered reports whether the instance has complaints investigated.
func (s *Service) Offered() bool {
	_, ok := s.Policy().Activity(ActivityInvestigate)
	return ok
}

// Ready is nil if nothing is owed to a request before it is answered.
func (s *Service) Ready(tx *db.Tx, r *contact.Request) error {
	if !s.Offered() || r.Kind != contact.Complaint {
		return nil
	}
	st, err := selectStanding(tx, r.ID)
	switch {
	case err != nil:
		return fmt.Errorf("look how a complaint stands: %w", err)
	case !st.current(r):
		return errFirst
	case st.Owed() && authority(s.Policy()) != "":
		return errRefer
	}
	return nil
}

// standing is how a complaint stands, nil if it was not investigated.
func (s *Service) standing(ctx context.Context, request string) (st *Standing, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { st, err = selectStanding(tx, request); return err })
	if err != nil {
		return nil, fmt.Errorf("look how a complaint stands: %w", err)
	}
	return st, nil
}

// check says what is wrong with what was entered.
func (i *Investigation) check() (wrong []fault.Field) {
	for _, one := range []struct{ name, text string }{{"finding", i.Finding}, {"attempt", i.Attempt}} {
		switch n := utf8.RuneCountInString(one.text); {
		case strings.TrimSpace(one.text) == "":
			wrong = append(wrong, fault.Field{Name: one.name, Code: "complaint." + one.name + ".empty"})
		case n > contact.MaxText:
			wrong = append(wrong, fault.Field{Name: one.name, Code: "contact.text.long", Args: []any{"max", contact.MaxText}})
		}
	}
	return wrong
}

// use is what the official who holds a complaint does with it.
func use(who policy.Actor, r *contact.Request, activity string, op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: who, Subject: r.Subject, Activity: activity, Operation: op, Scope: r.Scope(), Fields: fields, Task: r.Task(), Reference: r.Reference,
	}
}

// Investigate writes down what the official who holds a complaint found, and how
// it was tried to resolve it. Until it is answered they may write it anew.
func (s *Service) Investigate(ctx context.Context, who policy.Actor, request string, i Investigation) error {
	if wrong := i.check(); len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	err := s.Contact.Holding(ctx, who, request, func(tx *db.Tx, r *contact.Request) error {
		if r.Kind != contact.Complaint || !s.Offered() {
			return errMoved
		}
		now := s.Clock.Now()
		// One a time that it is open: the same form again is the same.
		item := id.New(now)
		if st, err := selectStanding(tx, r.ID); err != nil {
			return err
		} else if st.current(r) {
			item = st.ID
		}
		permit, err := s.Vault.Permit(tx, use(who, r, ActivityInvestigate, policy.Collect, FieldFinding, FieldAttempt))
		if err != nil {
			return err
		}
		if err := s.Vault.Put(tx, permit, []vault.Value{
			{Field: FieldFinding, Item: item, Text: i.Finding, Source: policy.SourceStaff}, {Field: FieldAttempt, Item: item, Text: i.Attempt, Source: policy.SourceStaff},
		}); err != nil {
			return err
		}
		return putStanding(tx, &Standing{
			Subject: r.Subject, ID: item, Request: r.ID, Transfer: i.Transfer, Resolved: i.Resolved, Found: now, FoundBy: who.ID,
		})
	})
	if err != nil {
		return fmt.Errorf("write down how a complaint was investigated: %w", err)
	}
	return nil
}

// opened is what an official was shown by an activity.
func (s *Service) opened(ctx context.Context, who policy.Actor, request, activity string, fields []string, then func(tx *db.Tx, r *contact.Request) error) (r *contact.Request, v vault.Values, err error) {
	var h *vault.Handle
	err = s.Contact.Holding(ctx, who, request, func(tx *db.Tx, held *contact.Request) error {
		r, h = held, nil
		permit, err := s.Vault.Permit(tx, use(who, r, activity, policy.Use, fields...))
		if err != nil {
			return err
		}
		if h, err = s.Vault.Open(tx, permit); err != nil {
			return err
		}
		return then(tx, r)
	})
	if err != nil {
		return nil, nil, err
	}
	v, err = h.Reveal()
	return r, v, err
}

// Give is what the authority is given of a complaint that could not be resolved:
// opened for it, as a use that names it.
func (s *Service) Give(ctx context.Context, who policy.Actor, request string, p *i18n.Printer) (reference, text string, err error) {
	a, ok := s.Policy().Activity(ActivityAuthority)
	if !ok {
		return "", "", errMoved
	}
	r, values, err := s.opened(ctx, who, request, a.ID, a.Fields, func(tx *db.Tx, r *contact.Request) error {
		st, err := selectStanding(tx, r.ID)
		if err != nil {
			return err
		}
		if !st.current(r) || !st.Owed() {
			return errMoved
		}
		return noteGiven(tx, r.ID, s.Clock.Now())
	})
	if err != nil {
		return "", "", fmt.Errorf("give a complaint to the authority: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s: %s\n", p.T("contact.kind.complaint"), r.Reference, p.T("contact.received"), p.DateTime(r.Created))
	for _, field := range a.Fields {
		declared, _ := s.Policy().Field(field)
		list := values.Items(field)
		if text := values.Text(field); text != "" {
			list = append(list, vault.Value{Text: text})
		}
		for _, v := range list {
			fmt.Fprintf(&b, "\n%s:\n%s\n", p.In(declared.Name), v.Text)
		}
	}
	return r.Reference, strings.NewReplacer("\u2068", "", "\u2069", "").Replace(b.String()), nil
}

// Refer writes down that the authority has a complaint, by its own reference.
func (s *Service) Refer(ctx context.Context, who policy.Actor, request, reference string) error {
	if !referenceForm.MatchString(reference) {
		return fault.Input(fault.Field{Name: "reference", Code: "complaint.reference.none"})
	}
	err := s.Contact.Holding(ctx, who, request, func(tx *db.Tx, r *contact.Request) error {
		st, err := selectStanding(tx, r.ID)
		switch {
		case err != nil:
			return err
		case !st.current(r) || !st.Owed() || authority(s.Policy()) == "":
			return errMoved
		case st.Given.IsZero():
			return errNotGiven
		}
		st.Referred, st.By, st.Authority, st.Reference = s.Clock.Now(), who.ID, authority(s.Policy()), reference
		if ok, err := refer(tx, st); err != nil || !ok {
			return errors.Join(err, errMoved)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write down that the authority has a complaint: %w", err)
	}
	return nil
}

// Facts say how a complaint stands, to whoever complained and to officials.
func (s *Service) Facts(ctx context.Context, p *i18n.Printer, r *contact.Request) ([]ui.Row, error) {
	if !s.Offered() || r.Kind != contact.Complaint {
		return nil, nil
	}
	st, err := s.standing(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	row := func(key, value string) ui.Row { return ui.Row{Key: p.T(key), Value: value} }
	if !st.current(r) {
		return []ui.Row{row("complaint.investigated", p.T("complaint.investigated.not"))}, nil
	}
	said := "complaint.investigated.open"
	if st.Resolved {
		said = "complaint.investigated.resolved"
	}
	rows := []ui.Row{row("complaint.investigated", p.T(said, "date", p.Date(st.Found)))}
	switch {
	case !st.Referred.IsZero():
		rows = append(rows, row("complaint.authority", p.T("complaint.authority.has", "authority", s.named(p, st.Authority), "date", p.Date(st.Referred), "reference", p.Isolate(st.Reference))))
	case st.Owed() && authority(s.Policy()) != "":
		rows = append(rows, row("complaint.authority", p.T("complaint.authority.goes", "authority", s.named(p, authority(s.Policy())))))
	}
	return rows, nil
}

func (s *Service) named(p *i18n.Printer, party string) string {
	declared, _ := s.Policy().Party(party)
	return p.In(declared.Name)
}

// Counts are how many complaints were answered without an investigation, are
// with the authority, and are owed to it.
func (s *Service) Counts(ctx context.Context) (silent, referred, owed int64, err error) {
	if !s.Offered() {
		return 0, 0, 0, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error { silent, referred, owed, err = counts(tx); return err })
	if err != nil {
		return 0, 0, 0, fmt.Errorf("count complaints: %w", err)
	}
	return silent, referred, owed, nil
}
