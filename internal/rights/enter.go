package rights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Entered is what came by another way than the cabinet, as an official enters
// it. The clock runs from when it was received.
type Entered struct {
	Subject  string // whose scope it goes into
	Cabinet  bool   // it is the holder of an account, who was signed in
	Right    string
	Source   Source
	Text     string
	Contact  credential.Contact // where somebody without a cabinet is answered; may be empty
	Language string
	Received time.Time
}

// MaxNumber bounds an identity number.
const MaxNumber = 64

// errNoEntry says that the instance lets nobody enter requests.
var errNoEntry = fault.New(fault.Conflict, "rights.entry.none")

// Enter takes a request that an official enters, about all that it can be about.
// Who asks without having been signed in is outstanding until somebody has made
// sure.
func (s *Service) Enter(tx *db.Tx, who policy.Actor, e Entered) (*Request, error) {
	right, ok := s.Policy().Right(e.Right)
	if _, enters := s.Policy().Activity(ActivityEnter); !ok || !enters {
		return nil, errNoEntry
	}
	now := s.Clock.Now()
	r := &Request{
		Subject: e.Subject, ID: id.New(now), Reference: id.Reference("DR"), Right: right.ID, Kind: right.Kind, Source: e.Source,
		State: Waiting, Language: e.Language, Received: e.Received, revision: 1,
	}
	if !e.Cabinet {
		r.Asked = e.Received
	}
	// Whoever writes it down holds it until it is written down.
	use := vault.Use{
		Actor: who, Subject: r.Subject, Activity: ActivityEnter, Scope: r.Scope(), Reference: r.Reference,
		Task: policy.Task{Scope: r.Scope(), Holder: who.ID, Open: true},
	}
	a := Asker{Subject: r.Subject, Outside: !e.Cabinet}
	if e.Contact.Value != "" && !e.Cabinet {
		a.Contacts = append(a.Contacts, e.Contact)
	}
	if err := s.begin(tx, r, []Item{{N: 1, Sort: All}}, e.Text, a, use, policy.SourceStaff); err != nil {
		return nil, err
	}
	return r, s.tell(tx, r, "entered")
}

// Known notes that an official has made sure who asks: the clock runs on, and
// what the program answers by itself it makes. With the number that they saw on
// a card, the request is also about whom that and a contact of it name; by the
// contact alone nobody is found. The number is compared, and not kept. Whoever
// has a cabinet by one of these has it in their log that an official was told so.
func (s *Service) Known(ctx context.Context, who policy.Actor, request, number string) (cabinet bool, err error) {
	number = strings.ToUpper(strings.TrimSpace(number))
	field, _ := s.Policy().Field(policy.FieldIdentityNumber)
	if ok, err := regexp.MatchString(field.Pattern, number); number != "" && (err != nil || !ok || len(number) > MaxNumber) {
		return false, fault.Input(fault.Field{Name: "number", Code: "rights.known.number.form"})
	}
	r, _, err := s.Glance(ctx, who, request)
	if err != nil {
		return false, err
	}
	if r.State != Taken || r.Holder != who.ID || !r.Paused() {
		return false, fmt.Errorf("note who asks: %w", errMoved)
	}
	values, err := s.Vault.Read(ctx, r.answering(who, policy.Use, FieldContact))
	if err != nil {
		return false, fmt.Errorf("open the contacts of a request: %w", err)
	}
	a := s.contacts(values)
	a.Subject, a.Outside, a.Told, a.Number = r.Subject, true, true, number
	err = s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID || !r.Paused() {
			return errMoved
		}
		r.Shown = s.Clock.Now()
		found, _, err := s.Visitors.Reached(tx, a)
		if err != nil {
			return err
		}
		items, err := selectItems(tx, r)
		if err != nil {
			return err
		}
		holders, err := s.cabinets(tx, a)
		for _, one := range holders {
			of := *r
			of.Subject = one
			err = cmp.Or(err, s.note(tx, &of, "right-cabinet", who))
		}
		if cabinet = len(holders) > 0; err != nil {
			return err
		}
		if len(a.Contacts) > 0 { // where the package can be told of
			err = s.make(tx, r)
		}
		return errors.Join(err, s.cover(tx, r, found), s.correct(tx, r, items), s.Vault.Bump(tx, r.Subject), s.note(tx, r, "right-known", who))
	})
	return cabinet, err
}

