package retention

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
)

// Run is one daily run, and where it stands.
type Run struct {
	ID       string
	Day      string
	Started  time.Time
	Moved    time.Time // when it last went on
	Ended    time.Time
	Passed   int64 // steps of its plan that are behind it
	Steps    int64
	Seen     int64
	Told     int64
	Disposed int64
	Held     int64 // held back by a hold or a request
	Refused  int64 // failed: a disposal that the store refused

	step    string
	after   time.Time
	afterID string
}

// step is a part of a run: the things of a kind and a service that a rule
// governs, either those whose grace has passed or those whose grace runs.
type step struct {
	name    string
	kind    string
	service string
	of      policy.Governed
	tell    bool
}

// plan lists the steps in their order.
func (s *Service) plan(tx *db.Tx, pol *policy.Policy) (steps []step, err error) {
	for _, k := range s.Holdings.Kinds() {
		if len(k.Events) == 0 {
			continue
		}
		services, err := s.Holdings.Services(tx, k.Name)
		if err != nil {
			return nil, err
		}
		if len(services) == 0 {
			services = []string{""} // nothing of the kind is kept now
		}
		for _, service := range services {
			for _, of := range pol.RulesOf(k.Name, service) {
				name := strings.Join([]string{k.Name, service, of.Rule.ID}, "/")
				steps = append(steps, step{name: name + "/dispose", kind: k.Name, service: service, of: of})
				if of.Rule.Tell {
					steps = append(steps, step{name: name + "/tell", kind: k.Name, service: service, of: of, tell: true})
				}
			}
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return strings.Compare(a.name, b.name) })
	return steps, nil
}

// due asks for the things of a step at a time.
func (st *step) due(r *Run, now time.Time, zone *time.Location, limit int) (holdings.Due, error) {
	q := holdings.Due{Kind: st.kind, Event: st.of.Rule.Event, Service: st.service, Outcomes: st.of.Outcomes, Others: st.of.Others, Limit: limit}
	var err error
	if q.Before, err = latest(st.of.Rule.Due, now, zone); err != nil {
		return q, err
	}
	if st.tell {
		q.After = q.Before
		if q.Before, err = latest(st.of.Rule.Ends, now, zone); err != nil {
			return q, err
		}
	}
	if r != nil && r.step == st.name && !r.after.Before(q.After) {
		q.After, q.AfterID = r.after, r.afterID
	}
	return q, nil
}

// latest is just behind the last moment that, counted from by until, is over
// now: what began before it is due.
func latest(until func(time.Time, *time.Location) (time.Time, error), now time.Time, zone *time.Location) (time.Time, error) {
	from, to := time.UnixMicro(0), now.Truncate(time.Microsecond).Add(time.Microsecond) // whatever begins from "to" on is not due
	for to.Sub(from) > time.Microsecond {
		middle := from.Add(to.Sub(from) / 2).Truncate(time.Microsecond)
		at, err := until(middle, zone)
		if err != nil {
			return time.Time{}, fmt.Errorf("count back from now: %w", err)
		}
		if at.After(now) {
			to = middle
		} else {
			from = middle
		}
	}
	return to.UTC(), nil
}

// page is how many things a run looks at together.
const page = 200

