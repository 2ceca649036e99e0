package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// inquiry is a vault in which an official's uses of some people's data go into
// series.
type inquiry struct {
	*vaulttest.Store
	v      *vault.Vault
	series atomic.Pointer[map[string]string] // by person
}

func inquire(t *testing.T, d *db.DB) *inquiry {
	p := policytest.Compile(t)
	q := &inquiry{Store: vaulttest.Open(t, d, p)}
	q.series.Store(&map[string]string{})
	q.v = vault.New(vault.Config{DB: d, Ring: q.Ring, Log: q.Log, Clock: q.Clock, Policy: func() *policy.Policy { return p },
		Deferred: func(_ *db.Tx, use *vault.Use) (string, error) {
			if use.Activity != "road-permit.decide" {
				return "", nil
			}
			return (*q.series.Load())[use.Subject], nil
		}})
	return q
}

// someone has a name, which an official may read.
func (q *inquiry) someone(t *testing.T) (own, official vault.Use) {
	me := q.Subject(t)
	q.Collect(t, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Scope: vault.Profile},
		map[string]string{policy.FieldName: "Aishath"})
	own = vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Operation: policy.Use,
		Scope: vault.Profile, Fields: []string{policy.FieldName}}
	official = own
	official.Actor = policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"permit-officer"}, Strong: true}
	official.Activity, official.Task = "road-permit.decide", policy.Task{Scope: vault.Profile, Holder: "shifa", Open: true}
	return own, official
}

// begin makes a series about a person.
func (q *inquiry) begin(t *testing.T, subject string) (series string) {
	t.Helper()
	if err := q.v.Update(t.Context(), func(tx *db.Tx) (err error) {
		if series, err = q.v.NewSeries(tx); err != nil {
			return err
		}
		return q.v.Defer(tx, series, audit.Event{Kind: audit.KindSearch, Subject: subject, Actor: audit.Actor{Kind: "staff", ID: "shifa"}, Reason: "deferral-asked"})
	}); err != nil {
		t.Fatal(err)
	}
	q.series.Store(&map[string]string{subject: series})
	return series
}

