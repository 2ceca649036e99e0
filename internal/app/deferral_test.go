package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/deferral/deferraltest"
	"portico/internal/demo"
	"portico/internal/testkit"
)

// inquiry is a portal on which uses may be shown later, and whoever has to do
// with it.
type inquiry struct {
	t       *testing.T
	program *testkit.Program
}

func (q *inquiry) citizen(role string) *testkit.Browser {
	b := q.program.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {q.program.Person(role)}, "password": {demo.Password}}, http.StatusOK)
	return b
}

func (q *inquiry) official(role string) *testkit.Browser {
	b := q.program.Browse()
	b.Submit("/staff/sign-in", url.Values{"email": {q.program.Person(role)}, "password": {demo.Password}}, http.StatusOK)
	return b
}

func (q *inquiry) get(b *testkit.Browser, path string) []byte {
	q.t.Helper()
	resp := b.Get(path)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		q.t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return body
}

// records are the events that a person downloads of themselves, the newest first.
func (q *inquiry) records(b *testkit.Browser) (all []audit.Event) {
	q.t.Helper()
	var list audit.Records
	if err := json.Unmarshal(q.get(b, "/en/cabinet/access.json"), &list); err != nil {
		q.t.Fatal(err)
	}
	for _, r := range list.Records {
		var e audit.Event
		if err := json.Unmarshal(r.Event, &e); err != nil {
			q.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// sees is all that a person can look at: pages, records, and the package with
// their data. Their numbers have no gap.
func (q *inquiry) sees(b *testkit.Browser) string {
	q.t.Helper()
	var all strings.Builder
	for _, path := range []string{"/en/cabinet/", "/en/cabinet/data", "/en/cabinet/access", "/en/cabinet/access?show=all", "/en/cabinet/account/history", "/en/cabinet/kept", "/en/cabinet/recipients", "/en/cabinet/rights"} {
		if resp := b.Get(path); resp.StatusCode == http.StatusOK {
			all.WriteString(testkit.Page(q.t, resp).One("main").Text())
		}
	}
	all.Write(q.get(b, "/en/cabinet/access.json"))
	events := q.records(b)
	for i, e := range events {
		if e.N != int64(len(events)-i) {
			q.t.Errorf("of %d events number %d comes as the %dth newest", len(events), e.N, i+1)
		}
	}
	made, _, _ := strings.Cut(sends(q.t, b, "/en/cabinet/rights/see", "send", url.Values{}), "?")
	q.until("no package is made", func() bool { return b.Page(made, http.StatusOK).Has(`main a[href$="/package"]`) })
	all.WriteString(packaged(q.t, q.get(b, made+"/package")))
	return all.String()
}

func (q *inquiry) until(what string, so func() bool) {
	q.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			q.t.Fatal(what)
		}
	}
}

// TestI15_WhatALawDefersIsInNothingThatThePersonSeesUntilItEnds: an official reads
// somebody's data by an order, and no page, record, number or package of that
// person says so (package vault compares them with somebody of whom nothing was
// read). Once it is ended they see each use, with a record that proves when it
// happened.
func TestI15_WhatALawDefersIsInNothingThatThePersonSeesUntilItEnds(t *testing.T) {
	t.Parallel()
	const name = "Aminath Shifza Ibrahim"
	dir := deferraltest.Instance(t)
	q := &inquiry{t, testkit.Serve(t, dir, "--demo", "--data", filepath.Join(t.TempDir(), "data"), "--keys", filepath.Join(t.TempDir(), "keys"))}
	inquirer, second := q.official("inquirer"), q.official("privacy-officer")
	until := time.Now().AddDate(0, 1, 0)
	order := sends(t, inquirer, "/staff/deferrals/ask", "ask", url.Values{
		"ground": {"criminal-inquiry"}, "person": {q.program.Person("citizen")}, "reference": {"INQ-7/2026"},
		"until-day": {until.Format("2")}, "until-month": {until.Format("1")}, "until-year": {until.Format("2006")},
	})
	do := func(b *testkit.Browser, what string, status int) string {
		t.Helper()
		resp := b.Follow(b.Post(order, url.Values{"do": {what}}))
		if resp.StatusCode != status {
			t.Errorf("%s is answered with %d, not %d", what, resp.StatusCode, status)
		}
		return testkit.Page(t, resp).One("main").Text()
	}
	if text := do(inquirer, "allow", http.StatusForbidden); !strings.Contains(text, "Another person has to answer it") {
		t.Error("who asked allows it:", text)
	}
	if text := do(inquirer, "open", http.StatusConflict); strings.Contains(text, name) {
		t.Error("who asked reads before it is allowed:", text)
	}
	if text := second.Page("/staff/deferrals", http.StatusOK).One("main").Text(); !strings.Contains(text, "INQ-7/2026") || strings.Contains(text, name) || strings.Contains(text, q.program.Person("citizen")) {
		t.Error("the list of the second person:", text)
	}
	if text := do(second, "allow", http.StatusOK); !strings.Contains(text, "Allowed") {
		t.Error("a second person allows it:", text)
	}
	for range 3 {
		if text := do(inquirer, "open", http.StatusOK); !strings.Contains(text, name) || !strings.Contains(text, q.program.Person("citizen")) {
			t.Fatal("who asked reads by it:", text)
		}
	}
	if text := inquirer.Page(order, http.StatusOK).One("main").Text(); strings.Contains(text, name) {
		t.Error("what was read stays on the page:", text)
	}
	for _, role := range []string{"citizen", "citizen-dhivehi"} {
		if resp := q.citizen(role).Get(order); resp.StatusCode == http.StatusOK {
			t.Error("somebody who is no official opens an order")
		}
	}
	if resp := q.official("permit-officer").Get(order); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an official of another role opens an order: %d", resp.StatusCode)
	}

	b := q.citizen("citizen")
	seen := q.sees(b)
	if !strings.Contains(seen, name) {
		t.Error("they do not see what is kept of them")
	}
	for _, word := range []string{"INQ-7", "Officer for inquiries", `"inquire"`, `"revealed"`} {
		if strings.Contains(seen, word) {
			t.Errorf("before it ends they see %q", word)
		}
	}

	do(inquirer, "end", http.StatusOK)
	var shown []audit.Event
	q.until("nothing is shown", func() bool {
		shown = slices.DeleteFunc(q.records(b), func(e audit.Event) bool { return e.Kind != audit.KindRevealed })
		return len(shown) == 4
	})
	key := strings.TrimSpace(b.Page("/en/privacy/proof", http.StatusOK).One("#log-key").Text())
	for _, e := range shown {
		v, err := audit.VerifyRecord(q.get(b, "/en/cabinet/access/"+strconv.FormatInt(e.N, 10)+".json"), key)
		if err != nil || v.Original == nil || v.Original.Event.At != e.Happened().UnixMicro() || v.Original.Event.Reference != "INQ-7/2026" {
			t.Errorf("the record of event %d: %+v, %v", e.N, v, err)
		}
	}
	if text := b.Page("/en/cabinet/access", http.StatusOK).One("main").Text(); !strings.Contains(text, "A criminal inquiry") {
		t.Error("the list of uses does not say on which ground they were shown later:", text)
	}
	if resp := q.citizen("citizen-dhivehi"); len(slices.DeleteFunc(q.records(resp), func(e audit.Event) bool { return e.Kind != audit.KindRevealed })) > 0 {
		t.Error("somebody else is shown it too")
	}
}
