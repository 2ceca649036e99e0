package drafts_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/cases/casestest"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/strict"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// keep sends a page by itself, as its script does.
func keep(b *casestest.Browser, page testkit.Nodes, hand string, given url.Values) (map[string]any, int) {
	action, sent := form(page)
	for name, v := range given {
		sent[name] = v
	}
	sent.Set("_hand", hand)
	return b.Ask(action, sent)
}

// road is what is saved as the road.
func (w *world) road() string { return w.open().Typed["road"] }

func TestAPageSavesItselfAsItsButtonDoes(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, b := w.T, w.browse()
		page, _, _ := b.Get(apply + "/work")
		if told, status := keep(b, page, "a.1", nil); status != http.StatusOK || told["says"] != "" || len(w.drafted()) != 0 {
			t.Errorf("of an empty page it is said: %d, %v", status, told)
		}
		// Wrong answers are kept, too, and nothing moves on.
		told, status := keep(b, page, "a.2", url.Values{"road": {"Dhigu Magu"}, "hours": {"0"}})
		if status != http.StatusOK || !strings.HasPrefix(told["says"].(string), "Saved at ") || told["draft"] != w.drafted()[0].ID {
			t.Fatalf("%d: %v", status, told)
		}
		elsewhere, _, _ := w.browse().Get(apply + "/work")
		if elsewhere.One("#road").Attr("value") != "Dhigu Magu" || elsewhere.One("#hours").Attr("value") != "0" {
			t.Error("what a page saved by itself is not there on another device")
		}
		// It does not conflict with itself, however it is saved next.
		if told, status := keep(b, page, "a.3", url.Values{"road": {"Ameenee Magu"}}); status != http.StatusOK || w.road() != "Ameenee Magu" {
			t.Fatalf("a second time: %d, %v", status, told)
		}
		if _, _, path := fill(b, page, with(answers("work"), "_hand", "a.5")); path != apply+"/check" {
			t.Fatalf("its button leads to %s", path)
		}
		// What arrives late undoes nothing.
		if _, status := keep(b, page, "a.4", url.Values{"road": {"late"}}); status != http.StatusOK || w.road() != "Dhigu Magu" {
			t.Errorf("late: %d, and the road is %q", status, w.road())
		}
		// Another window conflicts, and nothing of it is stored.
		told, status = keep(b, elsewhere, "b.1", url.Values{"road": {"another"}})
		if status != http.StatusConflict || !strings.Contains(told["detail"].(string), "another window") || w.road() != "Dhigu Magu" {
			t.Errorf("another window: %d, %v, and the road is %q", status, told, w.road())
		}
		if len(w.drafted()) != 1 {
			t.Errorf("%d drafts", len(w.drafted()))
		}
	})
}