// end shows the person what stands in it, two events at a time.
func (q *inquiry) end(t *testing.T, subject, series string) {
	t.Helper()
	if err := q.v.Update(t.Context(), func(tx *db.Tx) error {
		q.series.Store(&map[string]string{})
		return q.v.Shown(tx, series)
	}); err != nil {
		t.Fatal(err)
	}
	for behind, left := int64(0), true; left; {
		if err := q.v.Update(t.Context(), func(tx *db.Tx) error {
			last, err := q.v.Reveal(tx, subject, series, audit.Facts{"deferral": "criminal-inquiry"}, behind, 2)
			behind, left = last, last > 0
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestI15_WhatIsDeferredShowsNowhereUntilItIsRevealedWithItsProof: of two people
// one is inquired about. Until the date both have the same events; then each use
// takes their next number, and its record proves the original.
func TestI15_WhatIsDeferredShowsNowhereUntilItIsRevealedWithItsProof(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		q := inquire(t, d)
		own, official := q.someone(t)
		other, _ := q.someone(t)
		series := q.begin(t, own.Subject)
		read := func(use vault.Use) {
			t.Helper()
			if values, err := q.v.Read(t.Context(), use); err != nil || values.Text(policy.FieldName) != "Aishath" {
				t.Fatalf("it reads %v, %v", values, err)
			}
		}
		for range 3 {
			read(official)
			read(own)
			read(other)
		}
		if err := q.v.Update(t.Context(), func(tx *db.Tx) error { // the other way to read
			p, err := q.v.Permit(tx, official)
			if err == nil {
				_, err = q.v.Open(tx, p)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		denied := official
		denied.Actor.Roles = []string{"nobody"}
		if _, err := q.v.Read(t.Context(), denied); reasonOf(err) == policy.ReasonAllowed {
			t.Error("who may not read reads")
		}

		mine, theirs := q.Events(t, own.Subject), q.Events(t, other.Subject)
		if len(mine) != 4 || len(theirs) != 4 {
			t.Fatalf("one sees %d events, the other %d", len(mine), len(theirs))
		}
		for i := range mine {
			a, b := mine[i], theirs[i]
			a.Subject, a.Actor.ID, b.Subject, b.Actor.ID = "", "", "", ""
			one, _ := json.Marshal(a)
			two, _ := json.Marshal(b)
			if !bytes.Equal(one, two) {
				t.Errorf("event %d is %s, and %s of who is not inquired about", i+1, one, two)
			}
		}
		deferred := q.Events(t, series)
		if len(deferred) != 6 || deferred[0].Kind != audit.KindSearch || deferred[5].Kind != audit.KindDenied {
			t.Fatalf("the series holds %+v", deferred)
		}
		for i, e := range deferred {
			if e.N != int64(i+1) || e.Facts[audit.FactPerson] != own.Subject {
				t.Errorf("number %d of the series is %+v", i+1, e)
			}
			if e.Kind != audit.KindAccess {
				continue
			}
			req, err := vault.Replay(&e) // I4
			if got := policytest.Compile(t).Decide(&req, nil); err != nil || !got.Allowed || req.Subject != own.Subject {
				t.Errorf("number %d replays to %s about %s: %v", e.N, got.Reason, req.Subject, err)
			}
		}

		q.end(t, own.Subject, series)
		read(official) // by itself again
		mine = q.Events(t, own.Subject)
		if len(mine) != 4+6+1 || mine[10].Kind != audit.KindAccess {
			t.Fatalf("afterwards one sees %+v", mine)
		}
		for i, e := range mine[4:10] {
			was := deferred[i]
			if e.N != int64(5+i) || e.Kind != audit.KindRevealed || !e.Happened().Equal(was.Happened()) || e.Activity != was.Activity || e.Actor != was.Actor || e.Facts["deferral"] != "criminal-inquiry" {
				t.Errorf("revealed is %+v of %+v", e, was)
			}
			record, err := q.Log.Record(t.Context(), own.Subject, e.N)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			v, err := audit.VerifyRecord(text, q.Ring.Vkey())
			if err != nil || v.Original == nil || v.Original.Event.N != was.N {
				t.Fatalf("the record of event %d: %+v, %v", e.N, v, err)
			}
			record.Original = nil
			if text, err = json.Marshal(record); err != nil {
				t.Fatal(err)
			}
			if _, err := audit.VerifyRecord(text, q.Ring.Vkey()); err == nil {
				t.Error("a record without its original verifies")
			}
		}
		one, err := q.Log.Record(t.Context(), own.Subject, 5)
		if err != nil {
			t.Fatal(err)
		}
		two, err := q.Log.Record(t.Context(), own.Subject, 6)
		if err != nil {
			t.Fatal(err)
		}
		one.Original = two.Original
		text, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.VerifyRecord(text, q.Ring.Vkey()); err == nil {
			t.Error("a record with another original verifies")
		}
		if f, err := q.Log.Check(t.Context()); err != nil || !f.Kept() {
			t.Errorf("the log: %+v, %v", f, err)
		}
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}

// TestI15_ReadsRaceWithTheEndOfADeferral: whatever was read stands in the series
// that is revealed, or among the person's own events, once.
func TestI15_ReadsRaceWithTheEndOfADeferral(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		q := inquire(t, d)
		own, official := q.someone(t)
		var reads atomic.Int64
		for range 10 {
			series := q.begin(t, own.Subject)
			ctx, cancel := context.WithCancel(t.Context())
			before := reads.Load()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for ctx.Err() == nil {
						if _, err := q.v.Read(t.Context(), official); err != nil {
							t.Error(err)
							return
						}
						reads.Add(1)
					}
				})
			}
			for reads.Load() < before+8 && !t.Failed() {
				runtime.Gosched()
			}
			q.end(t, own.Subject, series)
			for after := reads.Load(); reads.Load() < after+8 && !t.Failed(); {
				runtime.Gosched()
			}
			cancel()
			all.Wait()
			if more, err := q.Log.Events(t.Context(), series, 0, 1000); err != nil || len(more) == 0 {
				t.Errorf("the series holds %d events, %v", len(more), err)
			}
		}
		var shown int64
		for _, e := range q.Events(t, own.Subject) {
			if e.Kind == audit.KindAccess || e.Kind == audit.KindRevealed && e.Facts[audit.FactWas] == audit.KindAccess {
				shown++
			}
		}
		if shown != reads.Load() {
			t.Errorf("%d reads, and the person sees %d", reads.Load(), shown)
		}
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}
