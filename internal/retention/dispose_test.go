package retention_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/testkit"
)

// TestI8_DisposalIsOneTransaction: key, row, ledger, disposal and event are all
// there or none of them, and what is left of the rows is swept afterwards.
func TestI8_DisposalIsOneTransaction(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		gone, stays := w.lent(anna, "read", 10, "canary of anna"), w.lent(anna, "read", 10, "she keeps this")
		before := w.number(`SELECT count(*) FROM audit_event WHERE subject = $1`, anna)
		failed := errors.New("the last statement failed")
		err := w.s.Update(w.t.Context(), func(tx *db.Tx) error {
			if _, err := w.Of(tx, "book", anna, gone, holdings.BecauseRequest); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) || w.number(`SELECT count(*) FROM ledger_act`)+w.number(`SELECT count(*) FROM retention_disposal`) != 0 {
			t.Fatalf("after %v something is left of a disposal that was not committed", err)
		}
		if values, err := w.s.Read(w.t.Context(), use(anna, gone)); err != nil || values.Text("road-permit.road") != "canary of anna" {
			t.Fatalf("what was not disposed of reads %v, %v", values, err)
		}

		d, err := w.dispose(anna, gone, request)
		if err != nil {
			t.Fatal(err)
		}
		for what, n := range map[string]int64{
			`SELECT count(*) FROM shelf_book WHERE id = '` + gone + `'`:                                                        0,
			`SELECT count(*) FROM vault_scope WHERE scope = 'book:` + gone + `'`:                                               0,
			`SELECT count(*) FROM ledger_act WHERE n IS NOT NULL AND subject = '` + anna + `' AND scope = 'book:` + gone + `'`: 1,
			`SELECT count(*) FROM retention_item WHERE disposal = '` + d.ID + `'`:                                              2, // the book and its mark
			`SELECT count(*) FROM shelf_page WHERE book = '` + gone + `'`:                                                      3, // not yet
			`SELECT count(*) FROM vault_value WHERE scope = 'book:` + gone + `'`:                                               1,
			`SELECT count(*) FROM shelf_mark WHERE book = '` + gone + `'`:                                                      0,
			`SELECT count(*) FROM audit_event WHERE subject = '` + anna + `'`:                                                  before + 2, // the read, the disposal
			`SELECT count(*) FROM vault_gate WHERE erased_at IS NULL AND n > 0`:                                                1,
			`SELECT count(*) FROM retention_sweep WHERE swept = 0 AND done_at IS NULL`:                                         1,
			`SELECT count(*) FROM jobs_job WHERE kind = 'retention.sweep'`:                                                     1,
			`SELECT count(*) FROM shelf_book WHERE id = '` + stays + `'`:                                                       1,
			`SELECT count(*) FROM vault_scope WHERE scope = 'book:` + stays + `'`:                                              1,
		} {
			if got := w.number(what); got != n {
				t.Errorf("%s: %d, not %d", what, got, n)
			}
		}
		if _, err := w.s.Read(w.t.Context(), use(anna, gone)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("what was disposed of reads %v", err)
		}
		if events := w.s.Events(w.t, anna); events[len(events)-1].Kind != audit.KindDisposed || events[len(events)-1].Facts["disposal"] != d.ID {
			t.Errorf("the last event is %+v", events[len(events)-1])
		}

		w.work()
		left := w.number(`SELECT count(*) FROM shelf_page WHERE book = '`+gone+`'`) + w.number(`SELECT count(*) FROM vault_value WHERE scope = 'book:`+gone+`'`)
		if swept := w.number(`SELECT swept FROM retention_sweep WHERE done_at IS NOT NULL`); left != 0 || swept != 4 {
			t.Errorf("after the sweep %d rows are left, %d were swept", left, swept)
		}
		if values, err := w.s.Read(w.t.Context(), use(anna, stays)); err != nil || values.Text("road-permit.road") != "she keeps this" {
			t.Errorf("what stays reads %v, %v", values, err)
		}
	})
}

// TestI8_TheLastThingClosesThePerson: when nothing else is kept of somebody,
// nothing is allowed about them any more, and the ledger says so.
func TestI8_TheLastThingClosesThePerson(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		book := w.lent(anna, "read", 10, "canary")
		d, err := w.dispose(anna, book, request)
		if err != nil || !d.Last {
			t.Fatalf("the only thing: %+v, %v", d, err)
		}
		if w.number(`SELECT count(*) FROM vault_gate WHERE erased_at IS NOT NULL`) != 1 || w.number(`SELECT count(*) FROM ledger_act WHERE scope = ''`) != 1 {
			t.Error("the gate is not closed, or the ledger does not know")
		}
	})
}

