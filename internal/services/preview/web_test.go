package preview_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/forms"
	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/preview"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
)

// officials are signed in by a token that is their role.
type officials struct{}

func (officials) Session(_ context.Context, token, realm string) (*web.Session, error) {
	if realm != web.RealmStaff || token == "" {
		return nil, nil
	}
	return &web.Session{ID: "s", Subject: token, Realm: realm, Roles: []string{token}, Strong: true}, nil
}

// nothing is what people have reached whom nobody asks for: a preview that
// asked would fail.
type nothing struct{ t *testing.T }

func (n nothing) Reached(context.Context, string, string, string, string) (time.Time, error) {
	n.t.Error("a preview asked how far somebody got")
	return time.Time{}, nil
}

// desk is a portal with the event permit, which opens in 2027, and the road
// permit, on 22 November 2026.
func desk(t *testing.T) http.Handler {
	t.Helper()
	event := servicestest.Compile(t, os.DirFS("../testdata/event-permit"), "event-permit")
	event.Opens = "2027-06-01"
	list := []*services.Definition{event, servicestest.RoadPermit(t)}
	catalogue, err := i18n.Load(web.Locales(), forms.Locales(), services.Locales(), preview.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	name := i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}
	now := clock.NewFake(time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC))
	router, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Sessions: officials{}, Clock: now, Log: slog.New(slog.DiscardHandler),
		Portal: func() *web.Portal {
			return &web.Portal{Name: name, Operator: name, Brand: brand, Zone: servicestest.Zone()}
		},
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.LangCookie, Class: web.Necessary}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	all := &servicestest.Catalogue{}
	all.Set("one", list...)
	pol := servicestest.Policy(t, list...)
	preview.Mount(router, services.Config{
		Catalogue: all, Policy: func() *policy.Policy { return pol }, Reached: nothing{t}, Clock: now,
		Currency: func() string { return "MVR" },
	}, servicestest.Zone, func(context.Context) ([]*services.Definition, *policy.Policy, error) {
		coming := servicestest.Compile(t, os.DirFS("../testdata/event-permit"), "event-permit")
		coming.ID = "fair-permit"
		return []*services.Definition{coming}, pol, nil
	})
	return router
}

func ask(t *testing.T, h http.Handler, role, path string, form url.Values, status int) testkit.Nodes {
	t.Helper()
	b := testkit.Browse(t, h)
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r := b.Request(method, path, strings.NewReader(body))
	r.Header.Set("Cookie", "staff="+role)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp := b.Do(r)
	if resp.StatusCode != status {
		t.Fatalf("%s answers %d, not %d", path, resp.StatusCode, status)
	}
	return testkit.Page(t, resp)
}

