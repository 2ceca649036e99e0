package holdings_test

import (
	"strings"
	"testing"

	"portico/internal/app"
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestO7_WhatIsDueIsFoundByAnIndexOnItsTime, for every kind of the program: the
// daily run reads no table whole. Evidence is left out: its time is that of
// another table, once for each person who was erased.
func TestO7_WhatIsDueIsFoundByAnIndexOnItsTime(t *testing.T) {
	d := testkit.Database(t, db.SQLite, app.Migrations()...)
	r, seen := holdings.New(app.Kept()), 0
	for _, k := range r.Kinds() {
		if k.Name == "evidence" {
			continue
		}
		for _, e := range k.Events {
			seen++
			q := holdings.Due{Kind: k.Name, Event: e.Name, Limit: 50}
			if k.Service != "" {
				q.Service = "road-permit"
			}
			var plan []string
			if err := d.View(t.Context(), func(tx *db.Tx) (err error) { plan, err = r.Plan(tx, q); return err }); err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(plan, "; "); !strings.HasPrefix(text, "SEARCH ") || !strings.Contains(text, e.Column+"<?") {
				t.Errorf("%s, from %s: %s", k.Name, e.Name, text)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d kinds have a time", seen)
	}
}
