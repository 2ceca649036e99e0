package drafts_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/cases/casestest"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

const apply = "/en/services/road-permit/apply"

// form is the only form of the page that is sent by POST.
func form(page testkit.Nodes) (string, url.Values) {
	f := page.One("main form[method=post]")
	return f.Attr("action"), f.Values()
}

// fill sends the page's form with these answers.
func fill(b *casestest.Browser, page testkit.Nodes, given url.Values, do ...string) (testkit.Nodes, int, string) {
	action, sent := form(page)
	for name, v := range given {
		sent[name] = v
	}
	if len(do) > 0 {
		sent["_do"] = do
	}
	return b.Post(action, sent)
}

func (w *world) browse() *casestest.Browser { return w.Browse(w.router, w.Citizen) }

func TestO18_ApplyingFromStartToConfirmation(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, citizen := w.T, w.browse()

		// Before starting: who will get which data and for how long.
		page, _, _ := citizen.Get("/en/services/road-permit")
		page, _, path := citizen.Get(page.One("main a.button.primary").Attr("href"))
		if path != apply+"/applicant" {
			t.Fatalf("it starts at %s", path)
		}

		// The profile fills in, and says so.
		if got := page.One("#name").Attr("value"); got != "Aishath Mohamed" {
			t.Errorf("the name is filled in as %q", got)
		}
		if hint := page.One("#name-hint").Text(); !strings.Contains(hint, "your profile") {
			t.Errorf("its source is told as %q", hint)
		}
		for field := range page.Find("main .field").All() {
			if text := field.Text(); !strings.Contains(text, "How long it is kept") {
				t.Errorf("a question does not say why it is asked: %s", text)
			}
		}
		page, _, path = fill(citizen, page, answers("applicant"))
		if path != apply+"/work" {
			t.Fatalf("the second page is %s", path)
		}

		// Wrong answers stay, beside what is wrong with them.
		page, status, _ := fill(citizen, page, with(answers("work"), "hours", "0"))
		if status != http.StatusUnprocessableEntity || page.One("#hours-error").Text() != "Error: “Duration” must be 1 or more." {
			t.Errorf("%d: %s", status, page.Find("#hours-error").Text())
		}
		if page.One("#road").Attr("value") != "Dhigu Magu" || !strings.HasPrefix(page.One("title").Text(), "Error: ") {
			t.Error("what else was typed is lost, or the title does not say Error")
		}
		page.One(`.summary a[href="#hours"]`)

		// On another device it goes on where it was, with what was wrong.
		elsewhere, _, path := w.browse().Get(apply)
		if path != apply+"/work" || elsewhere.One("#hours").Attr("value") != "0" || elsewhere.One("#road").Attr("value") != "Dhigu Magu" {
			t.Errorf("on another device it goes on at %s", path)
		}
		check, _, _ := citizen.Get(apply + "/check")
		if check.Has("#_declared") || !check.Has(`.summary a[href="`+apply+`/work?checking=1"]`) {
			t.Error("what is wrong can be sent, or nothing leads to it")
		}

		// Check answers, change one and come back, then declare and send.
		page, _, path = fill(citizen, page, url.Values{"hours": {"9"}})
		if path != apply+"/check" || !strings.Contains(page.One("main").Text(), "1,040") {
			t.Fatalf("at %s: %s", path, page.One("main").Text())
		}
		for _, want := range []string{"Fuvahmulah City Council", "5 years, from the decision", "Privacy policy of", "Terms of use"} {
			if !strings.Contains(page.One("main").Text(), want) {
				t.Errorf("before sending it is not said: %q", want)
			}
		}
		change := page.One(`.fact-action a[href$="#section"]`).Attr("href")
		if change != apply+"/work?checking=1#section" {
			t.Errorf("change leads to %s", change)
		}
		page, _, _ = citizen.Get(strings.TrimSuffix(change, "#section"))
		page, _, path = fill(citizen, page, url.Values{"section": {"From the mosque to the harbour"}})
		if path != apply+"/check" || !strings.Contains(page.One("main").Text(), "From the mosque") {
			t.Errorf("changing comes back to %s", path)
		}
		page, status, _ = fill(citizen, page, nil)
		if status != http.StatusUnprocessableEntity || !page.Has("#_declared-error") {
			t.Errorf("sent without the declaration: %d", status)
		}
		action, sent := form(page)
		sent.Set("_declared", "yes")
		page, _, first := citizen.Post(action, sent)
		reference := page.One(".panel .reference").Text()
		if again, _, path := citizen.Post(action, sent); path != first || again.One(".panel .reference").Text() != reference {
			t.Errorf("sent again it leads to %s", path)
		}
		if bookmark, _, _ := citizen.Get(first); bookmark.One(".panel .reference").Text() != reference {
			t.Error("the confirmation does not survive a bookmark")
		}
		if receipt, status, _ := citizen.Get(page.One(`main a[href$="/receipt"]`).Attr("href")); status != http.StatusOK || !strings.Contains(receipt.One("main").Text(), reference) {
			t.Errorf("the receipt (%d) says: %s", status, receipt.One("main").Text())
		}
		if rows, err := w.Of(t.Context(), w.Citizen.ID); err != nil || rows[0].Language != "en" {
			t.Errorf("the language in which it was made is not kept: %+v (%v)", rows[0], err)
		}
		// The stale question page of another tab leads to what was sent.
		if _, _, path := fill(citizen, elsewhere, nil); path != first {
			t.Errorf("a stale page leads to %s", path)
		}
		if _, _, path := citizen.Get(apply + "/check"); path != apply+"/applicant" {
			t.Errorf("after sending, checking leads to %s", path)
		}
	})
}

