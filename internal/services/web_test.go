package services_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
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
	"portico/internal/services/search"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
)

// sessions are people by their token, which is their id.
type sessions []string

func (s sessions) Session(_ context.Context, token, realm string) (*web.Session, error) {
	if !slices.Contains(s, token) || realm != web.RealmPerson {
		return nil, nil
	}
	return &web.Session{ID: "s", Subject: token, Realm: realm, Name: "Aminath"}, nil
}

// site is the catalogue with some services at a time.
type site struct {
	router http.Handler
	clock  *clock.Fake
}

func newSite(t testing.TB, r services.Reached, list ...*services.Definition) site {
	t.Helper()
	catalogue, err := i18n.Load(web.Locales(), forms.Locales(), services.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	name := i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}
	s := site{clock: clock.NewFake(time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC))}
	router, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Sessions: sessions{"aminath"}, Clock: s.clock, Log: slog.New(slog.DiscardHandler),
		Portal: func() *web.Portal {
			return &web.Portal{Name: name, Operator: name, Brand: brand, Zone: servicestest.Zone()}
		},
		Cookies: func() []web.Cookie { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	all := &servicestest.Catalogue{}
	all.Set("one", list...)
	pol := servicestest.Policy(t, list...)
	services.Mount(router, services.Config{
		Catalogue: all, Policy: func() *policy.Policy { return pol }, Reached: r, Clock: s.clock,
		Name: func() i18n.Text { return name }, Description: func() i18n.Text { return name },
		Categories: func() []services.Category { return servicestest.Env(t).Categories },
		Currency:   func() string { return "MVR" },
		Address:    func() string { return "https://one.gov.mv" },
	})
	door := services.Door{Catalogue: all, Reached: r, Clock: s.clock}
	router.Handle(web.Route{Method: http.MethodGet, Path: "/services/{id}/apply", Audience: web.Person, Activity: "public", Handler: func(q *web.Req) error {
		turned, err := door.Turn(q, all.Service(q.R.PathValue("id")), q.Value("variant"))
		if turned || err != nil {
			return err
		}
		return q.Bytes(http.StatusOK, "text/plain", []byte("begun"))
	}})
	s.router = router
	return s
}

// get returns a page as somebody who is signed in, or as nobody.
func (s site) get(t testing.TB, who, path string, status int) testkit.Nodes {
	t.Helper()
	return testkit.Page(t, s.ask(t, who, path, status))
}

func (s site) ask(t testing.TB, who, path string, status int) *http.Response {
	t.Helper()
	b := testkit.Browse(t, s.router)
	r := b.Request(http.MethodGet, path, nil)
	if who != "" {
		r.Header.Set("Cookie", "session="+who)
	}
	resp := b.Do(r)
	if resp.StatusCode != status {
		t.Fatalf("%s answers %d, not %d", path, resp.StatusCode, status)
	}
	return resp
}

func says(t testing.TB, page testkit.Nodes, all ...string) {
	t.Helper()
	text := page.One("main").Text()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
}

func TestO18_M6_M27_TheStartPageSaysAllBeforeOneBegins(t *testing.T) {
	d := servicestest.RoadPermit(t)
	for _, lang := range []string{"en", "dv"} {
		page := newSite(t, reached{}, d).get(t, "", "/"+lang+"/services/road-permit", http.StatusOK)
		says(t, page, d.Eligibility[lang], d.Law[lang], d.After[lang], d.Appeal[lang], d.Documents[0][lang])
		for _, f := range d.Form.Fields() { // M27: the whole list
			says(t, page, f.Label[lang])
		}
		for line := range strings.Lines(strings.TrimSpace(d.Cost[lang])) {
			says(t, page, strings.TrimSpace(line))
		}
		if page.Find("a.button.primary").Len() != 1 || page.One("a.button.primary").Attr("href") != "/"+lang+"/services/road-permit/apply" {
			t.Errorf("in %s the page does not lead to applying", lang)
		}
	}
	page := newSite(t, reached{}, d).get(t, "", "/en/services/road-permit", http.StatusOK)
	says(t, page, "Fuvahmulah City Council", "5 working days", "5 years, from the decision", "used as it says here and for nothing else",
		"The privacy policy that is in force when you send your application is recorded with it")
}

