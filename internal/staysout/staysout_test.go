package staysout_test

import (
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/retention"
	"portico/internal/staysout"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const list = "newsletter"

// world is a portal with one newsletter, and who asked for it.
type world struct {
	*staysout.Service
	*vaulttest.Store
	t     *testing.T
	vault *vault.Vault
	jobs  *jobs.Queue
	keeps *retention.Service
	kept  *holdings.Registry
	wants map[string]bool
	pol   *policy.Policy
}

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) },
		audit.Migrations(), ledger.Migrations(), vault.Migrations(), jobs.Migrations(), retention.Migrations(), staysout.Migrations())
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	declared := policytest.Declarations()
	text := func(s string) i18n.Text { return i18n.Text{"en": s, "dv": s} }
	declared.Activities = append(declared.Activities, policy.Activity{
		ID: staysout.Activity, Purpose: "access", Name: text("Staying out"), Who: []string{"system"}, Operations: []policy.OperationName{"use"},
		Fields: []string{policy.FieldEmail}, Relation: policy.RelationSystem, Parties: []string{"operator"}, WhileRestricted: true,
	})
	declared.Retention = append(declared.Retention, policy.Retention{
		ID: "stays-out", Keeps: []string{"stays-out"}, Name: text("Opt-outs"), Event: "opt-out", Trigger: text("the opt-out"), Period: "P10Y", Review: "2027-11-22",
	})
	w := &world{t: t, wants: map[string]bool{}, pol: policytest.CompileAs(t, declared, policy.Options{Languages: policytest.Languages(), Demo: true})}
	w.Store = vaulttest.Open(t, d, w.pol)
	pol := func() *policy.Policy { return w.pol }
	acts, err := ledger.Open(t.Context(), ledger.Config{DB: d, Ring: w.Ring, Clock: w.Clock})
	if err != nil {
		t.Fatal(err)
	}
	w.vault = vault.New(vault.Config{DB: d, Ledger: acts, Ring: w.Ring, Log: w.Log, Clock: w.Clock, Policy: pol})
	w.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: w.Clock, Log: slog.New(slog.DiscardHandler)})
	w.kept = holdings.New(staysout.Kept())
	w.keeps = retention.New(retention.Config{
		DB: d, Vault: w.vault, Holdings: w.kept, Jobs: w.jobs, Ring: w.Ring, Policy: pol, Clock: w.Clock, Zone: func() *time.Location { return time.UTC },
	})
	w.Service = staysout.New(staysout.Config{
		DB: d, Vault: w.vault, Jobs: w.jobs, Keys: w.Ring, Policy: pol, Clock: w.Clock, Disposer: w.keeps, Lists: func() []string { return []string{list} },
		Wants: func(_ *db.Tx, subject, of string) (bool, error) { return w.wants[subject] && of == list, nil },
	})
	return w
}

// person is somebody with an address.
func (w *world) person(address string) string {
	w.t.Helper()
	subject := w.Subject(w.t)
	w.Collect(w.t, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Scope: vault.Profile},
		map[string]string{policy.FieldEmail: address})
	return subject
}

