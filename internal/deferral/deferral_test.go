package deferral_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/deferral"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const ground = "criminal-inquiry"

// world is a portal with a ground on which uses are shown later.
type world struct {
	*deferral.Service
	*vaulttest.Store
	t     *testing.T
	vault *vault.Vault
	jobs  *jobs.Queue
	acts  *ledger.Ledger
	pol   *policy.Policy
}

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) },
		audit.Migrations(), ledger.Migrations(), vault.Migrations(), jobs.Migrations(), deferral.Migrations())
}

func compile(t *testing.T, d *policy.Declarations) *policy.Policy {
	t.Helper()
	return policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, pol: compile(t, policytest.WithInquiry(policytest.Declarations()))}
	w.Store = vaulttest.Open(t, d, w.pol)
	pol := func() *policy.Policy { return w.pol }
	var err error
	if w.acts, err = ledger.Open(t.Context(), ledger.Config{DB: d, Ring: w.Ring, Clock: w.Clock}); err != nil {
		t.Fatal(err)
	}
	w.vault = vault.New(vault.Config{DB: d, Ledger: w.acts, Ring: w.Ring, Log: w.Log, Clock: w.Clock, Policy: pol, Deferred: deferral.Series(pol, w.Clock)})
	w.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: w.Clock, Log: slog.New(slog.DiscardHandler)})
	w.Service = deferral.New(deferral.Config{
		DB: d, Vault: w.vault, Jobs: w.jobs, Policy: pol, Clock: w.Clock, Zone: func() *time.Location { return time.UTC },
	})
	return w
}

// person is somebody who is found by an address.
func (w *world) person(address string) string {
	w.t.Helper()
	subject := w.Subject(w.t)
	w.Collect(w.t, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Scope: vault.Profile},
		map[string]string{policy.FieldEmail: address, policy.FieldName: "Aishath"})
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error { return w.vault.Index(tx, policy.FieldEmail, subject, address) }); err != nil {
		w.t.Fatal(err)
	}
	return subject
}

// official has roles, and events of their own.
func (w *world) official(roles ...string) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: w.Subject(w.t), Roles: roles, Strong: true}
}

func (w *world) asking(address string) deferral.Asking {
	return deferral.Asking{Ground: ground, Person: address, Reference: "INQ-7/2026", Until: policy.Date(w.Clock.Now().AddDate(0, 1, 0).Format(time.DateOnly))}
}

func (w *world) asks(who policy.Actor, address string) string {
	w.t.Helper()
	o, err := w.Ask(w.t.Context(), who, w.asking(address))
	if err != nil {
		w.t.Fatal(err)
	}
	return o.ID
}

func (w *world) allows(who policy.Actor, order string) {
	w.t.Helper()
	if err := w.Decide(w.t.Context(), who, order, true); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) reads(who policy.Actor, order string) {
	w.t.Helper()
	fields, values, err := w.Open(w.t.Context(), who, order)
	if err != nil || values.Text(policy.FieldName) != "Aishath" || !slices.Contains(fields, policy.FieldName) {
		w.t.Fatalf("what is read by an order: %v, %v", values, err)
	}
}

