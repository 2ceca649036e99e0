package backup_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/backup"
	"portico/internal/ledger"
	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// slow is a folder of files with which something happens while it is copied.
type slow struct {
	*blobs.Folder
	meanwhile func()
}

func (s *slow) List(ctx context.Context, each func(blobs.Info) error) error {
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
	return s.Folder.List(ctx, each)
}

// world is a store that is copied.
type world struct {
	*backup.Source
	store *vaulttest.Store
	files *slow
	home  string
}

func (w *world) at(name string) string { return filepath.Join(w.home, name) }

func both(t *testing.T, test func(*testing.T, *world)) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		s := vaulttest.Open(t, d, policytest.Compile(t))
		if _, err := ledger.Open(t.Context(), ledger.Config{DB: d, Ring: s.Ring, Clock: s.Clock}); err != nil {
			t.Fatal(err)
		}
		folder, err := blobs.OpenFolder(filepath.Join(t.TempDir(), "files"), s.Clock)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = folder.Close() })
		files := &slow{Folder: folder}
		s.Subject(t)
		test(t, &world{&backup.Source{
			DB: d, Ring: s.Ring, Blobs: files, Clock: s.Clock,
			Tables: slices.Concat(audit.Holding(), vault.Holding(), ledger.Holding(), backup.Holding()),
		}, s, files, t.TempDir()})
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations(), backup.Migrations())
}

// names are what lies beside the backups.
func (w *world) names(t *testing.T) (all []string) {
	t.Helper()
	list, err := os.ReadDir(w.home)
	for _, one := range list {
		all = append(all, one.Name())
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func noted(*backup.Manifest) error { return nil }

func whole(t *testing.T, at string, kind backup.Kind) *backup.Manifest {
	t.Helper()
	b, err := backup.Open(at, kind)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return &b.Manifest
}

// TestI8_KeysThatWereCopiedBeforeTheDataAreOlder: a key backup that was made
// while the files of a data backup were copied lacks whoever came before its rows
// were, and must not pass for one that was made after it.
func TestI8_KeysThatWereCopiedBeforeTheDataAreOlder(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.files.meanwhile = func() {
			w.store.Clock.Advance(time.Minute)
			if _, err := w.WriteKeys(t.Context(), w.at("keys")); err != nil {
				t.Error(err)
			}
			w.store.Clock.Advance(time.Minute)
			w.store.Subject(t)
		}
		if _, err := w.WriteData(t.Context(), w.at("data"), noted); err != nil {
			t.Fatal(err)
		}
		data, keys := whole(t, w.at("data"), backup.Data), whole(t, w.at("keys"), backup.Keys)
		gates := data.Tables[slices.IndexFunc(data.Tables, func(t backup.Table) bool { return t.Name == "vault_gate" })]
		if gates.Rows != 3 { // two people and the portal
			t.Fatalf("%d are copied", gates.Rows)
		}
		if !keys.At.Before(data.At) {
			t.Errorf("the keys are of %s and the data, which holds who came later, of %s", keys.At, data.At)
		}
	})
}

// TestABackupIsWrittenByOneProcess: another that is to write to the same place is
// refused, and takes nothing away.
func TestABackupIsWrittenByOneProcess(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.files.meanwhile = func() {
			if _, err := w.WriteData(t.Context(), w.at("data"), noted); err == nil || !strings.Contains(err.Error(), "another process is writing") {
				t.Errorf("two write one backup: %v", err)
			}
		}
		if _, err := w.WriteData(t.Context(), w.at("data")+"/", noted); err != nil {
			t.Fatal(err)
		}
		whole(t, w.at("data"), backup.Data)
		if names := w.names(t); !slices.Equal(names, []string{"data"}) {
			t.Errorf("there is %q", names)
		}
	})
}

// TestAKeyBackupThatBrokeOffBetweenTwoNamesIsNotLost is killed when the one
// before has lost its name and the new one has not got it yet. Until there is
// another, one that is whole can be named.
func TestAKeyBackupThatBrokeOffBetweenTwoNamesIsNotLost(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		place := w.at("keys")
		_, err := w.WriteKeys(t.Context(), place)
		if err == nil {
			err = os.CopyFS(w.at("before"), os.DirFS(place))
		}
		if err == nil {
			_, err = w.WriteKeys(t.Context(), place)
		}
		if err := errors.Join(err, os.Rename(place, place+".partial"), os.Rename(w.at("before"), place+".old")); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Open(place, backup.Keys); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "name "+place+".partial") {
			t.Errorf("what to do is not said: %v", err)
		}
		whole(t, place+".partial", backup.Keys)

		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := w.WriteKeys(ended, place); err == nil {
			t.Error("a key backup is made that was ended")
		}
		whole(t, place, backup.Keys)
		if _, err := w.WriteKeys(t.Context(), place+"/"); err != nil {
			t.Fatal(err)
		}
		whole(t, place, backup.Keys)
		if names := w.names(t); !slices.Equal(names, []string{"keys"}) {
			t.Errorf("there is %q", names)
		}
	})
}

// TestADrillThatWasKilledIsRemovedByTheNext: its scratch place has the keys.
func TestADrillThatWasKilledIsRemovedByTheNext(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	one, remove, err := backup.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	killed, err := os.MkdirTemp("", "portico-drill-")
	if err == nil {
		err = os.WriteFile(filepath.Join(killed, "root.key"), []byte("key"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	other, removeOther, err := backup.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	for dir, there := range map[string]bool{one: true, other: true, killed: false} {
		if _, err := os.Stat(dir); (err == nil) != there {
			t.Errorf("%s is there: %v, want %v", dir, err == nil, there)
		}
	}
	if err := errors.Join(remove(), removeOther()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left is %v, %v", left, err)
	}
}

// TestABackupIsNotedBeforeItHasItsName: killed in between, it is made again by the
// same command; one that cannot be noted is there all the same.
func TestABackupIsNotedBeforeItHasItsName(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		full := errors.New("the disk is full")
		_, err := w.WriteData(t.Context(), w.at("data"), func(m *backup.Manifest) error {
			if names := w.names(t); !slices.Equal(names, []string{"data.partial"}) {
				t.Errorf("when it is noted there is %q", names)
			}
			if part := whole(t, w.at("data.partial"), backup.Data); !part.At.Equal(m.At) {
				t.Errorf("what is whole is of %s and what is noted of %s", part.At, m.At)
			}
			return full
		})
		if !errors.Is(err, full) {
			t.Errorf("that it is not noted is not said: %v", err)
		}
		whole(t, w.at("data"), backup.Data)
	})
}
