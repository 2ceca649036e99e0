package automatic

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
)

// jobDecide has the program decide on a case.
const jobDecide = "automatic.decide"

// Service decides without a person. It is safe for concurrent use.
type Service struct {
	Cases *cases.Cases
	Jobs  *jobs.Queue
	Log   *slog.Logger
}

// New has the program follow the cases, decide by jobs of the queue, and show
// what it decided on the pages of the cases.
func New(c *cases.Cases, queue *jobs.Queue, log *slog.Logger) *Service {
	s := &Service{c, queue, log}
	queue.Register(jobDecide, s.decide, jobs.Options{Inside: true})
	c.Followers, c.Decided = append(c.Followers, s.Follow), s.Show
	return s
}

// Follow has the program look at an application that was just sent. It is one
// of the followers of package cases.
func (s *Service) Follow(tx *db.Tx, h cases.Happening) error {
	if h.Step.Action != cases.StepSubmit || h.Case.Channel != cases.Portal || len(h.Service.ByProgram()) == 0 {
		return nil
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobDecide, Key: h.Case.ID, Payload: map[string]string{"case": h.Case.ID}})
}

// decide decides, or leaves it to a person.
func (s *Service) decide(ctx context.Context, job *jobs.Job) error {
	a, err := s.Cases.Glance(ctx, job.Get("case"))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // it was erased since
	}
	if err != nil {
		return fmt.Errorf("find the case to decide: %w", err)
	}
	if !a.Untouched() {
		return nil
	}
	use := a.ProgramUse()
	values, err := s.Cases.Vault.Read(ctx, use)
	if fault.KindOf(err) == fault.Denied && err != nil {
		return nil // the person restricted processing, or the policy knows the use no more
	}
	if err != nil {
		return fmt.Errorf("read what a decision needs: %w", err)
	}
	answers := forms.Answers{}
	for _, f := range a.Service.Form.Fields() {
		if text := values.Text(f.ID); text != "" {
			answers[f.Key] = text
		}
	}
	by, holds, err := a.Service.Decided(answers, forms.At{Now: a.Submitted, Variant: a.Variant})
	if err != nil {
		s.Log.Error("a decision rule failed: a person decides", "service", a.Service.ID, "error", err.Error())
		return nil
	}
	if !holds || !s.listed(use.Activity, by.Rule) {
		return nil
	}
	err = s.Cases.Vault.Update(ctx, func(tx *db.Tx) error { return s.Cases.Decide(tx, a.ID, by) })
	if cases.Moved(err) || fault.KindOf(err) == fault.Denied && err != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("decide on a case: %w", err)
	}
	return nil
}

// listed reports whether the policy in force says that the program decides by
// a rule.
func (s *Service) listed(activity, rule string) bool {
	a, _ := s.Cases.Policy().Activity(activity)
	return slices.ContainsFunc(a.Automated, func(one policy.Automated) bool { return one.Rule == rule })
}

// Standing is what the program has decided, and what became of it.
type Standing struct {
	Rules     int // by which it decides, as the policy in force lists them
	Decided   int
	Contested int
	Waiting   int      // contested, and not decided within the time
	Wrong     []string // cases whose decision is not as promised
}

// Standing looks at every decision of the program that is kept.
func (s *Service) Standing(ctx context.Context) (n Standing, err error) {
	for _, a := range s.Cases.Policy().Declarations().Activities {
		n.Rules += len(a.Automated)
	}
	err = s.Cases.Automated(ctx, "", func(a *cases.Application) {
		n.Decided++
		d, _ := Of(a)
		if d.Fate == Contested || d.Fate == ByPerson {
			n.Contested++
		}
		if d.Fate == Contested && a.Open() && s.Cases.Overdue(a.Case) {
			n.Waiting++
		}
		if !s.kept(a, d) {
			n.Wrong = append(n.Wrong, a.Reference)
		}
	})
	return n, err
}

// kept reports whether a decision is as promised: it has its rule, of this
// service, and what was read; there is one; it did not stand before its term
// was over; and what was contested was decided by a person.
func (s *Service) kept(a *cases.Application, d Decision) bool {
	programs := 0
	for _, step := range a.Steps {
		if step.Actor == cases.ByProgram {
			programs++
		}
	}
	official := !slices.Contains([]string{cases.BySystem, cases.ByPayment, cases.ByProgram, a.Subject}, d.Decider)
	return programs == 1 && d.Action.Rule != "" && d.Action.Rule == d.Step.Rule && len(d.Step.Keys) > 0 &&
		(d.Fate != Stood || d.At.After(s.Until(d))) && (d.Fate != ByPerson || official)
}

// Until is the last moment at which a decision can be contested.
func (s *Service) Until(d Decision) time.Time {
	return s.Cases.Calendar().Due(d.Step.At, d.State.Deadline, s.Cases.Zone()).Add(-time.Second)
}