// Run goes on with the run that has not ended, or begins that of today. It is
// called at every hour, and does nothing once today's has ended.
func (s *Service) Run(ctx context.Context) error {
	now := s.Clock.Now()
	day := now.In(s.Zone()).Format(time.DateOnly)
	var r *Run
	var steps []step
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if steps, err = s.plan(tx, s.Policy()); err != nil {
			return err
		}
		if r, err = selectUnended(tx); err != nil || r != nil {
			return err
		}
		r = &Run{ID: id.New(now), Day: day, Started: now, Moved: now, Steps: int64(len(steps))}
		fresh, err := insertRun(tx, r)
		if err == nil && !fresh {
			r = nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("begin a run: %w", err)
	}
	if r == nil {
		return nil
	}
	r.Steps = int64(len(steps))
	for i := range steps {
		st := &steps[i]
		if st.name < r.step {
			continue
		}
		seen := r.Seen
		if err := s.pass(ctx, r, st); err != nil {
			return fmt.Errorf("run %s, %s: %w", r.Day, st.name, err)
		}
		r.Passed, r.step, r.after, r.afterID = int64(i+1), st.name+"\x7f", time.Time{}, ""
		if r.Seen == seen {
			continue // where nothing was, it may begin again
		}
		if err := s.save(ctx, r); err != nil {
			return err
		}
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	r.Ended = s.Clock.Now()
	return s.save(ctx, r)
}

// pass goes through a step, page by page.
func (s *Service) pass(ctx context.Context, r *Run, st *step) error {
	for {
		q, err := st.due(r, s.Clock.Now(), s.Zone(), page)
		if err != nil {
			return err
		}
		var list []holdings.Item
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { list, err = s.Holdings.Due(tx, s.Policy(), q); return err }); err != nil {
			return err
		}
		if len(list) == 0 {
			return nil
		}
		whole := len(list) == page
		for len(list) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, left, err := s.some(ctx, r, st, list)
			if err == nil {
				err = s.tidy(ctx, left)
			}
			if err != nil {
				return err
			}
			list = list[n:]
		}
		if err := s.Vault.Update(ctx, func(*db.Tx) error { return nil }); err != nil { // what went is in the ledger's file
			return err
		}
		if !whole {
			return nil
		}
	}
}

// some disposes of the first things of a list, with their rows, as many as a
// short transaction takes, or has their people told, and notes where the run
// stands in the same transaction: what was done is never done again, and what
// was not is not passed over. It returns the disposal of which rows are left. A
// thing that fails is tried again by itself, so that it fails alone.
func (s *Service) some(ctx context.Context, r *Run, st *step, list []holdings.Item) (n int, left []*Disposal, err error) {
	next, tried := *r, 0
	err = s.inTurn(ctx, func(tx *db.Tx, t *turn) error {
		next, n, left = *r, 0, nil
		if err := guard(tx, false); err != nil {
			return err
		}
		var gone []*Disposal
		for n < min(len(list), thingsMost) && len(left) == 0 && t.goesOn() {
			together := list[n:min(len(list), thingsMost, n+t.things)]
			tried = n + len(together)
			done, err := s.together(tx, &next, st, together)
			if err == nil {
				left, err = s.sweepSome(tx, t, done)
			}
			if err != nil {
				return err
			}
			gone, t.done, n = append(gone, done...), true, tried
		}
		if err := s.write(tx, gone); err != nil {
			return err
		}
		next.Moved = s.Clock.Now()
		return updateRun(tx, &next)
	})
	switch {
	case err == nil:
		*r = next
		return n, left, nil
	case ctx.Err() != nil:
		return 0, nil, err
	case tried > 1: // others were with it
		return s.some(ctx, r, st, list[:tried/2])
	}
	// One thing that the store refuses to give up must not keep all others: the
	// run tells how many there were, and the promise is broken. What is not what
	// it was comes again if it is due.
	r.pass(st, list[0])
	if !IsMoved(err) {
		r.Refused++
	}
	return 1, nil, s.save(ctx, r)
}

// pass notes that the run came to a thing.
func (r *Run) pass(st *step, i holdings.Item) {
	r.step, r.after, r.afterID = st.name, i.Since, i.ID
	r.Seen++
}

