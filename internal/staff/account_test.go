package staff_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/web"
	"portico/internal/testkit"
)

const (
	account     = "/staff/account"
	newPassword = "hippo lantern 42 drum"
)

// signIn signs the official of a browser's second factor in.
func (p *portal) signIn(t *testing.T, b, app *testkit.Browser, email, password string) {
	t.Helper()
	p.Clock.Advance(time.Minute) // a code opens once
	b.Submit("/staff/sign-in", form("email", email, "password", password), 200).One("input[name=code]")
	status(t, b.Post("/staff/sign-in/code", form("code", p.code(t, app))), 303)
}

// in reports whether a browser is signed in.
func in(b *testkit.Browser) bool { return b.Get(account).StatusCode == 200 }

func TestO10_AnOfficialLooksAfterTheOwnAccount(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		b := p.start(t)
		other := b.Another()
		p.signIn(t, other, b, "hawwa@one.gov.mv", password)

		t.Run("the menu leads there in both languages", func(t *testing.T) {
			for lang, want := range map[string]string{"en": "Your account", "dv": "އަމިއްލަ އެކައުންޓު"} {
				page := b.Page("/staff/people?lang="+lang, 200)
				if got := page.One(`nav a[href="` + account + `"]`).Text(); got != want {
					t.Errorf("%s: the menu says %q", lang, got)
				}
				page = b.Page(account+"?lang="+lang, 200)
				if page.One("html").Attr("lang") != lang || page.Has(`main a[href*="/cabinet/"]`) || page.Has(`main a[href$="/remove"]`) {
					t.Errorf("%s: the page is not that of an official", lang)
				}
				if text := page.One("main").Text(); strings.Contains(text, "identity.") || strings.Contains(text, "staff.") {
					t.Errorf("%s: a sentence is missing in %s", lang, text)
				}
			}
			b.Page(account+"?lang=en", 200)
		})
		t.Run("M25: the history of sign-ins", func(t *testing.T) {
			got := b.Page(account, 200).Find("table.grid tbody .tag").Texts()
			want := []string{"Signed in", "Signed in", "Account changed", "Role or standing changed"}
			if !slices.Equal(got, want) {
				t.Errorf("the history says %v", got)
			}
			status(t, b.Get(account+"/history"), 200)
			status(t, b.Get(account+"/history?before=x"), 404)
		})
		t.Run("the own sessions are seen and ended", func(t *testing.T) {
			page := b.Page(account, 200)
			if n := page.Find(".item").Len(); n != 2 {
				t.Errorf("%d sessions are listed, not two", n)
			}
			for head := range page.Find(".item strong[id]").All() {
				if !strings.HasPrefix(head.Text(), "Signed in on ") {
					t.Errorf("a session is called %q", head.Text())
				}
			}
			end := page.One(".item form")
			b.Submit(end.Attr("action"), end.Values(), 200).One(".notice")
			if in(other) || !in(b) {
				t.Error("another session ended than the one chosen")
			}
			status(t, b.Post(end.Attr("action"), end.Values()), 404)
		})
		t.Run("a change of password ends every other session", func(t *testing.T) {
			p.signIn(t, other, b, "hawwa@one.gov.mv", password)
			before := b.Cookie(web.StaffCookie)
			b.Page(account+"/password", 200)
			b.Submit(account+"/password", form("current", "wrong wrong wrong", "password", newPassword), 422).One("#current-error")
			b.Submit(account+"/password", form("current", password, "password", "password1234"), 422).One("#password-error")
			if !in(other) {
				t.Error("a change that was refused ends sessions")
			}
			b.Submit(account+"/password", form("current", password, "password", newPassword), 200).One(".notice")
			if in(other) || !in(b) || b.Cookie(web.StaffCookie) == before {
				t.Error("another session goes on, or this one keeps its token")
			}
			status(t, b.Get("/staff/people"), 200) // as strong as before
			if _, err := p.jobs.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			if m := p.post.sent[len(p.post.sent)-1]; !strings.HasPrefix(m, "hawwa@one.gov.mv\n") || !strings.Contains(m, "was changed") {
				t.Errorf("the official is told\n%s", m)
			}
			status(t, other.Post("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", password)), 422)
		})
		t.Run("a new second factor replaces the one before", func(t *testing.T) {
			p.signIn(t, other, b, "hawwa@one.gov.mv", newPassword)
			status(t, b.Get(account+"/second-factor/key"), 409)
			set := b.Page(account, 200).One(`main a[href="` + account + `/second-factor"]`).Attr("href")
			if got := b.Page(set, 200).One("h1").Text(); !strings.Contains(got, "Replace") {
				t.Errorf("the page is called %q", got)
			}
			page := b.Submit(set, nil, 200)
			old := b.Another() // has the app that is replaced
			p.secret[old] = p.secret[b]
			p.secret[b] = strings.ReplaceAll(page.One(".ident").Text(), " ", "")
			if got := b.Get(page.One("main img").Attr("src")); got.Header.Get("Content-Type") != "image/png" || !strings.Contains(got.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("the picture is %v", got.Header)
			}
			b.Submit(set+"/key", form("code", p.code(t, old)), 422).One("#code-error")
			b.Submit(set+"/key", form("code", p.code(t, b)), 200).One(".notice")
			if in(other) || !in(b) {
				t.Error("another session goes on, or this one ended")
			}
			p.Clock.Advance(time.Minute)
			other.Submit("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", newPassword), 200)
			other.Submit("/staff/sign-in/code", form("code", p.code(t, old)), 422).One("#code-error")
			status(t, other.Post("/staff/sign-in/code", form("code", p.code(t, b))), 303)
		})
		t.Run("officials cannot remove it", func(t *testing.T) {
			status(t, b.Post(account+"/second-factor/remove", nil), 403)
			p.Clock.Advance(time.Minute)
			other.Submit("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", newPassword), 200).One("input[name=code]")
		})
	})
}

func TestAnOfficialEndsNobodyElsesSession(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		officer, _ := p.colleague(t, admin, "ahmed@one.gov.mv", "permit-officer")
		second := officer.Another()
		p.signIn(t, second, officer, "ahmed@one.gov.mv", password)
		theirs := officer.Page(account, 200).One("input[name=session]").Attr("value")
		status(t, admin.Post(account+"/sessions", form("session", theirs)), 404)
		if !in(second) {
			t.Error("somebody else's session ended")
		}
		status(t, admin.Another().Get(account), 303)
	})
}

// TestAnOfficialsWayInOutlivesALookElsewhere: an official on the way in opens a
// page, in another tab, that only opens to who is signed in.
func TestAnOfficialsWayInOutlivesALookElsewhere(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		elsewhere := func(b *testkit.Browser) {
			t.Helper()
			before := b.Cookie(web.StaffCookie)
			if in(b) || before == "" || b.Cookie(web.StaffCookie) != before {
				t.Errorf("the cookie %q became %q", before, b.Cookie(web.StaffCookie))
			}
		}
		welcome, _ := p.invite(t, admin, "ahmed@one.gov.mv", "permit-officer")
		b := admin.Another()
		page := b.Submit(welcome, form("password", password), 200)
		elsewhere(b)
		p.enrol(t, b, page)
		c := b.Another()
		p.Clock.Advance(time.Minute)
		c.Submit("/staff/sign-in", form("email", "ahmed@one.gov.mv", "password", password), 200)
		elsewhere(c)
		status(t, c.Post("/staff/sign-in/code", form("code", p.code(t, b))), 303)
		if !in(c) {
			t.Error("the second factor does not sign in")
		}
	})
}
