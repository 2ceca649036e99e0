package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/backup"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/blobs"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/vault"
)

// Restoring is what `portico restore` was told.
type Restoring struct {
	Store
	Dir   string // the instance
	From  string // the data backup
	Wraps string // the newest key backup
	Log   string // folder with the published log
	Drill bool   // into a scratch place, which is removed
	Out   io.Writer
}

// restore is a restore under way.
type restore struct {
	Restoring
	clock  clock.Clock
	data   *backup.Backup
	wraps  *backup.Backup
	ring   *keys.Ring
	since  []ledger.Entry // what was taken away since the backup
	result restored
}

// restored is what came of a restore.
type restored struct {
	acts     map[ledger.Kind]int
	unknown  int64 // acts of people whom the backup does not know
	people   int64
	without  int64 // people who cannot sign in any more
	sessions int64
	held     int64
	lost     int64
	files    int64
	opened   int64
	epoch    int64 // the oldest whose key it takes to read it
	faults   []string
}

// Restore joins a data backup with the newest keys and the newest ledger in an
// empty store: the living open, what was taken away since stays away (I8), and
// the log goes on where it was signed last (I16). A restore that broke off is
// finished by the same command.
func Restore(ctx context.Context, o Restoring) (err error) {
	if err := o.apart(o.Dir); err != nil {
		return err
	}
	r := &restore{Restoring: o, clock: clock.System{}, result: restored{acts: map[ledger.Kind]int{}}}
	if r.data, err = backup.Open(o.From, backup.Data); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.data.Close()) }()
	if r.wraps, err = backup.Open(o.Wraps, backup.Keys); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.wraps.Close()) }()
	if r.wraps.Instance != r.data.Instance {
		return fmt.Errorf("the data backup is of the instance %q and the key backup of %q: take those of one portal", r.data.Instance, r.wraps.Instance)
	}
	if r.wraps.At.Before(r.data.At) {
		return fmt.Errorf("the key backup is of %s and the data backup of %s: who came between could not be read; take a key backup that was made after the data", when(r.wraps.At), when(r.data.At))
	}
	live := r.Store
	if o.Drill {
		scratch, remove, none := backup.Scratch()
		if none != nil {
			return none
		}
		defer func() { err = errors.Join(err, remove()) }()
		r.Store = Store{Data: filepath.Join(scratch, "data"), Keys: filepath.Join(scratch, "keys")}
	}
	r.Demo = r.data.Demo
	if err := r.run(ctx); err != nil {
		return err
	}
	r.say()
	if o.Drill {
		if err := r.note(ctx, live); err != nil {
			return err
		}
	}
	if len(r.result.faults) > 0 {
		return fmt.Errorf("the store that was restored has %d faults", len(r.result.faults))
	}
	return nil
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (r *restore) run(ctx context.Context) (err error) {
	opts, err := LoadOptions(r.Demo)
	if err != nil {
		return err
	}
	in, faults := instance.Load(os.DirFS(r.Dir), opts)
	if len(faults) > 0 {
		return faulty(faults)
	}
	if err := r.keys(string(in.Portal.ID)); err != nil {
		return err
	}
	if err := r.fill(ctx); err != nil {
		return err
	}
	p, err := (&portal{beside: true, mending: true}).build(ctx, Options{Store: r.Store, Dir: r.Dir, Logger: slog.Default()}, look)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	if err := r.finish(ctx, p); err != nil {
		return fmt.Errorf("finish the restore: %w; run the command again", err)
	}
	return r.examine(ctx, p)
}

// keys puts the key directory back if it is gone, and asks it and its ledger
// whether the backups are theirs and not newer.
func (r *restore) keys(id string) (err error) {
	if names, err := os.ReadDir(r.Keys); errors.Is(err, fs.ErrNotExist) || err == nil && len(names) == 0 {
		if r.wraps.Instance != id {
			return fmt.Errorf("the key backup is of the instance %q, not %q", r.wraps.Instance, id)
		}
		if err := r.wraps.PutKeys(r.Keys, r.theirs); err != nil {
			return err
		}
	}
	if r.ring, err = keys.Open(r.Keys, id, r.Demo); err != nil {
		return err
	}
	return r.theirs(r.ring)
}

