package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/a-h/templ"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
)

// within gives a component its children.
func within(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

// tag writes a plain element around text.
func tag(name, text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<"+name+">"+templ.EscapeString(text)+"</"+name+">")
		return err
	})
}

// form writes a form around its fields.
func form(children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, `<form method="post" novalidate>`)
		err := templ.Join(children...).Render(ctx, w)
		_, _ = io.WriteString(w, `</form>`)
		return err
	})
}

// search writes a search form around its field and button.
func search(children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, `<form class="search" role="search">`)
		err := templ.Join(children...).Render(ctx, w)
		_, _ = io.WriteString(w, `</form>`)
		return err
	})
}

// galleryTexts are realistic: names as long as they come, in both languages.
var galleryTexts = map[string]i18n.Text{
	"permit":     {"en": "Road permit", "dv": "މަގު ބަންދުކުރުމުގެ ހުއްދަ"},
	"council":    {"en": "Fuvahmulah City Council", "dv": "ފުވައްމުލަކު ސިޓީ ކައުންސިލް"},
	"name":       {"en": "Name", "dv": "ނަން"},
	"person":     {"en": "Aminath Shaheedha Abdul-Rahman Ibrahim Didi Manikufaanu", "dv": "އާމިނަތު ޝަހީދާ އަބްދުއްރަޙްމާން އިބްރާހިމް ދީދީ މަނިކުފާނު"},
	"road":       {"en": "Road and section", "dv": "މަގާއި ސަރަޙައްދު"},
	"road-value": {"en": "Dhadimagu Road, from the harbour to the school", "dv": "ދަޑިމަގު މަގު، ބަނދަރުން ފެށިގެން ސްކޫލާ ހަމައަށް"},
	"change":     {"en": "Change", "dv": "ބަދަލުކުރައްވާ"},
	"hint":       {"en": "As it stands on your national identity card", "dv": "އައިޑީ ކާޑުގައިވާ ގޮތަށް"},
	"why":        {"en": "To know who asks for the permit. Fuvahmulah City Council sees it while it decides.\nIt is kept for two years after the decision.", "dv": "ހުއްދައަށް އެދޭ މީހަކު އެނގުމަށެވެ. ފުވައްމުލަކު ސިޓީ ކައުންސިލަށް މި ފެންނާނެއެވެ.\nނިންމުމަށްފަހު ދެއަހަރު ރައްކާކުރެވޭނެއެވެ."},
	"card":       {"en": "National identity card number", "dv": "އައިޑީ ކާޑު ނަންބަރު"},
	"card-error": {"en": "Enter one letter and six digits, like A123456", "dv": "އަކުރެއްގެ ފަހަތުން ހަ ޢަދަދު ޖައްސަވާ، މިސާލަކަށް A123456"},
	"born":       {"en": "Date of birth", "dv": "އުފަން ތާރީޚް"},
	"born-hint":  {"en": "For example, 31 3 1980", "dv": "މިސާލަކަށް 31 3 1980"},
	"born-error": {"en": "Enter a date that exists", "dv": "އޮންނަ ތާރީޚެއް ޖައްސަވާ"},
	"kind":       {"en": "Kind of work", "dv": "މަސައްކަތުގެ ބާވަތް"},
	"build":      {"en": "Construction", "dv": "ޢިމާރާތްކުރުން"},
	"build-hint": {"en": "500 for up to 6 hours", "dv": "6 ގަޑިއިރަށް 500"},
	"common":     {"en": "Community", "dv": "އާންމު މަސްލަހަތު"},
	"fee":        {"en": "Fee", "dv": "ފީ"},
	"work":       {"en": "What will be done", "dv": "ކުރާނެ މަސައްކަތް"},
	"notice":     {"en": "How should we tell you?", "dv": "އަންގަންވީ ކިހިނެއް؟"},
	"mail":       {"en": "E-mail", "dv": "އީމެއިލް"},
	"phone":      {"en": "Telephone", "dv": "ފޯނު"},
	"agree":      {"en": "I declare that what I entered is true", "dv": "ޖެއްސި މައުލޫމާތަކީ ތެދު މައުލޫމާތެވެ"},
	"send":       {"en": "Continue", "dv": "ކުރިއަށް"},
	"save":       {"en": "Save for later", "dv": "ފަހުން ކުރިއަށް ގެންދިއުމަށް ރައްކާކުރޭ"},
	"done":       {"en": "Application sent", "dv": "އެދުން ފޮނުވިއްޖެ"},
	"reference":  {"en": "Your reference", "dv": "ރެފަރެންސް ނަންބަރު"},
	"review":     {"en": "In review", "dv": "ބަލަނީ"},
	"approved":   {"en": "Approved", "dv": "ފާސްކޮށްފި"},
	"asked":      {"en": "Information requested", "dv": "މައުލޫމާތު ބޭނުންވޭ"},
	"refused":    {"en": "Refused", "dv": "ބަލައިނުގަތް"},
	"draft":      {"en": "Not started", "dv": "ނުފަށާ"},
	"sent":       {"en": "Submitted", "dv": "ހުށަހަޅާފި"},
	"remark":     {"en": "The consent of the road authority was unreadable. Send it again.", "dv": "މަގުގެ އޮތޯރިޓީގެ ހުއްދަ ނުކިޔެވުނެވެ. އަލުން ފޮނުއްވާ."},
	"empty":      {"en": "Nobody has used your data yet.", "dv": "އަދި އެއްވެސް ފަރާތަކުން ތިޔަބޭފުޅާގެ މައުލޫމާތު ބޭނުންކޮށްފައެއް ނެތެވެ."},
	"lead":       {"en": "Services of ministries, councils and authorities in one place.", "dv": "މިނިސްޓްރީތަކާއި ކައުންސިލްތަކުގެ ޚިދުމަތްތައް އެއްތަނަކުން."},
	"clear":      {"en": "Clear the area of debris after the work.", "dv": "މަސައްކަތް ނިމުމުން ސަރަޙައްދު ސާފުކުރައްވާ."},
	"town":       {"en": "Island", "dv": "ރަށް"},
	"secret":     {"en": "Password", "dv": "ޕާސްވޯޑް"},
	"used":       {"en": "Who used my data", "dv": "މަގޭ މައުލޫމާތު ބޭނުންކުރި ފަރާތްތައް"},
	"when":       {"en": "When", "dv": "ވަގުތު"},
	"purpose":    {"en": "Purpose", "dv": "މަޤްޞަދު"},
}

