package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/testkit"
)

const instance = "test-portal"

// world is a ledger and what it stands on.
type world struct {
	*ledger.Ledger
	db   *db.DB
	ring *keys.Ring
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	ring, err := keys.Create(filepath.Join(t.TempDir(), "keys"), instance, false)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: d, ring: ring}
	w.Ledger, err = w.again(t.Context())
	if err != nil {
		t.Fatalf("open the ledger: %v", err)
	}
	return w
}

func (w *world) again(ctx context.Context) (*ledger.Ledger, error) {
	return ledger.Open(ctx, ledger.Config{DB: w.db, Ring: w.ring, Clock: clock.System{}})
}

func (w *world) file() string { return filepath.Join(w.ring.Dir(), ledger.FileName) }

func (w *world) record(t *testing.T, l *ledger.Ledger, subject string) {
	t.Helper()
	if err := w.db.Update(t.Context(), func(tx *db.Tx) error {
		return l.Record(tx, ledger.Act{Kind: ledger.Withdraw, Subject: subject, Ref: "newsletter"})
	}); err != nil {
		t.Fatalf("record an act: %v", err)
	}
}

// subjects are those of the acts in the file, in its order.
func (w *world) subjects(t *testing.T) (list []string) {
	t.Helper()
	if _, err := ledger.Read(w.ring.Dir(), instance, func(e ledger.Entry) error {
		list = append(list, e.Subject)
		return nil
	}); err != nil {
		t.Fatalf("read the ledger: %v", err)
	}
	return list
}

func both(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) { test(t, open(t, d)) }, ledger.Migrations())
}

func TestI8_WhatIsKeptIsInTheFileOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.record(t, w.Ledger, "ana")
		if got := w.subjects(t); len(got) != 0 {
			t.Errorf("before it is kept, the file holds %q", got)
		}
		for range 3 {
			if err := w.Keep(t.Context()); err != nil {
				t.Fatalf("keep: %v", err)
			}
		}
		if got := w.subjects(t); len(got) != 1 || got[0] != "ana" || w.Head().N != 1 {
			t.Errorf("the file holds %q and ends with %d, want ana alone", got, w.Head().N)
		}
		info, err := os.Stat(w.file())
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v (%v), want 0600", info.Mode(), err)
		}
	})
}

func TestI8_WhatWasCommittedBeforeACrashIsAppendedAtTheStart(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.record(t, w.Ledger, "ana")
		// The next one was being written when the power went.
		f, err := os.OpenFile(w.file(), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"n":1,"id":"0199`); err != nil || f.Close() != nil {
			t.Fatal(err)
		}
		again, err := w.again(t.Context())
		if err != nil {
			t.Fatalf("start again: %v", err)
		}
		if got := w.subjects(t); len(got) != 1 || got[0] != "ana" || again.Head().N != 1 {
			t.Errorf("after the start the file holds %q", got)
		}
	})
}

