package kinds

import (
	"fmt"
	"slices"

	"portico/internal/platform/db"
)

// The classes. Each is a type, and how a notice to somebody is cleared is what
// the type can do (I12).
type (
	// Important notices go to everybody they concern: no choice is asked for.
	Important struct{ kind *Kind }
	// Service notices go to everybody who has not switched them off.
	Service struct{ kind *Kind }
	// Newsletter notices go to who asked for them.
	Newsletter struct{ kind *Kind }
	// Marketing notices go to who consented to their purpose.
	Marketing struct{ kind *Kind }
)

// Cleared is a notice of a kind that may go to one person. The zero Cleared is
// none.
type Cleared struct {
	kind    *Kind
	subject string
}

// Kind is the kind, nil of the zero Cleared.
func (c Cleared) Kind() *Kind { return c.kind }

// Subject is the person.
func (c Cleared) Subject() string { return c.subject }

// For clears an important notice.
func (c Important) For(subject string) Cleared { return Cleared{c.kind, subject} }

// For clears a notice of a service. By which channels the person does not want
// it is theirs to choose.
func (c Service) For(subject string) Cleared { return Cleared{c.kind, subject} }

// With clears a newsletter for who asked for it.
func (c Newsletter) With(s Subscription) Cleared {
	if c.kind == nil || s.kind != c.kind.ID {
		return Cleared{}
	}
	return Cleared{c.kind, s.subject}
}

// With clears marketing for who consented to its purpose.
func (c Marketing) With(s Consent) Cleared {
	if c.kind == nil || s.purpose == "" || s.purpose != c.kind.Purpose {
		return Cleared{}
	}
	return Cleared{c.kind, s.subject}
}

// Subscription is that somebody asked for a kind of newsletter. Only Subscribed
// makes one.
type Subscription struct{ kind, subject string }

// Consent is that somebody consents to a purpose. Only Consented makes one.
type Consent struct{ purpose, subject string }

// Wishes knows what people chose.
type Wishes interface {
	// Subscribed reports whether somebody asked for a kind of newsletter.
	Subscribed(tx *db.Tx, subject, kind string) (bool, error)
	// Granted reports whether somebody consents to a purpose now.
	Granted(tx *db.Tx, subject, purpose string) (bool, error)
}

// Subscribed asks whether somebody wants a newsletter.
func Subscribed(tx *db.Tx, w Wishes, subject string, c Newsletter) (Subscription, bool, error) {
	ok, err := w.Subscribed(tx, subject, c.kind.ID)
	if err != nil || !ok {
		return Subscription{}, false, err
	}
	return Subscription{c.kind.ID, subject}, true, nil
}

// Consented asks whether somebody consents to marketing.
func Consented(tx *db.Tx, w Wishes, subject string, c Marketing) (Consent, bool, error) {
	ok, err := w.Granted(tx, subject, c.kind.Purpose)
	if err != nil || !ok {
		return Consent{}, false, err
	}
	return Consent{c.kind.Purpose, subject}, true, nil
}

// Clear asks what the class of a kind asks, and reports whether a notice of it
// may go to somebody.
func (k *Kind) Clear(tx *db.Tx, w Wishes, subject string) (Cleared, bool, error) {
	switch k.Class {
	case ImportantClass:
		return Important{k}.For(subject), true, nil
	case ServiceClass:
		return Service{k}.For(subject), true, nil
	case NewsletterClass:
		c := Newsletter{k}
		s, ok, err := Subscribed(tx, w, subject, c)
		return c.With(s), ok, err
	case MarketingClass:
		c := Marketing{k}
		s, ok, err := Consented(tx, w, subject, c)
		return c.With(s), ok, err
	}
	return Cleared{}, false, fmt.Errorf("a kind of notice has the class %q", k.Class)
}

// List is what a kind is one of that is sent only to who asks for it: the
// purpose of marketing, the newsletter itself. It is empty for other kinds.
func (k *Kind) List() string {
	switch k.Class {
	case MarketingClass:
		return k.Purpose
	case NewsletterClass:
		return k.ID
	}
	return ""
}

// Lists are what the kinds of a set are sent for to who asks, each once.
func (s Set) Lists() (all []string) {
	for _, k := range s {
		if list := k.List(); list != "" && !slices.Contains(all, list) {
			all = append(all, list)
		}
	}
	slices.Sort(all)
	return all
}

// Optional reports whether people may switch it off.
func (k *Kind) Optional() bool { return k.Class != ImportantClass }
