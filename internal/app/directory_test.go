package app_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/testkit"
)

// TestO18_AServiceThatIsOnlyADirectoryIsCheckedAndRuns puts the example of
// docs/services.md beside the portal's services, as an operator would.
func TestO18_AServiceThatIsOnlyADirectoryIsCheckedAndRuns(t *testing.T) {
	t.Parallel()
	dir := onegov(t)
	if err := os.CopyFS(filepath.Join(dir, "services/event-permit"), os.DirFS(filepath.Join(testkit.Root(), "internal/services/testdata/event-permit"))); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(testkit.Binary(t), "check", dir).Output()
	if err != nil || !strings.Contains(string(out), ": 3 services, 2 languages, version ") {
		t.Fatalf("check says %s (%v)", out, err)
	}
	data := t.TempDir()
	portal := testkit.Serve(t, dir, "--demo", "--data", filepath.Join(data, "data"), "--keys", filepath.Join(data, "keys"))
	b := portal.Browse()
	if found := b.Page("/en/services?q=festval", http.StatusOK).Find(".item-title").Texts(); len(found) != 1 || found[0] != "Public event permit" {
		t.Errorf("searching finds %v", found)
	}
	fee := b.Page("/dv/services/event-permit/fee?_variant=repeat&_look=1&crowd=320", http.StatusOK).One(".inset").Text()
	if !strings.Contains(fee, "250.00") {
		t.Errorf("the fee of a repeat is %s", fee)
	}
	b.Submit("/en/sign-in", url.Values{"contact": {portal.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
	start := b.Page("/en/services/event-permit?variant=repeat", http.StatusOK)
	if got := start.Find(".task .tag").Texts(); len(got) != 1 || got[0] != "Not yet" {
		t.Errorf("of the earlier approval it says %v", got)
	}
	turned := b.Page("/en/services/event-permit/apply?variant=repeat", http.StatusConflict)
	if text := turned.One("main").Text(); !strings.Contains(text, "Something else comes first") || turned.Has("main form") {
		t.Errorf("a repeat without an earlier approval is begun: %s", text)
	}
	const apply = "/en/services/event-permit/apply"
	if got := b.Page(apply+"?variant=first", http.StatusOK).Find(".task .tag").Texts(); len(got) != 5 || got[3] != "Cannot begin yet" {
		t.Errorf("of the pages of a new application it says %v", got)
	}
	answer(t, b, apply, "?variant=first", market())
	if got := b.Page(apply+"?variant=first", http.StatusOK).Find(".task .tag").Texts(); strings.Join(got, " ") != "Done Done Done Done Done" {
		t.Errorf("of the pages that are answered it says %v", got)
	}
	check := b.Page(apply+"/check?variant=first", http.StatusOK)
	holds(t, "the citizen", check, "Night market", "Hassan Ali", "Mariyam Nashwa", "plan.pdf", "500.00", "Security staff that you need7")
	if check.Has(`main a[href$="#security-rule"]`) {
		t.Error("what only informs is shown as a question that nobody answered")
	}
	sent := press(t, b, check, url.Values{"_declared": {"yes"}})
	own := sent.One(`main a[href*="/cabinet/applications/"]:not([href*="receipt"])`).Attr("href")

	officer := portal.Browse()
	officer.Submit("/staff/sign-in", url.Values{"email": {portal.Person("permit-officer")}, "password": {demo.Password}}, http.StatusOK)
	at := officer.Page("/staff/cases?service=event-permit", http.StatusOK).One(`main tbody a[href*="/staff/cases/"]`).Attr("href")
	page := pushes(t, officer, officer.Page(at, http.StatusOK), "take", nil)
	holds(t, "the officer", page, "Night market", "Hassan Ali", "7771234", "A345678", "The field by the school")
	if strings.Contains(page.One("main").Text(), "7771235") {
		t.Error("the number of an organiser who is not there was kept")
	}
	got, err := io.ReadAll(officer.Get(page.One(".document figcaption a").Attr("href")).Body)
	if err != nil || !bytes.Equal(got, testkit.PDF("plan")) {
		t.Errorf("the officer opens a plan of %d bytes: %v", len(got), err)
	}
	pushes(t, officer, page, "approve", url.Values{"remarks": {"Two exits stay free."}})
	holds(t, "the citizen", b.Page(own, http.StatusOK), "Approved", "Two exits stay free.", "500.00")

	again := market()
	again.Set("title", "Second night market")
	again.Set("doors", "23:30")
	answer(t, b, apply, "?variant=repeat", again) // which has its earlier approval now
	check = b.Page(apply+"/check?variant=repeat", http.StatusOK)
	holds(t, "the citizen", check, "Second night market", "250.00")
	contest(t, b, officer, press(t, b, check, url.Values{"_declared": {"yes"}}))
}

// contest has the program refuse what was just sent, and a person approve it
// after the applicant has contested that (N13).
func contest(t *testing.T, b, officer *testkit.Browser, sent testkit.Nodes) {
	t.Helper()
	own := sent.One(`main a[href*="/cabinet/applications/"]:not([href*="receipt"])`).Attr("href")
	page := b.Page(own, http.StatusOK)
	for deadline := time.Now().Add(20 * time.Second); !page.Has("#automatic") && time.Now().Before(deadline); {
		page = b.Page(own, http.StatusOK) // the program decides by a job
	}
	holds(t, "the citizen", page, "Refused by the program", "It begins at 23:00 or later.", "You may not hold the event.")
	holds(t, "the person's log", b.Page("/en/cabinet/access", http.StatusOK), "Deciding on an event permit without a person")
	holds(t, "the answer to who asks", b.Page("/en/cabinet/rights/automated", http.StatusOK), "Public event permit", "It begins at 23:00 or later.", "It is a repeat for at most 100 visitors")
	holds(t, "the policy", b.Page("/en/privacy", http.StatusOK), "Refused by the program", "It begins at 23:00 or later.", "within 10 working days")
	pushes(t, b, page, "contest", url.Values{"message": {"It is New Year's Eve."}})
	row := officer.Page("/staff/cases?service=event-permit&state=contested", http.StatusOK)
	page = pushes(t, officer, officer.Page(row.One(`main tbody a[href*="/staff/cases/"]`).Attr("href"), http.StatusOK), "take", nil)
	holds(t, "the officer", page, "Refused by the program", "It is New Year's Eve.", "It begins at 23:00 or later.")
	pushes(t, officer, page, "approve", url.Values{"remarks": {"As an exception."}})
	holds(t, "the citizen", b.Page(own, http.StatusOK), "and a person has decided since", "As an exception.")
	control := b.Page("/en/privacy/proof", http.StatusOK).One("#automated-contestable").Text()
	if !strings.Contains(control, "Kept") {
		t.Errorf("the promise stands as %s", control)
	}
}

// market are answers to the questions of the permit for a public event.
func market() url.Values {
	day := time.Now().AddDate(0, 0, 30)
	return url.Values{
		"applicant": {"person"}, "name": {"Aishath Mohamed"}, "identity-number": {"A123456"}, "email": {"aishath@example.mv"},
		"title": {"Night market"}, "what": {"food", "market"},
		"date-day": {day.Format("2")}, "date-month": {day.Format("1")}, "date-year": {day.Format("2006")}, "doors": {"18:30"},
		"venue-lines": {"The field by the school"}, "venue-place": {"Fuvahmulah"}, "crowd": {"320"},
		"organisers-warranty": {"true"}, "organisers.0": {"1"}, "organisers.0.name": {"Hassan Ali"}, "organisers.0.identity-number": {"A234567"}, "organisers.0.there": {"true"}, "organisers.0.phone": {"7771234"},
		"organisers.1": {"1"}, "organisers.1.name": {"Mariyam Nashwa"}, "organisers.1.identity-number": {"A345678"}, "organisers.1.there": {"false"}, "organisers.1.phone": {"7771235"},
	}
}

// answer answers the pages of the permit for a public event.
func answer(t *testing.T, b *testkit.Browser, apply, variant string, given url.Values) {
	t.Helper()
	for _, id := range []string{"applicant", "event", "visitors", "organisers", "plan"} {
		page := b.Page(apply+"/"+id+variant, http.StatusOK)
		if id == "plan" {
			b.Follow(upload(t, b, page.One("main form[data-upload]"), "plan.pdf", testkit.PDF("plan")))
			page = b.Page(apply+"/"+id+variant, http.StatusOK)
		}
		form := page.One(`main form[action*="/apply/"]`)
		sent := form.Values()
		for name, v := range given {
			if form.Has(`[name="`+name+`"]`) || id == "organisers" && strings.HasPrefix(name, "organisers.") {
				sent[name] = v
			}
		}
		b.Submit(form.Attr("action"), sent, http.StatusOK)
	}
}
