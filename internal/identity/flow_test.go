package identity_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/roll"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/vault"
)

func checked(t *testing.T, resp *http.Response, status int) *http.Response {
	t.Helper()
	if resp.StatusCode != status {
		t.Fatalf("%s answers %d, not %d", resp.Request.URL.Path, resp.StatusCode, status)
	}
	return resp
}

func TestRegisterByEmail(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		b := p.browse(t)
		p.register(t, b, " Aishath.Nasreena@Example.MV ")
		if !strings.Contains(p.post.sent[0], email+"\nYour code for oneGov") {
			t.Errorf("the message is\n%s", p.post.sent[0])
		}
		page := b.Page(security, 200)
		if got := page.One("#device-0").Text(); got != "Firefox, Linux" && got != "Browser, unknown system" {
			t.Errorf("the device is called %q", got)
		}
		p.signIn(t, b.Another(), email, good, 200).One("#history")
	})
}

func TestRegisterByPhone(t *testing.T) {
	p := one(t)
	b := p.browse(t)
	p.register(t, b, "777 1234")
	if !strings.HasPrefix(p.post.sent[0], "+9607771234\n") {
		t.Errorf("the message is\n%s", p.post.sent[0])
	}
	p.signIn(t, b.Another(), "+960 777-1234", good, 200)
}

func TestRegisterInDhivehi(t *testing.T) {
	p := one(t)
	b := p.browse(t)
	b.Submit("/dv/register", form("contact", email), 200)
	if m := p.mail(t); !strings.Contains(m, "ކޯޑު") || strings.ContainsRune(m, '\u2068') {
		t.Errorf("the message is\n%s", m)
	}
	page := b.Submit("/dv/register/code", form("code", p.code(t)), 200)
	if page.One("html").Attr("dir") != "rtl" || page.One("#identity-number").Attr("dir") != "ltr" {
		t.Error("directions are wrong")
	}
}

func TestM28_PolicyAndTermsAreShownFirstAndTheVersionIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		b := p.browse(t)
		page := b.Page("/en/register", 200)
		for _, href := range []string{"/en/privacy", "/en/terms"} {
			if !page.Has(`main .inset a[href="` + href + `"]`) {
				t.Errorf("before the question there is no link to %s", href)
			}
		}
		if text := page.One("main .inset").Text(); !strings.Contains(text, "22 November 2026") {
			t.Errorf("the date of the policy is missing: %s", text)
		}
		p.register(t, b, email)
		events, err := p.Log.Events(t.Context(), p.whose(t, email), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(events, func(e audit.Event) bool { return e.Reason == "registration-begun" })
		if i < 0 {
			t.Fatal("no event says that the registration began")
		}
		if e := events[i]; e.Policy != p.Policy().Hash() || e.Facts["shown"] != "policy terms" || e.Kind != audit.KindAccount {
			t.Errorf("the event is %+v", e)
		}
	})
}

// whose returns the subject who signs in with a mail address.
func (p *portal) whose(t *testing.T, address string) (subject string) {
	t.Helper()
	err := p.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		subject, err = p.Find(tx, policy.FieldEmail, address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

func TestO2_O3_WhatWasDeclaredIsSealedWithItsSource(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.register(t, p.browse(t), email)
		subject := p.whose(t, email)
		values, err := p.Read(t.Context(), vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount,
			Operation: policy.Use, Scope: vault.Profile,
			Fields: []string{policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber, policy.FieldAddress, policy.FieldEmail},
		})
		if err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]string{
			policy.FieldName: "Aishath Nasreena Ibrahim Rasheed", policy.FieldBirthDate: "1990-03-27", policy.FieldIdentityNumber: "A123456",
			policy.FieldAddress: "Finihiyaa\nDhoondigan magu\nFuvahmulah", policy.FieldEmail: email,
		} {
			if v := values[field]; v.Text != want || v.Source != policy.SourceForm {
				t.Errorf("%s is %q from %q", field, v.Text, v.Source)
			}
		}
		all := p.stored(t)
		for _, planted := range []string{"Nasreena", "A123456", "1990-03-27", "Finihiyaa", "example.mv", good, "Firefox", "argon2id"} {
			if strings.Contains(all, planted) {
				t.Errorf("%q stands in the store", planted)
			}
		}
		if !strings.Contains(all, subject) {
			t.Error("the search does not find what is there")
		}
	})
}

func TestI1_EveryColumnIsDeclared(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		schema, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if problems := db.Undeclared(schema, append(identity.Holding(), factor.Holding()...)); len(problems) > 0 {
			t.Error(strings.Join(problems, "\n"))
		}
	}, identity.Migrations(), factor.Migrations())
}

func TestADeclaredIdentityNumberReservesNothing(t *testing.T) {
	p := one(t)
	p.register(t, p.browse(t), email)
	p.register(t, p.browse(t), "ahmed@example.mv") // the same number
}

