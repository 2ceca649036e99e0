package handover_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/consent"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/retention"
	"portico/internal/retention/handover"
	"portico/internal/retention/retentiontest"
	"portico/internal/rights/export"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// world is a store with people who lent books, which a museum takes over.
type world struct {
	t *testing.T
	s *vaulttest.Store
	*handover.Service
	keeps    *retention.Service
	jobs     *jobs.Queue
	official string
	asked    map[string]bool // books of which somebody asked something
	objects  map[string]bool // people who object to handing anything over
}

// Open answers for retention.Requests.
func (w *world) Open(_ *db.Tx, items []holdings.Item, _ string) ([]string, error) {
	open := make([]string, len(items))
	for n, i := range items {
		if w.asked[i.ID] {
			open[n] = "request-1"
		}
	}
	return open, nil
}

func each(t *testing.T, run func(w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		pol := rules(t)
		run(onStore(t, vaulttest.Open(t, d, pol), pol))
	}, migrations()...)
}

func migrations() []fs.FS { return append(retentiontest.Migrations(), handover.Migrations()) }

// rules are those of policytest, with a museum that takes books over.
func rules(t testing.TB) *policy.Policy {
	declared := policytest.Declarations()
	name := declared.Retention[0].Name
	declared.Parties = append(declared.Parties, policy.Party{ID: "museum", Name: name, Kind: "dpv:DataController", Purposes: []string{"services"}, Country: "MV"})
	declared.Activities = append(declared.Activities, policy.Activity{
		ID: "archive-museum", Purpose: "services", Name: name, Who: []string{"system"}, Operations: []policy.OperationName{"use"},
		Fields: []string{"road-permit.road"}, Relation: policy.RelationSystem, Parties: []string{"museum"},
	})
	declared.Retention = append(declared.Retention, policy.Retention{
		ID: "books", Name: name, Trigger: declared.Retention[0].Trigger, Review: "2027-11-22", Keeps: []string{"book"}, Period: "P1Y", Action: policy.Archive, To: "museum",
	})
	return policytest.CompileAs(t, declared, policy.Options{Languages: policytest.Languages()})
}

