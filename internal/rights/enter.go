package rights

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
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
	if err := s.begin(tx, r, []Item{{N: 1, Sort: All}}, e.Text, use, policy.SourceStaff); err != nil {
		return nil, err
	}
	if e.Contact.Value != "" && !e.Cabinet {
		if err := s.put(tx, use, vault.Value{Field: FieldContact, Text: e.Contact.Value, Source: policy.SourceStaff}); err != nil {
			return nil, err
		}
	}
	return r, s.tell(tx, r, "entered")
}

// Known notes that an official has made sure who asks: the clock runs on.
func (s *Service) Known(ctx context.Context, who policy.Actor, request string) error {
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID || !r.Paused() {
			return errMoved
		}
		r.Shown = s.Clock.Now()
		return s.note(tx, r, "right-known", who)
	})
}

// outside reports whether whoever asks has no cabinet in which to read.
func (r *Request) outside() bool { return !r.Asked.IsZero() }

// tellOutside writes to somebody without a cabinet, at the address that they
// gave: with the newest words of the office, where the instance lets the
// program send those.
func (s *Service) tellOutside(ctx context.Context, r *Request, job *jobs.Job) error {
	a, ok := s.Policy().Activity(ActivityWrite)
	if !ok {
		return nil
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: r.Subject, Activity: ActivityWrite, Operation: policy.Use,
		Scope: r.Scope(), Fields: a.Fields, Reference: r.Reference,
	})
	if err != nil {
		return fmt.Errorf("write to whoever asked: %w", err)
	}
	to, ok := s.Identity.ParseContact(values.Text(FieldContact))
	if !ok {
		return nil // by telephone only: an official calls
	}
	words := ""
	if said := values.Items(FieldAnswer); len(said) > 0 && job.Get("what") != "entered" {
		words = said[len(said)-1].Text
	}
	return s.Identity.Deliver(ctx, to, r.Language, job.ID, "rights.outside."+job.Get("what"), "reference", r.Reference, "words", words)
}

// expand is what a request about everything stands for when it is granted: each
// place where something is kept, or each purpose to which one can object.
func (s *Service) expand(tx *db.Tx, r *Request) (ids []string, err error) {
	if SortOf(r.Kind) == Purpose {
		right := s.right(r)
		for _, u := range s.Policy().Declarations().Purposes {
			if right.AppliesTo(u.Basis.DPV) && !u.Basis.IsConsent() && s.objectionable(u.ID) {
				ids = append(ids, u.ID)
			}
		}
		return ids, nil
	}
	held, err := s.Takeout.Holdings.Held(tx, s.Policy(), r.Subject)
	for _, i := range held {
		if i.Within == "" && i.Scope != "" && i.Scope != vault.Evidence && !strings.HasPrefix(i.Scope, "right:") {
			ids = append(ids, i.Scope)
		}
	}
	return ids, err
}
