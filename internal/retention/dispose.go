package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Dispose disposes of things of one person, and of what is part of them, in
// the caller's transaction (of vault.Update): it asks whether anything holds
// one of them back, destroys their keys, takes them away as they were last
// seen, and writes the disposal, the ledger and the event. vault.Update brings
// the ledger to its file. What is left of the rows is swept by a job, or by the
// run that disposed of it.
func (s *Service) Dispose(tx *db.Tx, items []holdings.Item, why Why) (*Disposal, error) {
	if err := guard(tx, false); err != nil {
		return nil, err
	}
	d, err := s.take(tx, items, why)
	if err != nil {
		return nil, err
	}
	if err := s.write(tx, []*Disposal{d}); err != nil {
		return nil, err
	}
	return d, s.sweepLater(tx, d)
}

// take is Dispose behind the guard and without what is written of it, which a
// run has for several disposals together.
func (s *Service) take(tx *db.Tx, items []holdings.Item, why Why) (*Disposal, error) {
	now := s.Clock.Now()
	pol := s.Policy()
	d := &Disposal{Subject: items[0].Subject, ID: id.New(now), At: now, Because: why.Because, Ref: why.Ref, Actor: why.Actor.String(), Policy: pol.Hash()}
	var scopes []string
	whole := items
	for _, i := range items {
		parts, err := s.Holdings.Parts(tx, i)
		if err != nil {
			return nil, err
		}
		whole = append(whole[:len(whole):len(whole)], parts...)
	}
	seen := map[[2]string]bool{}
	var taken []holdings.Item
	for _, i := range whole {
		if i.Subject != d.Subject {
			return nil, errors.New("dispose: the things are of several people")
		}
		if seen[[2]string{i.Kind, i.ID}] {
			continue
		}
		seen[[2]string{i.Kind, i.ID}] = true
		if err := s.Allowed(tx, i, why); err != nil {
			return nil, err
		}
		taken = append(taken, i)
		if i.Scope != "" {
			scopes = append(scopes, i.Scope)
		}
	}
	// The gate first: behind it nobody uses anything of this person before the
	// commit.
	if err := s.Vault.Shred(tx, d.Subject, scopes...); err != nil {
		return nil, err
	}
	for _, i := range taken {
		ok, err := s.Holdings.Take(tx, i)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errMoved
		}
		rule, _ := pol.Retention(i.Rule)
		if !keyed(i, scopes) {
			if err := s.Vault.Took(tx, ledger.Dispose, i.Subject, i.Kind+":"+i.ID); err != nil {
				return nil, err
			}
		}
		item := Item{Kind: i.Kind, ID: i.ID, Scope: i.Scope, Service: i.Service, Outcome: i.Outcome, Rule: i.Rule, Since: i.Since, Action: rule.Action}
		if item.Action == "" || item.Action == policy.Archive && why.Because != holdings.BecauseTransferred {
			item.Action = policy.Shred
		}
		if !i.Since.IsZero() {
			if item.Due, err = rule.Due(i.Since, s.Zone()); err != nil {
				return nil, fmt.Errorf("when a thing was due: %w", err)
			}
		}
		if rule.Tell {
			if err := deleteTold(tx, i); err != nil {
				return nil, fmt.Errorf("forget that somebody was told: %w", err)
			}
		}
		if item.Action == policy.Anonymise {
			if err := countOne(tx, item, s.Zone()); err != nil {
				return nil, fmt.Errorf("count what is made anonymous: %w", err)
			}
		}
		d.Items = append(d.Items, item)
	}
	return d, s.last(tx, d)
}

// keyed reports whether the ledger tells of a thing by the key that it had, or
// by that of what it is part of.
func keyed(i holdings.Item, scopes []string) bool {
	return i.Scope != "" || slices.Contains(scopes, i.Within)
}