// works does the jobs.
func (w *world) works() {
	w.t.Helper()
	if _, err := w.jobs.Work(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) events(subject string) []audit.Event {
	w.t.Helper()
	list, err := w.Log.Events(w.t.Context(), subject, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// seen is all that a person sees of themselves, but for whose it is: events with
// their numbers and times, moments, uses, history, the gate and every row of
// theirs.
func (w *world) seen(subject string) string {
	w.t.Helper()
	var all []any
	for _, list := range []func() ([]audit.Event, error){
		func() ([]audit.Event, error) { return w.Log.Events(w.t.Context(), subject, 0, 1000) },
		func() ([]audit.Event, error) { return w.Log.Moments(w.t.Context(), subject, 0, 1000) },
		func() ([]audit.Event, error) { return w.Log.Uses(w.t.Context(), subject, 0, 1000) },
		func() ([]audit.Event, error) { return w.Log.History(w.t.Context(), subject, 0, 1000) },
	} {
		events, err := list()
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, events)
	}
	unnoted, err := w.Log.Unnoted(w.t.Context(), subject)
	if err != nil {
		w.t.Fatal(err)
	}
	var version, n, rows int64
	if err := w.DB.View(w.t.Context(), func(tx *db.Tx) error {
		if err := tx.QueryRow(`SELECT version, n FROM vault_gate WHERE subject = $1`, subject).Scan(&version, &n); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT count(*) FROM audit_event WHERE subject = $1`, subject).Scan(&rows)
	}); err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(append(all, unnoted, version, n, rows))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), subject, "who it is")
}

// proven verifies the record of an event as the person downloads it.
func (w *world) proven(subject string, n int64) *audit.Verified {
	w.t.Helper()
	if err := w.Log.Integrate(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	rec, err := w.Log.Record(w.t.Context(), subject, n)
	if err != nil {
		w.t.Fatal(err)
	}
	file, err := json.Marshal(rec)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := audit.VerifyRecord(file, w.Ring.Vkey())
	if err != nil {
		w.t.Fatalf("the record of event %d: %v", n, err)
	}
	return v
}

func code(err error) string {
	if err == nil {
		return ""
	}
	f := fault.From(err)
	if len(f.Fields) > 0 {
		return f.Fields[0].Code
	}
	return f.Code
}

func TestI15_WhatALawDefersIsSeenInNothingUntilItsDateAndIsProvedAfterwards(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		one, other := w.person("one@example.mv"), w.person("two@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		same := func(when string) {
			t.Helper()
			if a, b := w.seen(one), w.seen(other); a != b {
				t.Errorf("%s, what is seen differs:\n%s\n%s", when, a, b)
			}
		}
		same("before")
		began := w.Clock.Now()
		order := w.asks(inquirer, "one@example.mv")
		same("once it is asked for")
		w.Clock.Advance(time.Hour)
		w.allows(second, order)
		same("once it is allowed")
		for range 60 { // more than are shown in one transaction
			w.Clock.Advance(time.Minute)
			w.reads(inquirer, order)
		}
		read := w.Clock.Now()
		w.works()
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		same("while it is read")
		if running, late, err := w.Stand(t.Context()); err != nil || running != 1 || late != 0 {
			t.Errorf("the total over all people: %d running, %d late, %v", running, late, err)
		}
		o, _, _, err := w.Look(t.Context(), inquirer, order)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(o.Until.Add(-time.Second).Sub(w.Clock.Now()))
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		same("a second before its date")

		was := w.events(one)
		w.Clock.Advance(time.Second)
		for range 2 { // it is shown once
			if err := w.Tend(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		shown := w.events(one)[len(was):]
		if len(shown) != 61 {
			t.Fatalf("%d events are shown, not the search and 60 readings", len(shown))
		}
		for i, e := range shown {
			if e.N != int64(len(was)+i+1) || e.Kind != audit.KindRevealed || !e.Happened().After(began.Add(-time.Second)) || e.Happened().After(read) ||
				e.Facts["deferral"] != ground || e.Facts["until"] != "2026-12-22" || e.Facts["allowed-by"] != second.ID || e.Actor.ID != inquirer.ID || e.Reference != "INQ-7/2026" {
				t.Errorf("what is shown, %d: %+v", i, e)
			}
		}
		if s, r := shown[0], shown[60]; s.Facts["was"] != audit.KindSearch || !s.Happened().Equal(began) || r.Facts["was"] != audit.KindAccess || !r.Happened().Equal(read) {
			t.Errorf("the first and the last that are shown: %+v, %+v", s, r)
		}
		for _, n := range []int64{shown[0].N, shown[60].N} {
			if v := w.proven(one, n); v.Original == nil || v.Original.Event.At != v.Event.Happened().UnixMicro() || v.Original.Event.Actor.ID != inquirer.ID {
				t.Errorf("the record of event %d does not hold what happened: %+v", n, v)
			}
		}
		found, err := w.Log.Check(t.Context())
		if err != nil || len(found.Faults) > 0 {
			t.Errorf("the log: %v, %v", found, err)
		}
		var named int64
		if err := w.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM deferral_order WHERE subject <> '' OR series <> ''`).Scan(&named)
		}); err != nil || named > 0 {
			t.Errorf("orders that still say whom they were about: %d, %v", named, err)
		}
		if running, late, err := w.Stand(t.Context()); err != nil || running != 0 || late != 0 {
			t.Errorf("the total over all people: %d running, %d late, %v", running, late, err)
		}
	})
}