// says has somebody ask for the newsletter, or not any more, and does the jobs.
func (w *world) says(subject string, wants bool) {
	w.t.Helper()
	w.wants[subject] = wants
	err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error { return w.Said(tx, subject, list) })
	if err == nil {
		_, err = w.jobs.Work(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// out fails unless an address is out of a list, or is not.
func (w *world) out(of, address string, want bool) {
	w.t.Helper()
	var got bool
	if err := w.DB.View(w.t.Context(), func(tx *db.Tx) (err error) { got, err = w.Out(tx, of, address); return err }); err != nil || got != want {
		w.t.Errorf("%s of %s is out: %v, %v", address, of, got, err)
	}
}

// rows is all that the table holds.
func (w *world) rows() (all []string) {
	w.t.Helper()
	if err := w.DB.View(w.t.Context(), func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error {
			var subject, id string
			var hash []byte
			err := r.Scan(&subject, &id, &hash)
			all = append(all, subject+" "+id+" "+hex.EncodeToString(hash))
			return err
		}, `SELECT subject, id, hash FROM staysout_hash`)
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestN9_WhoeverConsentedIsKnownToStayOutOnceSomebodyOptsOutAtTheirAddress(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, visitor := w.person("aishath@example.mv"), w.person("Aishath@example.mv")
		silent := func(since time.Time) bool {
			t.Helper()
			got, err := w.Silent(t.Context(), me, map[string]time.Time{list: since, "other": since})
			if err != nil || got["other"] {
				t.Error("another list:", got, err)
			}
			return got[list]
		}
		agreed := w.Clock.Now()
		w.says(me, true)
		if silent(agreed) {
			t.Error("nobody opted out")
		}
		w.Clock.Advance(time.Hour)
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error { return w.Reached(tx, visitor, vault.Profile, list) }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.jobs.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.out(list, "aishath@example.mv", true)
		if !silent(agreed) {
			t.Error("their consent is said to hold")
		}
		if w.Clock.Advance(time.Hour); silent(w.Clock.Now()) {
			t.Error("who has just consented anew is said to stay out")
		}
		w.says(me, true)
		if silent(agreed) {
			t.Error("they stay out although they opted in anew")
		}
	})
}

func TestN9_AnOptOutLastsForTheAddressUntilSomebodyThereOptsInAnew(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.person("aishath@example.mv")
		w.says(me, true)
		w.out(list, "aishath@example.mv", false)
		w.says(me, false)
		w.says(me, false) // again is once
		if rows := w.rows(); len(rows) != 1 || strings.Contains(rows[0], me) || !strings.HasPrefix(rows[0], audit.System+" ") {
			t.Errorf("kept: %q", rows)
		}
		w.out(list, " Aishath@example.MV ", true)
		w.out("another", "aishath@example.mv", false)
		w.out(list, "ahmed@example.mv", false)

		another := w.person("aishath@example.mv") // an account that was made since
		w.out(list, "aishath@example.mv", true)
		w.says(another, true)
		w.out(list, "aishath@example.mv", false)
		if rows := w.rows(); len(rows) != 0 {
			t.Errorf("left: %q", rows)
		}
		w.says(another, false)
		w.out(list, "aishath@example.mv", true)
	})
}

func TestN9_OfWhomEverythingIsErasedTheHashStaysAndNothingElse(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.person("aishath@example.mv")
		keep, err := w.Leaving(t.Context(), me)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			if err := keep(tx); err != nil {
				return err
			}
			return w.vault.Shred(tx, vault.Key{Subject: me, Scope: vault.Profile})
		}); err != nil {
			t.Fatal(err)
		}
		w.out(list, "aishath@example.mv", true)
		if rows := w.rows(); len(rows) != 1 || strings.Contains(rows[0], me) {
			t.Errorf("kept: %q", rows)
		}
		// A job that comes later finds nobody, and lets the hash be.
		w.says(me, false)
		w.out(list, "aishath@example.mv", true)

		// I8: a store that knows nothing of it learns it from the ledger.
		var acts []ledger.Act
		if _, err := ledger.Read(w.Keys, vaulttest.Instance, func(e ledger.Entry) error { acts = append(acts, e.Act); return nil }); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(acts, func(a ledger.Act) bool { return a.Kind == ledger.StayOut })
		if i < 0 || acts[i].Subject != audit.System {
			t.Fatalf("the ledger tells: %+v", acts)
		}
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`DELETE FROM staysout_hash`); err != nil {
				return err
			}
			mine, err := w.Replay(tx, acts[i])
			if !mine {
				t.Error("nobody replays it")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.out(list, "aishath@example.mv", true)
	})
}

func TestO7_AHashIsDisposedOfWhenItsTimeIsOverAndTheSystemGoesOn(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.person("aishath@example.mv")
		w.says(me, false)
		w.Clock.Advance(11 * 366 * 24 * time.Hour)
		if err := w.keeps.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.out(list, "aishath@example.mv", false)
		if rows := w.rows(); len(rows) != 0 {
			t.Errorf("left: %q", rows)
		}
		w.says(me, false) // which writes of the system again
		w.out(list, "aishath@example.mv", true)
		st, err := w.Stand(t.Context())
		if err != nil || !st.Works || !st.Declared || st.Kept != 1 || st.Lists != 1 || len(w.rows()) != 1 {
			t.Errorf("stands: %+v, %v", st, err)
		}
	})
}