func TestWhatCannotBeSavedByItselfIsSaidAndNotStored(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	w.typed("work", answers("work"))
	page, _, _ := b.Get(apply + "/work")
	mine := w.drafted()[0]
	hawwa := w.other()
	his := w.Browse(w.router, hawwa)
	for name, test := range map[string]struct {
		by     *casestest.Browser
		given  url.Values
		status int
	}{
		"10 MB":               {b, url.Values{"road": {strings.Repeat("x", 10<<20)}}, http.StatusRequestEntityTooLarge},
		"more than one input": {b, url.Values{"road": {strings.Repeat("x", 100<<10)}}, http.StatusUnprocessableEntity},
		"an unknown input":    {b, url.Values{"admin": {"1"}}, http.StatusUnprocessableEntity},
		"a control character": {b, url.Values{"road": {"a\x00b"}}, http.StatusUnprocessableEntity},
		"somebody else":       {his, url.Values{"road": {"stolen"}}, http.StatusConflict},
		"nobody":              {w.Browse(w.router, policy.Actor{}), url.Values{"road": {"x"}}, http.StatusUnauthorized},
	} {
		told, status := keep(test.by, page, "a.1", test.given)
		if status != test.status || told["detail"] == "" {
			t.Errorf("%s: %d, %v", name, status, told)
		}
		if w.road() != "Dhigu Magu" || w.drafted()[0].Revision != mine.Revision {
			t.Errorf("%s: the draft has changed", name)
		}
	}
	if list, err := w.d.Of(t.Context(), hawwa.ID); err != nil || len(list) != 0 {
		t.Errorf("somebody else has %d drafts: %v", len(list), err)
	}

	// Deleted or sent in another window, it does not come back by itself.
	if err := w.d.Delete(t.Context(), w.place, mine.ID); err != nil {
		t.Fatal(err)
	}
	if _, status := keep(b, page, "a.1", answers("work")); status != http.StatusConflict || len(w.drafted()) != 0 {
		t.Errorf("after it was deleted: %d, %d drafts", status, len(w.drafted()))
	}
	fresh, _, _ := b.Get(apply + "/work")
	w.whole()
	whole, _, _ := b.Get(apply + "/work")
	w.sent()
	for name, page := range map[string]testkit.Nodes{"opened before it was made": fresh, "opened before it was sent": whole} {
		if told, status := keep(b, page, "a.1", with(answers("work"), "road", "again")); status != http.StatusConflict || !strings.Contains(told["detail"].(string), "sent already") || len(w.drafted()) != 0 {
			t.Errorf("%s: %d, %v, %d drafts", name, status, told, len(w.drafted()))
		}
	}
}

// TestAPageSavesItselfInARealBrowser types, and presses nothing.
func TestAPageSavesItselfInARealBrowser(t *testing.T) {
	w := worldOn(t, db.SQLite)
	site := httptest.NewServer(w.router)
	t.Cleanup(site.Close)
	browser := chromium.Start(t)
	work := site.URL + apply + "/work"
	signIn := func(tab *chromium.Tab) {
		tab.Cookie(site.URL, web.SessionCookie, w.Citizen.ID)
		tab.Open(work)
	}
	const says = `document.querySelector("form[data-keeps] > [role=status]").textContent`
	tab := browser.Tab(t, chromium.Look{Width: 360})
	signIn(tab)
	tab.Type("road", "Dhigu Magu")
	tab.Until(says + `.startsWith("Saved at ")`)
	tab.Judge()
	second := browser.Tab(t, chromium.Look{Width: 1280})
	signIn(second)
	if got := chromium.Value[string](second, "document.getElementById('road').value"); got != "Dhigu Magu" {
		t.Fatalf("on another device the road is %q", got)
	}

	// Without a connection it says so, and saves once there is one.
	tab.Connect(chromium.Lost)
	tab.Type("road", "Ameenee Magu")
	tab.Until(says + `.startsWith("Not saved: there is no connection")`)
	tab.Connect(chromium.Fast)
	tab.Type("road", "Ameenee Magu 1")
	tab.Until(says + `.startsWith("Saved at ")`)
	// What it saved itself is not in the way of its button, nor lost when the
	// page is left at once.
	tab.Type("section", "From the school to the harbour")
	tab.Press(`main button[value="save"]`)
	if got := tab.Path(); got != apply+"/work" || w.road() != "Ameenee Magu 1" || chromium.Value[bool](tab, `document.body.textContent.includes("another window")`) {
		t.Errorf("its button leads to %s, the road is %q", got, w.road())
	}
	tab.Type("road", "Majeedhee Magu")
	tab.Open(site.URL + "/en/accessibility")
	tab.Until(`(fetch("` + apply + `/work").then((r) => r.text()).then((t) => { window.seen = t; }), (window.seen || "").includes("Majeedhee Magu"))`)
	tab.Open(work)

	// The other window is told, and stops.
	second.Type("road", "another")
	second.Until(says + `.startsWith("Not saved. This application has changed")`)
	if w.road() != "Majeedhee Magu" {
		t.Errorf("the road is %q", w.road())
	}
	// So is who is signed in no more.
	delete(w.Sessions, w.Citizen.ID)
	tab.Type("road", "nobody's")
	tab.Until(says + `.startsWith("Not saved: you are signed in no more")`)
}

