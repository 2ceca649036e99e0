package retention_test

import (
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/testkit"
	"portico/internal/vault/vaulttest"
)

// TestTheProcessThatIsKilled is the process of TestI8_AKilledRunGoesOn, and
// nothing by itself.
func TestTheProcessThatIsKilled(t *testing.T) {
	pol := rules(t)
	if d, s := vaulttest.Killed(t, pol); d != nil {
		w := onStore(t, d, s, pol)
		vaulttest.Begins()
		w.run()
	}
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
				retentiontest.Fill(t, w.s, subject, dueEach)
				kept[w.lent(subject, "lent", -1, "what stays of "+subject)] = subject
			}
			kills := 0
			for ended := false; !ended; {
				if ended = vaulttest.Kill(t, "TestTheProcessThatIsKilled", address, w.s, kills < killsMost, time.Duration(chance.Int64N(int64(120*time.Millisecond)))); !ended {
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