func TestO18_AServiceWithVariantsLetsOneChooseFirst(t *testing.T) {
	s := newSite(t, reached{}, servicestest.Compile(t, edited(t, "purpose:", variants), "road-permit"))
	page := s.get(t, "", "/en/services/road-permit", http.StatusOK)
	if page.Has("a.button.primary") || !page.Has(`a[href="/en/services/road-permit?variant=renew"]`) {
		t.Error("one begins before choosing")
	}
	page = s.get(t, "", "/en/services/road-permit?variant=renew", http.StatusOK)
	says(t, page, "Road permit: Renew a permit", "Half of it.", "Whoever has a permit.", "within the last 365 days: Approved")
	if got := page.One("a.button.primary").Attr("href"); got != "/en/services/road-permit/apply?variant=renew" {
		t.Errorf("it leads to %s", got)
	}
	s.get(t, "", "/en/services/road-permit?variant=other", http.StatusNotFound)
	s.get(t, "aminath", "/en/services/road-permit/apply?variant=other", http.StatusNotFound)
	if to := s.ask(t, "aminath", "/en/services/road-permit/apply", http.StatusSeeOther).Header.Get("Location"); to != "/en/services/road-permit" {
		t.Errorf("without a variant it leads to %q", to)
	}
}

func TestO18_WhatComesFirstIsShownAndHeldAtTheDoor(t *testing.T) {
	d := servicestest.Compile(t, edited(t, "purpose:", variants), "road-permit")
	nothing := newSite(t, reached{}, d)
	says(t, nothing.get(t, "", "/en/services/road-permit?variant=renew", http.StatusOK), "First", "When you are signed in")
	says(t, nothing.get(t, "aminath", "/en/services/road-permit?variant=renew", http.StatusOK), "Not yet")
	page := nothing.get(t, "aminath", "/en/services/road-permit/apply?variant=renew", http.StatusConflict)
	says(t, page, "Something else comes first", "Not yet")
	if !page.Has(`main a[href="/en/services/road-permit?variant=new"]`) {
		t.Error("there is no way to what comes first")
	}
	approved := newSite(t, reached{{"road-permit", "new", "approved"}: instant(t, "2026-11-01T00:00:00Z")}, d)
	says(t, approved.get(t, "aminath", "/en/services/road-permit?variant=renew", http.StatusOK), "Done")
	approved.ask(t, "aminath", "/en/services/road-permit/apply?variant=renew", http.StatusOK)
	approved.clock.Advance(400 * 24 * time.Hour)
	says(t, approved.get(t, "aminath", "/en/services/road-permit/apply?variant=renew", http.StatusConflict), "Too long ago")
}

func TestO18_AServiceThatIsNotOpenSaysSoAndTakesNothing(t *testing.T) {
	s := newSite(t, reached{}, servicestest.Compile(t, edited(t, "purpose:", "opens: 2026-12-01\ncloses: 2026-12-31\npurpose:"), "road-permit"))
	for _, c := range []struct {
		after  time.Duration
		says   string
		status int
	}{
		{0, "You can apply from 1 December 2026 on.", http.StatusConflict},
		{10 * 24 * time.Hour, "", http.StatusOK},
		{30 * 24 * time.Hour, "The last day to apply was 31 December 2026.", http.StatusConflict},
	} {
		s.clock.Advance(c.after)
		page := s.get(t, "aminath", "/en/services/road-permit", http.StatusOK)
		says(t, page, "1 December 2026", "31 December 2026", c.says)
		if page.Has("a.button.primary") != (c.says == "") {
			t.Errorf("%q: beginning is offered otherwise", c.says)
		}
		if tagged := s.get(t, "", "/en/services", http.StatusOK).Has("main .item .tag"); tagged != (c.says != "") {
			t.Errorf("%q: the catalogue says otherwise", c.says)
		}
		s.ask(t, "aminath", "/en/services/road-permit/apply", c.status)
	}
}

func TestM2_TheCatalogueIsFilteredAndSearched(t *testing.T) {
	road := servicestest.RoadPermit(t)
	pump := servicestest.Compile(t, edited(t, "id: road-permit", "id: pump-permit", "name: {en: Road permit,", "name: {en: Pump permit,",
		"category: roads", "category: building", "audience: [person", "audience: [council"), "pump-permit")
	s := newSite(t, reached{}, road, pump)
	titles := func(path string) []string {
		return s.get(t, "", path, http.StatusOK).Find("main .item-title").Texts()
	}
	for path, want := range map[string][]string{
		"/en/":                                 {"Road permit", "Pump permit"}, // in the order of the categories
		"/en/services":                         {"Road permit", "Pump permit"},
		"/en/services?audience=council":        {"Pump permit"},
		"/en/services?category=roads":          {"Road permit"},
		"/en/services?q=pmup":                  {"Pump permit"},
		"/en/services?audience=dog&category=x": {"Road permit", "Pump permit"},
		"/en/services?q=zebra":                 nil,
	} {
		if got := titles(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", path, got, want)
		}
	}
	page := s.get(t, "", "/en/services?q=zebra+pump", http.StatusOK)
	says(t, page, "No service fits these words", "These fit some of the words", "Pump permit")
	page = s.get(t, "", "/en/services?q="+strings.Repeat("zebra", 100), http.StatusOK)
	if n := len(page.One("input[type=search]").Attr("value")); n > search.MaxQuery {
		t.Errorf("%d characters are repeated", n)
	}
	page = s.get(t, "", "/en/services?audience=council&category=building&q=pump", http.StatusOK)
	if page.One("form[role=search] input[name=audience]").Attr("value") != "council" || page.One("form[role=search] input[name=category]").Attr("value") != "building" {
		t.Error("searching forgets the filters")
	}
}

