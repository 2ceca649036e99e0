package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestO11_ALogThatWasTamperedWithIsFoundByTheProgram does to a store of the
// real program what an administrator of the database could do, and what
// somebody with every key could: prove finds the first, and verify of a record
// that was downloaded before, against the log of afterwards, the second.
func TestO11_ALogThatWasTamperedWithIsFoundByTheProgram(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			f := forge(t, engine)
			f.says("a whole log", true, "nothing was taken out or rewritten", "verify", f.record, "--key", f.vkey, "--against", f.before)
			f.proves("a whole store", true)
			f.fix(false)
			for what, c := range f.changes() {
				f.update(c.do)
				f.proves(what, false)
				f.update(c.undo)
			}
			f.proves("everything put back", true)
			f.rebuild()
			f.says("the record by itself", true, "verified", "verify", f.record, "--key", f.vkey)
			f.says("against the log of before", true, "nothing was taken out", "verify", f.record, "--key", f.vkey, "--against", f.before)
			f.says("against the log that was rebuilt", false, "the log was rewritten", "verify", f.record, "--key", f.vkey, "--against", f.after)
			f.proves("a log that was rebuilt with its key, which is whole in itself", true)
		})
	}
}

// forger is somebody who may do everything with a portal's store and keys.
type forger struct {
	t             *testing.T
	dir, keys     string // the instance, the key directory
	data          string
	store         []string // the flags that name the store
	address       string
	program       *testkit.Program
	vkey          string
	record        string   // file of a record downloaded before
	before, after string   // folders of the log as downloaded
	subject       string   // whose record it is
	triggers      []string // those of SQLite that were taken out
}

// forge lets a citizen of a demo work, download a record and the log, and
// stops the portal.
func forge(t *testing.T, engine db.Engine) *forger {
	t.Helper()
	home := t.TempDir()
	f := &forger{
		t: t, dir: onegov(t), keys: filepath.Join(home, "keys"), data: filepath.Join(home, "data"), record: filepath.Join(home, "access-2.json"),
		before: filepath.Join(home, "before"), after: filepath.Join(home, "after"),
	}
	f.store = []string{"--data", f.data, "--keys", f.keys}
	f.address = "file:" + filepath.Join(f.data, "portico.db")
	if engine == db.Postgres {
		f.address = testkit.Address(t, engine)
		f.store = append(f.store, "--database", f.address)
	}
	f.program = testkit.Serve(t, append([]string{f.dir, "--demo"}, f.store...)...)
	f.work(f.before)
	said, _ := f.run(append([]string{"keys", "status"}, f.store...)...)
	if key := regexp.MustCompile(`(?m)^verifier key +(\S+)$`).FindStringSubmatch(said); key != nil {
		f.vkey = key[1]
	}
	record, err := os.ReadFile(f.record)
	if err != nil {
		t.Fatal(err)
	}
	v, err := audit.VerifyRecord(record, f.vkey)
	if err != nil {
		t.Fatal(err)
	}
	f.subject = v.Event.Subject
	return f
}

// work lets the citizen look at their data, keeps the record of their second
// event if there is none yet, downloads the log and stops the portal.
func (f *forger) work(to string) {
	f.t.Helper()
	b := f.program.Browse()
	signIn(b, f.program.Person("citizen"))
	for range 20 {
		b.Page("/en/cabinet/data", http.StatusOK)
	}
	record := f.get(b, "/en/cabinet/access/2.json") // integrates what waits
	if _, err := os.Stat(f.record); err != nil {
		write(f.t, f.record, string(record))
	}
	f.download(b, to)
	f.program.Stop()
}

func (f *forger) get(b *testkit.Browser, path string) []byte {
	f.t.Helper()
	resp := b.Get(path)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		f.t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return body
}

// download fetches the log as anybody can. It holds less than a full tile.
func (f *forger) download(b *testkit.Browser, to string) {
	f.t.Helper()
	checkpoint := f.get(b, "/audit/checkpoint")
	var size int
	if _, err := fmt.Sscanf(string(checkpoint), "onegov\n%d\n", &size); err != nil || size > 255 {
		f.t.Fatalf("a checkpoint of %d entries: %v", size, err)
	}
	tile := audit.TilePath(0, 0, size)
	if err := os.MkdirAll(filepath.Join(to, filepath.Dir(tile)), 0o700); err != nil {
		f.t.Fatal(err)
	}
	write(f.t, filepath.Join(to, "checkpoint"), string(checkpoint))
	write(f.t, filepath.Join(to, tile), string(f.get(b, "/audit/"+tile)))
}

// run runs the real program.
func (f *forger) run(args ...string) (said string, ok bool) {
	f.t.Helper()
	out, err := exec.CommandContext(f.t.Context(), testkit.Binary(f.t), args...).CombinedOutput()
	return string(out), err == nil
}

func (f *forger) says(what string, ok bool, text string, args ...string) {
	f.t.Helper()
	if said, did := f.run(args...); did != ok || !strings.Contains(said, text) {
		f.t.Errorf("%s: %s says %s", what, args[0], said)
	}
}

// proves runs prove: it succeeds, or says that the log is broken.
func (f *forger) proves(what string, ok bool) {
	f.t.Helper()
	said, did := f.run(append([]string{"prove", f.dir}, f.store...)...)
	if broken := regexp.MustCompile(`(?m)^access-log +broken`).MatchString(said); did != ok || broken == ok {
		f.t.Errorf("%s: prove says %s", what, said)
	}
}

