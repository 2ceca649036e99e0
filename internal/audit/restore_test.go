package audit_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// rowsOf copies every row of a store, and returns what puts them into another.
func rowsOf(t *testing.T, d *db.DB) func(*db.Tx) error {
	t.Helper()
	names, err := d.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := d.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][][]any{}
	if err := d.View(t.Context(), func(tx *db.Tx) error {
		for _, name := range names {
			if err := db.Dump(tx, name, schema[name], func(row []any) error {
				copied := make([]any, len(row))
				for i, v := range row {
					if b, ok := v.([]byte); ok {
						v = append([]byte{}, b...)
					}
					copied[i] = v
				}
				rows[name] = append(rows[name], copied)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return func(tx *db.Tx) error {
		for _, name := range names {
			put, err := db.Load(tx, name, schema[name])
			for _, row := range rows[name] {
				if err == nil {
					err = put(row)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// TestI16_ARestoreThatLosesEntriesGoesOnBehindWhatWasPublished puts a store back
// that is older than what was signed, cosigned and published since. What was
// published stands: whoever holds a checkpoint, a record or a cosignature of
// before sees one log. Without the published copy, or with another, it does not
// go on.
func TestI16_ARestoreThatLosesEntriesGoesOnBehindWhatWasPublished(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		pol := policytest.Compile(t)
		s := vaulttest.Open(t, d, pol)
		w := &witness{}
		w.of(t, s)
		subject := s.Subject(t)
		happen(t, s, subject, 300)
		integrate(t, s)
		happen(t, s, subject, 5) // in the backup, and not yet in the tree
		backup := rowsOf(t, d)
		happen(t, s, subject, 395)
		integrate(t, s)
		verified, err := audit.VerifyRecord(record(t, s, subject, 500), s.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		published := copyOf(t, s.Dir)
		old, err := audit.OpenCheckpoint(published["checkpoint"].Data, s.Ring.Vkey())
		if err != nil || old.Size != 700 || w.size != 700 {
			t.Fatalf("published are %d entries, cosigned %d: %v", old.Size, w.size, err)
		}

		again := testkit.Database(t, d.Engine(), audit.Migrations(), vault.Migrations(), ledger.Migrations())
		if err := again.Update(t.Context(), backup); err != nil {
			t.Fatalf("put the backup back: %v", err)
		}
		ring, err := keys.Open(s.Keys, vaulttest.Instance, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Open(t.Context(), audit.Config{DB: again, Ring: ring, Keeper: vault.NewKeeper(ring), Clock: s.Clock}); err == nil {
			t.Error("a store that is behind what was signed opens")
		}
		look := audit.Look(audit.Config{DB: again, Ring: ring, Keeper: vault.NewKeeper(ring), Clock: s.Clock})
		gone := int64(0)
		goOn := func(copied fs.FS) error {
			return again.Update(t.Context(), func(tx *db.Tx) (err error) {
				if gone, err = look.Continue(tx, copied); err != nil {
					return err
				}
				v := vault.New(vault.Config{DB: again, Ring: ring, Log: look, Clock: s.Clock})
				return v.Append(tx, audit.Event{
					Subject: audit.System, Kind: audit.KindSystem, Actor: audit.Actor{Kind: "system"},
					Activity: audit.ActivityRestore, Facts: audit.RestoreFacts(gone),
				})
			})
		}
		forged := fstest.MapFS{}
		for path, f := range published {
			forged[path] = &fstest.MapFile{Data: bytes.Clone(f.Data)}
		}
		forged[audit.BundlePath(1, 256)].Data[100*34+5] ^= 1 // entry 356
		for want, copied := range map[string]fs.FS{"name a newer copy with --log": nil, "of different logs": forged} {
			if err := goOn(copied); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("it goes on, not %q: %v", want, err)
			}
		}
		if err := goOn(published); err != nil || gone != 395 {
			t.Fatalf("the log goes on with %d entries lost, %v", gone, err)
		}

		dir := filepath.Join(t.TempDir(), "log")
		after := vaulttest.Reopen(t, again, pol, s.Keys, dir)
		after.Dir = dir
		seen := &witness{size: w.size, root: w.root}
		seen.of(t, after)
		integrate(t, after)
		happen(t, after, subject, 20)
		integrate(t, after)
		now := copyOf(t, dir)
		c, err := audit.OpenCheckpoint(now["checkpoint"].Data, ring.Vkey())
		if err != nil || c.Size != 700+1+20 || seen.size != c.Size {
			t.Errorf("the log that went on has %d entries, cosigned %d: %v", c.Size, seen.size, err)
		}
		if rootOf(t, now, 700) != old.Root {
			t.Error("the log that went on does not begin with what was published")
		}
		if _, err := verified.Against(now, ring.Vkey()); err != nil {
			t.Errorf("a record of a lost event is held against the log: %v", err)
		}
		f, err := after.Log.Check(t.Context())
		if err != nil || !f.Kept() || f.Lost != 395 || f.Restored == 0 {
			t.Errorf("the log that went on: %+v, %v", f, err)
		}
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}

// TestI16_WhateverWasSignedIsInTheCopy: a portal that is stopped between the
// signature and the copy's checkpoint has signed nothing that the copy lacks,
// and the copy has all that its own checkpoint names.
func TestI16_WhateverWasSignedIsInTheCopy(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		s := vaulttest.Open(t, d, policytest.Compile(t))
		subject := s.Subject(t)
		happen(t, s, subject, 3)
		backup := rowsOf(t, d)
		happen(t, s, subject, 297)
		integrate(t, s)
		happen(t, s, subject, 20)
		stops := func(path string) {
			t.Helper()
			in := filepath.Join(s.Dir, path+".new", "the way")
			if err := os.MkdirAll(in, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := s.Log.Integrate(t.Context()); err == nil {
				t.Fatalf("the log is published past %s", path)
			}
			if err := os.RemoveAll(filepath.Dir(in)); err != nil {
				t.Fatal(err)
			}
		}
		signed := func() int64 {
			t.Helper()
			last, err := s.Ring.Signed()
			if err != nil {
				t.Fatal(err)
			}
			return last.Size
		}

		stops(audit.BundlePath(1, 320-256))
		if n := signed(); n != 300 {
			t.Errorf("%d entries are signed; the copy has 300", n)
		}
		stops("checkpoint")
		if n := signed(); n != 320 {
			t.Fatalf("%d entries are signed", n)
		}
		between := copyOf(t, s.Dir)
		old, err := audit.OpenCheckpoint(between["checkpoint"].Data, s.Ring.Vkey())
		if err != nil || old.Size != 300 {
			t.Fatalf("the copy has %d entries, %v", old.Size, err)
		}
		if between[audit.BundlePath(1, 300-256)] == nil || between[audit.TilePath(0, 1, 300-256)] == nil {
			t.Error("the copy lacks what its checkpoint names")
		}
		again := testkit.Database(t, d.Engine(), audit.Migrations(), vault.Migrations(), ledger.Migrations())
		if err := again.Update(t.Context(), backup); err != nil {
			t.Fatal(err)
		}
		look := audit.Look(audit.Config{DB: again, Ring: s.Ring, Keeper: vault.NewKeeper(s.Ring), Clock: s.Clock})
		if err := again.Update(t.Context(), func(tx *db.Tx) error {
			gone, err := look.Continue(tx, between)
			if gone != 317 {
				t.Errorf("the log goes on with %d entries lost", gone)
			}
			return err
		}); err != nil {
			t.Errorf("what was signed last does not go on: %v", err)
		}

		integrate(t, s)
		now := copyOf(t, s.Dir)
		if c, err := audit.OpenCheckpoint(now["checkpoint"].Data, s.Ring.Vkey()); err != nil || c.Size != 320 {
			t.Errorf("the copy has %d entries, %v", c.Size, err)
		}
		rootOf(t, now, 320) // finds one form of each bundle
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}

// meanwhile is a witness who does something before it answers.
type meanwhile func() error

func (meanwhile) Name() string { return "meanwhile" }

func (m meanwhile) Cosign(context.Context, int64, [][]byte, []byte) ([]byte, error) { return nil, m() }

// TestI16_NodesDoNotTakeFromTheCopyWhatAnotherSigned has two nodes publish to one
// folder, one of them late: the copy never becomes smaller, and holds whatever
// was signed.
func TestI16_NodesDoNotTakeFromTheCopyWhatAnotherSigned(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		s := vaulttest.Open(t, d, policytest.Compile(t))
		subject := s.Subject(t)
		happen(t, s, subject, 300)
		integrate(t, s)
		late := func(m meanwhile) {
			t.Helper()
			node, err := audit.Open(t.Context(), audit.Config{DB: d, Ring: s.Ring, Keeper: vault.NewKeeper(s.Ring), Clock: s.Clock, Dir: s.Dir, Witnesses: []audit.Witness{m}})
			if err == nil {
				err = node.Integrate(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		holds := func(shown int) {
			t.Helper()
			now, signed := copyOf(t, s.Dir), 0
			if last, err := s.Ring.Signed(); err == nil {
				signed = int(last.Size)
			}
			c, err := audit.OpenCheckpoint(now["checkpoint"].Data, s.Ring.Vkey())
			if err != nil || c.Size != int64(shown) {
				t.Errorf("the copy has %d entries, want %d: %v", c.Size, shown, err)
			}
			for _, n := range []int{shown, signed} {
				if now[audit.BundlePath(1, n-256)] == nil || now[audit.TilePath(0, 1, n-256)] == nil {
					t.Errorf("%d entries are signed, %d are shown, and the copy has not the last of %d", signed, shown, n)
				}
			}
		}

		happen(t, s, subject, 10)
		late(func() error { // the other node publishes more
			happen(t, s, subject, 10)
			return s.Log.Integrate(t.Context())
		})
		holds(320)

		happen(t, s, subject, 10)
		late(func() error { // the other node signs more and stops before its checkpoint
			happen(t, s, subject, 10)
			in := filepath.Join(s.Dir, "checkpoint.new", "the way")
			if err := os.MkdirAll(in, 0o755); err != nil {
				return err
			}
			if s.Log.Integrate(t.Context()) == nil {
				t.Error("the log is published past its checkpoint")
			}
			return os.RemoveAll(filepath.Dir(in))
		})
		holds(330)
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}
