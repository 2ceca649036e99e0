package retention_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/consent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// reads is how many reads are raced, and a hundredth of it how often each act
// is: a hundred thousand and a thousand with `make races`.
var reads = flag.Int("reads", 2000, "how many reads to race against a hundredth as many of each act that ends them")

// state is what an act and its opposite did last: odd from before the one
// begins to after the other ended, so that a reader who sees the same even
// number before and after knows how things stood meanwhile: a multiple of four
// is open, another even number is closed.
type state struct{ n atomic.Int64 }

func (s *state) begins() { s.n.Add(1) }
func (s *state) ends()   { s.n.Add(1) }

// during is what stood the whole time of fn, if one thing did.
func (s *state) during(fn func() error) (closed, open bool, err error) {
	before := s.n.Load()
	err = fn()
	same := s.n.Load() == before
	return same && before%4 == 2, same && before%4 == 0, err
}

// reader is somebody whose things are read, erased and held, who consents to a
// newsletter and withdraws, and whom others may not use at times.
type reader struct {
	id       string
	consents state
	limits   state
}

// thing is a book that is there, until it is gone for good.
type thing struct {
	owner *reader
	id    string
	state state
}

// race is a store on which everything happens at once.
type race struct {
	*world
	consent *consent.Service
	people  []*reader
	erased  []*thing // one after the other
	held    []*thing // held and disposed of at the same time
	done    atomic.Bool

	read, refused, busy atomic.Int64
}

// TestI6_I8_I9_ReadsRaceWithWhatEndsThem: with everything at once, nothing is
// read whose erasure, withdrawal or restriction was confirmed before the read
// began, nothing else is refused, nothing is disposed of that was held, and
// everybody gets to the end.
func TestI6_I8_I9_ReadsRaceWithWhatEndsThem(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		r := &race{world: newWorld(t, d)}
		r.gather(*reads / 100)
		chances := testkit.Chance(t)
		chance := func() *rand.Rand { return rand.New(rand.NewPCG(chances.Uint64(), chances.Uint64())) }
		var acts, readers sync.WaitGroup
		for _, act := range []func(chance *rand.Rand){r.erases, r.withdraws, r.restricts, r.holds} {
			chance := chance()
			acts.Go(func() { act(chance) })
		}
		left := int64(*reads)
		began := time.Now()
		for range 16 {
			chance := chance()
			readers.Go(func() {
				for (atomic.AddInt64(&left, -1) >= 0 || !r.done.Load()) && !t.Failed() {
					r.one(chance)
				}
			})
		}
		acts.Wait()
		r.done.Store(true)
		readers.Wait()
		r.settled()
		t.Logf("%d reads, %d refused, %d too busy, in %v", r.read.Load(), r.refused.Load(), r.busy.Load(), time.Since(began))
	}, migrations()...)
}

// gather makes the people and what they lent.
func (r *race) gather(acts int) {
	name := i18n.Text{"en": "Agency", "dv": "އެޖެންސީ"}
	r.consent = consent.New(consent.Config{
		DB: r.s.DB, Vault: r.s.Vault, Ring: r.s.Ring, Policy: func() *policy.Policy { return r.pol }, Clock: r.s.Clock,
		Kept:  func(_ *i18n.Printer, r policy.Retention) string { return string(r.Period) },
		About: func() consent.About { return consent.About{Operator: name, URL: "https://one.gov.mv", Lang: "en"} },
	})
	for range 20 {
		p := &reader{id: r.s.Subject(r.t)}
		r.s.Collect(r.t, vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: p.id}, Subject: p.id, Activity: policy.ActivityAccount, Scope: vault.Profile,
		}, map[string]string{policy.FieldEmail: "aishath@example.mv"})
		if err := r.say(p, consent.Given); err != nil {
			r.t.Fatal(err)
		}
		r.lent(p.id, "lent", -1, "so that somebody is left")
		r.people = append(r.people, p)
	}
	for i := range acts {
		p := r.people[i%len(r.people)]
		r.erased = append(r.erased, &thing{owner: p, id: r.lent(p.id, "read", 10, "erased")})
		r.held = append(r.held, &thing{owner: p, id: r.lent(p.id, "read", 10, "held")})
	}
}

func (r *race) say(p *reader, act consent.Act) error {
	return r.consent.Say(r.t.Context(), p.id, "newsletter", act, r.pol.Terms("newsletter"))
}

// acted reports an act that failed; one that the gate was too busy for is done
// again.
func (r *race) acted(what string, act func() error) {
	for !r.t.Failed() {
		err := act()
		if err == nil {
			return
		}
		if fault.KindOf(err) != fault.Unavailable {
			r.t.Errorf("%s: %v", what, err)
			return
		}
		r.busy.Add(1)
	}
}