// onStore is the world on a store as a process opens it.
func onStore(t *testing.T, s *vaulttest.Store, pol *policy.Policy) *world {
	t.Helper()
	w := &world{t: t, s: s, asked: map[string]bool{}, objects: map[string]bool{}}
	current := func() *policy.Policy { return pol }
	acts, err := ledger.Open(t.Context(), ledger.Config{DB: s.DB, Ring: s.Ring, Clock: s.Clock})
	w.must(err)
	s.Vault = vault.New(vault.Config{
		DB: s.DB, Ring: s.Ring, Log: s.Log, Ledger: acts, Clock: s.Clock, Policy: current, Consent: consent.Terms,
		Objected: func(_ *db.Tx, subject, _ string) (bool, error) { return w.objects[subject], nil },
	})
	w.jobs = retentiontest.Queue(s)
	w.keeps = retentiontest.New(s, w.jobs, current, retentiontest.Kinds())
	w.keeps.Requests = w
	w.Service = handover.New(handover.Config{
		DB: s.DB, Vault: s.Vault, Keeps: w.keeps, Jobs: w.jobs, Ring: s.Ring, Policy: current, Clock: s.Clock, Zone: w.keeps.Zone,
	})
	w.official = s.Subject(t)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// lent has somebody give a book back some days ago, with what they wrote.
func (w *world) lent(subject string, daysAgo int, text string) (book string) {
	w.t.Helper()
	return retentiontest.Lend(w.t, w.s, subject, "read", daysAgo, text)
}

// here reports whether a book is, and whether its key is.
func (w *world) here(subject, book string) (row, key bool) {
	w.t.Helper()
	w.must(w.s.DB.View(w.t.Context(), func(tx *db.Tx) error {
		var n int64
		if err := tx.QueryRow(`SELECT count(*) FROM shelf_book WHERE id = $1`, book).Scan(&n); err != nil {
			return err
		}
		keys, values, err := w.s.Vault.Left(tx, subject, "book:"+book)
		row, key = n > 0, keys+values > 0
		return err
	}))
	return row, key
}

// given downloads a package a minute later, and returns the file.
func (w *world) given(pkg string) []byte {
	w.t.Helper()
	w.s.Clock.Advance(time.Minute)
	p, err := w.Service.Open(w.t.Context(), pkg, w.official)
	w.must(err)
	var file bytes.Buffer
	w.must(w.Write(w.t.Context(), p, &file))
	return file.Bytes()
}

// things reads a package as an archive does.
func (w *world) things(file []byte) (list []handover.Entry) {
	w.t.Helper()
	if _, err := export.Verify(bytes.NewReader(file), int64(len(file)), w.s.Ring.Vkey()); err != nil {
		w.t.Fatalf("the package is not verified: %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	w.must(err)
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "things/") {
			continue
		}
		r, err := f.Open()
		w.must(err)
		var e handover.Entry
		w.must(json.NewDecoder(r).Decode(&e))
		list = append(list, e)
	}
	return list
}

// fate is what became of a book of somebody's, in words.
func (w *world) fate(subject, book string) (said string) {
	w.t.Helper()
	catalogue, err := i18n.Load(retention.Locales(), policy.Locales())
	w.must(err)
	p := catalogue.Printer("en", time.UTC)
	w.must(w.s.DB.View(w.t.Context(), func(tx *db.Tx) error {
		list, err := w.keeps.Fates(tx, []string{subject}, "book:"+book, "")
		for _, f := range list {
			said += f.Say(p, strings.ToUpper)
		}
		return err
	}))
	return said
}

// TestO7_WhatIsArchivedGoesOnceTheArchiveHasIt hands books over: nothing is
// destroyed before the museum has them, and then just what it has.
func TestO7_WhatIsArchivedGoesOnceTheArchiveHasIt(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.t.Context()
		one, other := w.s.Subject(t), w.s.Subject(t)
		old, another, held, asked, young := w.lent(one, 400, "Dhigu Magu"), w.lent(other, 400, "Orchid Magu"), w.lent(one, 400, "held"), w.lent(other, 400, "asked"), w.lent(one, 10, "young")
		w.asked[asked] = true
		hold, err := w.keeps.Hold(ctx, retention.Hold{Item: held, Ground: "legal-claim", Reason: "An appeal.", Review: w.s.Clock.Now().AddDate(1, 0, 0)}, w.official)
		w.must(err)

		retentiontest.Run(t, w.keeps)
		if row, key := w.here(one, old); !row || !key {
			t.Fatal("the daily run destroyed what is to be handed over")
		}
		waiting, err := w.Waiting(ctx)
		if err != nil || len(waiting) != 1 || waiting[0] != (handover.Waiting{Party: "museum", Ready: 2, Held: 2}) {
			t.Fatalf("to be handed over are %+v, %v", waiting, err)
		}
		p, err := w.Make(ctx, "museum", w.official)
		w.must(err)
		if _, err := w.Make(ctx, "museum", w.official); err == nil {
			t.Error("what is in a package is put into another")
		}
		if err := w.Acknowledge(ctx, p.ID, "M-1", w.official); err == nil {
			t.Error("a package that nobody downloaded was taken over")
		}

		file := w.given(p.ID)
		things := w.things(file)
		if len(things) != 2 || p.Things != 2 {
			t.Fatalf("the package holds %+v", things)
		}
		for _, e := range things {
			want := map[string]string{old: "Dhigu Magu", another: "Orchid Magu"}[e.ID]
			if len(e.Values) != 1 || e.Values[0].Value != want || want == "" {
				t.Errorf("the package holds %+v", e)
			}
		}
		broken := bytes.Clone(file)
		broken[bytes.Index(broken, []byte(".json"))+20] ^= 1 // in what is behind the name of the first entry
		if _, err := export.Verify(bytes.NewReader(broken), int64(len(broken)), w.s.Ring.Vkey()); err == nil {
			t.Error("a package that was changed is verified")
		}
		var told bool
		for _, e := range w.s.Events(t, one) {
			told = told || e.Kind == audit.KindAccess && e.Activity == "archive-museum" && e.Actor.Party == "museum"
		}
		if !told {
			t.Error("the person is not told that the museum was given it")
		}
		if _, err := w.Service.Open(ctx, p.ID, w.official); err == nil {
			t.Error("a package is downloaded twice")
		}
		if row, key := w.here(one, old); !row || !key {
			t.Error("what was downloaded is destroyed before the museum has it")
		}

		// Held meanwhile: it stays, and goes once the hold is lifted.
		meanwhile, err := w.keeps.Hold(ctx, retention.Hold{Item: another, Ground: "legal-claim", Reason: "An appeal.", Review: w.s.Clock.Now().AddDate(1, 0, 0)}, w.official)
		w.must(err)
		if err := w.Acknowledge(ctx, p.ID, "for Aishath", w.official); err == nil {
			t.Error("a text is taken for a reference")
		}
		w.must(w.Acknowledge(ctx, p.ID, "M-2026/7", w.official))
		retentiontest.Run(t, w.keeps)
		if row, key := w.here(one, old); row || key {
			t.Errorf("what the museum has is here: row %v, key %v", row, key)
		}
		for subject, book := range map[string]string{one: held, other: another} {
			if row, key := w.here(subject, book); !row || !key {
				t.Errorf("what is held is gone: %s", book)
			}
		}
		for subject, book := range map[string]string{one: young, other: asked} {
			if row, key := w.here(subject, book); !row || !key {
				t.Errorf("what was not handed over is gone: %s", book)
			}
		}
		list, err := w.List(ctx)
		if err != nil || len(list) != 1 || list[0].Left != 1 || list[0].Reference != "M-2026/7" {
			t.Errorf("the package stands as %+v, %v", list[0], err)
		}
		w.must(w.keeps.Lift(ctx, meanwhile, "It was decided.", w.official))
		w.must(w.Rest(ctx))
		retentiontest.Run(t, w.keeps)
		if row, key := w.here(other, another); row || key {
			t.Error("what the museum has stays although the hold on it was lifted")
		}
		w.must(w.keeps.Lift(ctx, hold, "It was decided.", w.official))
		if waiting, _ := w.Waiting(ctx); waiting[0].Ready != 1 || waiting[0].Held != 1 {
			t.Errorf("to be handed over are %+v", waiting)
		}

		// It says who has it: to the person, and in the certificate.
		if said := w.fate(one, old); !strings.Contains(said, "Handed over to MUSEUM") || !strings.Contains(said, "M-2026/7") {
			t.Errorf("what became of it is %q", said)
		}
		handed, err := w.keeps.HandedOver(ctx, one)
		if err != nil || len(handed) != 1 || handed[0].ID != old || handed[0].To.Party != "museum" {
			t.Errorf("a person is shown %+v, %v", handed, err)
		}
		retentiontest.Run(t, w.keeps)
		var cert []byte
		w.must(w.s.DB.View(ctx, func(tx *db.Tx) (err error) { cert, err = w.keeps.Certificate(tx, handed[0].Gone.ID); return err }))
		c, err := retention.Verify(cert, w.s.Ring.Vkey())
		if err != nil || c.State != retention.Final || c.Because != "transferred" || c.Transferred == nil || c.Transferred.To != "museum" ||
			c.Transferred.Reference != "M-2026/7" || c.Transferred.File != list[0].SHA256 || c.Items[0].Action != "archive" {
			t.Errorf("the certificate says %+v, %v", c, err)
		}
	})
}

