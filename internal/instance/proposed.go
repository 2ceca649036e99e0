package instance

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// last loads the version that came into force last; nil if none ever did.
func (l *Live) last(ctx context.Context) (*Instance, error) {
	hash, err := Newest(ctx, l.db)
	if err != nil || hash == "" {
		return nil, err
	}
	in, err := l.Version(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("the version in force (start the program that could load it, and change policy and terms only after "+
			"the newer one was started with both as they were): %w", err)
	}
	return in, nil
}

// propose stores what the directory says without putting it in force: old goes
// on.
func (l *Live) propose(ctx context.Context, in, old *Instance) error {
	if err := l.db.Update(ctx, func(tx *db.Tx) error { return keep(tx, in, l.clock.Now()) }); err != nil {
		return err
	}
	return l.show(ctx, old)
}

// Proposal is what the directory said last, and when, if its policy or terms
// differ from those in force; else nil.
func (l *Live) Proposal(ctx context.Context) (in *Instance, at time.Time, err error) {
	var hash string
	var us int64
	if err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		hash, us, err = loaded(tx)
		return err
	}); err != nil || hash == "" {
		return nil, time.Time{}, err
	}
	in, err = l.Version(ctx, hash)
	if err != nil || in.Words == l.Current().Words {
		return nil, time.Time{}, err
	}
	return in, clock.FromMicros(us), nil
}

// Enforce puts a version in force that was proposed. Once tx has committed,
// each node works by it after its next Follow.
func (l *Live) Enforce(tx *db.Tx, hash string) error { return enforce(tx, hash, l.clock.Now()) }

// Follow has this node work by the version that is in force, which another
// node may have put there, and puts what the directory says besides policy and
// terms in force with it.
func (l *Live) Follow(ctx context.Context) error {
	in, err := l.last(ctx)
	if err != nil || in == nil {
		return err
	}
	old := l.Current()
	if in.Hash != old.Hash {
		if !slices.Equal(in.Portal.Languages, old.Portal.Languages) {
			l.log.Error("the version in force speaks other languages: start again", "hash", in.Hash)
			return nil
		}
		if err := l.show(ctx, in); err != nil {
			return err
		}
		l.log.Info("another version of the instance is in force", "hash", in.Hash)
	}
	var hash string
	if err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		hash, _, err = loaded(tx)
		return err
	}); err != nil || hash == in.Hash || hash == "" {
		return err
	}
	if newer, err := l.Version(ctx, hash); err != nil || newer.Words != in.Words {
		return err
	} else {
		return l.put(ctx, newer)
	}
}
