package retention_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// The variables by which this binary is the process that is killed.
const (
	killedStore, killedKeys, killedLog = "PORTICO_TEST_KILLED_STORE", "PORTICO_TEST_KILLED_KEYS", "PORTICO_TEST_KILLED_LOG"
	begun                              = "the run begins"
)

// TestTheProcessThatIsKilled is the process of TestI8_AKilledRunGoesOn, and
// nothing by itself.
func TestTheProcessThatIsKilled(t *testing.T) {
	if os.Getenv(killedStore) == "" {
		return
	}
	d, pol := testkit.Open(t, os.Getenv(killedStore)), rules(t)
	w := onStore(t, d, vaulttest.Reopen(t, d, pol, os.Getenv(killedKeys), os.Getenv(killedLog)), pol)
	fmt.Println(begun)
	w.run()
}

// TestI8_AKilledRunGoesOn kills the process of a run, kill -9, again and again,
// and lets the last one end: each thing was disposed of once and has its final
// certificate, what was not due is readable, no row is left, and the log is
// whole (I2).
func TestI8_AKilledRunGoesOn(t *testing.T) {
	const people, dueEach, killsMost = 20, 20, 6
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			chance := testkit.Chance(t)
			address := testkit.Address(t, engine, migrations()...)
			d := testkit.Open(t, address)
			w := newWorld(t, d)
			kept := map[string]string{} // book → person
			for range people {
				subject := w.s.Subject(t)
				w.shelf(subject, dueEach)
				kept[w.lent(subject, "lent", -1, "what stays of "+subject)] = subject
			}
			kills := 0
			for ended := false; !ended; {
				if ended = w.killed(address, kills < killsMost, time.Duration(chance.Int64N(int64(120*time.Millisecond)))); !ended {
					kills++
				}
			}
			w = onStore(t, d, vaulttest.Reopen(t, d, w.pol, w.s.Keys, w.s.Dir), w.pol)
			if r := w.last(); r.Ended.IsZero() || r.Disposed != people*dueEach || r.Refused != 0 {
				t.Errorf("after %d kills the run is %+v", kills, r)
			}
			t.Logf("%d kills", kills)
			if kills == 0 {
				t.Error("nothing was killed, so that this shows nothing")
			}
			if n, things := w.number(`SELECT count(*) FROM retention_disposal`), w.number(`SELECT count(DISTINCT item) FROM retention_item WHERE kind = 'book'`); n != people*dueEach || things != n {
				t.Errorf("%d disposals of %d books are written, and %d were due", n, things, people*dueEach)
			}
			if books, pages, keys := w.books(), w.number(`SELECT count(*) FROM shelf_page`), w.number(`SELECT count(*) FROM vault_scope WHERE scope LIKE 'book:%'`); books != people || pages != 3*people || keys != people {
				t.Errorf("%d books with %d pages and %d keys are there", books, pages, keys)
			}
			for book, subject := range kept {
				if values, err := w.s.Read(t.Context(), use(subject, book)); err != nil || values.Text("road-permit.road") != "what stays of "+subject {
					t.Errorf("what was not due reads %v, %v", values, err)
				}
			}
			list, err := w.Latest(t.Context(), people*dueEach+1)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range list {
				var file []byte
				if err := d.View(t.Context(), func(tx *db.Tx) (err error) { file, err = w.Certificate(tx, one.ID); return err }); err != nil {
					t.Fatal(err)
				}
				if c, err := retention.Verify(file, w.s.Ring.Vkey()); err != nil || c.State != retention.Final || c.Rows != 4 {
					t.Fatalf("the certificate of %s is %+v, %v", one.ID, c, err)
				}
			}
			if err := w.s.Log.Integrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if found, err := w.s.Log.Check(t.Context()); err != nil || !found.Kept() {
				t.Errorf("the log: %+v, %v", found, err)
			}
		})
	}
}

// killed starts a process that goes on with the run, kills it a while after it
// began, and reports whether it had ended before.
func (w *world) killed(address string, kill bool, after time.Duration) (ended bool) {
	w.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTheProcessThatIsKilled$", "-test.v")
	cmd.Env = append(os.Environ(), killedStore+"="+address, killedKeys+"="+w.s.Keys, killedLog+"="+w.s.Dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	said := ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if lines.Text() == begun && kill {
			<-time.After(after)
			if err := cmd.Process.Kill(); err != nil {
				w.t.Logf("it had ended: %v", err)
			}
		}
	}
	if err = cmd.Wait(); err != nil && !kill {
		w.t.Fatalf("the run that nobody killed: %v\n%s", err, said)
	}
	return err == nil
}

// shelf has somebody give so many books back long ago, each with pages and what
// they wrote.
func (w *world) shelf(subject string, books int) {
	w.t.Helper()
	for n := range books {
		book := id.New(w.s.Clock.Now())
		w.update(func(tx *db.Tx) error {
			if err := w.s.NewScope(tx, subject, "book:"+book); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO shelf_book (subject, id, genre, fate, revision, returned_at) VALUES ($1, $2, 'crime', 'read', 1, $3)`,
				subject, book, clock.Micros(w.s.Clock.Now().AddDate(-2, 0, -n%7))); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO shelf_page (subject, book, n) VALUES ($1, $2, 1), ($1, $2, 2), ($1, $2, 3)`, subject, book); err != nil {
				return err
			}
			u := use(subject, book)
			u.Operation = policy.Collect
			p, err := w.s.Permit(tx, u)
			if err != nil {
				return err
			}
			return w.s.Put(tx, p, []vault.Value{{Field: "road-permit.road", Text: "canary", Source: "form"}})
		})
	}
}
