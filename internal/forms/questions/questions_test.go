package questions_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"portico/internal/forms"
	"portico/internal/forms/formstest"
	"portico/internal/forms/questions"
	"portico/internal/forms/say"
	"portico/internal/forms/sent"
	"portico/internal/platform/clock"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// nobody is signed in.
type nobody struct{}

func (nobody) Session(context.Context, string, string) (*web.Session, error) { return nil, nil }

func companies() []sent.Company {
	return []sent.Company{{ID: "company-7", Name: "Dhigu Construction and Trading Private Limited"}, {ID: "company-9", Name: "ދިގު ކޮންސްޓްރަކްޝަން"}}
}

// site asks every question of the form, a page at a time, and stores nothing.
func site(t *testing.T) http.Handler {
	t.Helper()
	f := formstest.Every(t)
	catalogue, err := i18n.Load(web.Locales(), forms.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	name := i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}
	r, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Sessions: nobody{}, Log: slog.New(slog.DiscardHandler),
		Clock: clock.NewFake(formstest.At().Now),
		Portal: func() *web.Portal {
			return &web.Portal{Name: name, Operator: name, Brand: brand, Zone: formstest.Zone()}
		},
		Cookies: func() []web.Cookie { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	show := func(q *web.Req, page forms.Page, read *sent.Sent, outcome *forms.Outcome, status int) error {
		v := questions.View{
			Form: f, Typed: read.Typed, Errors: outcome.Errors, Hidden: outcome.Hidden, Needed: outcome.Needed, Companies: companies(),
			Why: map[string]string{}, Notes: map[string]string{"phone": "This comes from your profile."},
		}
		for _, field := range f.Fields() {
			v.Why[field.Key] = q.P.In(field.Why) + "\nKept for five years."
		}
		return q.Page(status, web.Page{Title: q.P.In(page.Title), Invalid: len(v.Errors) > 0, Body: body(v, page, q.P)})
	}
	given := forms.Answers{"needs": `["stage"]`, "paid": "true", "sort": "music", "size": "600"}
	r.Handle(web.Route{Method: http.MethodGet, Path: "/form/{page}", Audience: web.Public, Activity: "public", Handler: func(q *web.Req) error {
		page, ok := f.Page(q.R.PathValue("page"))
		if !ok {
			return fault.New(fault.NotFound, "web.not-found")
		}
		o, err := f.Check(given, formstest.At())
		if err != nil {
			return err
		}
		o.Errors = nil
		return show(q, page, &sent.Sent{Typed: sent.Typed(f, given)}, o, http.StatusOK)
	}})
	r.Handle(web.Route{Method: http.MethodPost, Path: "/form/{page}", Audience: web.Public, Activity: "public", Handler: func(q *web.Req) error {
		page, _ := f.Page(q.R.PathValue("page"))
		values, err := q.Form()
		if err != nil {
			return err
		}
		read := sent.Decode(f, sent.Input{Values: values, Page: page.ID, Companies: companies()})
		o, err := f.Check(read.Answers, formstest.At(), read.Errors...)
		if err != nil {
			return err
		}
		o.Errors = slices.DeleteFunc(o.Errors, func(e forms.Error) bool { return e.Question() != "" && !slices.Contains(page.Fields, e.Question()) })
		if read.Edited != "" {
			o.Errors = nil
		}
		return show(q, page, read, o, http.StatusUnprocessableEntity)
	}})
	r.Handle(web.Route{Method: http.MethodGet, Path: "/answers", Audience: web.Public, Activity: "public", Handler: func(q *web.Req) error {
		list, grid := []ui.Row{}, ui.Grid{Head: []ui.Cell{{Text: "Q"}, {Text: "A"}}}
		for key, text := range map[string]string{
			"needs": `["power","stage"]`, "address": `{"lines":"H. Dhigu\nMajeedhee Magu","place":"Malé","postal-code":"20001"}`,
			"organisers": `[{"born":"1990-02-01","hours":8,"identity":"B654321","name":"Aishath Ali","pay":50000},{"born":"1985-03-02","name":"އިބްރާހީމް"}]`,
		} {
			field, _ := f.Field(key)
			words, ltr := say.Answer(f, q.P, key, text)
			list = append(list, ui.Row{Key: q.P.In(field.Label), Value: words, LTR: ltr})
			grid.Rows = append(grid.Rows, []ui.Cell{{Text: q.P.In(field.Label)}, {Text: words, LTR: ltr}})
		}
		return q.Page(http.StatusOK, web.Page{Title: "Answers", Body: templ.Join(ui.Title("", "Answers"), ui.SummaryList(list), ui.Table(grid))})
	}})
	return r
}

// body is a page of questions as an application has it.
func body(v questions.View, page forms.Page, p *i18n.Printer) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, part := range []templ.Component{
			ui.ErrorSummary(v.Problems(p)), ui.Title("", p.In(page.Title)), templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, err := fmt.Fprint(w, `<form method="post" novalidate>`)
				return err
			}), questions.Questions(v, page), ui.Button(ui.Btn{Text: "Continue", Look: ui.Primary}),
		} {
			if err := part.Render(ctx, w); err != nil {
				return err
			}
		}
		_, err := fmt.Fprint(w, "</form>")
		return err
	})
}