func TestM6_WhatHoldsIsSaidBeforeStarting(t *testing.T) {
	w := worldOn(t, db.SQLite)
	page, _, _ := w.browse().Get(apply)
	for href, text := range map[string]string{"/en/privacy": "Privacy policy of 22 November 2026", "/en/terms": "Terms of use"} {
		if got := page.One(`main .inset a[href="` + href + `"]`).Text(); got != text {
			t.Errorf("%s is called %q", href, got)
		}
	}
}

func TestADraftIsSavedAndGoesOnLater(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	page, _, _ := b.Get(apply + "/work")
	page, status, _ := fill(b, page, url.Values{"road": {"Dhigu Magu"}}, "save")
	if status != http.StatusOK || !strings.Contains(page.One(".notice").Text(), "Saved at") || page.One("#road").Attr("value") != "Dhigu Magu" || page.Has(".summary") {
		t.Errorf("saving half a page: %d, %s", status, page.One("main").Text())
	}
	list, _, _ := b.Get("/en/cabinet/applications")
	link := list.One("main table a")
	if link.Attr("href") != apply || !strings.Contains(list.One("main table").Text(), "Not sent") {
		t.Errorf("the list says: %s", list.One("main table").Text())
	}
	if page, _, path := b.Get(link.Attr("href")); path != apply+"/work" || !strings.Contains(page.One("main").Text(), "Kept for you until 21 January 2027") {
		t.Errorf("it goes on at %s: %s", path, page.One("main").Text())
	}

	page, _, _ = b.Get(apply + "/delete")
	if _, _, path := fill(b, page, nil); path != "/en/cabinet/applications" || len(w.drafted()) > 0 {
		t.Errorf("deleting leads to %s and leaves %d", path, len(w.drafted()))
	}
	if _, status, _ := b.Get(apply + "/delete"); status != http.StatusNotFound {
		t.Errorf("what is gone can be deleted: %d", status)
	}
}

func TestTheLaterOfTwoDevicesChooses(t *testing.T) {
	w := worldOn(t, db.SQLite)
	w.whole()
	one, two := w.browse(), w.browse()
	here, _, _ := one.Get(apply + "/work")
	there, _, _ := two.Get(apply + "/work")
	fill(one, here, url.Values{"hours": {"10"}})
	page, status, _ := fill(two, there, url.Values{"hours": {"11"}, "road": {""}})
	rows := page.Find("main table tbody tr").Texts()
	if status != http.StatusConflict || len(rows) != 2 || !strings.Contains(strings.Join(rows, " "), "10 hours") || !strings.Contains(strings.Join(rows, " "), "11 hours") {
		t.Errorf("%d, the difference is shown as %q", status, rows)
	}
	if page.One("#hours").Attr("value") != "11" {
		t.Error("what was typed is lost")
	}
	keep := page.One("main .buttons a").Attr("href")
	if kept, _, _ := two.Get(keep); kept.One("#hours").Attr("value") != "10" {
		t.Error("what is saved cannot be kept")
	}
	if page, status, _ := fill(two, page, nil, "save"); status != http.StatusOK || page.One("#hours").Attr("value") != "11" || page.One("#road").Attr("value") != "" {
		t.Errorf("choosing what was typed: %d", status)
	}
}

