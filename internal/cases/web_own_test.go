package cases_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/forms/answer"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// button presses a button of the page's forms: the one whose value is named.
func (b *browser) button(page testkit.Nodes, value string, typed url.Values) (testkit.Nodes, int, string) {
	b.w().T.Helper()
	for f := range page.Find("main form[method=post]").All() {
		if f.Has(`button[value="` + value + `"]`) {
			form := f.Values()
			form.Set("action", value)
			for name, v := range typed {
				form[name] = v
			}
			return b.post(f.Attr("action"), form)
		}
	}
	b.w().T.Fatalf("no button %q on the page", value)
	return testkit.Nodes{}, 0, ""
}

func TestO18_ThePersonAnswersChangesAndWithdrawsOnTheirPage(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, row := w.t, w.Applied(w.citizen)
		b := w.browse(w.citizen)
		at := "/en/cabinet/applications/" + row.ID

		page, status, _ := b.get(at)
		if status != http.StatusOK || !strings.Contains(page.One("main").Text(), "Nobody has looked at it yet") {
			t.Fatalf("%d: %s", status, page.One("main").Text())
		}
		page, status, _ = b.button(page, "write", url.Values{"message": {"  "}})
		if status != http.StatusUnprocessableEntity || page.One("#message-error").Text() != "Error: Write what you want to say." {
			t.Errorf("an empty message: %d %s", status, page.Find("#message-error").Text())
		}
		page, status, path := b.button(page, "write", url.Values{"message": {"Is Monday fine?"}})
		if status != http.StatusOK || path != at || !strings.Contains(page.One("main").Text(), "Is Monday fine?") {
			t.Errorf("a message: %d at %s", status, path)
		}

		// Answers change while the state allows, checked like the first time.
		page, _, path = b.get(page.One(`main a[href$="/change"]`).Attr("href"))
		form := page.One("main form[method=post]").Values()
		if path != at+"/change" || form.Get("hours") != "9" || form.Get("road") != "Dhigu Magu" {
			t.Fatalf("the questions say %v", form)
		}
		form.Set("hours", "0")
		wrong, status, _ := b.post(path, form)
		if status != http.StatusUnprocessableEntity || !wrong.Has("#hours-error") || wrong.One("#road").Attr("value") != "Dhigu Magu" {
			t.Errorf("wrong hours: %d", status)
		}
		form.Set("hours", "7")
		page, _, path = b.post(path, form)
		if text := page.One("main").Text(); path != at || !strings.Contains(text, "the office is told") || !strings.Contains(text, "By you: Duration, End of the closure") {
			t.Errorf("changed, at %s: %s", path, text)
		}
		if stale, status, _ := b.post(at+"/change", form); status != http.StatusConflict || stale.One("#hours").Attr("value") != "7" {
			t.Errorf("changed from an old window: %d", status)
		}

		// Asked by the office: it waits for the person, and the list says so.
		w.taken(row, w.official)
		w.asked(row, "section")
		page, _, _ = b.get(at)
		text := page.One("main").Text()
		for _, want := range []string{"Waiting for you", "Which side of the road?", "Answer by"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q: %s", want, text)
			}
		}
		change, _, _ := b.get(page.One(`main a[href$="/change"]`).Attr("href"))
		if change.Has("#road") || !change.Has("#section") {
			t.Error("another question than the one that was asked can be changed")
		}
		page, _, _ = b.button(page, "answer", url.Values{"message": {"The eastern side."}})
		if text := page.One("main").Text(); !strings.Contains(text, "An official of the council is looking") || !strings.Contains(text, "The eastern side.") {
			t.Errorf("answered: %s", text)
		}

		receipt, status, _ := b.get(page.One(`main a[href$="/receipt"]`).Attr("href"))
		if text := receipt.One("main").Text(); status != http.StatusOK || !strings.Contains(text, row.Reference) || !strings.Contains(text, "On this portal") {
			t.Errorf("the receipt (%d) says %s", status, text)
		}

		page, _, _ = b.button(page, "withdraw", nil)
		if text := page.One("main").Text(); !strings.Contains(text, "The application was withdrawn") || page.Has("main form[method=post]") || strings.Contains(text, "If you disagree") {
			t.Errorf("withdrawn: %s", text)
		}
		if again, status, _ := b.post(at, url.Values{"action": {"withdraw"}, "_state": {"in-review"}}); status != http.StatusConflict || !strings.Contains(again.One("main").Text(), "has changed") {
			t.Errorf("withdrawn again: %d", status)
		}
		if page, _, _ := b.get("/en/cabinet/applications?show=open"); page.Has("table tbody a") {
			t.Error("a closed application is listed as open")
		}
		if page, _, _ := b.get("/en/cabinet/applications?show=closed"); page.One("table tbody a").Attr("href") != at {
			t.Error("a closed application is not listed as closed")
		}
	})
}