// TestO7_WhatIsNotHandedOverStays: a package that is withdrawn, broke off or
// holds what changed since destroys nothing of that.
func TestO7_WhatIsNotHandedOverStays(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.t.Context()
		one, other := w.s.Subject(t), w.s.Subject(t)
		changed, restricted, gone := w.lent(one, 400, "changed"), w.lent(other, 400, "restricted"), w.lent(one, 400, "erased")
		p, err := w.Make(ctx, "museum", w.official)
		w.must(err)
		opened, err := w.Service.Open(ctx, p.ID, w.official)
		w.must(err)
		if err := w.Write(ctx, opened, full{}); err == nil {
			t.Fatal("a download that broke off is whole")
		}
		if err := w.Acknowledge(ctx, p.ID, "M-1", w.official); err == nil {
			t.Error("what broke off was taken over")
		}
		w.must(w.Withdraw(ctx, p.ID, w.official))

		w.must(w.s.Update(ctx, func(tx *db.Tx) error { return w.s.SetRestricted(tx, other, true) }))
		p, err = w.Make(ctx, "museum", w.official)
		w.must(err)
		if things := w.things(w.given(p.ID)); len(things) != 2 {
			t.Errorf("the package holds %+v", things)
		}
		// Somebody has one erased, and the other is given back again.
		w.must(w.s.Update(ctx, func(tx *db.Tx) error {
			i, _, err := w.keeps.Holdings.Find(tx, w.Policy(), "book", one, gone)
			if err == nil {
				_, err = w.keeps.Dispose(tx, []holdings.Item{i}, retention.Why{Because: holdings.BecauseRequest, Ref: "request-2", Actor: policy.Staff})
			}
			if err == nil {
				_, err = tx.Exec(`UPDATE shelf_book SET returned_at = $1 WHERE id = $2`, clock.Micros(w.s.Clock.Now()), changed)
			}
			return err
		}))
		w.must(w.Acknowledge(ctx, p.ID, "M-2", w.official))
		if err := w.Withdraw(ctx, p.ID, w.official); err == nil {
			t.Error("a package that the museum has is withdrawn")
		}
		retentiontest.Run(t, w.keeps)
		for subject, book := range map[string]string{one: changed, other: restricted} {
			if row, key := w.here(subject, book); !row || !key {
				t.Errorf("what the museum does not have as it is now is gone: %s", book)
			}
		}
		if said := w.fate(one, gone); !strings.HasPrefix(said, "Erased") {
			t.Errorf("what somebody had erased is said to be %q", said)
		}
		if list, err := w.List(ctx); err != nil || list[0].Left != 0 {
			t.Errorf("the package stands as %+v, %v", list[0], err)
		}
	})
}

// TestO7_WhatNobodyHandsOverIsTold: what waits for an archive for too long is
// late, and not before.
func TestO7_WhatNobodyHandsOverIsTold(t *testing.T) {
	each(t, func(w *world) {
		w.lent(w.s.Subject(t), 370, "waits")
		if n, err := w.keeps.Late(t.Context()); err != nil || n != 0 {
			t.Errorf("late are %d, %v", n, err)
		}
		w.s.Clock.Advance(retention.Unhanded)
		if n, err := w.keeps.Late(t.Context()); err != nil || n != 1 {
			t.Errorf("late are %d, %v", n, err)
		}
	})
}

// full is a connection that ends.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