func TestTheProfileIsUsedAsThePersonWants(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	page, _, _ := b.Get(apply)
	if page.One("#identity-number").Attr("value") != "" {
		t.Error("what is to be asked first is filled in")
	}
	page, _, _ = fill(b, page, nil, page.One(`main button[value="use:identity-number"]`).Attr("value"))
	if page.One("#identity-number").Attr("value") != "A123456" || !strings.Contains(page.One("#identity-number-hint").Text(), "your profile") {
		t.Error("asked for, it is not filled in")
	}
	page, _, _ = fill(b, page, nil, page.One(`main button[value="clear:phone"]`).Attr("value"))
	if page.One("#phone").Attr("value") != "" || page.One("#name").Attr("value") == "" {
		t.Error("clearing one answer clears another, or none")
	}
	page, _, _ = fill(b, page, nil, page.One(`main button[value="alone"]`).Attr("value"))
	if page.One("#identity-number").Attr("value")+page.One("#name").Attr("value") != "" {
		t.Error("the profile is still used")
	}
}

func TestPagesInDhivehi(t *testing.T) {
	w := worldOn(t, db.SQLite)
	row := w.sent()
	w.whole()
	b := w.browse()
	for _, path := range []string{
		"/dv/services/road-permit/apply/applicant", "/dv/services/road-permit/apply/work", "/dv/services/road-permit/apply/work?saved=1",
		"/dv/services/road-permit/apply/check", "/dv/services/road-permit/apply/delete", "/dv/cabinet/applications",
		"/dv/cabinet/applications/" + row.ID + "/sent",
	} {
		page, status, _ := b.Get(path)
		if status != http.StatusOK || page.One("html").Attr("dir") != "rtl" || page.Find("h1").Len() != 1 {
			t.Errorf("%s: %d, dir %s, %d h1", path, status, page.One("html").Attr("dir"), page.Find("h1").Len())
		}
		if text := page.One("main").Text(); strings.Contains(text, "services.") || strings.Contains(text, "drafts.") || strings.Contains(text, "forms.") {
			t.Errorf("%s shows a key: %s", path, text)
		}
	}
}

func TestBadInputNeverFails(t *testing.T) {
	w := worldOn(t, db.SQLite)
	row := w.sent()
	b := w.browse()
	fresh, _, _ := b.Get(apply + "/work")
	for name, change := range map[string]url.Values{
		"broken UTF-8":         {"road": {"\xff\xfe"}},
		"direction override":   {"road": {"Dhigu \u202eugaM"}},
		"control character":    {"road": {"Dhigu\x00Magu"}},
		"twice":                {"road": {"a road", "another"}},
		"unknown":              {"admin": {"1"}},
		"a choice of nothing":  {"kind": {"../../etc"}},
		"a date of nothing":    {"start-month": {"13"}},
		"hours beyond numbers": {"hours": {"99999999999999999999"}},
	} {
		given := answers("work")
		for key, v := range change {
			given[key] = v
		}
		page, _, _ := b.Get(apply + "/work")
		page, status, _ := fill(b, page, given)
		if status < 400 || status > 499 {
			t.Errorf("%s: %d", name, status)
		}
		if !page.Has("#section") || page.One("#section").Attr("value") != answers("work").Get("section") {
			t.Errorf("%s: what else was typed is lost", name)
		}
	}
	for name, change := range map[string]url.Values{
		"a forged draft": {"_draft": {"77"}}, "another's draft": {"_draft": {row.ID[:35] + "0"}}, "no number": {"_before": {"x"}},
		"a forged digest": {"_seen": {"x"}}, "nothing to do": {"_do": {"x:y"}}, "a question of nothing": {"_do": {"use:x"}},
	} {
		if _, status, _ := fill(b, fresh, change); status >= 500 {
			t.Errorf("%s: %d", name, status)
		}
	}
	for _, path := range []string{apply + "/x", apply + "/work?variant=x", "/en/services/x/apply", "/en/services/x/apply/work", "/en/cabinet/applications/x/sent"} {
		if _, status, _ := b.Get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, sent := range []url.Values{{}, {"_declared": {"yes"}}, {"_declared": {"yes"}, "_draft": {"x"}, "_revision": {"x"}}} {
		if _, status, _ := b.Post(apply+"/check", sent); status < 400 || status > 499 {
			t.Errorf("%v: %d", sent, status)
		}
	}
}