// TestI8_TheErasedAreReadableNowhere: not through the gate, and not in any
// file of the store, with what SQLite writes ahead.
func TestI8_TheErasedAreReadableNowhere(t *testing.T) {
	address := testkit.Address(t, db.SQLite, migrations()...)
	w := newWorld(t, testkit.Open(t, address))
	const canary, public = "qk7-canary-of-anna-zz", "books" // the rule's id is no secret
	anna := w.s.Subject(t)
	book := w.lent(anna, "read", 10, canary)
	if _, err := w.dispose(anna, book, request); err != nil {
		t.Fatal(err)
	}
	w.work()
	files := w.raw(filepath.Dir(strings.TrimPrefix(address, "file:")))
	if !bytes.Contains(files, []byte(public)) {
		t.Fatal("these are not the files of the store")
	}
	if bytes.Contains(files, []byte(canary)) {
		t.Error("the store's files hold the canary")
	}
	if _, err := w.s.Read(t.Context(), use(anna, book)); err == nil {
		t.Error("the erased reads through the gate")
	}
	if err := w.s.DB.View(t.Context(), func(tx *db.Tx) error {
		keys, values, err := w.s.Left(tx, anna, "book:"+book)
		if keys+values != 0 {
			t.Errorf("%d keys and %d values are left", keys, values)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestI5_DisposalsAreNeverChanged: the database refuses.
func TestI5_DisposalsAreNeverChanged(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		if _, err := w.dispose(anna, w.lent(anna, "read", 10, "x"), request); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{
			`UPDATE retention_disposal SET because = 'due'`, `DELETE FROM retention_disposal`, `UPDATE retention_item SET kind = 'x'`, `DELETE FROM retention_item`,
		} {
			if err := w.s.DB.Update(w.t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(sql); return err }); err == nil {
				t.Errorf("%s was allowed", sql)
			}
		}
	})
}

// TestI9_NothingBypassesAHoldOrAnOpenRequest: neither the daily run, nor a
// request, nor the person's own deletion; what is part of a thing is held with
// it, and the request itself does not hold back what it asks for.
func TestI9_NothingBypassesAHoldOrAnOpenRequest(t *testing.T) {
	each(t, func(w *world) {
		now := w.s.Clock.Now()
		anna, officer := w.s.Subject(w.t), w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "this one she still reads")
		for what, hold := range map[string]func(book string) retention.Hold{
			"the thing":   func(book string) retention.Hold { return retention.Hold{Item: book} },
			"its mark":    func(book string) retention.Hold { return retention.Hold{Item: "mark-" + book} },
			"the person":  func(string) retention.Hold { return retention.Hold{Person: anna} },
			"the service": func(string) retention.Hold { return retention.Hold{Service: "crime", Person: anna} },
			"the rule":    func(string) retention.Hold { return retention.Hold{Rule: "books"} },
		} {
			book := w.lent(anna, "read", 1000, "x")
			h := hold(book)
			h.Ground, h.Reason, h.Review = "legal-claim", "The court asked for it.", now.AddDate(0, 1, 0)
			holdID, err := w.Hold(w.t.Context(), h, officer)
			if err != nil {
				t.Fatalf("hold %s: %v", what, err)
			}
			for _, because := range []string{holdings.BecauseDue, holdings.BecauseRequest, holdings.BecauseOwn} {
				_, err := w.dispose(anna, book, retention.Why{Because: because})
				var refused *retention.Refused
				if !errors.As(err, &refused) || refused.Hold != holdID {
					t.Errorf("a hold on %s, disposed of because of %s: %v", what, because, err)
				}
			}
			if err := w.Lift(w.t.Context(), holdID, "The case is closed.", officer); err != nil {
				t.Fatal(err)
			}
			w.asked[book] = "request-1"
			if _, err := w.dispose(anna, book, retention.Why{Because: holdings.BecauseDue}); fault.KindOf(err) != fault.Conflict {
				t.Errorf("an open request does not hold back: %v", err)
			}
			if _, err := w.dispose(anna, book, request); err != nil {
				t.Errorf("the request itself: %v", err)
			}
		}
		if holds, err := w.Holds(w.t.Context()); err != nil || len(holds) != 5 || holds[0].Reason != "The court asked for it." || holds[0].Why != "The case is closed." {
			t.Errorf("the holds are %+v, %v", holds, err)
		}
		events := w.s.Events(w.t, officer)
		if e := events[len(events)-1]; e.Reason != "hold-lifted" || e.Facts["because"] != "The case is closed." {
			t.Errorf("the officer's last event is %+v", e)
		}
	})
}

