package proof

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Every is how often Run examines everything; patience how long one control
// may take.
const (
	Every    = 5 * time.Minute
	patience = time.Minute
)

// Config is what a board needs.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Demo  bool
	Log   *slog.Logger
	// Declarations and Evidence are those of the instance in force.
	Declarations func() *policy.Declarations
	Evidence     func(name string) ([]byte, error)
	Controls     []Control
}

// Board examines promises and remembers how they stand. It is safe for
// concurrent use.
type Board struct {
	cfg      Config
	controls map[string]Control
	one      chan struct{} // holds one examination at a time
	mu       sync.Mutex
	latest   Report
}

// New returns a board. Two controls of one id are a mistake of the program.
func New(cfg Config) (*Board, error) {
	b := &Board{cfg: cfg, controls: map[string]Control{}, one: make(chan struct{}, 1)}
	for _, c := range cfg.Controls {
		if _, twice := b.controls[c.ID()]; twice {
			return nil, errors.New("two controls are called " + c.ID())
		}
		b.controls[c.ID()] = c
	}
	return b, nil
}

// Latest is what the last examination found; empty before the first.
func (b *Board) Latest() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest
}

// Examine examines every promise now and notes which of them changed. With an
// error, the report is whole but for since when each stands as it does.
func (b *Board) Examine(ctx context.Context) (Report, error) {
	select {
	case b.one <- struct{}{}:
		defer func() { <-b.one }()
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	report := b.assess(ctx)
	err := record(ctx, b.cfg.DB, &report)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latest = report // even if it could not be noted: an older finding must not stand
	return report, err
}

// Assess examines every promise now, notes nothing, and tells since when each
// stands as it does where the portal noted the same: for whoever looks at the
// store from beside the portal.
func (b *Board) Assess(ctx context.Context) (Report, error) {
	report := b.assess(ctx)
	return report, recall(ctx, b.cfg.DB, &report)
}

// Run examines at once and then every few minutes, until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		report, err := b.Examine(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			b.cfg.Log.ErrorContext(ctx, "examine the promises", "error", err)
		case report.Broken():
			for _, r := range report.Results {
				if r.Status == Broken {
					b.cfg.Log.ErrorContext(ctx, "a promise is broken", "promise", r.Promise.ID, "reason", r.Reason)
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// assess runs each control once and gives every promise its finding.
func (b *Board) assess(ctx context.Context) Report {
	d := b.cfg.Declarations()
	report := Report{At: b.cfg.Clock.Now()}
	found := map[string]Finding{}
	for _, p := range d.Promises {
		var f Finding
		switch {
		case p.Control != "":
			done := false
			if f, done = found[p.Control]; !done {
				f = b.run(ctx, p.Control)
				found[p.Control] = f
			}
		case p.Attestation != nil:
			f = attest(p.Attestation, b.cfg.Evidence, report.At, b.cfg.Demo)
		default:
			f = Finding{Status: NotYetKept, Reason: ReasonNotYet}
		}
		f.At = report.At
		report.Results = append(report.Results, Result{Promise: p, Finding: overdue(f, p.ID, d.Measures, report.At)})
	}
	return report
}

// run lets one control look. One that panics, takes too long or shows nothing
// has not examined anything.
func (b *Board) run(ctx context.Context, id string) (f Finding) {
	c, ok := b.controls[id]
	if !ok {
		return Finding{Status: Broken, Reason: ReasonNoControl}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			b.cfg.Log.Error("a control panicked", "control", id)
			f = Finding{Status: AtRisk, Reason: ReasonNotExamined}
		}
	}()
	f = c.Examine(ctx)
	switch f.Status {
	case Kept:
		if len(f.Evidence) == 0 {
			return Finding{Status: AtRisk, Reason: ReasonNoEvidence}
		}
	case AtRisk, Broken:
	default: // a control examines; it neither vouches nor excuses
		return Finding{Status: AtRisk, Reason: ReasonNotExamined}
	}
	return f
}
