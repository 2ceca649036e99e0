package retention

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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
// one of them back, takes them away as they were last seen, destroys their keys,
// and writes the disposal, the ledger and the event. vault.Update brings
// the ledger to its file. What is left of the rows is swept by a job, or by the
// run that disposed of it.
func (s *Service) Dispose(tx *db.Tx, items []holdings.Item, why Why) (*Disposal, error) {
	if err := guard(tx, false); err != nil {
		return nil, err
	}
	done, refused, err := s.take(tx, [][]holdings.Item{items}, why)
	if err != nil {
		return nil, err
	}
	if len(refused) > 0 {
		return nil, refused[0]
	}
	if err := s.write(tx, done); err != nil {
		return nil, err
	}
	return done[0], s.sweepLater(tx, done[0])
}

// take is Dispose of several lists, each of things of one person, behind the
// guard and without what is written of it. Whatever it asks or does is one
// statement for all of them. A list in which something is held back stays as it
// is: it is refused, and the others go.
func (s *Service) take(tx *db.Tx, lists [][]holdings.Item, why Why) (done []*Disposal, refused []*Refused, err error) {
	// The gates first: behind them nobody uses anything of these people, or asks
	// for something, before the commit.
	people := make([]string, len(lists))
	for n, list := range lists {
		people[n] = list[0].Subject
	}
	if err := s.Vault.Bump(tx, people...); err != nil {
		return nil, nil, err
	}
	if lists, err = s.Holdings.Whole(tx, lists); err != nil {
		return nil, nil, err
	}
	back, err := s.refusals(tx, slices.Concat(lists...), why)
	if err != nil {
		return nil, nil, err
	}
	var gone []holdings.Item
	var keys []vault.Key
	for _, list := range lists {
		held := back[:len(list)]
		back = back[len(list):]
		if n := slices.IndexFunc(held, func(r *Refused) bool { return r != nil }); n >= 0 {
			refused = append(refused, held[n])
			continue
		}
		gone = append(gone, list...)
		for _, i := range list {
			if i.Scope != "" {
				keys = append(keys, vault.Key{Subject: i.Subject, Scope: i.Scope})
			} else if !keyed(list, i.Within) {
				if err := s.Vault.Took(tx, ledger.Dispose, i.Subject, i.Kind+":"+i.ID); err != nil {
					return nil, nil, err
				}
			}
		}
		d, err := s.disposal(tx, list, why)
		if err != nil {
			return nil, nil, err
		}
		done = append(done, d)
	}
	if len(done) == 0 {
		return nil, refused, nil
	}
	if ok, err := s.Holdings.Take(tx, gone); err != nil || !ok {
		return nil, nil, cmp.Or(err, error(errMoved))
	}
	if err := s.Vault.Shred(tx, keys...); err != nil {
		return nil, nil, err
	}
	return done, refused, s.last(tx, done)
}

// keyed reports whether the ledger tells of what is part of a place by the key
// of that.
func keyed(list []holdings.Item, scope string) bool {
	return scope != "" && slices.ContainsFunc(list, func(i holdings.Item) bool { return i.Scope == scope })
}

// disposal is what is written of things that go, and counts and forgets what is
// to be counted or forgotten of them.
func (s *Service) disposal(tx *db.Tx, list []holdings.Item, why Why) (d *Disposal, err error) {
	now, pol := s.Clock.Now(), s.Policy()
	d = &Disposal{Subject: list[0].Subject, ID: id.New(now), At: now, Because: why.Because, Ref: why.Ref, Actor: why.Actor.String(), Policy: pol.Hash()}
	for _, i := range list {
		rule, _ := pol.Retention(i.Rule)
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
	return d, nil
}

// write writes disposals, with how far their rows are swept, and the events that
// tell the people, in their own records, as long as there are any.
func (s *Service) write(tx *db.Tx, list []*Disposal) error {
	var events []audit.Event
	for _, d := range list {
		if d.evidence() {
			continue
		}
		first := d.Items[0]
		events = append(events, audit.Event{
			Kind: audit.KindDisposed, Subject: d.Subject, Scope: first.Scope, Reason: "disposed-" + d.Because, Policy: d.Policy, Actor: audit.Actor{Kind: d.Actor},
			Facts: audit.Facts{"disposal": d.ID, "rule": first.Rule, "kind": first.Kind, "things": fmt.Sprint(len(d.Items))},
		})
	}
	if err := insertDisposals(tx, list); err != nil {
		return fmt.Errorf("write a disposal: %w", err)
	}
	return s.Vault.Append(tx, events...)
}

func (s *Service) sweepLater(tx *db.Tx, d *Disposal) error {
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobSweep, Key: "sweep:" + d.ID, Payload: map[string]string{"disposal": d.ID}})
}

// last closes the gates of people of whom nothing is left but the evidence,
// unless it is they who are here and throw something away. The system, whose is
// what belonged to nobody any more, stays, and lines of a log that outlives the
// rest are not the last of anybody.
func (s *Service) last(tx *db.Tx, done []*Disposal) error {
	last := map[string]*Disposal{}
	for _, d := range done {
		if d.Because != holdings.BecauseOwn && !d.evidence() && d.Items[0].Kind != vault.Record && d.Subject != audit.System {
			last[d.Subject] = d
		}
	}
	people := slices.Sorted(maps.Keys(last))
	left, err := s.Holdings.Any(tx, people)
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(subject string) bool { return left[subject] })
	for _, subject := range people {
		last[subject].Last = true
	}
	return s.Vault.Close(tx, people...)
}