// write writes disposals, with how far their rows are swept, and the events.
func (s *Service) write(tx *db.Tx, list []*Disposal) error {
	if err := insertDisposals(tx, list); err != nil {
		return fmt.Errorf("write a disposal: %w", err)
	}
	for _, d := range list {
		if err := s.event(tx, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sweepLater(tx *db.Tx, d *Disposal) error {
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobSweep, Key: "sweep:" + d.ID, Payload: map[string]string{"disposal": d.ID}})
}

// last closes the gate of a person of whom nothing is left but the evidence,
// unless it is they who are here and throw something away. The system, whose is
// what belonged to nobody any more, stays, and lines of a log that outlives the
// rest are not the last of anybody.
func (s *Service) last(tx *db.Tx, d *Disposal) error {
	if d.Because == holdings.BecauseOwn || d.evidence() || d.Items[0].Kind == vault.Record || d.Subject == audit.System {
		return nil
	}
	left, err := s.Holdings.Any(tx, d.Subject)
	if err != nil || left {
		return err
	}
	d.Last = true
	return s.Vault.Close(tx, d.Subject)
}

// event tells the person, in their own record, as long as there is one.
func (s *Service) event(tx *db.Tx, d *Disposal) error {
	if d.evidence() {
		return nil
	}
	facts := audit.Facts{"disposal": d.ID}
	for _, i := range d.Items {
		facts["rule"], facts["kind"] = i.Rule, i.Kind
		break
	}
	facts["things"] = fmt.Sprint(len(d.Items))
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindDisposed, Subject: d.Subject, Scope: d.Items[0].Scope, Reason: "disposed-" + d.Because, Policy: d.Policy,
		Actor: audit.Actor{Kind: d.Actor}, Facts: facts,
	})
}

// evidence reports whether the record of a person itself was disposed of.
func (d *Disposal) evidence() bool {
	for _, i := range d.Items {
		if i.Scope == "evidence" {
			return true
		}
	}
	return false
}

// Allowed is nil if nothing holds a thing back from disposal, else a *Refused:
// the one place that is asked before anything is disposed of, in the
// transaction that does it (I9).
func (s *Service) Allowed(tx *db.Tx, i holdings.Item, why Why) error {
	if why.Because == holdings.BecauseOwn {
		return s.standing(tx, i)
	}
	if err := s.standing(tx, i); err != nil {
		return err
	}
	if s.Requests == nil {
		return nil
	}
	request, err := s.Requests.Open(tx, i, why.Ref)
	if err != nil {
		return fmt.Errorf("look for open requests: %w", err)
	}
	if request != "" {
		return &Refused{Item: i, Request: request}
	}
	return nil
}

// standing asks for the holds that a thing falls under.
func (s *Service) standing(tx *db.Tx, i holdings.Item) error {
	hold, err := selectStanding(tx, i, s.Clock.Now())
	if err != nil {
		return fmt.Errorf("look for holds: %w", err)
	}
	if hold != "" {
		return &Refused{Item: i, Hold: hold}
	}
	return nil
}

// Of disposes of one thing as it is now, on behalf of a feature: a draft that
// its person deletes, a registration that nobody finished. It reports false if
// it is gone.
func (s *Service) Of(tx *db.Tx, kind, subject, itemID, because string) (bool, error) {
	i, found, err := s.Holdings.Find(tx, s.Policy(), kind, subject, itemID)
	if err != nil || !found {
		return false, err
	}
	actor := policy.System
	if because == holdings.BecauseOwn {
		actor = policy.Person
	}
	_, err = s.Dispose(tx, []holdings.Item{i}, Why{Because: because, Actor: actor})
	return err == nil, err
}

// What a transaction of a run or a sweep does. On SQLite whoever writes waits
// for it, and is flushed with it: it ends as soon as somebody does, and before
// there is much to flush. On PostgreSQL nobody waits, and the way there and back
// and the flush are what takes long.
const (
	most       = 2 * time.Millisecond
	long       = 50 * time.Millisecond
	thingsMost = 20
	openAtOnce = 50
)

// turn is how much a transaction has done, and may do.
type turn struct {
	tx         *db.Tx
	clock      clock.Clock
	ends       time.Time
	rows, most int
	once       int  // rows in a statement
	done       bool // something: that much it does however long it takes
}

func (s *Service) turn(tx *db.Tx) *turn {
	now := s.Clock.Now()
	if tx.Engine() == db.Postgres {
		return &turn{tx: tx, clock: s.Clock, ends: now.Add(long), most: 10_000, once: 2000}
	}
	return &turn{tx: tx, clock: s.Clock, ends: now.Add(most), most: 2000, once: 125}
}