func TestEachKindHasItsInputs(t *testing.T) {
	b := testkit.Browse(t, site(t))
	for page, selectors := range map[string]map[string]int{
		"applicant": {
			`fieldset input[type=radio][name=applicant]`: 3, `input[name=applicant][value=company-7]`: 1,
			`input#identity[dir=ltr][aria-describedby~=identity-hint]`: 1, `input#phone[type=tel]`: 1, `#phone-hint`: 1, `input#email[type=email]`: 1,
			`#address textarea[name=address-lines]`: 1, `#address input[name=address-place]`: 1, `#address input[name=address-postal-code][dir=ltr]`: 1,
		},
		"event": {
			`input#name[maxlength="80"]`: 1, `textarea#about[data-max="500"]`: 1, `#about-count`: 1, `input[type=radio][name=sort]`: 3, `input[type=radio][name=sort][checked]`: 1,
			`input[type=checkbox][name=needs]`: 4, `input[type=checkbox][name=needs][checked][value=stage]`: 1, `input#stage-height[inputmode=decimal]`: 1,
			`input#ticket[inputmode=decimal]`: 1, `.affix-part`: 2, `.inset h2`: 1, `input#size[inputmode=numeric]`: 1, `input[name=paid]`: 2,
		},
		"when": {
			`input#day[name=day-day]`: 1, `input[name=day-month]`: 1, `input[name=day-year]`: 1, `input#opens[type=time][dir=ltr]`: 1,
			`input#arrival[name=arrival-day]`: 1, `input[name=arrival-time][type=time]`: 1,
		},
		"people": {
			`.inset p`: 2, `input[type=checkbox][name=organisers-warranty][value=true]`: 1, `#organisers fieldset.entry`: 1, `#organisers legend`: 3,
			`input[type=hidden][name="organisers.0"]`: 1, `input[name="organisers.0.name"]`: 1, `input[name="organisers.0.born-day"]`: 1,
			`button[name=_add][value=organisers]`: 1, `button[name=_remove]`: 0, `input[name="organisers.0.name"][autocomplete]`: 0,
		},
		"plan": {`input#plan[type=file][accept="application/pdf,image/png"]`: 1, `#plan-hint`: 1},
	} {
		html := testkit.Page(t, b.Get("/en/form/"+page))
		for selector, n := range selectors {
			if got := html.Find(selector).Len(); got != n {
				t.Errorf("%s: %d of %s, not %d", page, got, selector, n)
			}
		}
		for _, why := range []string{"details.why"} {
			if !html.Has(why) {
				t.Errorf("%s says nowhere why it asks", page)
			}
		}
	}
}

