package drafts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/testkit/chromium"
)

// sections puts a road permit into force that asks for several sections of the
// road, and for a detour of those only that are closed.
func (w *world) sections() {
	w.T.Helper()
	w.revise("sections", `visible:
  - {id: detour-of-closed, field: section.detour, when: row.closed, because: {en: Nobody gets through., dv: "އެތަނުން ދެވޭކަށެއް ނެތެވެ."}}
`, "    section:\n      type: string\n      minLength: 2\n      maxLength: 200\n", `    section:
      type: array
      maxItems: 4
      items:
        type: object
        additionalProperties: false
        required: [from, closed, detour]
        properties:
          from: {type: string, maxLength: 50, x-portico-label: {en: From where to where?, dv: ކޮންތާކުން ކޮންތާކަށް؟}}
          closed: {type: boolean, x-portico-label: {en: Is it closed?, dv: ބަންދުކުރާނެތަ؟}}
          detour: {type: string, maxLength: 50, x-portico-label: {en: Where is the detour?, dv: އެހެން މަގަކީ ކޮބާ؟}}
      x-portico-parts: [from, closed, detour]
      x-portico-row: {en: Section, dv: ބައި}
`)
}

// TestARowIsAskedByItsOwnAnswersOnItsPage sends rows as a page has them, with a
// blank one before the others, and looks at what is asked, kept and summed up.
func TestARowIsAskedByItsOwnAnswersOnItsPage(t *testing.T) {
	w := worldOn(t, db.SQLite)
	w.sections()
	b := w.browse()
	page, _, _ := b.Get(apply + "/work")
	if !page.Has(`[data-question="section.0.detour"][hidden] input[name="section.0.detour"]`) {
		t.Error("a blank row is not asked by its rule")
	}
	rows := url.Values{
		"section.0": {"1"}, "section.0.from": {""}, "section.1": {"1"}, "section.1.from": {"School"}, "section.1.closed": {"false"},
		"section.2": {"1"}, "section.2.from": {"Harbour"}, "section.2.closed": {"true"},
	}
	told, status := keep(b, page, "a.1", rows)
	hidden, needed := fmt.Sprint(told["hidden"]), fmt.Sprint(told["needed"])
	for name, want := range map[string][2]bool{"section.0.detour": {true, false}, "section.1.detour": {true, false}, "section.2.detour": {false, true}, "section.2.from": {false, true}} {
		in := func(list any) bool { all, _ := list.([]any); return slices.Contains(all, any(name)) }
		if got := [2]bool{in(told["hidden"]), in(told["needed"])}; status != http.StatusOK || got != want {
			t.Errorf("%s: %v; hidden %s, needed %s", name, got, hidden, needed)
		}
	}
	// A hidden part that is sent anyway is kept as typed, and is no answer.
	page, _, _ = b.Get(apply + "/work") // where they are counted anew
	sent := with(answers("work"), "section.0.detour", "nowhere")
	delete(sent, "section")
	sent.Set("section.1.detour", "Over the field")
	if page, status, _ = fill(b, page, sent); status != http.StatusOK {
		t.Fatalf("%d: %s", status, page.Text())
	}
	work := w.open()
	if got := work.Outcome.Answers["section"]; got != `[{"closed":false,"from":"School"},{"closed":true,"detour":"Over the field","from":"Harbour"}]` {
		t.Errorf("the answer is %s", got)
	}
	if page, _, _ = b.Get(apply + "/work"); !strings.Contains(page.One(`[data-question="section.1.detour"]`).Text(), "Nobody gets through.") {
		t.Error("a part does not say by which rule it is asked")
	}
	if work.Typed["section.0.detour"] != "nowhere" {
		t.Errorf("what was typed is lost: %v", work.Typed)
	}
	// Without scripts, a question that is missing is shown with what is wrong.
	page, _, _ = b.Get(apply + "/work")
	rows = url.Values{"section.1.from": {""}, "section.1.closed": nil, "section.1.detour": {""}, "section.0.closed": {"true"}, "section.0.detour": {""}}
	if page, status, _ = fill(b, page, rows); status != http.StatusUnprocessableEntity || !page.Has(`.summary a[href="#section.0.detour"]`) || page.Has(`[data-question="section.0.detour"][hidden]`) {
		t.Errorf("%d: %s", status, page.One("main").Text())
	}
}

// TestAWrongPartOfARowChangesNothing changes an application by a row of which a
// part cannot be read.
func TestAWrongPartOfARowChangesNothing(t *testing.T) {
	w := worldOn(t, db.SQLite)
	w.sections()
	w.typed("applicant", answers("applicant"))
	given := with(answers("work"), "section.0.from", "School")
	delete(given, "section")
	given.Set("section.0.closed", "false")
	row, err := w.send(t.Context(), w.typed("work", given))
	if err != nil {
		t.Fatal(err)
	}
	read := sent.Decode(w.Catalogue.Service("road-permit").Form, sent.Input{Values: url.Values{"section.0.from": {strings.Repeat("long ", 20)}, "section.0.closed": {"false"}}})
	a, err := w.Cases.Application(t.Context(), w.Citizen, row.ID)
	if err != nil {
		t.Fatal(err)
	}
	given = url.Values{}
	for name, text := range sent.Typed(a.Service.Form, a.Answers) {
		given.Set(name, text)
	}
	whole := sent.Decode(a.Service.Form, sent.Input{Values: given}).Answers
	whole["section"] = read.Answers["section"]
	change, err := w.Amend(t.Context(), w.Citizen, row.ID, a.Revision, whole, read.Errors...)
	if err != nil || len(change.Outcome.Errors) != 1 || change.Outcome.Errors[0].Key != "section.0.from" {
		t.Fatalf("%v: %+v", err, change)
	}
	if a, err = w.Cases.Application(t.Context(), w.Citizen, row.ID); err != nil || a.Answers["section"] != `[{"closed":false,"from":"School"}]` {
		t.Errorf("%v: the answer is %s", err, a.Answers["section"])
	}
}

// TestPartsOfRowsAppearWhileAPageIsFilledIn chooses in a row that was added,
// and presses nothing.
func TestPartsOfRowsAppearWhileAPageIsFilledIn(t *testing.T) {
	w := worldOn(t, db.SQLite)
	w.sections()
	site := httptest.NewServer(w.router)
	t.Cleanup(site.Close)
	tab := chromium.Start(t).Tab(t, chromium.Look{Width: 360})
	tab.Cookie(site.URL, web.SessionCookie, w.Citizen.ID)
	tab.Open(site.URL + apply + "/work")
	tab.Type("section.0.from", "From the school")
	tab.Press(`button[name="_add"]`)
	const detour = `document.querySelector("[data-question='section.%d.detour']")`
	first, second := fmt.Sprintf(detour, 0), fmt.Sprintf(detour, 1)
	if !chromium.Value[bool](tab, first+".hidden && "+second+".hidden") {
		t.Fatal("a part is asked that its rule hides")
	}
	tab.Choose("section.1.closed", "true")
	tab.Until("!" + second + ".hidden && " + first + ".hidden")
	tab.Judge()
	if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
		tab.Picture(filepath.Join(folder, "rows.png"))
	}
	tab.Choose("section.1.closed", "false")
	tab.Until(second + ".hidden")
}
