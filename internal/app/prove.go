package app

import (
	"context"
	"errors"
	"log/slog"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/proof"
)

// Prove examines the promises of an instance over its store, from beside a
// portal that may or may not be running. It puts nothing into force and notes
// nothing; what only a running portal shows, how it is reached, is at risk.
func Prove(ctx context.Context, s Store, dir string) (report proof.Report, err error) {
	stamp, err := keys.Inspect(s.Keys)
	if err != nil {
		return report, err
	}
	if err := s.exists(); err != nil {
		return report, err
	}
	s.Demo = stamp.Demo
	p, err := (&portal{beside: true}).build(ctx, Options{Store: s, Dir: dir, Logger: slog.Default()}, look)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	return p.board.Assess(ctx)
}

// look opens a log however it is, so that every fault of it can be said.
func look(_ context.Context, c audit.Config) (*audit.Log, error) { return audit.Look(c), nil }