// together disposes of things of a step, or has their people told. What is due
// and was not told of, such as after a rule changed, has its grace first.
func (s *Service) together(tx *db.Tx, r *Run, st *step, list []holdings.Item) ([]*Disposal, error) {
	why := Why{Because: holdings.BecauseDue, Ref: r.ID, Actor: policy.System}
	for _, i := range list {
		r.pass(st, i)
	}
	if st.of.Rule.Tell {
		var err error
		if list, err = s.told(tx, r, st, list, why); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 || st.of.Rule.Action == policy.Archive { // somebody hands it over
		return nil, nil
	}
	lists := make([][]holdings.Item, len(list))
	for n := range list {
		lists[n] = list[n : n+1]
	}
	done, refused, err := s.take(tx, lists, why)
	r.Disposed, r.Held = r.Disposed+int64(len(done)), r.Held+int64(len(refused))
	return done, err
}

// told has people told of things that nothing holds back, and returns those
// whose people have had their days.
func (s *Service) told(tx *db.Tx, r *Run, st *step, list []holdings.Item, why Why) (due []holdings.Item, err error) {
	refused, err := s.refusals(tx, list, why)
	if err != nil {
		return nil, err
	}
	for n, i := range list {
		if refused[n] != nil { // it does not go
			if !st.tell {
				r.Held++
			}
			continue
		}
		fresh, err := s.tell(tx, st.of.Rule, i)
		if err != nil {
			return nil, err
		}
		if fresh {
			r.Told++
		}
		goes, _, err := s.goes(tx, st.of.Rule, i)
		if err != nil {
			return nil, err
		}
		if !st.tell && !goes.After(s.Clock.Now()) {
			due = append(due, i)
		}
	}
	return due, nil
}

// Archived calls each for things that a rule hands over to a party, and whose
// time is over, until it says that it has enough. Whether something holds them
// back it does not ask.
func (s *Service) Archived(tx *db.Tx, party string, each func(holdings.Item) (more bool, err error)) error {
	now, pol := s.Clock.Now(), s.Policy()
	steps, err := s.plan(tx, pol)
	if err != nil {
		return err
	}
	for j := range steps {
		st := &steps[j]
		if st.tell || st.of.Rule.To != party {
			continue
		}
		for at := (&Run{step: st.name}); ; {
			q, err := st.due(at, now, s.Zone(), page)
			if err != nil {
				return err
			}
			list, err := s.Holdings.Due(tx, pol, q)
			if err != nil {
				return err
			}
			for _, i := range list {
				at.pass(st, i)
				goes, told, err := s.goes(tx, st.of.Rule, i)
				if err != nil {
					return err
				}
				if !told || goes.After(now) {
					continue
				}
				if more, err := each(i); err != nil || !more {
					return err
				}
			}
			if len(list) < page {
				break
			}
		}
	}
	return nil
}

// tidy sweeps what is left of disposals. What cannot be swept now is left to a
// job, which tries again.
func (s *Service) tidy(ctx context.Context, gone []*Disposal) error {
	err := s.sweep(ctx, gone)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, d := range gone {
			if err := s.sweepLater(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// rest sweeps what a process that ended had disposed of and not swept.
func (s *Service) rest(ctx context.Context) error {
	after := ""
	for {
		var list []*Disposal
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { list, err = selectUnswept(tx, after, openAtOnce); return err }); err != nil {
			return fmt.Errorf("look for what is not swept: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		if err := s.tidy(ctx, list); err != nil {
			return err
		}
		after = list[len(list)-1].ID
	}
}

func (s *Service) save(ctx context.Context, r *Run) error {
	r.Moved = s.Clock.Now()
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return updateRun(tx, r) }); err != nil {
		return fmt.Errorf("note where a run stands: %w", err)
	}
	return nil
}

// Runs lists the latest runs, the newest first.
func (s *Service) Runs(ctx context.Context, limit int) (list []*Run, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { list, err = selectRuns(tx, limit); return err })
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return list, nil
}

// Sweeping counts the disposals whose rows are still being swept, and says when
// the oldest of them was.
func (s *Service) Sweeping(ctx context.Context) (n int64, oldest time.Time, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { n, oldest, err = selectOpenSweeps(tx); return err })
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count what is being swept: %w", err)
	}
	return n, oldest, nil
}
