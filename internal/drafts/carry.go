package drafts

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"reflect"

	"portico/internal/forms"
	"portico/internal/forms/sent"
	"portico/internal/forms/versions"
)

// Carried is what a newer version of the service makes of a draft that was
// begun under an older one, until the person has said that they know.
type Carried struct {
	Changes []versions.Change
	Dropped []string // keys of answers that are not used any more
	Cost    bool     // the fee is described otherwise
	older   *forms.Form
	given   forms.Answers // as the older form read them
}

// carry finds out what has changed since the draft was begun.
func (s *Drafts) carry(w *Work) {
	if w.Draft == nil || w.Draft.Instance == s.Catalogue.Hash() && w.content.From == "" {
		return
	}
	from := cmp.Or(w.content.From, w.Draft.Instance)
	old := s.Catalogue.Version(from, w.Service.ID)
	if old == nil || old == w.Service {
		return
	}
	offer, _ := old.Offer(w.Offer.Variant)
	c := &Carried{Changes: versions.Changes(old.Form, w.Service.Form), Cost: !reflect.DeepEqual(offer.Cost, w.Offer.Cost), older: old.Form}
	read := sent.Decode(old.Form, sent.Input{Values: known(old.Form, w.content.Typed), Companies: w.may})
	for _, e := range read.Errors {
		delete(read.Answers, e.Question()) // it was no answer yet
	}
	c.given = read.Answers
	_, c.Dropped = w.Service.Form.Adopt(c.given)
	if len(c.Changes) > 0 || len(c.Dropped) > 0 || c.Cost {
		w.Carried, w.content.From = c, from
	}
}

// known leaves out what a form does not ask, which an older version did.
func known(form *forms.Form, values url.Values) url.Values {
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(name string, _ []string) bool { return !form.Takes(name) })
	return values
}

// Adopt notes that the person knows what has changed. What the service does
// not ask any more is forgotten.
func (s *Drafts) Adopt(ctx context.Context, p Place, draft string) error {
	for range attempts {
		w, err := s.Open(ctx, p)
		if err != nil || w.Carried == nil || w.Bar != nil || w.Draft.ID != draft {
			return err // it is done, or there is nothing to do
		}
		w.content.From, w.content.Typed = "", known(w.Service.Form, w.content.Typed)
		text, err := w.content.pack()
		if err == nil {
			err = s.write(ctx, w, text, w.Draft.Page)
		}
		if again(err) {
			continue
		}
		return err
	}
	return errBusy
}