func TestAContactThatHasAnAccountIsNotGivenAway(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		mine, theirs := p.browse(t), p.browse(t)
		a := mine.Submit("/en/register", form("contact", email), 200)
		known := p.mail(t)
		c := theirs.Submit("/en/register", form("contact", "ahmed@example.mv"), 200)
		if a.One("main").Text() != c.One("main").Text() {
			t.Errorf("the pages differ:\n%s\n%s", a.One("main").Text(), c.One("main").Text())
		}
		if sixFigures.MatchString(known) || !strings.Contains(known, "You have an account") {
			t.Errorf("the message is\n%s", known)
		}
		if !slices.Contains(p.events(t, subject), "account registration-with-your-contact") {
			t.Error("the holder does not see that somebody tried")
		}
		for range identity.CodeTries {
			mine.Submit("/en/register/code", form("code", "123456"), 422).One("#code-error")
		}
	})
}

func TestCodes(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		n := 0
		begin := func() (*testkit.Browser, string) {
			b := p.browse(t)
			n++
			p.Clock.Advance(time.Hour) // the throttle is another test's
			b.Submit("/en/register", form("contact", fmt.Sprintf("person%d@example.mv", n)), 200)
			return b, p.code(t)
		}
		refused := func(t *testing.T, b *testkit.Browser, code, says string) {
			t.Helper()
			page := b.Submit("/en/register/code", form("code", code), 422)
			if got := page.One("#code-error").Text(); !strings.Contains(got, says) {
				t.Errorf("it says %q", got)
			}
			if !strings.HasPrefix(page.One("title").Text(), "Error: ") || !page.Has(`.summary a[href="#code"]`) {
				t.Error("the page does not say at its top that something is wrong")
			}
		}
		t.Run("five tries", func(t *testing.T) {
			b, code := begin()
			for range identity.CodeTries {
				refused(t, b, other(code), "not right")
			}
			refused(t, b, code, "no longer valid")
		})
		t.Run("ten minutes", func(t *testing.T) {
			b, code := begin()
			p.Clock.Advance(identity.CodeLife)
			refused(t, b, code, "no longer valid")
		})
		t.Run("somebody else's", func(t *testing.T) {
			_, code := begin()
			b, own := begin()
			if code == own {
				code = other(code)
			}
			refused(t, b, code, "not right")
		})
		t.Run("another one ends the one before", func(t *testing.T) {
			b, first := begin()
			checked(t, b.Follow(b.Post("/en/register/again", nil)), 200)
			second := p.code(t)
			if first != second {
				refused(t, b, first, "not right")
			}
			b.Submit("/en/register/code", form("code", second[:3]+" "+second[3:]), 200).One("#name")
		})
		t.Run("no more than three are sent", func(t *testing.T) {
			b, _ := begin()
			for range identity.CodeSends - 1 {
				checked(t, b.Post("/en/register/again", nil), 303)
			}
			checked(t, b.Post("/en/register/again", nil), 429)
		})
		t.Run("no cookie", func(t *testing.T) {
			_, code := begin()
			b := p.browse(t)
			page := b.Submit("/en/register/code", form("code", code), 422)
			if !strings.Contains(page.One(".summary").Text(), "not finished in time") {
				t.Errorf("it says %s", page.One(".summary").Text())
			}
		})
		t.Run("is stored nowhere", func(t *testing.T) {
			_, code := begin()
			if strings.Contains(p.stored(t), code) {
				t.Error("the code stands in the store")
			}
		})
	})
}

func TestTwoRegistrationsOfOneContactMakeOneAccount(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		a, b := p.browse(t), p.browse(t)
		a.Submit("/en/register", form("contact", email), 200)
		first := p.code(t)
		p.register(t, b, email)
		page := a.Submit("/en/register/code", form("code", first), http.StatusConflict)
		if !strings.Contains(page.One("main").Text(), "Sign in with it") {
			t.Errorf("it says %s", page.One("main").Text())
		}
	})
}

func TestStepsCannotBeSkipped(t *testing.T) {
	p := one(t)
	b := p.browse(t)
	b.Submit("/en/register", form("contact", email), 200)
	for _, path := range []string{"/en/register/details", "/en/register/password"} {
		if to := b.Get(path).Header.Get("Location"); to != "/en/register/code" {
			t.Errorf("%s leads to %q", path, to)
		}
		if to := b.Post(path, details()).Header.Get("Location"); to != "/en/register/code" {
			t.Errorf("sending to %s leads to %q", path, to)
		}
	}
	if to := b.Get("/en/register/done").Header.Get("Location"); !strings.HasPrefix(to, "/en/sign-in") {
		t.Errorf("half an account is signed in: %q", to)
	}
}