func TestI15_TwoPeopleDecideThatAUseIsDeferredOnAGroundUntilALatestDate(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject := w.person("one@example.mv")
		both, second, clerk := w.official("inquirer", "reviewer"), w.official("reviewer"), w.official("permit-officer")
		for name, c := range map[string]struct {
			who  policy.Actor
			set  func(*deferral.Asking)
			want string
		}{
			"another role":        {clerk, func(*deferral.Asking) {}, "deferral.error.denied"},
			"no ground":           {both, func(a *deferral.Asking) { a.Ground = "curiosity" }, "deferral.error.ground"},
			"nobody":              {both, func(a *deferral.Asking) { a.Person = "nobody@example.mv" }, "deferral.error.nobody"},
			"no identifier":       {both, func(a *deferral.Asking) { a.Person = "Aishath" }, "deferral.error.person"},
			"a name":              {both, func(a *deferral.Asking) { a.Reference = "about Aishath" }, "deferral.error.reference"},
			"a day that is over":  {both, func(a *deferral.Asking) { a.Until = "2026-11-21" }, "deferral.error.until"},
			"longer than the law": {both, func(a *deferral.Asking) { a.Until = "2027-05-22" }, "deferral.error.longest"},
		} {
			a := w.asking("one@example.mv")
			c.set(&a)
			if _, err := w.Ask(t.Context(), c.who, a); code(err) != c.want {
				t.Errorf("asking, %s: %v", name, err)
			}
		}
		weak := both
		weak.Strong = false
		if _, err := w.Ask(t.Context(), weak, w.asking("one@example.mv")); code(err) != "deferral.error.denied" {
			t.Errorf("asking without a second factor: %v", err)
		}
		before := len(w.events(subject))
		order := w.asks(both, "one@example.mv")
		if _, err := w.Ask(t.Context(), both, w.asking("one@example.mv")); code(err) != "deferral.error.twice" {
			t.Errorf("asking twice: %v", err)
		}
		if _, _, err := w.Open(t.Context(), both, order); code(err) != "deferral.error.over" {
			t.Errorf("reading before it is allowed: %v", err)
		}
		if err := w.Decide(t.Context(), both, order, true); code(err) != "deferral.error.same" {
			t.Errorf("who asked allows it: %v", err)
		}
		if err := w.Decide(t.Context(), clerk, order, true); code(err) != "deferral.error.unknown" {
			t.Errorf("an official of another role allows it: %v", err)
		}
		about := second
		about.ID = subject
		if list, err := w.List(t.Context(), about); err != nil || len(list) > 0 {
			t.Errorf("whom it is about sees it: %v, %v", list, err)
		}
		if err := w.Decide(t.Context(), about, order, true); code(err) != "deferral.error.unknown" {
			t.Errorf("whom it is about allows it: %v", err)
		}
		w.allows(second, order)
		if err := w.Decide(t.Context(), second, order, false); code(err) != "deferral.error.moved" {
			t.Errorf("it is answered twice: %v", err)
		}
		if _, _, err := w.Open(t.Context(), second, order); code(err) != "deferral.error.denied" {
			t.Errorf("who allowed it reads by it: %v", err)
		}
		if list, err := w.List(t.Context(), w.official("inquirer")); err != nil || len(list) > 0 {
			t.Errorf("another official sees what one asked for: %v, %v", list, err)
		}
		w.reads(both, order)
		if got := len(w.events(subject)); got != before {
			t.Errorf("the person sees %d events more", got-before)
		}
	})
}

