package desk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/vault"
)

// TestO14_ARightValueStandsBesideWhatWasStated, with when it was written down:
// to the official who holds the application, and to the person.
func TestO14_ARightValueStandsBesideWhatWasStated(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.Applied(w.Citizen)
		w.Taken(row, w.Official)
		w.corrects(t, row, "Aishath Magu")
		for path, text := range w.pages(t, row) {
			_, after, _ := strings.Cut(text, "Dhigu Magu")
			if !strings.HasPrefix(strings.TrimSpace(after), "Corrected on ") || !strings.Contains(after, "Aishath Magu") {
				t.Errorf("%s does not show what was stated and the right value: %s", path, text)
			}
		}
	})
}

// corrects has the official write down an hour later which road is right.
func (w *world) corrects(t *testing.T, row *cases.Case, road string) {
	t.Helper()
	w.Store.Clock.Advance(time.Hour)
	if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error {
		permit, err := w.Vault.Permit(tx, vault.Use{
			Actor: w.Official, Subject: w.Citizen.ID, Activity: w.Service.DecideActivity(), Operation: policy.Collect,
			Scope: row.Scope(), Fields: []string{"road-permit.road"}, Task: policy.Task{Scope: row.Scope(), Holder: w.Official.ID, Open: true},
		})
		if err != nil {
			return err
		}
		return w.Vault.Put(tx, permit, []vault.Value{{Field: "road-permit.road", Item: id.New(w.Store.Clock.Now()), Text: road, Source: policy.SourceStaff}})
	}); err != nil {
		t.Fatal(err)
	}
}

// amends has the person change the road an hour later.
func (w *world) amends(t *testing.T, row *cases.Case, road string) {
	t.Helper()
	w.Store.Clock.Advance(time.Hour)
	a, err := w.Application(t.Context(), w.Citizen, row.ID)
	if err != nil {
		t.Fatal(err)
	}
	given := casestest.Answers()
	given["road"] = road
	if change, err := w.Amend(t.Context(), w.Citizen, row.ID, a.Revision, given); err != nil || !slices.Equal(change.Changed, []string{"road"}) {
		t.Fatalf("the answer does not change: %+v, %v", change, err)
	}
}

// pages are what the official and the person read of an application.
func (w *world) pages(t *testing.T, row *cases.Case) map[string]string {
	t.Helper()
	said := map[string]string{}
	for path, who := range map[string]policy.Actor{"/staff/cases/" + row.ID: w.Official, "/en/cabinet/applications/" + row.ID: w.Citizen} {
		router := w.router
		if who.Kind == policy.Person {
			router = w.Router(w.Mount)
		}
		page, status, _ := w.Browse(router, who).Get(path)
		if said[path] = page.One("main").Text(); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, said[path])
		}
	}
	return said
}

// TestO14_WhatWasStatedBeforeStaysWithUntilWhen: an answer that was changed, and
// what it had been corrected to, in the order in which it stood there.
func TestO14_WhatWasStatedBeforeStaysWithUntilWhen(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.Applied(w.Citizen) // at 10:00
		w.amends(t, row, "Harbour Road")
		w.Taken(row, w.Official)
		w.corrects(t, row, "Aishath Magu")
		for path, text := range w.pages(t, row) {
			_, after, _ := strings.Cut(text, "Harbour Road")
			before, right := strings.Index(after, "Dhigu Magu"), strings.Index(after, "Aishath Magu")
			if before < 0 || right < before || !strings.Contains(after[:before], "Until ") || !strings.Contains(after[before:right], "Corrected on ") {
				t.Errorf("%s does not show what was stated before: %s", path, text)
			}
		}
		if _, err := w.Act(t.Context(), w.Official, row.ID, "in-review", "ask", "Which road?", "road"); err != nil {
			t.Fatal(err)
		}
		w.amends(t, row, "Third Road")
		for path, text := range w.pages(t, row) {
			_, after, _ := strings.Cut(text, "Third Road")
			for _, was := range []string{"Dhigu Magu", "Aishath Magu", "Harbour Road"} {
				if at := strings.Index(after, was); at < 0 || !strings.Contains(after[:at], "Until ") {
					t.Errorf("%s does not show that it was %s: %s", path, was, text)
				}
			}
			if strings.Contains(after, "Corrected on ") {
				t.Errorf("%s calls right what was replaced since: %s", path, text)
			}
		}
	})
}
