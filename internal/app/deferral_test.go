package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/demo"
	"portico/internal/testkit"
)

// twins are two people of whom the same is kept, but for how they are found.
const twins = `people:
  - {role: one, email: one@demo.example, name: Aishath Mohamed, birth-date: "1987-04-12", identity-number: A111111, address: Finifenmaage}
  - {role: two, email: two@demo.example, name: Aishath Mohamed, birth-date: "1987-04-12", identity-number: A222222, address: Finifenmaage}
officials: [Hussain Waheed, Mariyam Zuhura]
`

// differing is what may differ between two people of whom the same is kept: who
// they are, ids, references, hashes, salts and at which second something happened.
var differing = regexp.MustCompile(`(one|two)@demo\.example|A[12]{6}|DR(-[0-9A-Z]{4}){2}|\d\d:\d\d(:\d\d(\.\d+)?)?|[0-9a-zA-Z+/=_-]{20,}`)

func alike(text string) string {
	return strings.Join(strings.Fields(differing.ReplaceAllString(text, "…")), " ")
}

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

// sees is all that a person can look at, as alike as it is for two of whom the
// same is kept: pages, records, and the package with their data.
func (q *inquiry) sees(role string) (all []string) {
	q.t.Helper()
	b := q.citizen(role)
	for _, path := range []string{"/en/cabinet/", "/en/cabinet/data", "/en/cabinet/access", "/en/cabinet/access?show=all", "/en/cabinet/account/history", "/en/cabinet/kept", "/en/cabinet/recipients", "/en/cabinet/rights"} {
		if resp := b.Get(path); resp.StatusCode == http.StatusOK {
			all = append(all, path+": "+alike(testkit.Page(q.t, resp).One("main").Text()))
		}
	}
	for _, e := range q.records(b) {
		e.Instance, e.At = "", 0
		line, err := json.Marshal(e)
		if err != nil {
			q.t.Fatal(err)
		}
		all = append(all, alike(string(line)))
	}
	made, _, _ := strings.Cut(sends(q.t, b, "/en/cabinet/rights/see", "send", url.Values{}), "?")
	q.until("no package is made", func() bool { return b.Page(made, http.StatusOK).Has(`main a[href$="/package"]`) })
	whole := q.get(b, made+"/package")
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		q.t.Fatal(err)
	}
	for _, f := range r.File {
		all = append(all, "in the package: "+alike(f.Name))
	}
	return append(all, alike(packaged(q.t, whole)))
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
// somebody's data by an order, and that person sees what another one sees of whom
// the same is kept and nothing was read. Once it is ended they see each use, with
// a record that proves when it happened.
func TestI15_WhatALawDefersIsInNothingThatThePersonSeesUntilItEnds(t *testing.T) {
	t.Parallel()
	dir := onegov(t)
	write(t, filepath.Join(dir, "demo.yaml"), twins)
	q := &inquiry{t, testkit.Serve(t, dir, "--demo", "--data", filepath.Join(t.TempDir(), "data"), "--keys", filepath.Join(t.TempDir(), "keys"))}
	inquirer, second := q.official("inquirer"), q.official("privacy-officer")
	until := time.Now().AddDate(0, 1, 0)
	order := sends(t, inquirer, "/staff/deferrals/ask", "ask", url.Values{
		"ground": {"criminal-inquiry"}, "person": {"one@demo.example"}, "reference": {"INQ-7/2026"},
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
	if text := do(inquirer, "open", http.StatusConflict); strings.Contains(text, "Aishath") {
		t.Error("who asked reads before it is allowed:", text)
	}
	if text := second.Page("/staff/deferrals", http.StatusOK).One("main").Text(); !strings.Contains(text, "INQ-7/2026") || strings.Contains(text, "Aishath") || strings.Contains(text, "one@demo") {
		t.Error("the list of the second person:", text)
	}
	if text := do(second, "allow", http.StatusOK); !strings.Contains(text, "Allowed") {
		t.Error("a second person allows it:", text)
	}
	for range 3 {
		if text := do(inquirer, "open", http.StatusOK); !strings.Contains(text, "Aishath Mohamed") || !strings.Contains(text, "one@demo.example") {
			t.Fatal("who asked reads by it:", text)
		}
	}
	if text := inquirer.Page(order, http.StatusOK).One("main").Text(); strings.Contains(text, "Aishath") {
		t.Error("what was read stays on the page:", text)
	}
	for _, role := range []string{"one", "two"} {
		if resp := q.citizen(role).Get(order); resp.StatusCode == http.StatusOK {
			t.Error("somebody who is no official opens an order")
		}
	}
	if resp := q.official("permit-officer").Get(order); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an official of another role opens an order: %d", resp.StatusCode)
	}

	one, two := q.sees("one"), q.sees("two")
	if !slices.Equal(one, two) {
		for i := range min(len(one), len(two)) {
			if one[i] != two[i] {
				t.Errorf("before it ends they see other things:\n%.2000s\n%.2000s", one[i], two[i])
			}
		}
		t.Errorf("%d and %d things are seen", len(one), len(two))
	}

	do(inquirer, "end", http.StatusOK)
	b := q.citizen("one")
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
	if resp := q.citizen("two"); len(slices.DeleteFunc(q.records(resp), func(e audit.Event) bool { return e.Kind != audit.KindRevealed })) > 0 {
		t.Error("somebody else is shown it too")
	}
}