func TestI15_AUseIsShownAtOnceWhereNoRunningOrderOfTheOfficialIsThere(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject, other := w.person("one@example.mv"), w.person("two@example.mv")
		inquirer, second, colleague := w.official("inquirer"), w.official("reviewer"), w.official("inquirer")
		order := w.asks(inquirer, "one@example.mv")
		read := func(who policy.Actor, about string, want int) {
			t.Helper()
			before := len(w.events(about))
			if _, err := w.vault.Read(t.Context(), vault.Use{Actor: who, Subject: about, Activity: "inquire", Operation: policy.Use, Scope: vault.Profile,
				Fields: []string{policy.FieldName}, Because: "an inquiry"}); err != nil {
				t.Fatal(err)
			}
			if got := len(w.events(about)) - before; got != want {
				t.Errorf("the person sees %d events more, not %d", got, want)
			}
		}
		read(inquirer, subject, 1) // it is only asked for
		w.allows(second, order)
		read(inquirer, subject, 0)
		read(colleague, subject, 1)
		read(inquirer, other, 1)
		if err := w.End(t.Context(), inquirer, order); err != nil {
			t.Fatal(err)
		}
		read(inquirer, subject, 1)
		if _, _, err := w.Open(t.Context(), inquirer, order); code(err) != "deferral.error.over" {
			t.Errorf("reading by an order that ended: %v", err)
		}
		if err := w.End(t.Context(), inquirer, order); code(err) != "deferral.error.moved" {
			t.Errorf("ending it twice: %v", err)
		}
		before := len(w.events(subject))
		w.works()
		if got := w.events(subject)[before:]; len(got) != 2 || got[1].Facts["was"] != audit.KindAccess {
			t.Errorf("what is shown once it is ended: %+v", got)
		}
	})
}

func TestI15_WhatIsRefusedOrNotAnsweredIsShownAtOnce(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		one, two := w.person("one@example.mv"), w.person("two@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		refused, silent := w.asks(inquirer, "one@example.mv"), w.asks(inquirer, "two@example.mv")
		shows := func(subject string, want bool) {
			t.Helper()
			list := w.events(subject)
			last := list[len(list)-1]
			if got := last.Kind == audit.KindRevealed && last.Facts["was"] == audit.KindSearch && last.Facts["allowed-by"] == ""; got != want {
				t.Errorf("the search is shown: %v; %+v", got, last)
			}
		}
		if err := w.Decide(t.Context(), second, refused, false); err != nil {
			t.Fatal(err)
		}
		w.works()
		shows(one, true)
		w.Clock.Advance(deferral.Answered - time.Second)
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		shows(two, false)
		w.Clock.Advance(time.Second)
		if err := w.Decide(t.Context(), second, silent, true); code(err) != "deferral.error.moved" {
			t.Errorf("it is allowed after its time: %v", err)
		}
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		shows(two, true)
	})
}

func TestI15_NobodyAllowsMoreThanThePolicyDoesNow(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.person("one@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		order := w.asks(inquirer, "one@example.mv")
		d := policytest.WithInquiry(policytest.Declarations())
		d.Deferrals[0].Longest = "P1W"
		w.pol = compile(t, d)
		if err := w.Decide(t.Context(), second, order, true); code(err) != "deferral.error.longer" {
			t.Errorf("allowing a month where a law gives a week: %v", err)
		}
		if _, _, err := w.Open(t.Context(), inquirer, order); code(err) != "deferral.error.over" {
			t.Errorf("reading by it: %v", err)
		}
		if err := w.Decide(t.Context(), second, order, false); err != nil {
			t.Errorf("refusing it: %v", err)
		}
	})
}

func TestI15_WhatAPolicyDefersNoMoreIsShown(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject := w.person("one@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		order := w.asks(inquirer, "one@example.mv")
		w.allows(second, order)
		w.reads(inquirer, order)
		before := len(w.events(subject))
		d := policytest.WithInquiry(policytest.Declarations())
		d.Deferrals = nil
		w.pol = compile(t, d)
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(w.events(subject)) - before; got != 2 {
			t.Errorf("%d events are shown, not the search and the reading", got)
		}
	})
}

