package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

func each(t *testing.T, run func(t *testing.T, s *vaulttest.Store)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		run(t, vaulttest.Open(t, d, policytest.Compile(t)))
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}

// happen writes n events about a subject.
func happen(t *testing.T, s *vaulttest.Store, subject string, n int) {
	t.Helper()
	if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
		for range n {
			if err := s.Append(tx, audit.Event{
				Subject: subject, Kind: audit.KindSignIn, Actor: audit.Actor{Kind: "person", ID: subject},
				Facts: audit.Facts{"means": "password"},
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatalf("write events: %v", err)
	}
}

func integrate(t *testing.T, s *vaulttest.Store) {
	t.Helper()
	if err := s.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// record downloads one event.
func record(t *testing.T, s *vaulttest.Store, subject string, n int64) []byte {
	t.Helper()
	rec, err := s.Log.Record(t.Context(), subject, n)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// exec changes the store behind the program's back: triggers are taken out.
func exec(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	if err := d.Update(t.Context(), func(tx *db.Tx) error {
		var drop []string
		if tx.Engine() == db.SQLite {
			if err := tx.Select(func(r *db.Rows) error {
				var name string
				err := r.Scan(&name)
				drop = append(drop, "DROP TRIGGER "+name)
				return err
			}, `SELECT name FROM sqlite_master WHERE type = 'trigger'`); err != nil {
				return err
			}
		} else {
			drop = []string{"ALTER TABLE audit_event DISABLE TRIGGER ALL", "ALTER TABLE audit_leaf DISABLE TRIGGER ALL"}
		}
		for _, s := range append(drop, statements...) {
			if subject, n, found := strings.Cut(s, "#"); found {
				if err := flip(tx, subject, n); err != nil {
					return err
				}
				continue
			}
			n, err := tx.Exec(s)
			if err != nil {
				return err
			}
			if n == 0 && strings.HasPrefix(s, "UPDATE") || n == 0 && strings.HasPrefix(s, "DELETE") {
				t.Errorf("%s changed nothing", s)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit of one sealed event.
func flip(tx *db.Tx, subject, n string) error {
	var sealed []byte
	if err := tx.QueryRow(`SELECT sealed FROM audit_event WHERE subject = $1 AND n = CAST($2 AS BIGINT)`, subject, n).Scan(&sealed); err != nil {
		return err
	}
	sealed[len(sealed)/2] ^= 1
	_, err := tx.Exec(`UPDATE audit_event SET sealed = $1 WHERE subject = $2 AND n = CAST($3 AS BIGINT)`, sealed, subject, n)
	return err
}

func TestI5_EventsAndLeavesAreNeverChangedOrDeleted(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		happen(t, s, subject, 3)
		integrate(t, s)
		happen(t, s, subject, 2)
		for _, statement := range []string{
			`UPDATE audit_event SET at = at + 1`,
			`UPDATE audit_event SET sealed = sealed WHERE n = 1`,
			`DELETE FROM audit_event`,
			`DELETE FROM audit_event WHERE n = 5`,
			`UPDATE audit_leaf SET idx = idx + 100`,
			`DELETE FROM audit_leaf WHERE idx = 0`,
		} {
			if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(statement)
				return err
			}); err == nil {
				t.Errorf("%s was done", statement)
			}
		}
		if n := len(s.Events(t, subject)); n != 5 {
			t.Errorf("%d events, not 5", n)
		}
	})
}

func TestAnEventCannotBeLeftOutOfTheTree(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		happen(t, s, subject, 700)
		integrate(t, s)
		happen(t, s, subject, 7)
		f, err := s.Log.Check(t.Context())
		if err != nil || !f.Kept() || f.Events != 707 || f.Leaves != 700 || f.Pending != 7 || f.Signed != 700 {
			t.Fatalf("found %+v, %v", f, err)
		}
		integrate(t, s)
		if f, err = s.Log.Check(t.Context()); err != nil || !f.Kept() || f.Leaves != 707 || f.Pending != 0 || f.Signed != 707 {
			t.Fatalf("found %+v, %v", f, err)
		}
	})
}

func TestARecordVerifiesOffline(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject, other := s.Subject(t), s.Subject(t)
		happen(t, s, other, 300)
		happen(t, s, subject, 3)
		text := record(t, s, subject, 2) // integrates by itself
		v, err := audit.VerifyRecord(text, s.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		if v.Event.Subject != subject || v.Event.N != 2 || v.Event.Kind != audit.KindSignIn || v.Event.Facts["means"] != "password" ||
			v.Event.Instance != vaulttest.Instance || v.Checkpoint.Size != 303 {
			t.Errorf("verified %+v", v)
		}
		if _, err := s.Log.Record(t.Context(), subject, 4); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a record of no event: %v", err)
		}
		if _, err := s.Log.Record(t.Context(), "nobody", 1); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a record of nobody: %v", err)
		}
		indented := new(bytes.Buffer)
		if err := json.Indent(indented, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.VerifyRecord(indented.Bytes(), s.Ring.Vkey()); err != nil {
			t.Errorf("written in another way it does not verify: %v", err)
		}
	})
}

func TestOneByteOfARecordChangedIsFound(t *testing.T) {
	s := vaulttest.Open(t, testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations(), ledger.Migrations()), policytest.Compile(t))
	subject := s.Subject(t)
	happen(t, s, subject, 5)
	text := record(t, s, subject, 3)
	good, err := audit.VerifyRecord(text, s.Ring.Vkey())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := range text {
		for _, bit := range []byte{1, 2, 4, 32} {
			changed := bytes.Clone(text)
			changed[i] ^= bit
			v, err := audit.VerifyRecord(changed, s.Ring.Vkey())
			if err != nil {
				found++
				continue
			}
			was, is := mustJSON(t, good), mustJSON(t, v)
			if !bytes.Equal(was, is) {
				t.Fatalf("byte %d changed and it verifies as\n%s\nnot\n%s", i, is, was)
			}
		}
	}
	if found < len(text)*39/10 { // all but the unused bits of base64 and the case of a name
		t.Errorf("%d of %d changes found", found, 4*len(text))
	}
	for what, record := range map[string]string{
		"nothing":          ``,
		"null":             `null`,
		"a list":           `[]`,
		"an empty object":  `{}`,
		"two objects":      string(text) + string(text),
		"an extra member":  strings.Replace(string(text), `{"type"`, `{"more":1,"type"`, 1),
		"a double member":  strings.Replace(string(text), `{"type"`, `{"index":0,"type"`, 1),
		"an extra fact":    strings.Replace(string(text), `"means"`, `"more":"x","means"`, 1),
		"another type":     strings.Replace(string(text), `access-record/1`, `access-record/2`, 1),
		"a negative place": strings.Replace(string(text), `"index":`, `"index":-1`, 1),
		"very long":        string(text) + strings.Repeat(" ", 2<<20),
		"deep":             strings.Repeat(`{"event":`, 100_000),
	} {
		if _, err := audit.VerifyRecord([]byte(record), s.Ring.Vkey()); err == nil {
			t.Errorf("%s verifies", what)
		}
	}
	other := vaulttest.Open(t, testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations(), ledger.Migrations()), policytest.Compile(t))
	if _, err := audit.VerifyRecord(text, other.Ring.Vkey()); err == nil {
		t.Error("it verifies with another log's key")
	}
	if _, err := audit.VerifyRecord(text, "no key"); err == nil {
		t.Error("it verifies without a key")
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARecordIsHeldAgainstALaterCopyOfTheLog(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		vkey := s.Ring.Vkey()
		happen(t, s, subject, 100)
		text := record(t, s, subject, 50)
		v, err := audit.VerifyRecord(text, vkey)
		if err != nil {
			t.Fatal(err)
		}
		old := copyOf(t, s.Dir)
		if c, err := v.Against(old, vkey); err != nil || c.Size != 100 {
			t.Errorf("against the same size: %+v, %v", c, err)
		}
		for range 5 {
			happen(t, s, subject, 333)
			integrate(t, s)
		}
		later := copyOf(t, s.Dir)
		c, err := v.Against(later, vkey)
		if err != nil || c.Size != 100+5*333 {
			t.Errorf("against a later copy: %+v, %v", c, err)
		}
		for path := range later {
			if strings.Contains(path, ".p/") && !strings.HasSuffix(path, ".p/133") && !strings.HasSuffix(path, ".p/229") && !strings.HasSuffix(path, ".p/6") {
				t.Errorf("a narrower tile was left: %s", path)
			}
		}
		newer, err := audit.VerifyRecord(record(t, s, subject, 1700), vkey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newer.Against(old, vkey); err == nil || !strings.Contains(err.Error(), "older") {
			t.Errorf("against an older copy: %v", err)
		}
		for path, f := range later {
			if strings.Contains(path, "entries") || strings.Contains(path, ".p/") {
				continue
			}
			changed := copyOf(t, s.Dir)
			b := bytes.Clone(f.Data)
			b[len(b)/2] ^= 1
			changed[path] = &fstest.MapFile{Data: b}
			if _, err := v.Against(changed, vkey); err == nil && path == "tile/0/000" {
				t.Errorf("a byte of %s changed and it holds", path)
			}
			delete(changed, path)
			if _, err := v.Against(changed, vkey); err == nil && path == "tile/0/000" {
				t.Errorf("%s is gone and it holds", path)
			}
		}
	})
}

