package uploads_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// meanwhile is what somebody sends while something happens.
type meanwhile func()

func (m meanwhile) Read([]byte) (int, error) {
	m()
	return 0, io.EOF
}

// TestBytesThatWereNotedStayThoughTheAnswerIsAnError: while the ledger's file
// cannot be written, nobody is told that anything is done; but what was
// committed is, and its bytes are there once the file can be written again.
func TestBytesThatWereNotedStayThoughTheAnswerIsAnError(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		l, err := ledger.Open(t.Context(), ledger.Config{DB: d, Ring: w.store.Ring, Clock: w.store.Clock})
		if err != nil {
			t.Fatal(err)
		}
		pol := declared(t)
		w.Vault = vault.New(vault.Config{DB: d, Ring: w.store.Ring, Log: w.store.Log, Ledger: l, Clock: w.store.Clock, Policy: func() *policy.Policy { return pol }})
		s := w.spot(w.citizen, plan)
		content := pdf(70_000, "a")
		f, err := w.Begin(t.Context(), s, "a.pdf", int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(w.store.Keys, ledger.FileName)
		breaks := sync.OnceFunc(func() {
			if err := os.Rename(file, file+".away"); err != nil {
				t.Error(err)
			}
			if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error {
				return w.Vault.Took(tx, ledger.Withdraw, w.stranger.ID, "newsletter")
			}); err == nil {
				t.Error("something is kept without the file")
			}
		})
		sends := io.MultiReader(bytes.NewReader(content[:50_000]), meanwhile(breaks), bytes.NewReader(content[50_000:]))
		if _, err := w.Write(t.Context(), s, f.ID, 0, sends); err == nil {
			t.Error("a file is acknowledged though the ledger cannot be written")
		}
		if err := os.Rename(file+".away", file); err != nil {
			t.Fatal(err)
		}
		w.store.Clock.Advance(3 * time.Minute)
		w.work()
		if now, err := w.Own(t.Context(), s, f.ID); err != nil || now.State != uploads.Clean {
			t.Errorf("the file stands as %s, %v", now.State, err)
		}
	}, append(migrations(), ledger.Migrations())...)
}