func TestI15_WhatStaysHiddenBehindItsDateIsCounted(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.person("one@example.mv")
		w.person("two@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		w.allows(second, w.asks(inquirer, "one@example.mv"))
		w.asks(inquirer, "two@example.mv")
		count := func(running, late int64) {
			t.Helper()
			if r, l, err := w.Stand(t.Context()); err != nil || r != running || l != late {
				t.Errorf("%d running and %d late, not %d and %d; %v", r, l, running, late, err)
			}
		}
		count(1, 0)
		w.Clock.Advance(deferral.Answered + 25*time.Hour)
		count(1, 1) // nobody answered the other one
		w.Clock.Advance(60 * 24 * time.Hour)
		count(0, 2)
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		count(0, 0)
	})
}

func TestI15_WhoIsForgottenIsShownNothingAndTheOrderEndsAllTheSame(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject, other := w.person("one@example.mv"), w.person("two@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		order := w.asks(inquirer, "one@example.mv")
		w.allows(second, order)
		w.reads(inquirer, order)
		w.asks(inquirer, "two@example.mv")
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error { return w.vault.Close(tx, subject) }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Open(t.Context(), inquirer, order); fault.KindOf(err) != fault.Denied {
			t.Errorf("reading of somebody who is forgotten: %v", err)
		}
		before, others := len(w.events(subject)), len(w.events(other))
		w.Clock.Advance(60 * 24 * time.Hour)
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(w.events(subject)); got != before {
			t.Errorf("%d events more of somebody who is forgotten", got-before)
		}
		if got := len(w.events(other)) - others; got != 1 {
			t.Errorf("%d events are shown to somebody else, not the search", got)
		}
		if o, _, _, err := w.Look(t.Context(), inquirer, order); err != nil || o.State(w.Clock.Now()) != deferral.Revealed {
			t.Errorf("the order: %+v, %v", o, err)
		}
	})
}

func TestI15_WhatIsDeniedOfADeferredUseIsShownLaterToo(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject := w.person("one@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		order := w.asks(inquirer, "one@example.mv")
		w.allows(second, order)
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error { return w.vault.SetRestricted(tx, subject, true) }); err != nil {
			t.Fatal(err)
		}
		before := w.seen(subject)
		if _, _, err := w.Open(t.Context(), inquirer, order); fault.KindOf(err) != fault.Denied {
			t.Errorf("reading of somebody who restricts: %v", err)
		}
		if after := w.seen(subject); after != before {
			t.Errorf("a denial is seen:\n%s\n%s", before, after)
		}
		if err := w.End(t.Context(), inquirer, order); err != nil {
			t.Fatal(err)
		}
		w.works()
		list := w.events(subject)
		if last := list[len(list)-1]; last.Kind != audit.KindRevealed || last.Facts["was"] != audit.KindDenied {
			t.Errorf("the denial is not shown: %+v", last)
		}
	})
}

func TestI8_AnOrderThatEndedDoesNotBeginAgainWithARestore(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject := w.person("one@example.mv")
		inquirer, second := w.official("inquirer"), w.official("reviewer")
		order := w.asks(inquirer, "one@example.mv")
		w.allows(second, order)
		w.reads(inquirer, order)
		before := len(w.events(subject))
		undone := errors.New("as the backup has it")
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			mine, err := w.Replay(tx, ledger.Act{Kind: ledger.Revoke, Subject: audit.System, Ref: "deferral:ended:" + order, At: w.Clock.Now()})
			if err != nil || !mine {
				return errors.Join(err, undone)
			}
			if mine, err = w.Replay(tx, ledger.Act{Kind: ledger.Revoke, Subject: subject, Ref: "role:clerk"}); mine || err != nil {
				return errors.Join(err, fmt.Errorf("an act of another package: %v", mine))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Open(t.Context(), inquirer, order); code(err) != "deferral.error.over" {
			t.Errorf("reading by an order that ended: %v", err)
		}
		if err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(w.events(subject)) - before; got != 2 {
			t.Errorf("%d events are shown, not the search and the reading", got)
		}
	})
}