// TestErrorsLeadToTheirInputs sends every page empty, and rows that are wrong.
func TestErrorsLeadToTheirInputs(t *testing.T) {
	b := testkit.Browse(t, site(t))
	for page, sent := range map[string]url.Values{
		"applicant": {"address-place": {"Malé"}}, "event": {"needs": {"stage"}, "paid": {"true"}, "size": {"600"}, "stage-height": {"99"}}, "when": {"arrival-day": {"99"}},
		"people": {"organisers.0": {"1"}, "organisers.0.name": {"A"}, "organisers.0.born-day": {"99"}, "organisers.1": {"1"}, "organisers.1.hours": {"25"}, "organisers.1.born-day": {"1"}},
	} {
		html := testkit.Page(t, b.Post("/en/form/"+page, sent))
		var links []string
		for a := range html.Find(".summary a").All() {
			links = append(links, a.Attr("href"))
		}
		if len(links) == 0 {
			t.Errorf("%s: nothing is wrong", page)
		}
		for _, href := range links {
			if !html.Has(`[id="` + strings.TrimPrefix(href, "#") + `"]`) {
				t.Errorf("%s: %s leads nowhere", page, href)
			}
		}
		if html.Find("p.error").Len() < len(slices.Compact(links)) {
			t.Errorf("%s: %d errors beside %d questions", page, html.Find("p.error").Len(), len(links))
		}
	}
}

func TestRowsChangeWithoutScripts(t *testing.T) {
	b := testkit.Browse(t, site(t))
	rows := url.Values{"organisers.0": {"1"}, "organisers.0.name": {"Aishath"}, "_add": {"organisers"}}
	html := testkit.Page(t, b.Post("/en/form/people", rows))
	if n := html.Find("fieldset.entry").Len(); n != 2 || html.Has(".summary") || html.One(`input[name="organisers.0.name"]`).Attr("value") != "Aishath" {
		t.Errorf("%d rows after one was added", n)
	}
	if n := html.Find("button[name=_remove]").Len(); n != 2 {
		t.Errorf("%d rows can be taken away", n)
	}
	rows = url.Values{"organisers.0": {"1"}, "organisers.0.name": {"Aishath"}, "organisers.1": {"1"}, "organisers.1.name": {"Ibrahim"}, "_remove": {"organisers.0"}}
	html = testkit.Page(t, b.Post("/en/form/people", rows))
	if n := html.Find("fieldset.entry").Len(); n != 1 || html.One(`input[name="organisers.0.name"]`).Attr("value") != "Ibrahim" {
		t.Errorf("%d rows after one was taken away", n)
	}
}

// TestQuestionsHoldInARealBrowser judges pages of questions in both languages,
// narrow and wide, with all that may stand beside a question. With
// PORTICO_PICTURES set to a folder, it leaves their pictures there.
func TestQuestionsHoldInARealBrowser(t *testing.T) {
	server := httptest.NewServer(site(t))
	t.Cleanup(server.Close)
	browser := chromium.Start(t)
	for _, look := range []struct {
		chromium.Look
		lang string
	}{
		{chromium.Look{Width: 360}, "en"}, {chromium.Look{Width: 1280, Dark: true}, "dv"},
	} {
		tab := browser.Tab(t, look.Look)
		shot := func(name string) {
			tab.Judge()
			if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
				tab.Picture(filepath.Join(folder, look.lang+"-"+name+"-"+look.String()+".png"))
			}
		}
		tab.Open(server.URL + "/" + look.lang + "/answers")
		shot("answers")
		breaks := "[...document.querySelectorAll('dd span, td span')].filter((e) => e.textContent.includes('20001')).map((e) => getComputedStyle(e).whiteSpaceCollapse).join()"
		if kept := chromium.Value[string](tab, breaks); kept != "preserve-breaks,preserve-breaks" {
			t.Errorf("the lines of an address in a list and in a table: %s", kept)
		}
		for _, page := range []string{"applicant", "event", "people"} {
			tab.Open(server.URL + "/" + look.lang + "/form/" + page)
			if page == "people" {
				tab.Press("button[name=_add]")
				shot("people-added")
			}
			tab.Press("main .button:not(.secondary)")
			shot(page)
		}
	}
}