// galleryPages are every component in every state, by address.
func galleryPages(p *i18n.Printer) map[string]Page {
	t := func(k string) string { return p.In(galleryTexts[k]) }
	label := func(k string, kind ui.Kind) *ui.Label { return &ui.Label{Text: t(k), Kind: kind} }
	fields := func(bad bool) []templ.Component {
		fault := func(k string) string {
			if bad {
				return t(k)
			}
			return ""
		}
		return []templ.Component{
			ui.Input(ui.Field{Name: "name", Label: t("name"), Hint: t("hint"), Value: t("person"), Why: t("why"), Autocomplete: "name", Max: 120}),
			ui.Input(ui.Field{Name: "card", Label: t("card"), Value: "A12345", LTR: true, Width: 10, Error: fault("card-error")}),
			ui.Date(ui.Field{Name: "born", Label: t("born"), Hint: t("born-hint"), Value: "1980-02-31", Error: fault("born-error"), Autocomplete: "bday"}),
			ui.Radios(ui.Field{Name: "kind", Label: t("kind"), Value: "build", Options: []ui.Option{{Value: "build", Label: t("build"), Hint: t("build-hint")}, {Value: "common", Label: t("common")}}}),
			ui.Radios(ui.Field{Name: "inline", Label: t("notice"), Inline: true, Options: []ui.Option{{Value: "m", Label: t("mail")}, {Value: "p", Label: t("phone")}}}),
			ui.Checkboxes(ui.Field{Name: "notice", Label: t("notice"), Values: []string{"mail"}, Optional: true, Options: []ui.Option{{Value: "mail", Label: t("mail")}, {Value: "phone", Label: t("phone")}}}),
			ui.Input(ui.Field{Name: "fee", Label: t("fee"), Value: "1250", Prefix: "MVR", Width: 5, InputMode: "numeric", LTR: true}),
			ui.Select(ui.Field{Name: "town", Label: t("town"), Value: "b", Options: []ui.Option{{Value: "a", Label: t("road-value")}, {Value: "b", Label: t("council")}}}),
			ui.Textarea(ui.Field{Name: "work", Label: t("work"), Value: t("road-value"), Max: 500, Optional: true}),
			ui.Password(ui.Field{Name: "secret", Label: t("secret"), Value: "never shown", Autocomplete: "current-password"}),
			ui.Checkbox(ui.Field{Name: "agree", Label: t("agree")}, true),
			within(ui.Buttons(), ui.Button(ui.Btn{Text: t("send")}), ui.Button(ui.Btn{Text: t("save"), Look: ui.Secondary, Name: "later", Value: "1"})),
		}
	}
	problems := []ui.Problem{{ID: "card", Text: t("card-error")}, {ID: "born", Text: t("born-error")}, {Text: p.T("web.fault.unavailable.title")}}
	facts := []ui.Row{
		{Key: t("name"), Value: t("person"), Href: "#", Action: t("change")},
		{Key: t("card"), Value: "A123456", LTR: true, Href: "#", Action: t("change")},
		{Key: t("phone"), Value: "+960 777 1234", LTR: true, Href: "#", Action: t("change")},
		{Key: t("road"), Value: t("road-value") + "\n" + t("council"), Href: "#", Action: t("change")},
		{Key: t("fee"), Value: p.Money(125000, "MVR")},
		{Key: t("approved"), Tag: label("approved", ui.Good)},
	}
	row := func(tagged *ui.Label) []ui.Cell {
		return []ui.Cell{{Text: "RP-7F3K-92QD", Href: "#", LTR: true}, {Text: t("council")}, {Text: p.DateTime(day)}, {Tag: tagged}, {Text: p.Number(1250), Numeric: true}}
	}
	return map[string]Page{
		"/gallery/home": {Title: t("permit"), Body: templ.Join(
			within(ui.Hero(p.In(portalName), t("lead")), within(ui.Buttons(), ui.Button(ui.Btn{Text: t("send"), Href: "#"}))),
			tag("h2", p.T("web.menu.services")),
			search(ui.Input(ui.Field{Name: "q", Label: p.T("web.menu.services"), Type: "search"}), ui.Button(ui.Btn{Text: t("send"), Look: ui.Secondary})),
			ui.Items([]ui.Item{
				{Title: t("permit"), Href: "#", Text: t("lead"), Meta: t("council")},
				{Title: t("permit"), Href: "#", Meta: "RP-7F3K-92QD", Tag: label("review", ui.Info)},
			}))},
		"/gallery/form":  {Title: t("permit"), Service: t("permit"), Back: "#", Body: templ.Join(ui.Title(t("council"), t("permit")), form(fields(false)...))},
		"/gallery/wrong": {Title: t("permit"), Service: t("permit"), Invalid: true, Back: "#", Body: templ.Join(ui.ErrorSummary(problems), ui.Title(t("council"), t("permit")), form(fields(true)...))},
		"/gallery/question": {Title: t("kind"), Service: t("permit"), Back: "#", Body: form(
			ui.Radios(ui.Field{Name: "kind", Label: t("kind"), Heading: true, Hint: t("hint"), Why: t("why"), Options: []ui.Option{{Value: "build", Label: t("build"), Hint: t("build-hint")}, {Value: "common", Label: t("common")}}}),
			ui.Button(ui.Btn{Text: t("send")}))},
		"/gallery/asked": {Title: t("name"), Body: form(
			ui.Input(ui.Field{Name: "name", Label: t("name"), Heading: true, Suffix: "MVR"}), ui.Button(ui.Btn{Text: t("refused"), Look: ui.Danger}))},
		"/gallery/done": {Title: t("done"), Body: templ.Join(
			ui.Panel(t("done"), t("reference"), "RP-7F3K-92QD"),
			tag("p", t("lead")), ui.SummaryList(facts[:3]), ui.Warning(t("clear")))},
		"/gallery/blocks": {Title: t("permit"), Body: templ.Join(
			ui.Notification(ui.Good, t("approved"), t("lead")),
			ui.Notification(ui.Warn, t("asked"), t("remark")),
			ui.Notification(ui.Bad, t("refused"), t("remark")),
			within(ui.Notification(ui.Info, t("review"), ""), tag("p", t("lead"))),
			ui.Title(t("council"), t("permit")),
			tag("p", t("lead")),
			tag("h2", t("reference")),
			ui.SummaryList(facts),
			within(ui.Inset(), tag("p", t("remark"))),
			within(ui.Details(t("purpose")), tag("p", t("why"))),
			tag("h2", t("permit")),
			ui.TaskList([]ui.Task{
				{Title: t("name"), Href: "#", Status: *label("approved", ui.Good)},
				{Title: t("road"), Hint: t("hint"), Href: "#", Status: *label("review", ui.Info)},
				{Title: t("fee"), Status: *label("draft", ui.Neutral)},
				{Title: t("work"), Href: "#", Status: *label("asked", ui.Warn)},
				{Title: t("born"), Href: "#", Status: *label("refused", ui.Bad)},
			}),
			tag("h2", t("review")),
			ui.Timeline([]ui.Event{
				{Title: t("asked"), Time: p.DateTime(day), Text: t("remark"), Kind: ui.Warn},
				{Title: t("review"), Time: p.DateTime(day), Kind: ui.Info},
				{Title: t("sent"), Time: p.DateTime(day), Kind: ui.Good},
			}))},
		"/gallery/table": {Title: t("used"), Wide: true, Body: templ.Join(
			ui.Title("", t("used")),
			ui.Table(ui.Grid{Caption: t("permit"),
				Head: []ui.Cell{{Text: t("reference")}, {Text: t("name")}, {Text: t("when")}, {Text: t("purpose")}, {Text: t("fee"), Numeric: true}},
				Rows: [][]ui.Cell{row(label("review", ui.Info)), row(label("approved", ui.Good)), row(label("asked", ui.Warn)), row(label("refused", ui.Bad)), row(label("draft", ui.Neutral))}}),
			ui.Pagination(ui.Pages{Prev: "#", Next: "#", Text: "1–20"}),
			ui.Table(ui.Grid{Head: []ui.Cell{{Text: t("change")}, {Text: t("reference")}, {Text: t("review")}},
				Rows: [][]ui.Cell{{{Pick: &ui.Pick{Name: "case", Value: "one", Label: "RP-2F7K-Q9"}}, {Text: "RP-2F7K-Q9", LTR: true},
					{Bar: &ui.Bar{Whole: 9, Parts: []ui.Part{{N: 2, Kind: ui.Bad}, {N: 3, Kind: ui.Warn}, {N: 4, Kind: ui.Info}}}}}}}),
			ui.Table(ui.Grid{Head: []ui.Cell{{Text: t("when")}}, Empty: t("empty")}),
			ui.Pagination(ui.Pages{}))},
	}
}