func says(t *testing.T, page testkit.Nodes, all ...string) {
	t.Helper()
	for _, want := range all {
		if text := page.One("main").Text(); !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

const event = "/staff/services/event-permit/preview"

func TestO18_AServiceIsPreviewedBeforeItOpens(t *testing.T) {
	h := desk(t)
	says(t, ask(t, h, "administrator", event, nil, http.StatusOK), "Not open yet", "You can apply from 1 June 2027 on.", "New event")
	page := ask(t, h, "administrator", event+"?on=2027-06-01&variant=repeat", nil, http.StatusOK)
	says(t, page, "Repeat of an event", "within the last 365 days: Approved", "Half of what a new event costs.", "What the program decides by itself", "It begins at 23:00 or later.")
	if strings.Contains(page.One("main").Text(), "Not open yet") || page.Has("main a.button") {
		t.Error("on the day it opens it is closed, or one can begin from a preview")
	}
	says(t, ask(t, h, "administrator", event+"?on=2028-01-01&lang=dv", nil, http.StatusOK), "ބަންދުވެއްޖެ")
	says(t, ask(t, h, "administrator", event+"?on=someday", nil, http.StatusOK), "Enter a day, such as 2026-11-30.")
}

func TestO18_AServiceIsPreviewedBeforeItIsPublished(t *testing.T) {
	h := desk(t)
	const fair = "/staff/services/fair-permit/preview"
	ask(t, h, "administrator", "/staff/services", nil, http.StatusOK).One(`main h2 ~ .items a[href="` + fair + `?version=proposed"]`)
	page := ask(t, h, "administrator", fair+"?version=proposed&part=form", nil, http.StatusOK)
	says(t, page, "This is proposed", "What the answers come to")
	tried := ask(t, h, "administrator", page.One("main form[method=post]").Attr("action"), url.Values{"title": {"Night market"}}, http.StatusOK)
	if says(t, tried, "This is proposed"); tried.One("input[name=title]").Attr("value") != "Night market" {
		t.Error("a proposed form cannot be tried")
	}
	ask(t, h, "administrator", fair, nil, http.StatusNotFound)
	ask(t, h, "administrator", event+"?version=proposed", nil, http.StatusNotFound)
	ask(t, h, "dewatering-officer", fair+"?version=proposed", nil, http.StatusForbidden)
}

func TestO18_AnswersAreTriedInAPreviewAndExplained(t *testing.T) {
	h := desk(t)
	form := event + "?on=2027-06-01&variant=repeat&part=form"
	blank := ask(t, h, "administrator", form, nil, http.StatusOK)
	if blank.Has(".summary") {
		t.Error("a form that was not tried complains")
	}
	says(t, blank, "A sample stands here for the file.", "Why we ask", "It is asked only if: There will be fireworks.", "rule fireworks-are-planned waits for what")
	given := url.Values{
		"applicant": {"example"}, "name": {"Aishath Mohamed"}, "identity-number": {"A123456"}, "email": {"a@example.mv"}, "title": {"Night market"},
		"what": {"food"}, "date-day": {"20"}, "date-month": {"6"}, "date-year": {"2027"}, "doors": {"18:30"},
		"venue-lines": {"The field"}, "venue-place": {"Fuvahmulah"}, "crowd": {"320"}, "organisers-warranty": {"true"},
		"organisers.0.name": {"Hassan Ali"}, "organisers.0.identity-number": {"A234567"}, "organisers.0.there": {"false"},
	}
	page := ask(t, h, "administrator", form, given, http.StatusOK)
	if page.Has(".summary") {
		t.Errorf("sound answers are refused: %s", page.One(".summary").Text())
	}
	says(t, page, "MVR 250.00", "Security staff that you need", "rule music-is-planned is false, where what = [\"food\"]",
		"Organiser 1: Phone number", "It is asked only if: They will be at the event.", "rule who-is-there-can-be-called of organisers.0 is false, where organisers.0.there = false", "A person would decide on these answers.")
	given.Set("doors", "23:00")
	says(t, ask(t, h, "administrator", form, given, http.StatusOK), "Refused by the program: It begins at 23:00 or later.")
	given.Set("date-day", "2")
	given.Set("crowd", "many")
	page = ask(t, h, "administrator", form, given, http.StatusOK)
	says(t, page, "Apply at least 14 days before the event.", "The fee still waits for: How many visitors do you expect?.")
	if page.One("input[name=title]").Attr("value") != "Night market" || page.One("input[name=crowd]").Attr("value") != "many" {
		t.Error("what was typed is lost")
	}
	again := ask(t, h, "administrator", form, nil, http.StatusOK)
	if strings.Contains(again.One("main").Text(), "Night market") || again.One("input[name=title]").Attr("value") != "" {
		t.Error("something was kept")
	}
}

func TestO18_ThePreviewShowsWorkflowAndTests(t *testing.T) {
	h := desk(t)
	says(t, ask(t, h, "administrator", event+"?part=workflow", nil, http.StatusOK), "Information requested", "the applicant", "No answer came (by itself) leads to Refused", "the fee is due")
	page := ask(t, h, "administrator", event+"?part=tests", nil, http.StatusOK)
	says(t, page, "22 of 22 tests pass", "A repeat needs an earlier approval")
	if n := page.Find("main tbody .tag").Len(); n != 22 {
		t.Errorf("%d tests are shown", n)
	}
}

func TestAPreviewIsForWhoDecidesAndForRolesThatMay(t *testing.T) {
	h := desk(t)
	for role, want := range map[string][]string{
		"administrator": {"Public event permit", "Road permit", "Public event permit"}, "permit-officer": {"Public event permit", "Road permit", "Public event permit"}, "dewatering-officer": nil,
	} {
		if got := ask(t, h, role, "/staff/services", nil, http.StatusOK).Find("main .item-title").Texts(); !slices.Equal(got, want) {
			t.Errorf("%s may preview %v, not %v", role, got, want)
		}
	}
	ask(t, h, "dewatering-officer", event, nil, http.StatusForbidden)
	ask(t, h, "dewatering-officer", event, url.Values{"crowd": {"1"}}, http.StatusForbidden)
	ask(t, h, "administrator", "/staff/services/zebra/preview", nil, http.StatusNotFound)
}