// contacts are those that somebody named, as they were opened.
func (s *Service) contacts(values vault.Values) (a Asker) {
	for _, v := range values.Items(FieldContact) {
		if c, ok := s.Identity.ParseContact(v.Text); ok {
			a.Contacts = append(a.Contacts, c)
		}
	}
	return a
}

// Prove notes that whoever asks has shown by codes that contacts are theirs: the
// request is about whom these reach, and a clock that stood runs on, unless that
// waits for an official to see a number.
func (s *Service) Prove(tx *db.Tx, request string, contacts []credential.Contact) error {
	r, err := selectRequest(tx, request)
	if err != nil || r == nil || !r.Open() || !r.Paused() {
		return err
	}
	found, numbered, err := s.Visitors.Reached(tx, Asker{Subject: r.Subject, Outside: true, Contacts: contacts})
	if err != nil {
		return err
	}
	if err := s.cover(tx, r, found); err != nil || numbered {
		return err
	}
	r.Shown = s.Clock.Now()
	if err := s.make(tx, r); err != nil {
		return err
	}
	if ok, err := moveRequest(tx, r); err != nil || !ok {
		return cmp.Or(err, error(errMoved))
	}
	return s.note(tx, r, "right-known", policy.Actor{Kind: policy.Person, ID: r.Subject})
}

// goesOn has a request that somebody made without their account go on as one of
// it, from when it came: but for the time in which it was outstanding who asks.
func (s *Service) goesOn(tx *db.Tx, a Asking, r *Request) error {
	if a.From == "" {
		return nil
	}
	list, err := s.Visitors.Asked(tx, a.Asker)
	i := slices.IndexFunc(list, func(o *Request) bool { return o.ID == a.From && o.Right == r.Right && !a.Outside })
	if err != nil || i < 0 {
		return cmp.Or(err, error(errMoved))
	}
	from, now := list[i], s.Clock.Now()
	if from.Paused() {
		from.Shown = now
	}
	r.Source, r.Received, r.Extended, r.Escalated = from.Source, from.Received.Add(from.Shown.Sub(from.Asked)), from.Extended, from.Escalated
	from.State, from.Answered = Answered, now
	if ok, err := moveRequest(tx, from); err != nil || !ok {
		return cmp.Or(err, error(errMoved))
	}
	return errors.Join(replaceItems(tx, from, []Item{{N: 1, Sort: Further, ID: r.Reference, Decision: Passed, Decided: now}}), s.Vault.Bump(tx, from.Subject),
		s.note(tx, from, "right-onward", policy.Actor{Kind: policy.Person, ID: r.Subject}), s.tell(tx, from, "onward"))
}

// expand is what a request about everything stands for when it is granted: each
// place where something is kept, or each purpose to which one can object.
func (s *Service) expand(tx *db.Tx, r *Request) (ids []string, err error) {
	if SortOf(r.Kind) == Purpose {
		for _, u := range s.objectionable(s.RightOf(r)) {
			ids = append(ids, u.ID)
		}
		return ids, nil
	}
	for _, one := range r.People() {
		held, err := s.Takeout.Holdings.Held(tx, s.Policy(), one)
		if err != nil {
			return nil, err
		}
		for _, i := range held {
			if i.Within == "" && i.Scope != "" && !strings.HasPrefix(i.Scope, vault.Evidence) && !strings.HasPrefix(i.Scope, "right:") && !strings.HasPrefix(i.Scope, "visit:") {
				ids = append(ids, i.Scope)
			}
		}
	}
	return ids, nil
}
