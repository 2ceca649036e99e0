package drafts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/cases/find"
	"portico/internal/forms/sent"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// What follows is for officials who enter an application for somebody who
// comes in person, calls or writes. Their draft is like any other, but that
// its maker is not whom it is about: it is the official's task until it is
// sent, under the activity SERVICE.enter, and no profile fills it in.

// Entry is what an official begins to enter.
type Entry struct {
	Variant string
	Channel cases.Channel // how it came
	Person  string        // a reference of theirs, or an exact identifier; empty: somebody who is new
	Company string        // for which they say they act, as they name it; empty: for themselves
	Number  string        // of that company
}

// The faults of what an official begins to enter.
var (
	errChannel = fault.Field{Name: "channel", Code: "drafts.enter.channel.missing"}
	errPerson  = fault.Field{Name: "person", Code: "drafts.enter.person.none"}
	errEnter   = fault.New(fault.Denied, "drafts.error.enter")
)

// Enterable lists the services for which an official may enter applications.
func (s *Drafts) Enterable(actor policy.Actor) []*services.Definition {
	return slices.DeleteFunc(slices.Clone(s.Catalogue.Services()), func(d *services.Definition) bool {
		return !s.enters(actor, d)
	})
}

func (s *Drafts) enters(actor policy.Actor, d *services.Definition) bool {
	return actor.Kind == policy.Staff && (actor.Strong || s.Policy().Demo()) && d.Enters(actor.Roles)
}

// Entered lists what an official has begun to enter for others.
func (s *Drafts) Entered(ctx context.Context, actor policy.Actor) (list []*Draft, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectEntered(tx, actor.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is being entered: %w", err)
	}
	return list, nil
}

// Enter begins an application for somebody else: for the person who is known
// by exactly what was given, or for one who has no account, of whom only that
// is known which the application says. That somebody was looked for is an
// event of theirs. Begun twice for the same person, it is the same draft.
func (s *Drafts) Enter(ctx context.Context, actor policy.Actor, service string, e Entry) (*Draft, error) {
	d := s.Catalogue.Service(service)
	if d == nil {
		return nil, errUnknown
	}
	if !s.enters(actor, d) {
		return nil, errEnter
	}
	w, err := s.service(Place{Actor: actor, Service: service, Variant: e.Variant})
	if err != nil {
		return nil, fault.Input(fault.Field{Name: "variant", Code: "drafts.enter.variant.missing"})
	}
	var wrong []fault.Field
	if e.Channel == cases.Portal || !slices.Contains(cases.Channels(), e.Channel) {
		wrong = append(wrong, errChannel)
	}
	begun := (&content{}).clone()
	if whom, asks := s.asksWhom(d.Form); asks && e.Company+e.Number != "" {
		company, err := s.Mandates.Named(e.Company, e.Number)
		if wrong = append(wrong, fault.From(err).Fields...); err != nil && len(wrong) == 0 {
			return nil, err
		}
		begun.Named = []sent.Company{company}
		begun.Typed.Set(whom.Key, company.ID)
	}
	known := ""
	if e.Person = strings.TrimSpace(e.Person); e.Person != "" && len(wrong) == 0 {
		if known, err = s.whose(ctx, actor, d, e.Person); err != nil {
			return nil, err
		}
		if known == "" {
			wrong = append(wrong, errPerson)
		}
	}
	if len(wrong) > 0 {
		return nil, fault.Input(wrong...)
	}
	text, err := begun.pack()
	if err != nil {
		return nil, err
	}
	var row *Draft
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		subject := known
		if subject == "" {
			if subject, err = s.Vault.NewSubject(tx); err != nil {
				return err
			}
		}
		now := s.Clock.Now()
		row = &Draft{
			Subject: subject, ID: id.New(now), Service: d.ID, Variant: w.Offer.Variant, Instance: s.Catalogue.Hash(),
			Revision: 1, Channel: e.Channel, By: actor.ID, Page: d.Form.Pages[0].ID, Changed: now,
		}
		fresh, err := insertDraft(tx, row)
		if err != nil {
			return err
		}
		if !fresh {
			row, err = selectOf(tx, subject, d.ID, w.Offer.Variant, actor.ID)
			return err
		}
		if err := s.Vault.NewScope(tx, row.Subject, row.Scope()); err != nil {
			return err
		}
		as := *w
		as.Draft = row
		permit, err := s.Vault.Permit(tx, as.use(policy.Collect, d.DraftField()))
		if err != nil {
			return err
		}
		return s.Vault.Put(tx, permit, []vault.Value{{Field: d.DraftField(), Text: text, Source: policy.SourceForm}})
	})
	if err != nil {
		return nil, fmt.Errorf("begin to enter an application: %w", err)
	}
	return row, nil
}

// whose finds a person by a reference of theirs or by an exact identifier, and
// returns nobody where there is none. What matched nobody is kept nowhere.
func (s *Drafts) whose(ctx context.Context, actor policy.Actor, d *services.Definition, typed string) (subject string, err error) {
	phone, _ := s.Policy().Field(policy.FieldPhone)
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	c, ok := credential.ParseIdentifier(typed, phone.Prefix, number.Pattern)
	if !ok {
		row, err := find.ByReference(ctx, s.Cases, actor, typed)
		if row != nil {
			subject = row.Subject
		}
		if fault.KindOf(err) == fault.NotFound && err != nil {
			err = nil
		}
		return subject, err
	}
	activity, _ := s.Policy().Activity(d.EnterActivity())
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if subject, err = s.Vault.Find(tx, c.Field, c.Value); err != nil {
			return err
		}
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindSearch, Subject: subject, Activity: activity.ID, Purpose: activity.Purpose,
			Basis: string(s.Policy().BasisOf(activity).DPV), Fields: []string{c.Field}, Policy: s.Policy().Hash(),
			Actor: audit.Actor{ID: actor.ID, Kind: actor.Kind.String(), Party: actor.Party, Role: d.EnterRole(actor.Roles)},
		})
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return "", nil
	}
	return subject, err
}

// entering finds the draft that an official makes. One that was sent answers
// *Sent; somebody else's is not found, and the attempt is recorded.
func (s *Drafts) entering(ctx context.Context, p Place) (row *Draft, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		row, err = selectDraft(tx, p.Draft)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a draft: %w", err)
	}
	if row == nil {
		made, err := s.Cases.Glance(ctx, p.Draft)
		if err == nil && made.Case.Service == p.Service && made.Steps[0].Actor == p.Actor.ID {
			return nil, &Sent{made.Case}
		}
		return nil, errNotFound
	}
	if row.By != p.Actor.ID || row.Service != p.Service || row.Variant != p.Variant {
		w := &Work{Service: s.Catalogue.Service(row.Service), Draft: row, actor: p.Actor}
		if w.Service != nil {
			if _, err := s.Vault.Read(ctx, w.use(policy.Use, w.Service.DraftField())); err != nil && fault.KindOf(err) != fault.Denied {
				return nil, err
			}
		}
		return nil, errNotFound
	}
	return row, nil
}

// At is a page on which the official goes on who makes a draft for somebody.
func (d *Draft) At(page string) string {
	return path(Place{Actor: policy.Actor{Kind: policy.Staff}, Service: d.Service, Variant: d.Variant, Draft: d.ID}, page, false)
}