func TestO18_OwnPagesRefuseWhatIsNotTheirs(t *testing.T) {
	w := newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
	row := w.Applied(w.citizen)
	other := w.browse(w.person("Hawwa Ibrahim"))
	at := "/en/cabinet/applications/" + row.ID
	for _, path := range []string{"", "/change", "/receipt"} {
		if _, status, _ := other.get(at + path); status != http.StatusNotFound {
			t.Errorf("somebody else's %s: %d", path, status)
		}
	}
	for _, form := range []url.Values{{"action": {"withdraw"}, "_state": {"submitted"}}, {"action": {"write"}, "message": {"x"}}} {
		if _, status, _ := other.post(at, form); status != http.StatusNotFound {
			t.Errorf("somebody else's %v: %d", form, status)
		}
	}
	if _, status, _ := other.post(at+"/change", url.Values{"_seen": {"1"}, "hours": {"7"}}); status != http.StatusNotFound {
		t.Errorf("somebody else's answers: %d", status)
	}
	b := w.browse(w.citizen)
	for _, form := range []url.Values{{}, {"action": {"take"}, "_state": {"submitted"}}, {"action": {"withdraw", "write"}}, {"action": {"write"}, "message": {"a", "b"}}} {
		if _, status, _ := b.post(at, form); status < 400 || status > 499 {
			t.Errorf("%v: %d", form, status)
		}
	}
	for _, before := range []string{"x", "1.2", strings.Repeat("z", 60), "abc." + row.ID + "x"} {
		if _, status, _ := b.get("/en/cabinet/applications?before=" + url.QueryEscape(before)); status != http.StatusOK {
			t.Errorf("before %q: %d", before, status)
		}
	}
}

func TestO18_ManyApplicationsGoPageByPage(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for range 45 {
			w.Applied(w.citizen)
		}
		b, seen := w.browse(w.citizen), map[string]bool{}
		page, _, _ := b.get("/en/cabinet/applications")
		for n := 1; ; n++ {
			for a := range page.Find("table tbody a").All() {
				seen[a.Attr("href")] = true
			}
			next := page.Find("a[rel=next]")
			if n == 3 && next.Len() == 0 {
				break
			}
			if n == 3 || next.Len() == 0 {
				w.t.Fatalf("page %d of three has %d links to the next", n, next.Len())
			}
			page, _, _ = b.get(next.Attr("href"))
		}
		if len(seen) != 45 {
			w.t.Errorf("%d of 45 applications are listed", len(seen))
		}
	})
}

func TestO18_ADelegateChangesAnApplicationOfTheirCompany(t *testing.T) {
	w := newWorldOn(t)
	answers := worldAnswers()
	answers["applicant"] = answer.Party{As: answer.Company, Company: "c-1", Name: "Dhigu Builders"}.Text()
	row := w.AppliedFor(w.citizen, w.service, answers)
	b := w.browse(w.citizen)
	at := "/en/cabinet/applications/" + row.ID
	page, _, _ := b.get(at + "/change")
	if page.One(`input[name="applicant"][checked]`).Attr("value") != "c-1" || !strings.Contains(page.One("main").Text(), "Dhigu Builders") {
		t.Errorf("the company is not chosen: %s", page.One("main").Text())
	}
	form := page.One("main form").Values()
	form.Set("hours", "7")
	page, status, path := b.post(at+"/change", form)
	if path != at {
		t.Fatalf("changing the hours leads to %s (%d): %s", path, status, page.One("main").Text())
	}
	a, err := w.Application(t.Context(), w.citizen, row.ID)
	if party, _ := answer.PartyOf(a.Answers["applicant"]); err != nil || party.Company != "c-1" || a.Answers["hours"] != "7" {
		t.Errorf("changed to %v (%v)", a.Answers, err)
	}
}