func TestI9_AHoldSaysWhatPeopleCallWhatItIsOn(t *testing.T) {
	each(t, func(w *world) {
		kinds := retentiontest.Kinds()
		kinds[0].Reference = "'BK-' || id"
		w.Service = retentiontest.New(w.s, retentiontest.Queue(w.s), func() *policy.Policy { return w.pol }, kinds)
		anna, bob, officer := w.s.Subject(w.t), w.s.Subject(w.t), w.s.Subject(w.t)
		first := w.lent(anna, "read", 1000, "x")
		w.s.Clock.Advance(time.Hour)
		second := w.lent(anna, "read", 1000, "y")
		for _, h := range []retention.Hold{{Person: anna, Item: first}, {Person: anna}, {Person: bob}, {Rule: "books"}} {
			h.Ground, h.Reason, h.Review = "legal-claim", "The court asked for it.", w.s.Clock.Now().AddDate(0, 1, 0)
			w.s.Clock.Advance(time.Hour) // the newest stands first
			if _, err := w.Hold(w.t.Context(), h, officer); err != nil {
				t.Fatal(err)
			}
		}
		var called []string
		holds, err := w.Holds(w.t.Context())
		for _, h := range holds {
			called = append(called, h.Called)
		}
		if err != nil || !slices.Equal(called, []string{"", "", "BK-" + second, "BK-" + first}) {
			t.Errorf("they are on %q, %v", called, err)
		}
	})
}

// TestO7_ACertificateIsVerifiedOffline: provisional until the rows are swept,
// then final; whoever changes a letter of it is found out.
func TestO7_ACertificateIsVerifiedOffline(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		d, err := w.dispose(anna, w.lent(anna, "lost", 100, "x"), request)
		if err != nil {
			t.Fatal(err)
		}
		certificate := func() []byte {
			var file []byte
			if err := w.s.DB.View(w.t.Context(), func(tx *db.Tx) (err error) { file, err = w.Certificate(tx, d.ID); return err }); err != nil {
				t.Fatal(err)
			}
			return file
		}
		verify := func(file []byte) *retention.Certificate {
			c, err := retention.Verify(file, w.s.Ring.Vkey())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := verify(certificate()); c.State != retention.Provisional || c.Keys != 1 || len(c.Items) != 2 || c.Items[0].Rule != "lost-books" || c.Swept != "" {
			t.Errorf("before the sweep it says %+v", c)
		}
		w.s.Clock.Advance(time.Minute)
		w.work()
		file := certificate()
		if c := verify(file); c.State != retention.Final || c.Rows != 4 || c.Swept == "" || c.Person != anna || c.Disposal != d.ID {
			t.Errorf("after the sweep it says %+v", c)
		}
		forged := bytes.Replace(file, []byte(`"rows_removed":4`), []byte(`"rows_removed":5`), 1)
		if _, err := retention.Verify(forged, w.s.Ring.Vkey()); err == nil {
			t.Error("a changed certificate was verified")
		}
		if _, err := retention.Verify([]byte(`{"receipt": {}}`), w.s.Ring.Vkey()); !errors.Is(err, keys.ErrOther) {
			t.Errorf("something else: %v", err)
		}
		if n := w.number(`SELECT n FROM retention_count WHERE kind = 'book' AND service = 'crime' AND outcome = 'lost'`); n != 1 {
			t.Errorf("%d were counted of what was made anonymous", n)
		}
	})
}

// TestI8_ErasingManyRowsIsErasingOneKey: the transaction of a disposal touches
// the same number of rows whatever hangs on the thing.
func TestI8_ErasingManyRowsIsErasingOneKey(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		book := w.lent(anna, "read", 10, "x")
		w.update(func(tx *db.Tx) error {
			for n := range 500 {
				if _, err := tx.Exec(`INSERT INTO shelf_page (subject, book, n) VALUES ($1, $2, $3)`, anna, book, 100+n); err != nil {
					return err
				}
			}
			return nil
		})
		if _, err := w.dispose(anna, book, request); err != nil {
			t.Fatal(err)
		}
		if n := w.number(`SELECT count(*) FROM shelf_page`); n != 503 {
			t.Errorf("the disposal itself removed rows: %d are left", n)
		}
		w.work()
		if n := w.number(`SELECT count(*) FROM shelf_page`); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}