// mountGallery declares the gallery's pages, and one that fails in each way.
func mountGallery(r *Router) {
	for path := range galleryPages(r.cfg.Catalogue.Printer("en", nil)) {
		show := func(q *Req) error { return q.Page(http.StatusOK, galleryPages(q.P)[path]) }
		r.Handle(Route{Method: "GET", Path: path, Activity: "public", Handler: show})
		r.Handle(Route{Method: "POST", Path: path, Activity: "public", Handler: show})
	}
	r.Handle(Route{Method: "GET", Path: "/gallery/signed-in", Activity: "public", Handler: func(q *Req) error {
		q.Session = &Session{Realm: RealmPerson, Name: q.P.In(galleryTexts["person"])}
		return q.Page(http.StatusOK, galleryPages(q.P)["/gallery/home"])
	}})
	r.Handle(Route{Method: "GET", Path: "/staff/gallery", Unprefixed: true, Activity: "public", Handler: func(q *Req) error {
		q.Session = &Session{Realm: RealmStaff, Name: q.P.In(galleryTexts["person"])}
		return q.Page(http.StatusOK, galleryPages(q.P)["/gallery/table"])
	}})
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		r.Handle(Route{Method: "GET", Path: "/gallery/fault/" + kind.String(), Activity: "public", Handler: func(*Req) error {
			return fault.New(kind, "error."+kind.String())
		}})
	}
}

// TestGalleryServes holds the gallery open for looking at it with a browser
// when PORTICO_GALLERY names an address; always it fetches each page once.
func TestGalleryServes(t *testing.T) {
	r := newRouter(t, nil)
	mountGallery(r)
	for path := range galleryPages(r.cfg.Catalogue.Printer("en", nil)) {
		for _, lang := range r.cfg.Langs {
			res := fetch(t, r, get("/"+lang+path))
			if res.Code != http.StatusOK {
				t.Errorf("%s %s: status %d", lang, path, res.Code)
			}
		}
	}
	if n := r.cfg.Catalogue.Misses(); n != 0 {
		t.Errorf("%d sentences of the gallery are missing", n)
	}
	if addr := os.Getenv("PORTICO_GALLERY"); addr != "" {
		u := url.URL{Scheme: "http", Host: addr, Path: "/en/gallery/form"}
		t.Log(u.String())
		if err := http.ListenAndServe(addr, r); err != nil {
			t.Fatal(err)
		}
	}
}
