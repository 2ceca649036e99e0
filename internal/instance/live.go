package instance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/privacy"
)

const (
	maxCached  = 16 // old versions kept compiled
	watchEvery = time.Second
)

// Live holds the version in force and finds older ones. It is safe for
// concurrent use.
type Live struct {
	db      *db.DB
	clock   clock.Clock
	log     *slog.Logger
	opts    Options
	current atomic.Pointer[Instance]

	published atomic.Pointer[privacy.Version] // the policy of the current one

	mu    sync.Mutex
	cache map[string]*Instance
	order []string // of the cache, the one least recently put in first
}

// Config is what a Live needs.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Options Options // those that the instance was loaded with
}

// NewLive stores in and puts it into force, if none was before or if its
// policy and terms are those in force; else it is proposed, and what was in
// force goes on.
func NewLive(ctx context.Context, c Config, in *Instance) (*Live, error) {
	l := newLive(c, in)
	old, err := l.last(ctx)
	switch {
	case err != nil:
		return nil, err
	case old == nil || old.Words == in.Words:
		err = l.put(ctx, in)
	default:
		err = l.propose(ctx, in, old)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Beside returns a Live that says what is in force in a store, or what in says
// if nothing is, and stores nothing: for who examines it from beside the portal.
func Beside(ctx context.Context, c Config, in *Instance) (*Live, error) {
	l := newLive(c, in)
	old, err := l.last(ctx)
	if err == nil && old != nil {
		return l, l.show(ctx, old)
	}
	l.published.Store(in.Published(c.Clock.Now()))
	return l, err
}

// newLive returns a Live that knows one version, and the environment of the
// place from it.
func newLive(c Config, in *Instance) *Live {
	l := &Live{db: c.DB, clock: c.Clock, log: c.Log, opts: c.Options, cache: map[string]*Instance{}}
	l.current.Store(in)
	return l
}

// Current returns the version in force.
func (l *Live) Current() *Instance { return l.current.Load() }

func (l *Live) put(ctx context.Context, in *Instance) error {
	if err := l.db.Update(ctx, func(tx *db.Tx) error {
		if err := keep(tx, in, l.clock.Now()); err != nil {
			return err
		}
		return enforce(tx, in.Hash, l.clock.Now())
	}); err != nil {
		return err
	}
	return l.show(ctx, in)
}

// show has this node work by a version that is in force.
func (l *Live) show(ctx context.Context, in *Instance) error {
	since, err := l.Updated(ctx)
	if err != nil {
		return err
	}
	l.published.Store(in.Published(since))
	l.current.Store(in)
	return nil
}

// ErrNoVersion says that no version with this hash was ever in force.
var ErrNoVersion = errors.New("no version of the instance has this hash")

// Version returns the version with this hash, for what was begun under it.
// Its environment is that of the version in force: an old version holds none.
func (l *Live) Version(ctx context.Context, hash string) (*Instance, error) {
	current := l.Current()
	if current.Hash == hash {
		return current, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if in := l.cache[hash]; in != nil {
		return in, nil
	}
	var archive []byte
	err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		archive, err = archiveOf(tx, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	if archive == nil {
		return nil, ErrNoVersion
	}
	in, err := l.open(archive, hash)
	if err != nil {
		return nil, err
	}
	in.Environment = current.Environment
	if len(l.order) == maxCached {
		delete(l.cache, l.order[0])
		l.order = l.order[1:]
	}
	l.cache[hash], l.order = in, append(l.order, hash)
	return in, nil
}

// open loads an archive and holds it against its hash.
func (l *Live) open(archive []byte, hash string) (*Instance, error) {
	f, err := unpack(archive)
	if err != nil {
		return nil, err
	}
	load := &loader{opts: l.opts, files: f, kept: true}
	in, faults := load.load()
	if len(faults) > 0 {
		return nil, fmt.Errorf("load version %.12s again: %s (and %d more)", hash, faults[0], len(faults)-1)
	}
	if in.Hash != hash {
		return nil, fmt.Errorf("load version %.12s again: its files have the hash %.12s", hash, in.Hash)
	}
	return in, nil
}

// History lists which version was in force from when on, the oldest first.
func (l *Live) History(ctx context.Context) (out []Force, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		out, err = history(tx)
		return err
	})
	return out, err
}

// Revisions lists the versions of policy and terms, the oldest first: what
// was in force, without the changes that left both as they were (O15).
func (l *Live) Revisions(ctx context.Context) ([]Force, error) {
	all, err := l.History(ctx)
	var out []Force
	for _, f := range all {
		if len(out) == 0 || out[len(out)-1].Words != f.Words {
			out = append(out, f)
		}
	}
	return out, err
}

// Updated returns when the policy in force was last updated.
func (l *Live) Updated(ctx context.Context) (time.Time, error) {
	revisions, err := l.Revisions(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if len(revisions) == 0 {
		return time.Time{}, errors.New("no version of the instance is in force")
	}
	return revisions[len(revisions)-1].Since, nil
}

// Watch loads the directory again whenever it has changed and lain still for
// a moment, until ctx ends. A faulty directory changes nothing. One that says
// other things in policy or terms is proposed: those are published, not saved.
func (l *Live) Watch(ctx context.Context, fsys fs.FS) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	l.watch(ctx, fsys, tick.C)
}

func (l *Live) watch(ctx context.Context, fsys fs.FS, tick <-chan time.Time) {
	loaded, last := fingerprint(fsys), ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		now := fingerprint(fsys)
		if now == loaded || now != last {
			last = now
			continue
		}
		loaded = now
		l.Reload(ctx, fsys)
	}
}

// Reload loads the directory, and puts it in force or proposes it.
func (l *Live) Reload(ctx context.Context, fsys fs.FS) {
	in, faults := Load(fsys, l.opts)
	for _, f := range faults {
		l.log.Error("the instance has a fault; the version in force goes on", "fault", f.String())
	}
	if len(faults) > 0 {
		return
	}
	if err := l.Follow(ctx); err != nil {
		l.log.Error("which version is in force could not be read", "error", err.Error())
		return
	}
	old := l.Current()
	switch {
	case in.Portal.ID != old.Portal.ID:
		l.log.Error("the directory holds another instance; the version in force goes on", "id", string(in.Portal.ID))
	case !slices.Equal(in.Portal.Languages, old.Portal.Languages):
		l.log.Error("the portal speaks other languages than before; start again to change them, the version in force goes on")
	case in.Hash == old.Hash:
		if err := l.propose(ctx, in, old); err != nil { // nothing: what was proposed before is taken back
			l.log.Error("that nothing is proposed could not be stored", "error", err.Error())
			return
		}
		l.log.Info("the instance says the same as before; what environment.yaml says counts from the next start on")
	case in.Words != old.Words:
		if err := l.propose(ctx, in, old); err != nil {
			l.log.Error("a proposal could not be stored; the version in force goes on", "error", err.Error())
			return
		}
		l.log.Info("policy or terms say something else than before: it is proposed at /staff/policy, the version in force goes on", "hash", in.Hash)
	default:
		in.Environment = old.Environment
		if err := l.put(ctx, in); err != nil {
			l.log.Error("a new version could not be stored; the version in force goes on", "error", err.Error())
			return
		}
		l.log.Info("a new version of the instance is in force", "hash", in.Hash)
	}
}

// fingerprint is names, sizes and times of all files: it differs when
// somebody has saved one.
func fingerprint(fsys fs.FS) string {
	var b strings.Builder
	n := 0
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if n++; err != nil || n > 2*maxFiles {
			return fs.SkipAll // the loader says what is wrong
		}
		if name != "." && strings.HasPrefix(path.Base(name), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}