// theirs refuses backups that are not of these keys, or newer than their ledger,
// and reads what was taken away since.
func (r *restore) theirs(ring *keys.Ring) error {
	for _, b := range []*backup.Backup{r.wraps, r.data} {
		if err := b.Signed(ring); err != nil {
			return err
		}
		r.since = nil
		if err := ledger.Since(ring.Dir(), ring.Instance(), b.Act, b.Ledger, func(e ledger.Entry) error {
			r.since = append(r.since, e)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// fill fills an empty store in one transaction. One that it filled already and
// did not finish is left as it is.
func (r *restore) fill(ctx context.Context) (err error) {
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	d, err := db.Open(ctx, r.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if begun, err := r.begun(ctx, d); err != nil || begun {
		return err
	}
	if err := d.MigrateTo(ctx, r.data.Schema, Migrations()...); err != nil {
		return err
	}
	to, err := blobs.OpenFolder(filepath.Join(r.Data, "files"), r.clock)
	if err != nil {
		return err
	}
	defer to.Close() //nolint:errcheck // each file was flushed
	if r.result.files, err = r.data.LoadFiles(ctx, to); err != nil {
		return err
	}
	err = d.Update(ctx, func(tx *db.Tx) error {
		if err := r.data.Load(tx); err != nil {
			return err
		}
		if err := r.wraps.LoadKeys(tx); err != nil {
			return err
		}
		if err := r.data.Begin(tx, r.clock.Now()); err != nil {
			return err
		}
		if _, err := ledger.Read(r.Keys, r.ring.Instance(), func(e ledger.Entry) error { return ledger.Adopt(tx, e) }); err != nil {
			return err
		}
		return known(tx, r.ring)
	})
	if err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	return nil
}

// begun reports whether a restore of this backup has filled the store. A store
// that holds anything else is refused.
func (r *restore) begun(ctx context.Context, d *db.DB) (bool, error) {
	schema, err := d.Schema(ctx)
	if err != nil || len(schema["vault_store"]) == 0 {
		return false, err
	}
	var founded, known bool
	var s backup.State
	if err := d.View(ctx, func(tx *db.Tx) (err error) {
		if founded, err = vault.Founded(tx); err == nil && len(schema["backup_restore"]) > 0 {
			s, known, err = backup.Restored(tx)
		}
		return err
	}); err != nil {
		return false, fmt.Errorf("look whether the store is empty: %w", err)
	}
	if known && s.Finished.IsZero() && s.Manifest == r.data.Sum {
		return true, nil
	}
	if known && s.Manifest == r.data.Sum {
		return false, fmt.Errorf("the store is not empty: this backup was put back into it, which ended at %s: start the portal", when(s.Finished))
	}
	if founded {
		return false, errors.New("the store is not empty: a backup is restored into an empty one; give another --data or --database, or move that one away")
	}
	return false, nil
}

// finish takes away again what was taken away since the backup, ends what
// people may still hold, and continues the log: one transaction, after which
// the store may serve.
func (r *restore) finish(ctx context.Context, p *portal) error {
	published, err := r.published()
	if err != nil {
		return err
	}
	return p.vault.Update(ctx, func(tx *db.Tx) (err error) {
		res := restored{acts: map[ledger.Kind]int{}, files: r.result.files}
		if res.sessions, err = p.endEverything(tx); err != nil {
			return err
		}
		if res.held, err = p.queue.Hold(tx); err != nil {
			return err
		}
		for _, e := range r.since {
			known, err := p.vault.Known(tx, e.Subject)
			if err == nil && !known {
				res.unknown++
				continue
			}
			if err == nil {
				err = p.replay(tx, e.Act)
			}
			if err != nil {
				return fmt.Errorf("act %d of the ledger: %w", e.N, err)
			}
			res.acts[e.Kind]++
		}
		if res.people, res.without, err = p.account.Reindex(tx); err != nil {
			return err
		}
		if err := errors.Join(p.login.Reindex(tx), p.staff.Reindex(tx), p.mandates.Reindex(tx), p.visitors.Reindex(tx)); err != nil {
			return err
		}
		if res.lost, err = p.log.Continue(tx, published); err != nil {
			return err
		}
		if err := p.vault.Append(tx, ofStore(audit.ActivityRestore, audit.RestoreFacts(res.lost))); err != nil {
			return err
		}
		r.result = res
		return backup.Finish(tx, r.clock.Now())
	})
}

// published is the log as it was copied out, nil if there is no copy. The entries
// that were signed first are there before its first checkpoint is.
func (r *restore) published() (fs.FS, error) {
	if r.Log == "" {
		return nil, nil
	}
	if _, err := os.Stat(r.Log); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("open the published log: %w", err)
	}
	return os.DirFS(r.Log), nil
}

// whole refuses a store whose restore broke off.
func (p *portal) whole(ctx context.Context) error {
	if p.mending {
		return nil
	}
	return backup.Refuse(ctx, p.db)
}

// endEverything ends whatever people may hold from before: sessions, codes,
// links. It returns how many sessions there were.
func (p *portal) endEverything(tx *db.Tx) (int64, error) {
	n, err := p.identity.Restored(tx)
	for _, owner := range []func(*db.Tx) error{p.vault.Restored, p.recovery.Restored, p.account.Restored, p.login.Restored, p.staff.Restored, p.mandates.Restored, p.visitors.Restored} {
		if err == nil {
			err = owner(tx)
		}
	}
	return n, err
}

// replay takes away again what an act took away. One that nobody knows stops
// the restore: it would come back in silence.
func (p *portal) replay(tx *db.Tx, a ledger.Act) error {
	for _, owner := range []func(*db.Tx, ledger.Act) (bool, error){
		p.keeps.Replay, p.consent.Replay, p.notices.Replay, p.identity.Replay, p.mandates.Replay, p.issued.Replay,
		p.account.Replay, p.login.Replay, p.staff.Replay, p.rights.Replay, p.hands.Replay, p.staysOut.Replay, p.defers.Replay,
	} {
		if mine, err := owner(tx, a); err != nil || mine {
			return err
		}
	}
	return fmt.Errorf("this program does not know how to take %q %q away again: restore with the newest Portico", a.Kind, a.Ref)
}

// examine looks at what was restored. A drill does not sign: its log is not
// the portal's.
func (r *restore) examine(ctx context.Context, p *portal) error {
	_, opened, shut, err := p.vault.Whole(ctx)
	if err != nil {
		return err
	}
	used, err := vault.EpochUse(ctx, p.db)
	if err != nil {
		return err
	}
	r.result.opened, r.result.epoch = opened, slices.Min(append(slices.Collect(maps.Keys(used)), r.ring.Epoch()))
	if shut > 0 {
		r.result.faults = append(r.result.faults, fmt.Sprintf("%d values do not open", shut))
	}
	if !r.Drill {
		if err := p.log.Integrate(ctx); err != nil {
			return err
		}
	}
	found, err := p.log.Check(ctx)
	if err != nil {
		return err
	}
	r.result.faults = append(r.result.faults, found.Faults...)
	return nil
}

// note notes a drill in the store whose backups were tried, and in its log.
func (r *restore) note(ctx context.Context, live Store) (err error) {
	if err := live.exists(); err != nil {
		_, err = fmt.Fprintf(r.Out, "the drill is not noted: %v\n", err)
		return err
	}
	d, err := db.Open(ctx, live.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	ring, err := vault.OpenKeys(ctx, d, live.Keys, r.ring.Instance(), r.Demo, r.clock)
	if err != nil {
		return fmt.Errorf("note the drill: %w", err)
	}
	drill := backup.Drill{
		At: r.clock.Now(), Data: r.data.At, Keys: r.wraps.At, Epoch: r.result.epoch,
		People: r.result.people, Opened: r.result.opened, Faults: int64(len(r.result.faults)),
	}
	if err := Record(ctx, d, ring, "restore-drill", drill.Facts(), drill.Note); err != nil {
		return fmt.Errorf("note the drill: %w", err)
	}
	_, err = fmt.Fprintln(r.Out, "the drill is noted; the scratch place is removed")
	return err
}

// say says what was restored, and what was lost.
func (r *restore) say() {
	res := &r.result
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(r.Out, format+"\n", args...) }
	line("data of           %s", when(r.data.At))
	line("keys of           %s", when(r.wraps.At))
	line("people            %d, %d values open", res.people, res.opened)
	line("taken away since  %d acts", len(r.since))
	for _, k := range slices.Sorted(maps.Keys(res.acts)) {
		line("  %-15s %d", k, res.acts[k])
	}
	if res.unknown > 0 {
		line("  of people who came after the backup: %d", res.unknown)
	}
	line("sessions ended    %d", res.sessions)
	line("jobs held         %d: look at each under failed tasks before it goes out again", res.held)
	line("log               goes on; of %d entries since the backup the events are lost", res.lost)
	if res.without > 0 {
		line("no way in         %d people whose contact or password was changed since: an official sees them", res.without)
	}
	for _, f := range res.faults {
		line("fault             %s", f)
	}
}