// core is what CPSV-AP 3.2 demands of the classes that the export uses: the
// properties that must be there, and of which class the others are.
func core() (required map[string][]string, ranges map[string]string) {
	return map[string][]string{
			"cpsv:PublicService":    {"dct:identifier", "dct:title", "dct:description", "cv:hasCompetentAuthority"},
			"cv:PublicOrganisation": {"skos:prefLabel", "dct:spatial"},
			"cv:Channel":            {"dct:identifier"},
			"cv:Cost":               {"dct:identifier"},
			"cv:Requirement":        {"dct:identifier", "dct:title"},
			"cv:EvidenceType":       {"dct:identifier"},
			"eli:LegalResource":     nil, "dct:Location": nil, "skos:Concept": nil, "foaf:Document": nil,
		}, map[string]string{
			"cv:hasCompetentAuthority": "cv:PublicOrganisation", "dct:spatial": "dct:Location", "cv:thematicArea": "skos:Concept",
			"cv:hasLegalResource": "eli:LegalResource", "cv:hasChannel": "cv:Channel", "cv:hasCost": "cv:Cost", "cv:currency": "skos:Concept",
			"cv:holdsRequirement": "cv:Requirement", "dct:audience": "skos:Concept", "cv:hasInputType": "cv:EvidenceType",
			"dct:requires": "cpsv:PublicService", "cv:relatedService": "cpsv:PublicService", "foaf:page": "foaf:Document",
		}
}

func TestO18_TheExportIsWhatTheVocabularyOfPublicServicesDemands(t *testing.T) {
	d := servicestest.Compile(t, edited(t, "purpose:", variants), "road-permit")
	s := newSite(t, reached{}, d)
	b := testkit.Browse(t, s.router)
	resp := b.Get("/en/services/road-permit")
	if link := resp.Header.Get("Link"); link != `</services/road-permit.jsonld>; rel="alternate"; type="application/ld+json"` {
		t.Errorf("the page leads programs to %q", link)
	}
	b.Page("/services/zebra.jsonld", http.StatusNotFound)
	b.Page("/services/road-permit", http.StatusNotFound)
	required, ranges := core()
	for path, public := range map[string]int{"/services.jsonld": 3, "/services/road-permit.jsonld": 3} {
		resp := b.Get(path)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "application/ld+json" {
			t.Fatalf("%s answers %d with %s", path, resp.StatusCode, got)
		}
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Context map[string]string `json:"@context"`
			Graph   []map[string]any  `json:"@graph"`
		}
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		class := map[string]string{}
		for _, node := range doc.Graph {
			class[node["@id"].(string)] = node["@type"].(string)
		}
		for _, node := range doc.Graph {
			kind := node["@type"].(string)
			if kind == "cpsv:PublicService" {
				public--
			}
			needs, known := required[kind]
			if !known {
				t.Errorf("%s is a %s, which the vocabulary does not know", node["@id"], kind)
			}
			for _, key := range needs {
				if node[key] == nil {
					t.Errorf("%s %s lacks %s", kind, node["@id"], key)
				}
			}
			for key, value := range node {
				if prefix, _, qualified := strings.Cut(key, ":"); qualified && doc.Context[prefix] == "" {
					t.Errorf("%s: %s has no meaning", node["@id"], key)
				}
				list, many := value.([]any)
				if !many {
					list = []any{value}
				}
				for _, v := range list {
					want, refers := ranges[key]
					object, _ := v.(map[string]any)
					switch id, _ := object["@id"].(string); {
					case refers && class[id] != want:
						t.Errorf("%s of %s leads to %q, a %q", key, node["@id"], id, class[id])
					case !refers && (key == "dct:title" || key == "dct:description" || key == "skos:prefLabel" || key == "dcat:keyword"):
						if object["@language"] == nil || object["@value"] == "" {
							t.Errorf("%s of %s is in no language: %v", key, node["@id"], v)
						}
					}
				}
			}
		}
		if public != 0 {
			t.Errorf("%s: %d public services too few", path, public)
		}
	}
}