func TestI8_AStoreThatIsOlderThanTheLedgerIsRefused(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.record(t, w.Ledger, "ana")
		if err := w.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.db.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM ledger_act`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.again(t.Context()); err == nil || !strings.Contains(err.Error(), "the store is older than the ledger") {
			t.Errorf("a store that forgot an act opens with %v", err)
		}
	})
}

func TestI8_ALedgerThatIsOlderThanTheStoreIsRefused(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		old, err := os.ReadFile(w.file())
		if err != nil {
			t.Fatal(err)
		}
		w.record(t, w.Ledger, "ana")
		if err := w.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.file(), old, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.again(t.Context()); err == nil || !strings.Contains(err.Error(), "the file is older than the store") {
			t.Errorf("an old ledger opens with %v", err)
		}
	})
}

func TestI8_DamageToTheLedgerIsNamedByItsLine(t *testing.T) {
	w := open(t, testkit.Database(t, db.SQLite, ledger.Migrations()))
	for _, who := range []string{"ana", "bela", "cira"} {
		w.record(t, w.Ledger, who)
		if err := w.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(w.file())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for name, c := range map[string]struct{ text, want string }{
		"an act is changed":         {strings.Replace(string(whole), "bela", "belo", 1), "line 4 of"},
		"an act is taken out":       {lines[0] + lines[1] + lines[3], "line 3 of"},
		"the last act is changed":   {strings.Replace(string(whole), "cira", "ciro", 1), "act 3 of the ledger is another"},
		"two acts changed places":   {lines[0] + lines[2] + lines[1] + lines[3], "line 2 of"},
		"it is another portal's":    {strings.Replace(string(whole), instance, "other", 1), "is not the ledger of"},
		"a line is no act":          {string(whole) + "hello\n", "line 5 of"},
		"the file was emptied":      {"", "is empty"},
		"others could have read it": {string(whole), "others can read"},
	} {
		t.Run(name, func(t *testing.T) {
			mode := os.FileMode(0o600)
			if c.want == "others can read" {
				mode = 0o640
			}
			if err := errors.Join(os.WriteFile(w.file(), []byte(c.text), mode), os.Chmod(w.file(), mode)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.again(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it opens with %v, want %q", err, c.want)
			}
		})
	}
}

func TestI8_ALedgerIsNotBegunAgainInSilence(t *testing.T) {
	w := open(t, testkit.Database(t, db.SQLite, ledger.Migrations()))
	if _, err := w.ring.Sign("test\n1\n", keys.State{Size: 1, Root: make([]byte, 32)}, func(keys.State) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.file()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.again(t.Context()); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("without its ledger a store that was used opens with %v", err)
	}
}

func TestI8_TheLedgerHoldsIdsAlone(t *testing.T) {
	w := open(t, testkit.Database(t, db.SQLite, ledger.Migrations()))
	for _, a := range []ledger.Act{
		{Kind: ledger.Erase, Subject: "ana", Scope: "case 12"},
		{Kind: ledger.Revoke, Subject: "ana", Ref: "ana@example.org"},
		{Kind: ledger.Revoke, Subject: "ana\n"},
		{Kind: ledger.Revoke},
		{Kind: "give", Subject: "ana"},
	} {
		if err := w.db.Update(t.Context(), func(tx *db.Tx) error { return w.Record(tx, a) }); err == nil {
			t.Errorf("%+v was recorded", a)
		}
	}
}

// Two nodes on one store and one key directory record and keep at once.
func TestI8_NodesKeepEachActOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		other, err := w.again(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const each = 25
		var all sync.WaitGroup
		for _, l := range []*ledger.Ledger{w.Ledger, other, w.Ledger, other} {
			all.Go(func() {
				for range each {
					w.record(t, l, "ana")
					if err := l.Keep(t.Context()); err != nil {
						t.Errorf("keep: %v", err)
					}
				}
			})
		}
		all.Wait()
		if got := len(w.subjects(t)); got != 4*each {
			t.Errorf("the file holds %d acts, want %d", got, 4*each)
		}
		if _, err := w.again(t.Context()); err != nil {
			t.Errorf("start again: %v", err)
		}
	})
}

// What cannot be kept is not confirmed, and is kept once it can be.
func TestI8_WhatCannotBeKeptIsNotConfirmed(t *testing.T) {
	w := open(t, testkit.Database(t, db.SQLite, ledger.Migrations()))
	away := w.file() + ".away"
	if err := os.Rename(w.file(), away); err != nil {
		t.Fatal(err)
	}
	w.record(t, w.Ledger, "ana")
	if err := w.Kept(t.Context()); err == nil || w.Ready(t.Context()) == nil {
		t.Errorf("without the file it was kept: %v", err)
	}
	if err := os.Rename(away, w.file()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := errors.Join(w.Kept(ctx), w.Ready(ctx)); err != nil {
		t.Errorf("with the file again: %v", err)
	}
	if got := w.subjects(t); len(got) != 1 {
		t.Errorf("the file holds %q", got)
	}
}

// TestI8_NobodyIsAnsweredBeforeTheirActIsInTheFile: whoever is answered while
// others keep what was recorded finds their own act in the file.
func TestI8_NobodyIsAnsweredBeforeTheirActIsInTheFile(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx, end := context.WithCancel(t.Context())
		var others sync.WaitGroup
		others.Go(func() {
			for ctx.Err() == nil {
				if err := w.Kept(ctx); err != nil {
					t.Errorf("keep: %v", err)
					return
				}
			}
		})
		for range 25 {
			subject := id.New(time.Now())
			w.record(t, w.Ledger, subject)
			_, _ = os.ReadFile(w.file()) // time enough for the others to begin
			if err := w.Kept(ctx); err != nil {
				t.Errorf("keep: %v", err)
			}
			if file, err := os.ReadFile(w.file()); err != nil || !bytes.Contains(file, []byte(subject)) {
				t.Errorf("somebody is answered whose act is not in the file (%v)", err)
				break
			}
		}
		end()
		others.Wait()
	})
}

// TestI8_ALedgerThatBecameOlderIsNotWrittenOn: one that was put back by hand while
// the portal runs lacks what is kept; nothing is written behind what it lacks.
func TestI8_ALedgerThatBecameOlderIsNotWrittenOn(t *testing.T) {
	w := open(t, testkit.Database(t, db.SQLite, ledger.Migrations()))
	old, err := os.ReadFile(w.file())
	if err != nil {
		t.Fatal(err)
	}
	w.record(t, w.Ledger, "ana")
	if err := w.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	newest, err := os.ReadFile(w.file())
	if err := errors.Join(err, os.WriteFile(w.file(), old, 0o600)); err != nil {
		t.Fatal(err)
	}
	w.record(t, w.Ledger, "bob")
	if err := w.Kept(t.Context()); err == nil || !strings.Contains(err.Error(), "older") {
		t.Errorf("it is kept in an older file: %v", err)
	}
	if now, err := os.ReadFile(w.file()); err != nil || !bytes.Equal(now, old) {
		t.Errorf("the older file was written on: %q, %v", now, err)
	}
	if err := errors.Join(os.WriteFile(w.file(), newest, 0o600), w.Kept(t.Context())); err != nil {
		t.Errorf("with the newest again: %v", err)
	}
	if got := w.subjects(t); len(got) != 2 {
		t.Errorf("the file holds %q", got)
	}
}
