package handover

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/rights/takeout"
	"portico/internal/vault"
)

// Config is what the package needs.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Keeps  *retention.Service
	Jobs   *jobs.Queue
	Ring   *keys.Ring
	Policy func() *policy.Policy
	Clock  clock.Clock
	Zone   func() *time.Location
	Files  takeout.Files // nil: there are none
}

// Service hands things over. It is safe for concurrent use.
type Service struct{ Config }

// The jobs. Their payloads hold ids.
const (
	jobDispose = "handover.dispose"
	jobRest    = "handover.rest"
)

// New returns the service, which tells package retention who has what was
// disposed of, and registers its jobs.
func New(c Config) *Service {
	s := &Service{c}
	s.Keeps.Handed = s.Handed
	s.Jobs.Register(jobDispose, func(ctx context.Context, job *jobs.Job) error { return s.dispose(ctx, job.Get("package")) }, jobs.Options{Timeout: 10 * time.Minute, Inside: true})
	s.Jobs.Every(jobRest, time.Hour, s.Rest, jobs.Options{Timeout: 50 * time.Minute})
	return s
}

// Package is a file in which things are handed over to a party.
type Package struct {
	ID           string
	Party        string
	Made         time.Time
	MadeBy       string
	Things       int64     // how many are in it
	Opened       time.Time // its download began; zero: not yet
	SHA256       string    // of the file; empty: nobody has the whole of it
	Acknowledged time.Time // the party has it; zero: it did not say so
	Reference    string    // of the party
	Left         int64     // how many of its things are here
}

// thing is one thing of a package.
type thing struct {
	pkg, subject, kind, item string
	since                    time.Time
}

// Most is how many things are in a package at the most.
const Most = 500

// What people are told.
var (
	errNone    = fault.New(fault.Conflict, "handover.error.none")
	errMoved   = fault.New(fault.Conflict, "handover.error.moved")
	errUnknown = fault.New(fault.NotFound, "handover.error.unknown")
)

// Parties are those to which a rule hands something over.
func (s *Service) Parties() (ids []string) {
	pol := s.Policy()
	for _, party := range pol.Declarations().Parties {
		for _, r := range pol.Declarations().Retention {
			if r.To == party.ID {
				ids = append(ids, party.ID)
				break
			}
		}
	}
	return ids
}

// allowed reports whether nothing holds a thing back from being handed over.
func (s *Service) allowed(tx *db.Tx, i holdings.Item, pkg string) (bool, error) {
	var refused *retention.Refused
	err := s.Keeps.Allowed(tx, []holdings.Item{i}, why(pkg))
	if errors.As(err, &refused) {
		return false, nil
	}
	return err == nil, err
}

func why(pkg string) retention.Why {
	return retention.Why{Because: holdings.BecauseTransferred, Ref: pkg, Actor: policy.Staff}
}

// Waiting is what is to be handed over to a party.
type Waiting struct {
	Party string
	Ready int  // things whose time is over, and that are in no package
	Held  int  // those of them that something holds back, beside Ready
	More  bool // and more, which were not counted
}

// counted is how many things a count looks at.
const counted = 2000

// Waiting says what is to be handed over to each party.
func (s *Service) Waiting(ctx context.Context) (list []Waiting, err error) {
	for _, party := range s.Parties() {
		w := Waiting{Party: party}
		err := s.DB.View(ctx, func(tx *db.Tx) error {
			return s.Keeps.Archived(tx, party, func(i holdings.Item) (bool, error) {
				packed, err := hasThing(tx, i)
				if err != nil || packed {
					return true, err
				}
				free, err := s.allowed(tx, i, "")
				if free {
					w.Ready++
				} else {
					w.Held++
				}
				w.More = w.Ready+w.Held >= counted
				return !w.More, err
			})
		})
		if err != nil {
			return nil, fmt.Errorf("look what is to be handed over: %w", err)
		}
		list = append(list, w)
	}
	return list, nil
}