func copyOf(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		m[path] = &fstest.MapFile{Data: b}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestALogRebuiltWithTheRealKeyIsFound is what an operator could do who holds
// every key: make the whole log again without one event.
func TestALogRebuiltWithTheRealKeyIsFound(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		happen(t, s, subject, 40)
		v, err := audit.VerifyRecord(record(t, s, subject, 20), s.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		rebuild(t, s, subject)
		happen(t, s, subject, 60)
		integrate(t, s)
		if _, err := v.Against(copyOf(t, s.Dir), s.Ring.Vkey()); err == nil || !strings.Contains(err.Error(), "rewritten") {
			t.Errorf("against the rebuilt log: %v", err)
		}
		if f, err := s.Log.Check(t.Context()); err != nil || !f.Kept() {
			t.Errorf("the rebuilt log is whole in itself, which shows why people keep records: %+v, %v", f, err)
		}
	})
}

// rebuild empties the log and the signer's memory, and starts over.
func rebuild(t *testing.T, s *vaulttest.Store, subject string) {
	t.Helper()
	exec(t, s.DB, `DELETE FROM audit_event`, `DELETE FROM audit_leaf`, `DELETE FROM audit_tile`,
		`UPDATE vault_gate SET n = 0 WHERE subject = '`+subject+`'`,
		`UPDATE audit_tree SET size = 0, signed = 0, checkpoint = ''`)
	if s.DB.Engine() == db.SQLite {
		exec(t, s.DB, `CREATE TRIGGER audit_event_pending AFTER INSERT ON audit_event
			BEGIN INSERT INTO audit_pending (leaf, subject, n) VALUES (NEW.leaf, NEW.subject, NEW.n); END`)
	} else {
		exec(t, s.DB, `ALTER TABLE audit_event ENABLE TRIGGER ALL`)
	}
	if err := os.WriteFile(filepath.Join(s.Keys, "signer.json"), []byte(`{"size":0,"root":null}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		t.Fatal(err)
	}
	*s = *vaulttest.Reopen(t, s.DB, policytest.Compile(t), s.Keys, s.Dir)
}

func TestI16_CheckpointsAreConsistentAcrossRestarts(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		r := testkit.Chance(t)
		var first *audit.Verified
		last := int64(0)
		for range 12 {
			happen(t, s, subject, 1+r.IntN(200))
			integrate(t, s)
			s = vaulttest.Reopen(t, s.DB, policytest.Compile(t), s.Keys, s.Dir)
			integrate(t, s)
			log := copyOf(t, s.Dir)
			c, err := audit.OpenCheckpoint(log["checkpoint"].Data, s.Ring.Vkey())
			if err != nil || c.Size <= last {
				t.Fatalf("checkpoint %+v after %d, %v", c, last, err)
			}
			last = c.Size
			if first == nil {
				if first, err = audit.VerifyRecord(record(t, s, subject, 1), s.Ring.Vkey()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := first.Against(log, s.Ring.Vkey()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestI16_TheSignerSignsNothingSmallerOrOther(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		happen(t, s, subject, 20)
		integrate(t, s)
		exec(t, s.DB, `DELETE FROM audit_leaf WHERE idx >= 10`, `DELETE FROM audit_tile`,
			`UPDATE audit_tree SET size = 0, signed = 0`, `DELETE FROM audit_leaf WHERE idx < 10`)
		if s.DB.Engine() == db.SQLite {
			exec(t, s.DB, `INSERT INTO audit_pending (leaf, subject, n) SELECT leaf, subject, n FROM audit_event WHERE n <= 10`)
		} else {
			exec(t, s.DB, `INSERT INTO audit_pending (leaf, subject, n) SELECT leaf, subject, n FROM audit_event WHERE n <= 10`)
		}
		if err := s.Log.Integrate(t.Context()); err == nil {
			t.Error("a smaller tree was signed")
		}
		exec(t, s.DB, `INSERT INTO audit_pending (leaf, subject, n) SELECT leaf, subject, n + 100 FROM audit_event`)
		if err := s.Log.Integrate(t.Context()); err == nil {
			t.Error("a larger tree that does not contain what was signed was signed")
		}
		signed, err := s.Ring.Signed()
		if err != nil || signed.Size != 20 {
			t.Errorf("the signer remembers %+v, %v", signed, err)
		}
	})
}

func TestI16_TwoNodesSignOneLog(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		p := policytest.Compile(t)
		a := vaulttest.Open(t, d, p)
		b := vaulttest.Reopen(t, d, p, a.Keys, filepath.Join(t.TempDir(), "log"))
		subject := a.Subject(t)
		var wait sync.WaitGroup
		for _, s := range []*vaulttest.Store{a, b} {
			wait.Go(func() {
				for range 30 {
					happen(t, s, subject, 20)
				}
			})
			wait.Go(func() {
				for range 30 {
					if err := s.Log.Integrate(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		integrate(t, a)
		integrate(t, b)
		f, err := a.Log.Check(t.Context())
		if err != nil || !f.Kept() || f.Leaves != 1200 || f.Signed != 1200 {
			t.Fatalf("found %+v, %v", f, err)
		}
		v, err := audit.VerifyRecord(record(t, a, subject, 1), a.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{a.Dir, b.Dir} {
			if _, err := v.Against(copyOf(t, dir), a.Ring.Vkey()); err != nil {
				t.Error(err)
			}
		}
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}

func TestALogThatIsBehindIsNotReady(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		ready := func(when string, want bool) {
			t.Helper()
			if err := s.Log.Ready(t.Context()); (err == nil) != want {
				t.Errorf("%s: %v", when, err)
			}
		}
		subject := s.Subject(t)
		integrate(t, s)
		s.Clock.Advance(time.Hour)
		ready("nothing waits", true)
		happen(t, s, subject, 1)
		s.Clock.Advance(time.Minute)
		ready("an event waits for a minute", true)
		s.Clock.Advance(time.Second)
		ready("an event waits for longer", false)
		integrate(t, s)
		ready("it is signed for", true)
		exec(t, s.DB, `UPDATE audit_tree SET signed = signed - 1`)
		ready("it is in the tree and not signed for", false)
	})
}

// TestI16_TwoNodesTakeTheSameLeavesAtOnce holds both up at the moment at which
// each would put what waits at the end of the tree.
func TestI16_TwoNodesTakeTheSameLeavesAtOnce(t *testing.T) {
	d, p := testkit.Database(t, db.Postgres, audit.Migrations(), vault.Migrations(), ledger.Migrations()), policytest.Compile(t)
	a := vaulttest.Open(t, d, p)
	b := vaulttest.Reopen(t, d, p, a.Keys, filepath.Join(t.TempDir(), "log"))
	happen(t, a, a.Subject(t), 30)
	ended := make(chan error, 2)
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`LOCK TABLE audit_leaf IN SHARE MODE`); err != nil {
			return err
		}
		for _, s := range []*vaulttest.Store{a, b} {
			go func() { ended <- s.Log.Integrate(t.Context()) }()
		}
		for waiting := 0; waiting < 2; time.Sleep(5 * time.Millisecond) {
			if err := d.View(t.Context(), func(tx *db.Tx) error {
				return tx.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, <-ended, <-ended); err != nil {
		t.Fatal(err)
	}
	if f, err := a.Log.Check(t.Context()); err != nil || !f.Kept() || f.Leaves != 30 || f.Signed != 30 {
		t.Errorf("found %+v, %v", f, err)
	}
}

func TestRunSignsWithinASecond(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		happen(t, s, subject, 3)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Log.Run(ctx, func(err error) { t.Error(err) }) }()
		defer func() { // it writes into folders that go with the test
			stop()
			<-done
		}()
		deadline := time.After(10 * time.Second) // a slow machine; the pause is half a second
		for {
			signed, err := s.Ring.Signed()
			if err != nil {
				t.Fatal(err)
			}
			if signed.Size == 3 {
				return
			}
			select {
			case <-deadline:
				t.Fatal("nothing was signed")
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}