// evidence reports whether the record of a person itself was disposed of.
func (d *Disposal) evidence() bool {
	return slices.ContainsFunc(d.Items, func(i Item) bool { return i.Scope == vault.Evidence })
}

// Allowed is nil if nothing holds any of the things back from disposal, else a
// *Refused.
func (s *Service) Allowed(tx *db.Tx, items []holdings.Item, why Why) error {
	list, err := s.refusals(tx, items, why)
	for _, r := range list {
		if r != nil {
			return r
		}
	}
	return err
}

// refusals says of each thing what holds it back from disposal, nil if nothing
// does: the one place that is asked before anything is disposed of, in the
// transaction that does it (I9).
func (s *Service) refusals(tx *db.Tx, items []holdings.Item, why Why) ([]*Refused, error) {
	holds, err := selectStanding(tx, items, s.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("look for holds: %w", err)
	}
	list, open := make([]*Refused, len(items)), make([]string, len(items))
	if why.Because != holdings.BecauseOwn && s.Requests != nil {
		if open, err = s.Requests.Open(tx, items, why.Ref); err != nil {
			return nil, fmt.Errorf("look for open requests: %w", err)
		}
	}
	for n, i := range items {
		if h := slices.IndexFunc(holds, func(h *Hold) bool { return h.on(i) }); h >= 0 {
			list[n] = &Refused{Item: i, Hold: holds[h].ID}
		} else if open[n] != "" {
			list[n] = &Refused{Item: i, Request: open[n]}
		}
	}
	return list, nil
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

// What a transaction of a run or a sweep does; the next begins once nobody waits
// for an answer, or after patience. On SQLite whoever writes waits for it, and is
// flushed with it: it is short, and ends as soon as somebody waits for the writer
// or for an answer. On PostgreSQL nobody waits for it but for the flush of its
// log, and the way there and back and the flush are what takes long.
var patience = map[db.Engine]time.Duration{db.SQLite: 10 * time.Millisecond, db.Postgres: 2 * time.Millisecond}

const (
	most       = 2 * time.Millisecond
	long       = 20 * time.Millisecond
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
	things     int  // that are taken together
	done       bool // something: that much it does however long it takes
	foreground Foreground
}

func (s *Service) turn(tx *db.Tx) *turn {
	now := s.Clock.Now()
	if tx.Engine() == db.Postgres {
		return &turn{tx: tx, clock: s.Clock, ends: now.Add(long), most: 20_000, once: 2000, things: thingsMost}
	}
	return &turn{tx: tx, clock: s.Clock, foreground: s.Foreground, ends: now.Add(most), most: 2000, once: 30, things: 1}
}

// goesOn reports whether it does more.
func (t *turn) goesOn() bool {
	if t.done && (t.tx.Waited() || t.foreground != nil && t.foreground.Busy()) {
		return false
	}
	return !t.done || t.rows < t.most && t.clock.Now().Before(t.ends)
}

// inTurn is a transaction of a run or a sweep, once nobody waits for an answer.
func (s *Service) inTurn(ctx context.Context, do func(*db.Tx, *turn) error) error {
	if s.Foreground != nil {
		s.Foreground.Calm(ctx, patience[s.DB.Engine()])
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error { return do(tx, s.turn(tx)) })
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
		var left []*Disposal
		if err := s.inTurn(ctx, func(tx *db.Tx, t *turn) (err error) {
			if left, err = s.sweepSome(tx, t, list); err != nil {
				return fmt.Errorf("sweep what is left of disposals: %w", err)
			}
			if err := noteSweeps(tx, list[:min(len(list), len(list)-len(left)+1)]); err != nil {
				return fmt.Errorf("note how far a sweep came: %w", err)
			}
			return nil
		}); err != nil {
			return err
		}
		list = left
	}
	return nil
}

// sweepSome removes rows of disposals in a transaction, and says in each how
// many. It returns those of which rows may be left.
func (s *Service) sweepSome(tx *db.Tx, t *turn, list []*Disposal) ([]*Disposal, error) {
	var scopes []vault.Key
	for _, d := range list {
		for _, i := range d.Items {
			scopes = append(scopes, vault.Key{Subject: d.Subject, Scope: i.Scope})
		}
	}
	sealed, err := s.Vault.Unswept(tx, scopes...)
	if err != nil {
		return nil, err
	}
	for n, d := range list {
		d.Swept, d.Done = 0, time.Time{}
		if !t.goesOn() {
			return list[n:], nil
		}
		swept, more, err := s.sweepOne(tx, t, d, sealed)
		if err != nil {
			return nil, err
		}
		if d.Swept = int64(swept); more {
			return list[n:], nil
		}
		d.Done = s.Clock.Now()
	}
	return nil, nil
}

// sweepOne removes rows of a disposal, and says how many and whether there may
// be more.
func (s *Service) sweepOne(tx *db.Tx, t *turn, d *Disposal, sealed map[vault.Key]bool) (swept int, more bool, err error) {
	for _, i := range d.Items {
		if sealed[vault.Key{Subject: d.Subject, Scope: i.Scope}] {
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