// Make puts what is to be handed over to a party into a package, up to Most
// things.
func (s *Service) Make(ctx context.Context, party, official string) (*Package, error) {
	now := s.Clock.Now()
	p := &Package{ID: id.New(now), Party: party, Made: now, MadeBy: official}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		p.Things = 0
		err := s.Keeps.Archived(tx, party, func(i holdings.Item) (bool, error) {
			free, err := s.allowed(tx, i, p.ID)
			if err != nil || !free {
				return true, err
			}
			fresh, err := insertThing(tx, p, i)
			if fresh {
				p.Things++
			}
			return p.Things < Most, err
		})
		if err != nil {
			return err
		}
		if p.Things == 0 {
			return errNone
		}
		if err := insertPackage(tx, p); err != nil {
			return err
		}
		return s.note(tx, official, "handover-made", p.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("make a package to be handed over: %w", err)
	}
	return p, nil
}

// note writes an act of the privacy officer into their record.
func (s *Service) note(tx *db.Tx, official, reason, pkg string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindStaff, Subject: official, Reason: reason, Policy: s.Policy().Hash(),
		Actor: audit.Actor{ID: official, Kind: policy.Staff.String()}, Facts: audit.Facts{"package": pkg},
	})
}

// referenceForm is what a reference of a party may be: a number, not a text.
var referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./_-]{0,59}$`)

// Acknowledge notes that the party has a package, by its own reference: what is
// in it is disposed of by a job.
func (s *Service) Acknowledge(ctx context.Context, pkg, reference, official string) error {
	if !referenceForm.MatchString(reference) {
		return fault.Input(fault.Field{Name: "reference", Code: "handover.error.reference"})
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		if ok, err := acknowledge(tx, pkg, official, reference, s.Clock.Now()); err != nil || !ok {
			return errors.Join(err, errMoved)
		}
		if err := errors.Join(s.note(tx, official, "handover-acknowledged", pkg), s.took(tx, portal, pkg, actTaken, official, reference)); err != nil {
			return err
		}
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobDispose, Key: "dispose:" + pkg, Payload: map[string]string{"package": pkg}})
	})
	if err != nil {
		return fmt.Errorf("note that a package was taken over: %w", err)
	}
	return nil
}

// Withdraw gives a package up that the party did not take: what was in it is to
// be handed over again.
func (s *Service) Withdraw(ctx context.Context, pkg, official string) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		if ok, err := withdraw(tx, pkg); err != nil || !ok {
			return errors.Join(err, errMoved)
		}
		return errors.Join(s.note(tx, official, "handover-withdrawn", pkg), s.took(tx, portal, pkg, actWithdrawn))
	})
	if err != nil {
		return fmt.Errorf("withdraw a package: %w", err)
	}
	return nil
}

// List lists the latest packages.
func (s *Service) List(ctx context.Context) (list []*Package, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { list, err = selectPackages(tx, 50); return err })
	if err != nil {
		return nil, fmt.Errorf("list what was handed over: %w", err)
	}
	return list, nil
}

// Handed says who has what was disposed of, for package retention.
func (s *Service) Handed(tx *db.Tx, ref string) (*retention.Transfer, error) {
	p, err := selectPackage(tx, ref)
	if err != nil || p == nil {
		return nil, err
	}
	return &retention.Transfer{Party: p.Party, Reference: p.Reference, At: p.Acknowledged, SHA256: p.SHA256}, nil
}

// Rest disposes of what a party has and a hold kept back, or a process that
// ended left, and of what is not handed over because its person objects.
func (s *Service) Rest(ctx context.Context) error {
	for _, party := range s.Parties() {
		if err := s.spare(ctx, party); err != nil {
			return fmt.Errorf("dispose of what somebody wants handed over to nobody: %w", err)
		}
	}
	var ready []string
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { ready, err = selectReady(tx); return err }); err != nil {
		return fmt.Errorf("look for what was handed over: %w", err)
	}
	for _, pkg := range ready {
		if err := s.dispose(ctx, pkg); err != nil {
			return err
		}
	}
	return nil
}

// spare disposes of what is not handed over to a party, because its person
// objects: nothing is kept longer for that than its rule says. What is in a
// package goes with that.
func (s *Service) spare(ctx context.Context, party string) error {
	var due []holdings.Item
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		due = nil
		return s.Keeps.Archived(tx, party, func(i holdings.Item) (bool, error) {
			objects, err := s.objects(tx, party, i)
			if objects {
				due = append(due, i)
			}
			return len(due) < page, err
		})
	}); err != nil {
		return err
	}
	for _, i := range due {
		_, at, found, err := s.Keeps.Goes(ctx, i.Kind, i.Subject, i.ID)
		if err != nil {
			return err
		}
		if !found || at.After(s.Clock.Now()) { // they have their days still
			continue
		}
		err = s.Vault.Update(ctx, func(tx *db.Tx) error {
			if objects, err := s.objects(tx, party, i); err != nil || !objects {
				return err
			}
			_, err := s.Keeps.Dispose(tx, []holdings.Item{i}, retention.Why{Because: holdings.BecauseDue, Actor: policy.System})
			return err
		})
		var refused *retention.Refused
		if err != nil && !retention.IsMoved(err) && !errors.As(err, &refused) {
			return err
		}
	}
	return nil
}

// objects reports whether the person of a thing that is in no package objects to
// handing it over to a party.
func (s *Service) objects(tx *db.Tx, party string, i holdings.Item) (bool, error) {
	packed, err := hasThing(tx, i)
	if err != nil || packed {
		return false, err
	}
	reason, err := s.Vault.Stopped(tx, i.Subject, policy.HandOver(party))
	return reason == policy.ReasonObjected, err
}

// page is how many things are looked at together.
const page = 100

// dispose disposes of the things of a package, each by itself.
func (s *Service) dispose(ctx context.Context, pkg string) error {
	var last thing
	for {
		var list []thing
		var p *Package
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			if p, err = selectPackage(tx, pkg); err != nil || p == nil {
				return err
			}
			list, err = selectThings(tx, pkg, last, page)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for what was handed over: %w", err)
		}
		if len(list) == 0 || p.Acknowledged.IsZero() {
			return nil
		}
		for _, t := range list {
			last = t
			err := s.Vault.Update(ctx, func(tx *db.Tx) error { return s.disposeOne(tx, p, t) })
			if err != nil && !retention.IsMoved(err) {
				return fmt.Errorf("dispose of what was handed over: %w", err)
			}
		}
	}
}

// disposeOne disposes of a thing that a party has, unless it changed since or
// something holds it back.
func (s *Service) disposeOne(tx *db.Tx, p *Package, t thing) error {
	i, same, err := s.same(tx, p, t)
	if err == nil && same {
		same, err = s.unwritten(tx, i, p.Opened)
	}
	if err != nil {
		return err
	}
	if same {
		_, err := s.Keeps.Dispose(tx, []holdings.Item{i}, why(p.ID))
		var refused *retention.Refused
		if errors.As(err, &refused) { // before anything was written
			return nil
		}
		if err != nil {
			return err
		}
	}
	return deleteThing(tx, t)
}

// same finds a thing of a package, and reports whether it is what was put in,
// and is to be handed over still.
func (s *Service) same(tx *db.Tx, p *Package, t thing) (i holdings.Item, same bool, err error) {
	i, found, err := s.Keeps.Holdings.Find(tx, s.Policy(), t.kind, t.subject, t.item)
	if err != nil || !found || !i.Since.Equal(t.since) {
		return i, false, err
	}
	rule, _ := s.Policy().Retention(i.Rule)
	due, err := rule.Due(i.Since, s.Zone())
	return i, rule.To == p.Party && !due.After(s.Clock.Now()), err
}

// unwritten reports whether nothing was written into a thing since a moment: a
// value that was corrected, a file that was added.
func (s *Service) unwritten(tx *db.Tx, i holdings.Item, since time.Time) (bool, error) {
	kept, err := s.within(tx, i)
	return err == nil && !slices.ContainsFunc(kept, func(k vault.Kept) bool { return k.At >= clock.Micros(since) }), err
}

// within is what is kept in the scopes of a thing and of its parts.
func (s *Service) within(tx *db.Tx, i holdings.Item) ([]vault.Kept, error) {
	parts, err := s.Keeps.Holdings.Parts(tx, []holdings.Item{i})
	if err != nil {
		return nil, err
	}
	kept, err := s.Vault.Inventory(tx, i.Subject)
	return slices.DeleteFunc(kept, func(k vault.Kept) bool {
		return k.Scope != i.Scope && !slices.ContainsFunc(parts[0], func(part holdings.Item) bool { return part.Scope == k.Scope })
	}), err
}