// one reads something of somebody.
func (r *race) one(chance *rand.Rand) {
	things := r.erased
	p := r.people[chance.IntN(len(r.people))]
	switch chance.IntN(3) {
	case 0: // others, who need a consent and may be kept out
		out, in, err := p.limits.during(func() (err error) {
			withdrawn, given, err := p.consents.during(func() error {
				_, err := r.s.Read(r.t.Context(), vault.Use{
					Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: p.id, Activity: "newsletter", Operation: policy.Use,
					Scope: vault.Profile, Fields: []string{policy.FieldEmail},
				})
				return err
			})
			if err == nil && withdrawn {
				r.t.Error("a read began after a withdrawal was confirmed, and succeeded")
			}
			if err != nil && !given {
				return errExpected
			}
			return err
		})
		if err == nil && out {
			r.t.Error("a read began after a restriction was confirmed, and succeeded")
		}
		if !in && err != nil {
			err = errExpected
		}
		r.count(err)
		return
	case 1:
		things = r.held
	}
	thing := things[chance.IntN(len(things))]
	gone, there, err := thing.state.during(func() error { _, err := r.s.Read(r.t.Context(), use(thing.owner.id, thing.id)); return err })
	if err == nil && gone {
		r.t.Error("a read began after an erasure was confirmed, and succeeded")
	}
	if err != nil && !there {
		err = errExpected
	}
	r.count(err)
}

// errExpected is a refusal of what may be refused.
var errExpected = errors.New("expected")

func (r *race) count(err error) {
	switch {
	case err == nil:
		r.read.Add(1)
	case errors.Is(err, errExpected):
		r.refused.Add(1)
	case fault.KindOf(err) == fault.Unavailable:
		r.busy.Add(1)
	default:
		r.t.Errorf("what is there is not read: %v", err)
	}
}

func (r *race) erases(*rand.Rand) {
	for _, b := range r.erased {
		b.state.begins()
		r.acted("erase", func() error { _, err := r.dispose(b.owner.id, b.id, request); return err })
		b.state.ends()
	}
}

func (r *race) withdraws(chance *rand.Rand) {
	for range r.erased {
		p := r.people[chance.IntN(len(r.people))]
		for _, act := range []consent.Act{consent.Withdrawn, consent.Given} {
			p.consents.begins()
			r.acted(string(act), func() error { return r.say(p, act) })
			p.consents.ends()
		}
	}
}

func (r *race) restricts(chance *rand.Rand) {
	for range r.erased {
		p := r.people[chance.IntN(len(r.people))]
		for _, on := range []bool{true, false} {
			p.limits.begins()
			r.acted("restrict", func() error {
				return r.s.Update(r.t.Context(), func(tx *db.Tx) error { return r.s.SetRestricted(tx, p.id, on) })
			})
			p.limits.ends()
		}
	}
}

// holds makes a hold while somebody disposes of the thing: one of them is
// first. Behind a hold that is confirmed nobody disposes of it, until it is
// lifted.
func (r *race) holds(chance *rand.Rand) {
	officer := r.people[0].id
	for _, b := range r.held {
		var hold string
		var both sync.WaitGroup
		var gone error
		dispose := func() error { _, err := r.dispose(b.owner.id, b.id, request); return err }
		b.state.begins()
		both.Go(func() {
			r.acted("hold", func() (err error) {
				hold, err = r.Hold(r.t.Context(), retention.Hold{Item: b.id, Ground: "court-order", Reason: "x", Review: r.s.Clock.Now().AddDate(0, 1, 0)}, officer)
				return err
			})
		})
		if chance.IntN(2) == 0 { // else the hold is there for sure
			both.Go(func() { gone = dispose() })
			both.Wait()
		} else {
			both.Wait()
			gone = dispose()
			if gone == nil {
				r.t.Error("a thing that is held was disposed of")
			}
		}
		var refused *retention.Refused
		if gone != nil && !errors.As(gone, &refused) && fault.KindOf(gone) != fault.Unavailable {
			r.t.Errorf("dispose of what is held: %v", gone)
		}
		if gone == nil {
			b.state.ends()
			continue
		}
		b.state.n.Add(3) // it is there, and is read
		if err := dispose(); !errors.As(err, &refused) && fault.KindOf(err) != fault.Unavailable {
			r.t.Errorf("behind a confirmed hold it is disposed of: %v", err)
		}
		if chance.IntN(2) == 0 {
			continue // it stays held
		}
		r.acted("lift", func() error { return r.Lift(r.t.Context(), hold, "It is over.", officer) })
		b.state.begins()
		r.acted("erase", dispose)
		b.state.ends()
	}
}

// settled looks how everything stands when all is quiet.
func (r *race) settled() {
	for _, all := range [][]*thing{r.erased, r.held} {
		for _, b := range all {
			_, err := r.s.Read(r.t.Context(), use(b.owner.id, b.id))
			if there := b.state.n.Load()%4 == 0; there != (err == nil) {
				r.t.Fatalf("in the end a thing that is there (%v) reads %v", there, err)
			}
		}
	}
}
