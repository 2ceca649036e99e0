package drafts_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/drafts"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/services"
)

// change puts a changed service into force.
func (w *world) change(hash string, how func(d *services.Definition)) {
	d := *w.Service
	how(&d)
	w.Catalogue.Set(hash, &d)
}

func TestO18_NobodyAppliesOutsideTheDaysOfAService(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	w.change("later", func(d *services.Definition) { d.Opens = "2026-12-01" })
	if page, _, _ := b.Get(apply); !strings.Contains(page.One("main").Text(), "You can apply from 1 December 2026 on.") {
		t.Errorf("before it opens: %s", page.One("main").Text())
	}
	w.Catalogue.Set("one", w.Service)
	draft := w.whole()
	w.change("closed", func(d *services.Definition) { d.Closes = "2026-11-21" })
	page, _, path := b.Get(apply)
	text := page.One("main").Text()
	if path != apply+"/check" || !strings.Contains(text, "The last day to apply was 21 November 2026.") || !strings.Contains(text, "Dhigu Magu") {
		t.Errorf("a draft of a closed service is at %s: %s", path, text)
	}
	if page.Has("#_declared") || page.Has(".fact-action") || !page.Has(`main a[href="`+apply+`/delete"]`) {
		t.Error("it can be sent or changed, or not be deleted")
	}
	if _, err := w.send(t.Context(), draft); !drafts.Moved(err) {
		t.Errorf("it is sent all the same: %v", err)
	}
	if _, err := w.try("work", with(answers("work"), "hours", "10")); err == nil {
		t.Error("it is changed all the same")
	}
	if list, err := w.Of(t.Context(), w.Citizen.ID); err != nil || len(list) != 0 {
		t.Errorf("%d applications (%v)", len(list), err)
	}
}

func TestO18_WhatComesFirstIsDemandedAtTheStartAndAtTheEnd(t *testing.T) {
	onEachEngine(t, func(w *world) {
		draft := w.whole()
		w.change("needs", func(d *services.Definition) {
			d.Needs = []services.Need{{Service: "road-permit", State: "approved", Within: 365}}
		})
		if _, err := w.send(w.T.Context(), draft); !drafts.Moved(err) {
			w.T.Errorf("sent without what comes first: %v", err)
		}
		if work := w.open(); work.Bar == nil || work.Bar.Needs[0].Service != "road-permit" {
			w.T.Errorf("begun without what comes first: %+v", work.Bar)
		}
		earlier := w.Applied(w.Citizen)
		w.Taken(earlier, w.Official)
		if _, err := w.Act(w.T.Context(), w.Official, earlier.ID, "in-review", "approve", ""); err != nil {
			w.T.Fatal(err)
		}
		if work := w.open(); work.Bar != nil {
			w.T.Errorf("barred all the same: %+v", work.Bar)
		}
		if row, err := w.send(w.T.Context(), w.open()); err != nil || row == nil {
			w.T.Errorf("with what comes first: %v", err)
		}
	})
}

func TestO10_AServiceDemandsHowWellThePersonIsKnown(t *testing.T) {
	w := worldOn(t, db.SQLite)
	draft := w.whole()
	w.change("level", func(d *services.Definition) { d.Level = "official" })
	if _, err := w.send(t.Context(), draft); !drafts.Moved(err) {
		t.Errorf("sent by somebody of no level: %v", err)
	}
	b := w.browse()
	if page, _, _ := b.Get(apply); !strings.Contains(page.One("main").Text(), "Show your identity card") {
		t.Errorf("it is not said why: %s", page.One("main").Text())
	}
	w.Sessions[w.Citizen.ID].Level = web.LevelOfficial
	if page, _, path := b.Get(apply + "/check"); path != apply+"/check" || !page.Has("#_declared") {
		t.Error("whoever is known well enough cannot send it")
	}
	w.change("step", func(d *services.Definition) { d.StepUp = true })
	w.Sessions[w.Citizen.ID].Stepped = w.Store.Clock.Now().Add(-time.Hour)
	if _, status, path := b.Get(apply + "/check"); status == http.StatusOK && path == apply+"/check" {
		t.Error("nobody has to prove again who they are")
	}
	sent := url.Values{"_draft": {draft.Draft.ID}, "_revision": {"2"}, "_declared": {"yes"}}
	if _, status, _ := b.Post(apply+"/check", sent); status != http.StatusUnauthorized {
		t.Errorf("it is sent without proving again who they are: %d", status)
	}
	w.Sessions[w.Citizen.ID].Stepped = w.Store.Clock.Now()
	if page, _, _ := b.Get(apply + "/check"); !page.Has("#_declared") {
		t.Error("whoever has proved it cannot send it")
	}
}

// TestO10_ALevelThatOneHasNotReachedIsSaidSo: no register is connected, and who
// has one can come in by the national login.
func TestO10_ALevelThatOneHasNotReachedIsSaidSo(t *testing.T) {
	w := worldOn(t, db.SQLite)
	draft := w.whole()
	w.Sessions[w.Citizen.ID].Level = web.LevelOfficial
	b := w.browse()
	for level, want := range map[string]string{"register": "none is connected to this portal yet", "national": "Sign in by the national login"} {
		w.change(level, func(d *services.Definition) { d.Level = services.Level(level) })
		page, status, path := b.Get(apply + "/check")
		if text := page.One("main").Text(); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %s answers %d: %s", level, path, status, text)
		}
		if page.Has("#_declared") {
			t.Errorf("%s: it can be sent", level)
		}
		if _, err := w.send(t.Context(), draft); !drafts.Moved(err) {
			t.Errorf("%s: it is sent all the same: %v", level, err)
		}
	}
}