// branching puts a road permit into force that asks for boards only where
// something is built, and then needs them.
func (w *world) branching() {
	w.T.Helper()
	w.revise("branching", `visible:
  - {id: boards-of-construction, field: boards, when: answers.kind == "construction", because: {en: Something is built., dv: "އިމާރާތެއް ކުރެވޭ."}}
required:
  - {id: boards-needed, field: boards, when: answers.kind == "construction"}
`)
}

// revise puts a road permit into force with further rules, whose form has the
// odd texts replaced by the even ones.
func (w *world) revise(hash, rules string, replace ...string) {
	w.T.Helper()
	read := func(name, more string, into any) {
		data, err := fs.ReadFile(servicestest.RoadPermitFiles(w.T), name)
		if err != nil {
			w.T.Fatal(err)
		}
		doc, problems := strict.Parse([]byte(more + strings.NewReplacer(replace...).Replace(string(data))))
		if doc != nil {
			problems = doc.Decode(into)
		}
		if len(problems) > 0 {
			w.T.Fatalf("%s: %v", name, problems)
		}
	}
	var file forms.File
	var all forms.Rules
	read("form.yaml", "", &file)
	read("rules.yaml", rules, &all)
	env := servicestest.Env(w.T)
	form, problems := forms.Compile("road-permit", &file, &all, forms.Env{
		Languages: env.Languages, Zone: env.Zone, Currency: env.Currency, Fields: env.Declarations.Fields,
	})
	if len(problems) > 0 {
		w.T.Fatal(problems)
	}
	w.change(hash, func(d *services.Definition) { d.Form = form })
}

// TestQuestionsAppearWhileAPageIsFilledIn chooses, and presses nothing.
func TestQuestionsAppearWhileAPageIsFilledIn(t *testing.T) {
	w := worldOn(t, db.SQLite)
	w.branching()
	site := httptest.NewServer(w.router)
	t.Cleanup(site.Close)
	tab := chromium.Start(t).Tab(t, chromium.Look{Width: 360})
	tab.Cookie(site.URL, web.SessionCookie, w.Citizen.ID)
	tab.Open(site.URL + apply + "/work")
	const boards = `document.querySelector("[data-question=boards]")`
	if !chromium.Value[bool](tab, boards+".hidden") {
		t.Fatal("a question is asked that its rule hides")
	}
	chromium.Value[bool](tab, "window.same = true")
	tab.Choose("kind", "construction")
	tab.Until("!" + boards + ".hidden && " + boards + `.querySelector(".optional").hidden`)
	tab.Until(`document.querySelector("form[data-keeps] > [role=status]").textContent.endsWith("The questions of this page have changed.")`)
	tab.Judge()
	if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
		tab.Picture(filepath.Join(folder, "live.png"))
	}
	// The fee follows, while the focus and the caret stay where they are.
	tab.Type("boards", "3")
	tab.Type("hours", "9")
	tab.Until(`document.querySelector("[data-fee]").textContent.includes("1,040")`)
	if !chromium.Value[bool](tab, `window.same && document.activeElement.name === "hours" && document.activeElement.selectionStart === 1`) {
		t.Error("the page was loaded again, or the focus is lost")
	}
	// What is not asked is hidden, yet nothing that was typed is lost.
	tab.Choose("kind", "community")
	tab.Until(boards + ".hidden")
	if work := w.open(); work.Outcome.Answers["boards"] != "" || work.Typed["boards"] != "3" {
		t.Errorf("hidden, the answer is %q and %q is kept", work.Outcome.Answers["boards"], work.Typed["boards"])
	}
	tab.Choose("kind", "construction")
	tab.Until("!" + boards + `.hidden && document.querySelector("[name=boards]").value === "3"`)
}