// update changes the store behind the program's back.
func (f *forger) update(fn func(*db.Tx) error) {
	f.t.Helper()
	d, err := db.Open(f.t.Context(), f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	err = d.Update(f.t.Context(), fn)
	if e := d.Close(); err != nil || e != nil {
		f.t.Fatal(err, e)
	}
}

func (f *forger) exec(statements ...string) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		for _, s := range statements {
			n, err := tx.Exec(strings.ReplaceAll(s, "SUBJECT", f.subject))
			if err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			if n == 0 && strings.HasPrefix(s, "UPDATE") {
				return fmt.Errorf("%s changed nothing", s)
			}
		}
		return nil
	}
}

// fix takes the triggers that keep events and leaves from being changed out,
// or puts them back.
func (f *forger) fix(back bool) {
	f.t.Helper()
	f.update(func(tx *db.Tx) error {
		switch {
		case tx.Engine() == db.Postgres && back:
			return f.exec(`ALTER TABLE audit_event ENABLE TRIGGER ALL`, `ALTER TABLE audit_leaf ENABLE TRIGGER ALL`)(tx)
		case tx.Engine() == db.Postgres:
			return f.exec(`ALTER TABLE audit_event DISABLE TRIGGER ALL`, `ALTER TABLE audit_leaf DISABLE TRIGGER ALL`)(tx)
		case back:
			return f.exec(f.triggers...)(tx)
		}
		var drop []string
		if err := tx.Select(func(r *db.Rows) error {
			var name, text string
			err := r.Scan(&name, &text)
			drop, f.triggers = append(drop, "DROP TRIGGER "+name), append(f.triggers, text)
			return err
		}, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'`); err != nil {
			return err
		}
		return f.exec(drop...)(tx)
	})
}

// change is a forgery, and how to put back what was.
type change struct{ do, undo func(*db.Tx) error }

func (f *forger) changes() map[string]change {
	const row = `SELECT subject, n, at, leaf, sealed FROM audit_event WHERE subject = $1 AND n = 2`
	var subject string
	var n, at int64
	var leaf, sealed []byte
	var checkpoint string
	flip := func(tx *db.Tx) error {
		if err := tx.QueryRow(row, f.subject).Scan(&subject, &n, &at, &leaf, &sealed); err != nil {
			return err
		}
		sealed[len(sealed)/2] ^= 1
		_, err := tx.Exec(`UPDATE audit_event SET sealed = $1 WHERE subject = $2 AND n = 2`, sealed, f.subject)
		return err
	}
	events := f.exec(
		`UPDATE audit_event SET n = 1000000 WHERE subject = 'SUBJECT' AND n = 2`,
		`UPDATE audit_event SET n = 2 WHERE subject = 'SUBJECT' AND n = 3`,
		`UPDATE audit_event SET n = 3 WHERE subject = 'SUBJECT' AND n = 1000000`)
	leaves := f.exec(
		`UPDATE audit_leaf SET idx = 1000000 WHERE idx = 4`,
		`UPDATE audit_leaf SET idx = 4 WHERE idx = 5`,
		`UPDATE audit_leaf SET idx = 5 WHERE idx = 1000000`)
	return map[string]change{
		"one byte of an event": {flip, flip},
		"the time of an event": {
			f.exec(`UPDATE audit_event SET at = at + 1 WHERE subject = 'SUBJECT' AND n = 2`),
			f.exec(`UPDATE audit_event SET at = at - 1 WHERE subject = 'SUBJECT' AND n = 2`),
		},
		"an event removed": {
			func(tx *db.Tx) error {
				if err := tx.QueryRow(row, f.subject).Scan(&subject, &n, &at, &leaf, &sealed); err != nil {
					return err
				}
				return f.exec(`DELETE FROM audit_event WHERE subject = 'SUBJECT' AND n = 2`)(tx)
			},
			func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO audit_event (subject, n, at, leaf, sealed) VALUES ($1, $2, $3, $4, $5)`, subject, n, at, leaf, sealed)
				return err
			},
		},
		"two events reordered": {events, events},
		"two leaves reordered": {leaves, leaves},
		"the checkpoint erased": {
			func(tx *db.Tx) error {
				if err := tx.QueryRow(`SELECT checkpoint FROM audit_tree`).Scan(&checkpoint); err != nil {
					return err
				}
				return f.exec(`UPDATE audit_tree SET checkpoint = ''`)(tx)
			},
			func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE audit_tree SET checkpoint = $1`, checkpoint)
				return err
			},
		},
	}
}

// rebuild makes the whole log again without the citizen's last event, with the
// real key and no memory of what was signed, and lets the portal go on with it.
func (f *forger) rebuild() {
	f.t.Helper()
	f.update(f.exec(
		`DELETE FROM audit_event WHERE subject = 'SUBJECT' AND n = (SELECT max(n) FROM audit_event WHERE subject = 'SUBJECT')`,
		`UPDATE vault_gate SET n = n - 1 WHERE subject = 'SUBJECT'`,
		`DELETE FROM audit_leaf`, `DELETE FROM audit_tile`, `DELETE FROM audit_pending`,
		`UPDATE audit_tree SET size = 0, signed = 0, checkpoint = ''`,
		`INSERT INTO audit_pending (leaf, subject, n) SELECT leaf, subject, n FROM audit_event`))
	f.fix(true)
	write(f.t, filepath.Join(f.keys, "signer.json"), `{"size":0,"root":null}`)
	if err := os.RemoveAll(filepath.Join(f.data, "log")); err != nil {
		f.t.Fatal(err)
	}
	f.program.Start()
	f.work(f.after)
}
