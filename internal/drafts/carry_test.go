package drafts_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/services/servicestest"
)

// newer puts a road permit into force that does not ask for the section any
// more, has the road chosen from a list, and asks why the work is done.
func (w *world) newer() {
	w.T.Helper()
	w.revise("newer", "",
		"name, identity-number, phone, email, road, section, kind", "name, identity-number, phone, email, road, reason, kind",
		"fields: [road, section,", "fields: [road, reason,",
		"    section:\n", "    reason:\n", "Section of the road", "Reason for the work",
		"      minLength: 2\n      maxLength: 100\n", "      enum: [dhigu-magu, medhu-magu]\n      x-portico-options: {dhigu-magu: {en: Dhigu Magu, dv: ދިގު މަގު}, medhu-magu: {en: Medhu Magu, dv: މެދު މަގު}}\n",
		"      x-portico-label: {en: Road, dv: މަގު}", "      x-portico-label: {en: \"Road, from the list\", dv: މަގު}",
	)
}

// TestO18_ADraftIsToldWhatANewerVersionChanges: the person is told before they
// go on, on each page, until they say that they know.
func TestO18_ADraftIsToldWhatANewerVersionChanges(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, b := w.T, w.browse()
		w.whole()
		w.newer()
		page, _, path := b.Get(apply)
		if path != apply+"/changes" {
			t.Fatalf("it goes on at %s", path)
		}
		text := page.One("main").Text()
		for _, want := range []string{
			"Road, from the list", "It is answered in another way", "Not used any more: Dhigu Magu",
			"Reason for the work", "It is asked now",
			"Section of the road", "It is not asked any more", "Not used any more: From the school to the harbour",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q: %s", want, text)
			}
		}
		if strings.Contains(text, "Aishath") || page.Find("main tbody tr").Len() != 3 {
			t.Errorf("it names what has not changed: %s", text)
		}
		// A page that is saved meanwhile does not hide it, nor what was typed.
		work, _, _ := b.Get(apply + "/work")
		if !strings.Contains(work.One("main").Text(), "This service has changed since you began") || !work.Has(`main a[href="`+apply+`/changes"]`) {
			t.Errorf("a page does not say so: %s", work.One("main").Text())
		}
		if _, status, path := fill(b, work, url.Values{"road": {"medhu-magu"}, "reason": {"A new cable"}}); status != http.StatusOK || path != apply+"/check" {
			t.Errorf("the new questions are answered: %d at %s", status, path)
		}
		page, _, path = b.Get(apply)
		if path != apply+"/changes" || !strings.Contains(page.One("main").Text(), "From the school to the harbour") {
			t.Errorf("after saving it is at %s: %s", path, page.One("main").Text())
		}
		if _, _, path = b.Post(apply+"/changes", url.Values{"_draft": {w.open().Draft.ID}}); path != apply+"/changes" {
			t.Errorf("without a button it leads to %s", path)
		}
		if _, _, path = fill(b, page, nil, "seen"); path != apply+"/check" {
			t.Errorf("who has seen it goes on at %s", path)
		}
		check, _, _ := b.Get(apply + "/check")
		if text := check.One("main").Text(); strings.Contains(text, "has changed") || strings.Contains(text, "From the school") || !strings.Contains(text, "A new cable") || !check.Has("#_declared") {
			t.Errorf("the answers to check: %s", text)
		}
		if w.open().Carried != nil {
			t.Error("what was seen is told again")
		}
	})
}

// TestO18_ADraftThatNothingChangesIsTakenOverQuietly: another version of the
// portal is no news.
func TestO18_ADraftThatNothingChangesIsTakenOverQuietly(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	w.whole()
	w.revise("the same", "")
	if page, _, path := b.Get(apply); path != apply+"/check" || strings.Contains(page.One("main").Text(), "has changed") {
		t.Errorf("it is at %s: %s", path, page.One("main").Text())
	}
	if page, _, path := b.Get(apply + "/changes"); path != apply+"/check" {
		t.Errorf("the page of changes is at %s: %s", path, page.One("main").Text())
	}
}

// TestTheDraftOfAWithdrawnServiceCanBeReadAndDeleted: it is not lost, nor sent.
func TestTheDraftOfAWithdrawnServiceCanBeReadAndDeleted(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, b := w.T, w.browse()
		draft := w.whole()
		w.Catalogue.Set("without", nil...)
		page, _, _ := b.Get("/en/cabinet/applications")
		if !page.Has(`main a[href="` + apply + `"]`) {
			t.Fatalf("it is not among the applications: %s", page.One("main").Text())
		}
		page, status, path := b.Get(apply)
		text := page.One("main").Text()
		if status != http.StatusOK || path != apply+"/check" || page.Has("#_declared") || page.Has(".fact-action") {
			t.Errorf("%d at %s: %s", status, path, text)
		}
		for _, want := range []string{"This service is not offered any more.", "Print this page", "Dhigu Magu", "Aishath Mohamed"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q: %s", want, text)
			}
		}
		if _, err := w.try("work", answers("work")); err == nil {
			t.Error("it can be changed")
		}
		if _, err := w.send(t.Context(), draft); err == nil {
			t.Error("it can be sent")
		}
		if other, status, _ := w.Browse(w.router, w.other()).Get(apply); status != http.StatusNotFound || strings.Contains(other.Text(), "Dhigu") {
			t.Errorf("somebody without a draft is answered %d", status)
		}
		page, _, _ = b.Get(page.One(`main a[href="` + apply + `/delete"]`).Attr("href"))
		if _, _, path := fill(b, page, nil); path != "/en/cabinet/applications" || len(w.drafted()) != 0 {
			t.Errorf("it is not deleted: at %s", path)
		}
	})
}

// TestI2_WhatThePolicyHasNoUseForIsOpenedByNobody: without the service there is
// no use of what was typed, so that even the person is told so, and can delete it.
func TestI2_WhatThePolicyHasNoUseForIsOpenedByNobody(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	w.whole()
	w.Catalogue.Set("without", nil...)
	other := *w.Service
	other.ID = "other-permit"
	w.policy = servicestest.Policy(t, &other)
	page, status, _ := b.Get(apply)
	if text := page.One("main").Text(); status != http.StatusOK || strings.Contains(text, "Dhigu Magu") || !strings.Contains(text, "Nobody can open what you typed") || !strings.Contains(text, "Kept for you until 21 January 2027") {
		t.Errorf("%d: %s", status, text)
	}
	page, _, _ = b.Get(apply + "/delete")
	if fill(b, page, nil); len(w.drafted()) != 0 {
		t.Error("it is not deleted")
	}
}
