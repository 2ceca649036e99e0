package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/policy"
	"portico/internal/policy/text"
	"portico/internal/proof"
)

// Prove examines the promises of an instance over its store, from beside a
// portal that may or may not be running. It puts nothing into force and notes
// nothing; what only a running portal shows is at risk.
func Prove(ctx context.Context, s Store, dir string) (report proof.Report, err error) {
	stamp, err := keys.Inspect(s.Keys)
	if err != nil {
		return report, err
	}
	if err := s.exists(); err != nil {
		return report, err
	}
	s.Demo = stamp.Demo
	opts, err := LoadOptions(s.Demo)
	if err != nil {
		return report, err
	}
	in, faults := instance.Load(os.DirFS(dir), opts)
	if len(faults) > 0 {
		return report, faulty(faults)
	}
	now := clock.System{}
	st, err := openStore(ctx, s, in, now, look)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, st.db.Close()) }()
	p := &portal{store: st, dir: dir}
	f := inForceOf(in)
	board, err := proof.New(proof.Config{
		DB: st.db, Clock: now, Demo: s.Demo, Log: slog.Default(), Evidence: p.evidence,
		Declarations: func() *policy.Declarations { return in.Declarations },
		Controls: proof.Controls(&proof.System{
			DB: st.db, Clock: now, Demo: s.Demo, Ring: st.ring, Log: st.log, Tables: Holdings(),
			InForce: func() proof.InForce { return f }, Chapters: slices.Clone(text.Chapters()),
			Newest:  func(ctx context.Context) (string, error) { return instance.Newest(ctx, st.db) },
			Factors: identity.Factors{DB: st.db, Clock: now},
		}),
	})
	if err != nil {
		return report, err
	}
	return board.Assess(ctx)
}

// look opens a log however it is, so that every fault of it can be said.
func look(_ context.Context, c audit.Config) (*audit.Log, error) { return audit.Look(c), nil }
