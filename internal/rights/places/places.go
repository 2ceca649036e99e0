package places

import (
	"context"
	"maps"
	"slices"

	"portico/internal/cases"
	"portico/internal/contact"
	"portico/internal/drafts"
	"portico/internal/forms"
	"portico/internal/forms/say"
	"portico/internal/mandates"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/rights/takeout"
	"portico/internal/services"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// Places are the features that keep something.
type Places struct {
	Policy   func() *policy.Policy
	Services services.Catalogue
	Cases    *cases.Cases
	Drafts   *drafts.Drafts
	Mandates *mandates.Service
	Contact  *contact.Service
}

// Of lists where something is kept of a person.
func (s *Places) Of(ctx context.Context, words *i18n.Printer, subject string) ([]takeout.Named, error) {
	var list []takeout.Named
	add := func(scope, activity, name string) *takeout.Named {
		a, _ := s.Policy().Activity(activity)
		list = append(list, takeout.Named{Scope: scope, Name: name, Basis: s.Policy().BasisOf(a).DPV})
		return &list[len(list)-1]
	}
	add(vault.Profile, policy.ActivityAccount, words.T("rights.place.profile"))
	sent, err := s.Cases.Of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, row := range sent {
		if d, err := s.Cases.Version(row); err == nil { // else a service that this store no longer knows
			add("case:"+row.ID, d.ApplyActivity(), words.In(d.Name)+" "+words.Isolate(row.Reference)).Words = answered(d.Form, words)
		}
	}
	begun, err := s.Drafts.Of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, d := range begun {
		if of := s.Services.Service(d.Service); of != nil {
			add(d.Scope(), of.ApplyActivity(), words.T("rights.place.draft", "service", words.In(of.Name), "date", words.DateTime(d.Changed))).Words = answered(of.Form, words)
		}
	}
	companies, _, err := s.Mandates.Of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, m := range companies {
		add(m.Scope(), mandates.ActivityOwn, words.T("rights.place.mandate")+" "+words.Isolate(m.Reference))
	}
	asked, err := s.Contact.Of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, r := range asked {
		add(r.Scope(), "inquiry", words.T("rights.place.request")+" "+words.Isolate(r.Reference))
	}
	return list, nil
}

// answered says the answers of a form as everybody reads them.
func answered(f *forms.Form, words *i18n.Printer) func(field, value string) (string, bool) {
	keys := map[string]string{}
	for _, one := range f.Fields() {
		keys[one.ID] = one.Key
	}
	return func(field, value string) (string, bool) {
		key, asked := keys[field]
		if !asked {
			return "", false
		}
		said, _ := say.Answer(f, words, key, value)
		return said, true
	}
}

// Files gives out files for packages.
type Files struct{ Uploads *uploads.Uploads }

// Of lists the files of a place that can be opened.
func (f Files) Of(ctx context.Context, subject, scope string) (ids []string, err error) {
	states, err := f.Uploads.States(ctx, subject, scope)
	for _, id := range slices.Sorted(maps.Keys(states)) {
		if states[id].State == uploads.Clean {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Open opens a file as a use of the program's own.
func (f Files) Open(ctx context.Context, fileID, activity string) (*takeout.File, error) {
	c, err := f.Uploads.Open(ctx, fileID, func(_ *db.Tx, of *uploads.File) (vault.Use, error) {
		return vault.Use{Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: of.Subject, Activity: activity, Scope: of.Scope}, nil
	})
	if err != nil {
		return nil, err
	}
	return &takeout.File{ID: c.ID, Name: c.Name, Type: c.Kind.Media(), Field: c.Field, Content: c}, nil
}