func TestO18_AnybodyWorksOutAFeeWithoutAnAccountOrJavaScript(t *testing.T) {
	road := newSite(t, reached{}, servicestest.RoadPermit(t))
	start := road.get(t, "", "/en/services/road-permit", http.StatusOK)
	if !start.Has(`a[href="/en/services/road-permit/fee"]`) {
		t.Error("the page of the service does not lead to the calculator")
	}
	page := road.get(t, "", "/en/services/road-permit/fee", http.StatusOK)
	if got := slices.Sorted(maps.Keys(page.One("main form").Values())); !slices.Equal(got, []string{"_look", "boards", "hours"}) || page.Find("input[name=kind]").Len() != 3 {
		t.Errorf("it asks %v: only what the fee reads is asked", got)
	}
	if page.Has(".summary") || page.One("main form").Attr("method") != "get" {
		t.Error("it complains before anything was entered, or does not send by GET")
	}
	says(t, page, "keeps nothing of what you enter")
	for query, want := range map[string][]string{
		"kind=construction&hours=9&boards=3":      {"MVR 800.00", "MVR 240.00", "MVR 1,040.00"},
		"kind=construction&hours=6&boards=":       {"MVR 500.00"},
		"kind=temporary-closure&hours=4&boards=1": {"MVR 450.00", "MVR 50.00", "MVR 500.00"},
		"kind=community&hours=30&boards=2":        {"MVR 1,400.00", "MVR 360.00", "MVR 1,760.00"},
	} {
		says(t, road.get(t, "", "/en/services/road-permit/fee?_look=1&"+query, http.StatusOK), want...)
	}
	if free := road.get(t, "", "/en/services/road-permit/fee?_look=1&kind=construction&hours=6&boards=", http.StatusOK).One("main").Text(); strings.Contains(free, "MVR 0.00") {
		t.Errorf("a part that costs nothing is a row: %s", free)
	}
	for query, want := range map[string]string{
		"hours=9&boards=3":                          "Kind of work",
		"kind=construction&hours=0&boards=":         "Duration",
		"kind=construction&hours=many&boards=":      "Duration",
		"kind=construction&hours=9&boards=99999999": "Closure boards",
		"kind=castle&hours=9":                       "Kind of work",
		"kind=construction&hours=9&hours=8":         "Duration",
		"kind=construction&hours=%E2%80%AE9":        "Duration",
		"kind=construction&hours=9&more=1":          "",
	} {
		page := road.get(t, "", "/en/services/road-permit/fee?_look=1&"+query, http.StatusOK)
		if !page.Has(".summary") || strings.Contains(page.One("main").Text(), "Your fee") {
			t.Errorf("%s gets a fee, or no error", query)
		} else if !strings.Contains(page.One(".summary").Text(), want) {
			t.Errorf("%s: %s", query, page.One(".summary").Text())
		}
		if !strings.HasPrefix(page.One("title").Text(), "Error:") {
			t.Errorf("%s: the title says nothing", query)
		}
	}
	kept := road.get(t, "", "/en/services/road-permit/fee?_look=1&kind=community&hours=many&boards=2", http.StatusOK)
	if kept.One("input[name=hours]").Attr("value") != "many" || !kept.One("input[value=community]").HasAttr("checked") {
		t.Error("what was typed is lost")
	}
	road.get(t, "", "/en/services/zebra/fee", http.StatusNotFound)
	road.get(t, "", "/en/services/road-permit/fee?_variant=new", http.StatusNotFound)
}

func TestO18_TheFeeOfAVariantIsWorkedOutAfterChoosingIt(t *testing.T) {
	d := servicestest.Compile(t, servicestest.Folder(t, "services/dewatering-permit"), "dewatering-permit")
	s := newSite(t, reached{}, d)
	if s.get(t, "", "/en/services/dewatering-permit", http.StatusOK).Has(`a[href*="/fee"]`) {
		t.Error("the fee is offered before one chose")
	}
	if !s.get(t, "", "/dv/services/dewatering-permit?variant=renew", http.StatusOK).Has(`a[href="/dv/services/dewatering-permit/fee?_variant=renew"]`) {
		t.Error("the fee of the renewal is not offered")
	}
	for _, variant := range []string{"new", "renew"} {
		says(t, s.get(t, "", "/en/services/dewatering-permit/fee?_look=1&_variant="+variant+"&days=12", http.StatusOK), "MVR 100.00", "MVR 6,000.00", "MVR 6,100.00")
	}
	if to := s.ask(t, "", "/en/services/dewatering-permit/fee", http.StatusSeeOther).Header.Get("Location"); to != "/en/services/dewatering-permit" {
		t.Errorf("without a variant it leads to %s", to)
	}
}
