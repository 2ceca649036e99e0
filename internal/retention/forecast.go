package retention

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Line is how many things of a kind, and of a service, a rule governs.
type Line struct {
	Kind    string
	Service string
	Rule    policy.Retention
	Kept    int64 // there are now
	Due     int64 // their time and their grace have passed
	Soon    int64 // and those for whom that comes in the days that were asked for
}

// Forecast says what a policy would dispose of: now, and until a time. It
// destroys nothing; holds and open requests may still keep some of it.
func (s *Service) Forecast(ctx context.Context, pol *policy.Policy, until time.Time) (lines []Line, err error) {
	now := s.Clock.Now()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		lines = nil
		steps, err := s.plan(tx, pol)
		if err != nil {
			return err
		}
		for i := range steps {
			st := &steps[i]
			if st.tell {
				continue
			}
			l := Line{Kind: st.kind, Service: st.service, Rule: st.of.Rule}
			q := holdings.Due{Kind: st.kind, Event: st.of.Rule.Event, Service: st.service, Outcomes: st.of.Outcomes, Others: st.of.Others}
			if l.Kept, err = s.Holdings.Count(tx, q); err != nil {
				return err
			}
			if q.Before, err = latest(st.of.Rule.Due, now, s.Zone()); err != nil {
				return err
			}
			if l.Due, err = s.Holdings.Count(tx, q); err != nil {
				return err
			}
			if q.Before, err = latest(st.of.Rule.Due, until, s.Zone()); err != nil {
				return err
			}
			if l.Soon, err = s.Holdings.Count(tx, q); err != nil {
				return err
			}
			l.Soon -= l.Due
			lines = append(lines, l)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("forecast what is disposed of: %w", err)
	}
	return lines, nil
}

// Overdue is how long a thing may be past its time and its grace before that is
// told: the run is a daily one.
const Overdue = 48 * time.Hour

// Unhanded is that of a thing that somebody hands over.
const Unhanded = 30 * 24 * time.Hour

// Late counts the things that should have been disposed of for longer than
// Overdue or Unhanded, and are not held back.
func (s *Service) Late(ctx context.Context) (n int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n = 0
		steps, err := s.plan(tx, s.Policy())
		if err != nil {
			return err
		}
		for j := range steps {
			if steps[j].tell {
				continue
			}
			since := s.Clock.Now().Add(-Overdue)
			if steps[j].of.Rule.Action == policy.Archive {
				since = s.Clock.Now().Add(-Unhanded)
			}
			q, err := steps[j].due(nil, since, s.Zone(), page)
			if err != nil {
				return err
			}
			list, err := s.Holdings.Due(tx, s.Policy(), q)
			if err != nil {
				return err
			}
			for _, i := range list {
				goes, told, err := s.goes(tx, steps[j].of.Rule, i)
				if err != nil {
					return err
				}
				if told && goes.After(since) {
					continue // whoever was told has their days of grace
				}
				if s.Allowed(tx, []holdings.Item{i}, Why{Because: holdings.BecauseDue}) == nil {
					n++
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count what is late: %w", err)
	}
	return n, nil
}

// Standing is how disposal stands, for who examines it.
type Standing struct {
	Last     *Run // the latest; nil: none has begun
	Overdue  bool // the last one that ended is older than Overdue, or none ended for as long
	Late     int64
	Refused  int64 // that the last run failed to dispose of
	Sweeping int64
	Stuck    bool  // what is being swept waits for longer than Overdue
	Left     int64 // rows, keys and values that are there although they were swept
	Reviewed int64 // disposals that were looked at for that
	Disposed int64 // by the last run
	Reviews  int   // holds and schedules whose review is overdue
}

// looked is how many disposals an examination looks at again.
const looked = 50

// Stand examines how disposal stands.
func (s *Service) Stand(ctx context.Context) (st Standing, err error) {
	now := s.Clock.Now()
	runs, err := s.Runs(ctx, 7)
	if err != nil {
		return st, err
	}
	if len(runs) > 0 {
		st.Last = runs[0]
		st.Refused, st.Disposed = runs[0].Refused, runs[0].Disposed
		i := slices.IndexFunc(runs, func(r *Run) bool { return !r.Ended.IsZero() })
		st.Overdue = i < 0 && now.Sub(runs[len(runs)-1].Started) > Overdue || i >= 0 && now.Sub(runs[i].Ended) > Overdue
	}
	if st.Late, err = s.Late(ctx); err != nil {
		return st, err
	}
	var oldest time.Time
	if st.Sweeping, oldest, err = s.Sweeping(ctx); err != nil {
		return st, err
	}
	st.Stuck = st.Sweeping > 0 && now.Sub(oldest) > Overdue
	holds, err := s.Holds(ctx)
	if err != nil {
		return st, err
	}
	for _, h := range holds {
		if h.Overdue(now) {
			st.Reviews++
		}
	}
	for _, r := range s.Policy().Declarations().Retention {
		if !r.Review.End(s.Zone()).After(now) {
			st.Reviews++
		}
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := selectSwept(tx, looked)
		if err != nil {
			return err
		}
		st.Left, st.Reviewed = 0, int64(len(list))
		for _, d := range list {
			n, err := s.Left(tx, d)
			if err != nil {
				return err
			}
			st.Left += n
		}
		return nil
	})
	if err != nil {
		return st, fmt.Errorf("look at what was disposed of: %w", err)
	}
	return st, nil
}

// Latest lists the latest disposals.
func (s *Service) Latest(ctx context.Context, limit int) (list []*Disposal, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { list, err = selectLatest(tx, limit); return err })
	if err != nil {
		return nil, fmt.Errorf("list disposals: %w", err)
	}
	return list, nil
}