func TestWhatIsWrongIsSaidBesideItAndNothingIsLost(t *testing.T) {
	p := one(t)
	b := p.browse(t)
	page := b.Submit("/en/register", form("contact", "me@"), 422)
	if page.One("#contact").Attr("value") != "me@" {
		t.Error("what was typed is lost")
	}
	page.One("#contact-error")
	b.Submit("/en/register", form("contact", email), 200)
	b.Submit("/en/register/code", form("code", p.code(t)), 200)

	for name, c := range map[string]struct {
		change func(url.Values)
		wrong  string
	}{
		"no name":             {func(v url.Values) { v.Set("name", "  ") }, "name"},
		"a long name":         {func(v url.Values) { v.Set("name", strings.Repeat("a", 201)) }, "name"},
		"direction overrides": {func(v url.Values) { v.Set("name", "Ali\u202egnp.exe") }, "name"},
		"broken UTF-8":        {func(v url.Values) { v.Set("name", "Ali\xff") }, "name"},
		"a line in the name":  {func(v url.Values) { v.Set("name", "Ali\x00\r\nBcc: a@b.mv") }, "name"},
		"a name sent twice":   {func(v url.Values) { v.Add("name", "Somebody Else") }, "name"},
		"no such day":         {func(v url.Values) { v.Set("birth-date-day", "31"); v.Set("birth-date-month", "2") }, "birth-date"},
		"a day to come":       {func(v url.Values) { v.Set("birth-date-year", "2030") }, "birth-date"},
		"no number":           {func(v url.Values) { v.Set("identity-number", "123") }, "identity-number"},
		"no address":          {func(v url.Values) { v.Del("address") }, "address"},
		"a long address":      {func(v url.Values) { v.Set("address", strings.Repeat("x\n", 40)) }, "address"},
	} {
		t.Run(name, func(t *testing.T) {
			v := details()
			c.change(v)
			page := b.Submit("/en/register/details", v, 422)
			page.One("#" + c.wrong + "-error")
			if n := page.Find(".summary li").Len(); n != 1 {
				t.Errorf("%d lines in the summary", n)
			}
			if got := page.One("#address").Text(); c.wrong != "address" && got != strings.Join(strings.Fields(v.Get("address")), " ") {
				t.Errorf("the address is lost: %q", got)
			}
			if got := page.One("#birth-date-year").Attr("value"); c.wrong != "birth-date" && got != "1990" {
				t.Errorf("the year is lost: %q", got)
			}
		})
	}
	t.Run("too large", func(t *testing.T) {
		v := details()
		v.Set("address", strings.Repeat("x", 20<<10))
		checked(t, b.Post("/en/register/details", v), http.StatusRequestEntityTooLarge)
	})
	for password, says := range map[string]string{"short": "at least 10", "Password2024!": "Many people", "aishath.nas1": "address or name"} {
		b.Submit("/en/register/details", details(), 200)
		page := b.Submit("/en/register/password", form("password", password), 422)
		if got := page.One("#password-error").Text(); !strings.Contains(got, says) {
			t.Errorf("%q: it says %q", password, got)
		}
		if page.One("#password").HasAttr("value") {
			t.Error("the password is sent back")
		}
	}
}

func TestEveryFieldSaysWhyWhoAndHowLong(t *testing.T) {
	p := one(t)
	b := p.browse(t)
	b.Submit("/en/register", form("contact", email), 200)
	page := b.Submit("/en/register/code", form("code", p.code(t)), 200)
	if n := page.Find(".why").Len(); n != 4 {
		t.Fatalf("%d of 4 fields say why", n)
	}
	for why := range page.Find(".why").All() {
		for _, says := range []string{"Who gets it: ", "How long it is kept: "} {
			if !strings.Contains(why.Text(), says) {
				t.Errorf("%q does not say %q", why.Text(), says)
			}
		}
	}
}

func TestEverySentenceIsInEveryLanguage(t *testing.T) {
	cat, err := i18n.Load(identity.Locales())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range i18n.Missing(cat, "en", "dv") {
		t.Error(m)
	}
}

func TestOpenRedirectsAreRefused(t *testing.T) {
	p := one(t)
	p.person(t, email)
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "/%0d%0aX: y", "javascript:alert(1)", ""} {
		b := p.browse(t)
		resp := b.Post("/en/sign-in", form("contact", email, "password", good, "next", next))
		if to := checked(t, resp, 303).Header.Get("Location"); to != "/en/cabinet/" && to != "/%0d%0aX:%20y" {
			t.Errorf("%q leads to %q", next, to)
		}
	}
	resp := p.browse(t).Post("/en/sign-in", form("contact", email, "password", good, "next", "/en/services?words=road"))
	if to := resp.Header.Get("Location"); to != "/en/services?words=road" {
		t.Errorf("a path of the portal is refused: %q", to)
	}
}

