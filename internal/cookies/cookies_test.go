package cookies_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"portico/internal/cookies"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/testkit"
)

type nobody struct{}

func (nobody) Session(context.Context, string, string) (*web.Session, error) { return nil, nil }

func declared(classes ...policy.CookieClass) []policy.Cookie {
	all := []policy.Cookie{{Name: policy.CookieChoices, Class: policy.CookieNecessary}}
	for _, class := range classes {
		all = append(all, policy.Cookie{Name: "a-" + string(class), Class: class})
	}
	return all
}

// portal is a page that sets every declared cookie that it may, and the choice.
func portal(t *testing.T, all []policy.Cookie) (*testkit.Browser, *web.Router) {
	t.Helper()
	catalogue, err := i18n.Load(web.Locales(), cookies.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	shown := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	c := cookies.New(cookies.Config{
		Declared: func() []policy.Cookie { return all }, Tables: func(*web.Req) []ui.Grid { return nil },
	})
	r, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Portal: func() *web.Portal { return shown }, Sessions: nobody{},
		Cookies: func() (out []web.Cookie) {
			for _, d := range all {
				out = append(out, web.Cookie{Name: d.Name, Class: string(d.Class)})
			}
			return out
		},
		Granted: c.Granted, Banner: c.Banner, Clock: testkit.Clock(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Mount(r)
	r.Handle(web.Route{Method: http.MethodGet, Path: "/page", Activity: "public", Handler: func(q *web.Req) error {
		for _, d := range all[1:] {
			if q.Granted(string(d.Class)) {
				if err := q.SetCookie(d.Name, "set", 60); err != nil {
					return err
				}
			} else if q.SetCookie(d.Name, "set", 60) == nil {
				t.Errorf("%s was set, and nobody granted it", d.Name)
			}
		}
		return q.Page(http.StatusOK, web.Page{Title: "A page", Body: ui.Title("", "A page")})
	}})
	return testkit.Browse(t, r), r
}

func TestO4_SilenceGrantsNothingAndBothAnswersWeighTheSame(t *testing.T) {
	b, r := portal(t, declared(policy.CookiePerformance, policy.CookieFunctionality))
	if got := r.Silence(); len(got) != 0 {
		t.Errorf("silence grants %v", got)
	}
	page := b.Page("/en/page", 200)
	buttons := page.Find(".banner button")
	if buttons.Len() != 2 || page.Find(".banner p span").Len() != 2 {
		t.Fatalf("the banner has %d answers for %d classes", buttons.Len(), page.Find(".banner p span").Len())
	}
	var looks []string
	for button := range buttons.All() {
		looks = append(looks, button.Attr("class"))
	}
	if looks[0] != looks[1] {
		t.Errorf("the answers look different: %v", looks)
	}
	if b.Cookie("a-performance") != "" || b.Cookie(policy.CookieChoices) != "" {
		t.Error("a cookie was set before anything was chosen")
	}
}

func TestO4_AChoiceActsAtOnceAndIsTakenBackAsEasily(t *testing.T) {
	b, _ := portal(t, declared(policy.CookiePerformance, policy.CookieFunctionality))
	form := b.Page("/en/page", 200).One(".banner form")
	answer := form.Values()
	answer.Set("all", "yes")
	resp := b.Follow(b.Post(form.Attr("action"), answer))
	page := testkit.Page(t, resp)
	if resp.Request.URL.Path != "/en/page" || page.Has(".banner") {
		t.Errorf("after the answer one is at %s, asked again: %v", resp.Request.URL.Path, page.Has(".banner"))
	}
	if b.Cookie("a-performance") != "set" || b.Cookie("a-functionality") != "set" {
		t.Error("what was allowed is not used")
	}
	if got := b.Cookie(policy.CookieChoices); got != "performance:yes.functionality:yes" {
		t.Errorf("the choice is kept as %q", got)
	}
	page = b.Page("/en/cookies", 200)
	sent := page.One("main form").Values()
	if page.Has(".banner") || sent.Get("performance") != "yes" {
		t.Errorf("the page of the choice shows %v", sent)
	}
	sent.Set("performance", "no")
	page = testkit.Page(t, b.Follow(b.Post("/en/cookies", sent)))
	page.One(".notice")
	if b.Cookie("a-performance") != "" || b.Cookie("a-functionality") != "set" {
		t.Error("what was refused is still there, or what was allowed is gone")
	}
	b.Page("/en/page", 200)
	if b.Cookie("a-performance") != "" {
		t.Error("it came back")
	}
}

func TestO4_AClassThatIsDeclaredLaterIsAskedFor(t *testing.T) {
	b, _ := portal(t, declared(policy.CookiePerformance, policy.CookieFunctionality))
	b.Post("/en/cookies", url.Values{"performance": {"yes"}})
	if b.Page("/en/page", 200).Has(".banner") {
		t.Fatal("asked again for what was answered")
	}
	c := cookies.Parse("performance:yes")
	if _, answered := c["functionality"]; answered || !c["performance"] {
		t.Errorf("an older choice reads as %v", c)
	}
	for _, forged := range []string{"", "performance", "performance:maybe", "all:yes", "third-party:yes;x", "performance:yes.performance:no"} {
		if got := cookies.Parse(forged); got["functionality"] || got["all"] || forged != "performance:yes.performance:no" && len(got) > 0 {
			t.Errorf("%q reads as %v", forged, got)
		}
	}
}

func TestI14_GlobalPrivacyControlRefusesWhateverWasChosen(t *testing.T) {
	b, _ := portal(t, declared(policy.CookiePerformance))
	b.Post("/en/cookies", url.Values{"all": {"yes"}})
	private := func(path string) testkit.Nodes {
		req := b.Request(http.MethodGet, path, nil)
		req.Header.Set("Sec-GPC", "1")
		return testkit.Page(t, b.Do(req))
	}
	if private("/en/page").Has(".banner") || b.Cookie("a-performance") != "" {
		t.Error("it asks or sets a cookie although the browser asks not to be followed")
	}
	page := private("/en/cookies")
	if page.Has("main form") || !page.Has(".inset") {
		t.Error("the page offers a choice that has no effect, or does not say why there is none")
	}
}

func TestO4_NobodyIsAskedWhereOnlyNecessaryCookiesAreDeclared(t *testing.T) {
	b, _ := portal(t, declared())
	if b.Page("/en/page", 200).Has(".banner") || b.Page("/en/cookies", 200).Has("main form") {
		t.Error("there is nothing to choose, and yet one is asked")
	}
	b.Post("/en/cookies", url.Values{"all": {"yes"}})
	if got := b.Cookie(policy.CookieChoices); got != "" {
		t.Errorf("a choice of nothing is kept: %q", got)
	}
}

func TestO4_ABrowserThatKeepsNothingIsToldWhatDoesNotWork(t *testing.T) {
	b, _ := portal(t, declared(policy.CookiePerformance))
	blocked := b.Another() // it sends no cookie back
	page := blocked.Page("/en/cookies?saved=yes", 200)
	if text := page.One(".notice").Text(); text == "" || !page.Has(".notice") {
		t.Error("nothing is said")
	}
	if got := page.Find(".notice").Texts(); !slices.ContainsFunc(got, func(s string) bool { return len(s) > 40 }) {
		t.Errorf("it says %q", got)
	}
}

func TestAChoiceLeadsToNoOtherSiteAndTakesNoNonsense(t *testing.T) {
	b, _ := portal(t, declared(policy.CookiePerformance))
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
		resp := b.Post("/en/cookies", url.Values{"all": {"no"}, "next": {next}})
		if to := resp.Header.Get("Location"); to != "/en/cookies?saved=yes" {
			t.Errorf("%q leads to %q", next, to)
		}
	}
	if resp := b.Post("/en/cookies", url.Values{"all": {"no", "yes"}}); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("two answers at once: %d", resp.StatusCode)
	}
}