// HandedOver lists what a party has that was kept here of a person.
func (s *Service) HandedOver(ctx context.Context, subject string) (list []Fate, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { list, err = s.Transferred(tx, subject); return err })
	if err != nil {
		return nil, fmt.Errorf("list what was handed over of a person: %w", err)
	}
	return list, nil
}

// Own is what is kept of a person of one kind, of one service and by one rule.
type Own struct {
	Kind    string
	Service string
	Rule    policy.Retention
	N       int
	First   time.Time // when the first of them goes; zero: its time has not begun
	Last    time.Time
	Running int // how many have their time running
}

// Kept returns what is kept of a person, and until when.
func (s *Service) Kept(ctx context.Context, subject string) (list []*Own, err error) {
	pol := s.Policy()
	var items []holdings.Item
	var ends []time.Time // of each; zero: its time has not begun
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if items, err = s.Holdings.Held(tx, pol, subject); err != nil {
			return err
		}
		ends = make([]time.Time, len(items))
		for n, i := range items {
			rule, ok := pol.Retention(i.Rule)
			if !ok || i.Since.IsZero() {
				continue
			}
			if ends[n], _, err = s.goes(tx, rule, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is kept of a person: %w", err)
	}
	for n, i := range items {
		rule, ok := pol.Retention(i.Rule)
		if !ok || i.Within != "" && i.Kind != "session" {
			continue // it goes with what it is part of
		}
		j := slices.IndexFunc(list, func(o *Own) bool { return o.Kind == i.Kind && o.Service == i.Service && o.Rule.ID == i.Rule })
		if j < 0 {
			j = len(list)
			list = append(list, &Own{Kind: i.Kind, Service: i.Service, Rule: rule})
		}
		o := list[j]
		o.N++
		due := ends[n]
		if due.IsZero() {
			continue
		}
		o.Running++
		if o.First.IsZero() || due.Before(o.First) {
			o.First = due
		}
		if due.After(o.Last) {
			o.Last = due
		}
	}
	return list, nil
}