func TestTheExampleOfAPhoneNumberIsOfThePortalsCountry(t *testing.T) {
	p := openAs(t, testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations()), func(phone *policy.Field) { phone.Prefix = "+975" })
	for _, lang := range []string{"en", "dv"} {
		b := p.browse(t)
		for what, text := range map[string]string{
			"hint":       b.Page("/"+lang+"/register", 200).One("#contact-hint").Text(),
			"error":      b.Submit("/"+lang+"/register", form("contact", "?"), 422).One("#contact-error").Text(),
			"of sign-in": b.Submit("/"+lang+"/sign-in", form("contact", "?", "password", good), 422).One("#contact-error").Text(),
		} {
			if !strings.Contains(text, "+975 777 1234") || strings.Contains(text, "+960") {
				t.Errorf("%s, %s: %s", lang, what, text)
			}
		}
	}
}

// TestAWayInOutlivesALookElsewhere: somebody on the way in opens a page, in
// another tab, that only opens to who is signed in.
func TestAWayInOutlivesALookElsewhere(t *testing.T) {
	p := one(t)
	elsewhere := func(t *testing.T, b *testkit.Browser) {
		t.Helper()
		before := b.Cookie(web.SessionCookie)
		resp := checked(t, b.Get("/en/cabinet/security"), 303)
		if to := resp.Header.Get("Location"); before == "" || b.Cookie(web.SessionCookie) != before || strings.Contains(to, "ended") {
			t.Errorf("the cookie %q became %q on the way to %s", before, b.Cookie(web.SessionCookie), to)
		}
	}
	t.Run("registration", func(t *testing.T) {
		b := p.browse(t)
		b.Submit("/en/register", form("contact", email), 200)
		elsewhere(t, b)
		b.Submit("/en/register/code", form("code", p.code(t)), 200)
		elsewhere(t, b)
		b.Submit("/en/register/details", details(), 200)
		b.Submit("/en/register/password", form("password", good), 200).One(".panel h1")
	})
	t.Run("sign-in", func(t *testing.T) {
		b := p.browse(t)
		p.signIn(t, b, email, good, 200)
		secret := b.Submit(security+"/second-factor", form("current", good), 200).One(".ident").Text()
		b.Submit(security+"/second-factor/key", form("code", totpCode(t, secret, p.Clock.Now())), 200)
		p.Clock.Advance(time.Minute)
		c := p.browse(t)
		p.signIn(t, c, email, good, 200).One("input[name=code]")
		elsewhere(t, c)
		c.Submit("/en/sign-in/code", form("code", totpCode(t, secret, p.Clock.Now()), "next", security), 200).One("#history")
	})
}

func TestN11_WhereDataIsStoredIsAgreedToInItsOwnWordsAndRecordedWithTheTerms(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.Agreement = func() identity.Agreement {
			return identity.Agreement{Text: i18n.Text{"en": "I agree that my data is stored in Malé.", "dv": "މާލޭގައި"}, Version: "terms-1"}
		}
		b := p.browse(t)
		b.Submit("/en/register", form("contact", email), 200)
		asks := b.Submit("/en/register/code", form("code", p.code(t)), 200)
		if !strings.Contains(asks.One("main").Text(), "I agree that my data is stored in Malé.") || asks.Has("#agreed[checked]") {
			t.Error("it is not asked, or answered beforehand")
		}
		refused := b.Submit("/en/register/details", details(), 422)
		if !strings.Contains(refused.One("#agreed-error").Text(), "Tick the box") || refused.One("#name").Attr("value") == "" {
			t.Error("who does not agree is not told, or loses what they typed")
		}
		yes := details()
		yes.Set("agreed", "yes")
		b.Submit("/en/register/details", yes, 200)
		b.Submit("/en/register/password", form("password", good), 200)
		said := slices.DeleteFunc(p.Events(t, p.whose(t, email)), func(e audit.Event) bool { return e.Reason != "storage-agreed" })
		if len(said) != 1 || said[0].Facts["version"] != "terms-1" || said[0].Policy != p.Policy().Hash() {
			t.Errorf("the log says %+v", said)
		}
		if accounts, without, err := (roll.Roll{DB: p.Store.DB}).Agreed(t.Context()); err != nil || accounts != 1 || without != 0 {
			t.Errorf("%d of %d did not agree, %v", without, accounts, err)
		}
		p.Agreement = nil // as if an account were opened without being asked
		p.person(t, "other@example.mv")
		if accounts, without, err := (roll.Roll{DB: p.Store.DB}).Agreed(t.Context()); err != nil || accounts != 2 || without != 1 {
			t.Errorf("%d of %d did not agree, %v", without, accounts, err)
		}
	})
}