// goesOn reports whether it does more.
func (t *turn) goesOn() bool {
	return !t.done || t.rows < t.most && !t.tx.Waited() && t.clock.Now().Before(t.ends)
}

func (s *Service) sweepJob(ctx context.Context, job *jobs.Job) error {
	return s.Sweep(ctx, job.Get("disposal"))
}

// Sweep removes what is left of the rows of a disposal, a few at a time, and
// makes its certificate final.
func (s *Service) Sweep(ctx context.Context, disposal string) error {
	var d *Disposal
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { d, err = selectDisposal(tx, disposal); return err }); err != nil {
		return fmt.Errorf("read a disposal: %w", err)
	}
	if d == nil || !d.Done.IsZero() {
		return nil
	}
	return s.sweep(ctx, []*Disposal{d})
}

// sweep removes what is left of the rows of disposals.
func (s *Service) sweep(ctx context.Context, list []*Disposal) error {
	for len(list) > 0 {
		left := list
		if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) { left, err = s.sweepSome(tx, s.turn(tx), list); return err }); err != nil {
			return err
		}
		list = left
	}
	return nil
}

// sweepSome removes rows of disposals in one transaction, and returns those of
// which rows may be left.
func (s *Service) sweepSome(tx *db.Tx, t *turn, list []*Disposal) (left []*Disposal, err error) {
	for len(list) > 0 && t.goesOn() {
		d := list[0]
		swept, more, err := s.sweepOne(tx, t, d)
		if err != nil {
			return nil, fmt.Errorf("sweep what is left of a disposal: %w", err)
		}
		if err := noteSweep(tx, d, int64(swept), !more, s.Clock.Now()); err != nil {
			return nil, fmt.Errorf("note how far a sweep came: %w", err)
		}
		if more {
			break
		}
		list = list[1:]
	}
	return list, nil
}

// sweepOne removes rows of a disposal, and says how many and whether there may
// be more.
func (s *Service) sweepOne(tx *db.Tx, t *turn, d *Disposal) (swept int, more bool, err error) {
	for _, i := range d.Items {
		if i.Scope != "" {
			n, more, err := t.repeat(func() (n int, more bool, err error) {
				n, err = s.Vault.Sweep(tx, d.Subject, i.Scope, t.once)
				return n, n == t.once, err
			})
			if swept += n; err != nil || more {
				return swept, more, err
			}
		}
		n, more, err := t.repeat(func() (int, bool, error) { return s.Holdings.Sweep(tx, i.held(d.Subject), t.once) })
		if swept += n; err != nil || more {
			return swept, more, err
		}
	}
	return swept, false, nil
}

// repeat has rows removed until none is left or the transaction has done enough.
func (t *turn) repeat(some func() (int, bool, error)) (rows int, more bool, err error) {
	for more = true; more && (rows == 0 || t.goesOn()); {
		var n int
		if n, more, err = some(); err != nil {
			return 0, false, err
		}
		rows, t.rows, t.done = rows+n, t.rows+n, t.done || n > 0
	}
	return rows, more, nil
}

// held is the thing as the registry knows it.
func (i Item) held(subject string) holdings.Item {
	return holdings.Item{Kind: i.Kind, ID: i.ID, Subject: subject, Scope: i.Scope, Service: i.Service, Outcome: i.Outcome, Rule: i.Rule, Since: i.Since}
}

// Left counts what is still there of a disposal that was swept: rows, keys and
// values. It is 0, or a promise is broken.
func (s *Service) Left(tx *db.Tx, d *Disposal) (n int64, err error) {
	for _, i := range d.Items {
		rows, err := s.Holdings.Left(tx, i.held(d.Subject))
		if err != nil {
			return 0, err
		}
		n += rows
		if i.Scope == "" {
			continue
		}
		keys, values, err := s.Vault.Left(tx, d.Subject, i.Scope)
		if err != nil {
			return 0, err
		}
		n += keys + values
	}
	return n, nil
}

// month is when a thing that is counted began.
func month(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format("2006-01")
}
