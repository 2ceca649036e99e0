package identity_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/identity"
	"portico/internal/identity/factor/factortest"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

// addPasskey adds a passkey by the pages.
func (p *portal) addPasskey(t *testing.T, b *testkit.Browser, name string) *factortest.Authenticator {
	t.Helper()
	a := factortest.New(t, "http://localhost", "localhost")
	ask := b.Page(security+"/passkeys/add", 200).One("form[data-passkey=create]").Attr("data-options")
	b.Submit(security+"/passkeys/add", form("name", name, "passkey", string(a.Make(ask))), 200).One(".notice")
	return a
}

// ask is what a page asks authenticators for.
func ask(t *testing.T, b *testkit.Browser, path string) string {
	t.Helper()
	return b.Page(path, 200).One("form[data-passkey=get]").Attr("data-options")
}

// passkeyIn signs in with a passkey.
func passkeyIn(t *testing.T, b *testkit.Browser, answer []byte, status int) {
	t.Helper()
	checked(t, b.Post("/en/sign-in/passkey", form("passkey", string(answer), "next", security)), status)
}

func TestO10_APasskeySignsInStronglyWithoutAPassword(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		b, other := p.browse(t), p.browse(t)
		p.signIn(t, b, email, good, 200)
		p.signIn(t, other, email, good, 200)
		a := p.addPasskey(t, b, "  My   telephone ")
		if other.Get(security).StatusCode == 200 {
			t.Error("another session goes on")
		}
		if m := p.mail(t); !strings.Contains(m, "A passkey was added") {
			t.Errorf("the holder is told\n%s", m)
		}
		if all := p.stored(t); strings.Contains(all, "telephone") || strings.Contains(all, string(a.ID)) {
			t.Error("a passkey or its name can be read in the store")
		}
		if list := b.Page(security+"/passkeys", 200); !strings.Contains(list.One(".item").Text(), "My telephone") {
			t.Errorf("the list says %s", list.One("main").Text())
		}

		c := p.browse(t)
		passkeyIn(t, c, a.Prove(ask(t, c, "/en/sign-in")), 303)
		c.Page(security, 200)
		s, err := p.Session(t.Context(), c.Cookie(web.SessionCookie), web.RealmPerson)
		if err != nil || s.Subject != subject || !s.Strong || s.SteppedBy != identity.MeansPasskey {
			t.Errorf("the session is %+v, %v", s, err)
		}
		if got := p.moments(t, subject)[0]; got != "sign-in passkey" {
			t.Errorf("the newest event is %q", got)
		}

		// The password alone opens no more, and the second page offers the passkey.
		d := p.browse(t)
		p.signIn(t, d, email, good, 200).One("form[data-passkey=get]")
		if d.Get(security).StatusCode == 200 {
			t.Error("the password alone signs in")
		}
		passkeyIn(t, d, a.Prove(ask(t, d, "/en/sign-in/code")), 303)
		d.Page(security, 200)

		// It gets another name, and is removed.
		at := c.Page(security+"/passkeys", 200).One(".item a").Attr("href")
		c.Submit(at, form("name", " "), 422).One("#name-error")
		c.Submit(at, form("name", strings.Repeat("n", 61)), 422).One("#name-error")
		c.Submit(at, form("name", "Old phone"), 200).One(".notice")
		if got := c.Page(at, 200).One("#name").Attr("value"); got != "Old phone" {
			t.Errorf("it is called %q", got)
		}
		stranger := p.browse(t)
		p.person(t, "stranger@example.mv")
		p.signIn(t, stranger, "stranger@example.mv", good, 200)
		checked(t, stranger.Get(at), 404)
		checked(t, stranger.Post(at+"/remove", nil), 404)
		c.Submit(at+"/remove", nil, 200).One(".notice")
		passkeyIn(t, p.browse(t), a.Prove(ask(t, p.browse(t), "/en/sign-in")), 422)
		p.signIn(t, p.browse(t), email, good, 200).One("#history")
	})
}

// TestWhatAThiefOfAPasskeyTries changes one thing at a time of what signs in.
func TestAPasskeyOpensWhilePasswordsAreHeldUp(t *testing.T) {
	p := one(t)
	p.person(t, email)
	b, c := p.browse(t), p.browse(t)
	p.signIn(t, b, email, good, 200)
	a := p.addPasskey(t, b, "Phone")
	for range 6 {
		p.signIn(t, c, email, "hippo lantern 42", 422)
	}
	if page := p.signIn(t, c, email, good, 429); !strings.Contains(page.One("main").Text(), "passkey") {
		t.Errorf("who has a passkey is not told to use it: %s", page.One("main").Text())
	}
	passkeyIn(t, c, a.Prove(ask(t, c, "/en/sign-in")), 303)
	c.Page(security, 200)
}

func TestWhatAThiefOfAPasskeyTries(t *testing.T) {
	p := one(t)
	subject, other := p.person(t, email), p.person(t, "other@example.mv")
	b, ob := p.browse(t), p.browse(t)
	p.signIn(t, b, email, good, 200)
	p.signIn(t, ob, "other@example.mv", good, 200)
	a, theirs := p.addPasskey(t, b, "mine"), p.addPasskey(t, ob, "theirs")
	right := func() []byte { return a.Prove(ask(t, p.browse(t), "/en/sign-in")) }
	passkeyIn(t, p.browse(t), right(), 303)

	for name, answer := range map[string]func() []byte{
		"nothing": func() []byte { return nil },
		"no JSON": func() []byte { return []byte("{") },
		"another origin": func() []byte {
			c := *a
			c.Origin = "http://localhost.example"
			return c.Prove(ask(t, p.browse(t), "/en/sign-in"))
		},
		"another port": func() []byte {
			c := *a
			c.Origin = "http://localhost:81"
			return c.Prove(ask(t, p.browse(t), "/en/sign-in"))
		},
		"bound to another host":    func() []byte { c := *a; c.Party = "example.org"; return c.Prove(ask(t, p.browse(t), "/en/sign-in")) },
		"its owner not verified":   func() []byte { c := *a; c.Verified = false; return c.Prove(ask(t, p.browse(t), "/en/sign-in")) },
		"a counter that goes back": func() []byte { c := *a; c.Counter = 0; return c.Prove(ask(t, p.browse(t), "/en/sign-in")) },
		"somebody else's handle":   func() []byte { c := *a; c.Handle = []byte(other); return c.Prove(ask(t, p.browse(t), "/en/sign-in")) },
		"another's key with my handle": func() []byte {
			c := *theirs
			c.Handle, c.ID = []byte(subject), a.ID
			return c.Prove(ask(t, p.browse(t), "/en/sign-in"))
		},
		"nobody's handle": func() []byte {
			c := *a
			c.Handle = []byte("nobody")
			return c.Prove(ask(t, p.browse(t), "/en/sign-in"))
		},
		"a challenge of our form, not ours": func() []byte {
			return a.Prove(`{"challenge":"` + strings.Repeat("A", 75) + `"}`)
		},
		"a challenge for stepping up": func() []byte { return a.Prove(ask(t, b, "/en/step-up")) },
		"a challenge that is too old": func() []byte {
			old := right()
			p.Clock.Advance(5*time.Minute + time.Second)
			return old
		},
		"a signature of other data": func() []byte {
			return []byte(strings.Replace(string(right()), `"signature":"M`, `"signature":"N`, 1))
		},
	} {
		c := p.browse(t)
		resp := c.Post("/en/sign-in/passkey", form("passkey", string(answer()), "next", security))
		if resp.StatusCode != 422 || c.Cookie(web.SessionCookie) != "" {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	used := right()
	passkeyIn(t, p.browse(t), used, 303)
	passkeyIn(t, p.browse(t), used, 422) // replayed
	if n := strings.Count(fmt.Sprint(p.events(t, subject)), "sign-in-failed passkey"); n == 0 {
		t.Error("the holder is not shown that somebody tried")
	}
}

func TestAPasskeyIsMadeForOneSessionAndOneAddress(t *testing.T) {
	p := one(t)
	p.person(t, email)
	b := p.browse(t)
	p.signIn(t, b, email, good, 200)
	add := security + "/passkeys/add"
	fresh := func() string { return b.Page(add, 200).One("form[data-passkey=create]").Attr("data-options") }
	take := func(a *factortest.Authenticator, options string) int {
		return b.Post(add, form("name", "x", "passkey", string(a.Make(options)))).StatusCode
	}
	elsewhere := factortest.New(t, "https://one-gov.example", "localhost")
	unverified := factortest.New(t, "http://localhost", "localhost")
	unverified.Verified = false
	for name, a := range map[string]*factortest.Authenticator{"from another page": elsewhere, "without its owner verified": unverified} {
		if got := take(a, fresh()); got != 422 {
			t.Errorf("a passkey %s is taken: %d", name, got)
		}
	}
	a := factortest.New(t, "http://localhost", "localhost")
	c := p.browse(t)
	p.signIn(t, c, email, good, 200)
	if got := take(a, c.Page(add, 200).One("form[data-passkey=create]").Attr("data-options")); got != 422 {
		t.Errorf("a passkey of another session's page is taken: %d", got)
	}
	if got := b.Post(add, form("name", "", "passkey", string(a.Make(fresh())))).StatusCode; got != 422 {
		t.Errorf("a passkey without a name is taken: %d", got)
	}
	if got := take(a, fresh()); got != 303 {
		t.Fatalf("the passkey is not taken: %d", got)
	}
	if got := take(a, fresh()); got != 409 {
		t.Errorf("the same passkey is taken twice: %d", got)
	}
}

// TestASteppedUpSession: old proofs lead to a new one, by what the account
// has, and back; the token changes.
func TestASteppedUpSession(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		b := p.browse(t)
		p.signIn(t, b, email, good, 200)
		p.Clock.Advance(web.StepUpAge + time.Second)
		wanted := security + "/second-factor"
		resp := b.Get(wanted)
		if got := resp.Header.Get("Location"); resp.StatusCode != 303 || !strings.HasPrefix(got, "/en/step-up?next=") {
			t.Fatalf("an old proof: %d %q", resp.StatusCode, got)
		}
		page := b.Page(wanted, 200) // follows
		next := page.One("input[name=next]").Attr("value")
		if next != wanted {
			t.Errorf("it comes back to %q", next)
		}
		before := b.Cookie(web.SessionCookie)
		b.Submit("/en/step-up", form("current", "wrong wrong wrong", "next", next), 422).One("#current-error")
		for _, bad := range []string{"https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"} {
			resp := b.Post("/en/step-up", form("current", good, "next", bad))
			if got := resp.Header.Get("Location"); resp.StatusCode != 303 || got != "/en/cabinet/" {
				t.Errorf("%q leads to %q", bad, got)
			}
		}
		checked(t, b.Post("/en/step-up", form("current", good, "next", next)), 303)
		if b.Cookie(web.SessionCookie) == before {
			t.Error("the token stays the same")
		}
		s, err := p.Session(t.Context(), b.Cookie(web.SessionCookie), web.RealmPerson)
		if err != nil || !s.Stepped.Equal(p.Clock.Now()) || s.SteppedBy != identity.MeansPassword || s.Strong {
			t.Errorf("the session is %+v, %v", s, err)
		}
		if got := p.moments(t, subject)[0]; got != "account stepped-up-by-password" {
			t.Errorf("the newest event is %q", got)
		}

		// With a second factor the password is not enough.
		secret := b.Submit(wanted, nil, 200).One(".ident").Text()
		b.Submit(wanted+"/key", form("code", totpCode(t, secret, p.Clock.Now())), 200)
		p.Clock.Advance(web.StepUpAge + time.Minute)
		if page := b.Page(wanted, 200); page.Has("input[name=current]") || !page.Has("input[name=code]") {
			t.Error("the password is asked for where there is a second factor")
		}
		b.Submit("/en/step-up", form("current", good, "next", next), 422).One("#code-error")
		checked(t, b.Post("/en/step-up", form("code", totpCode(t, secret, p.Clock.Now()), "next", next)), 303)
		b.Page(wanted, 200).One("main form")

		// And a passkey does, but only the own one, for this session.
		mine := p.addPasskey(t, b, "mine")
		o := p.browse(t)
		p.person(t, "other@example.mv")
		p.signIn(t, o, "other@example.mv", good, 200)
		theirs := p.addPasskey(t, o, "theirs")
		p.Clock.Advance(web.StepUpAge + time.Minute)
		prove := func(a *factortest.Authenticator, page string) int {
			return b.Post("/en/step-up", form("passkey", string(a.Prove(page)), "next", next)).StatusCode
		}
		if got := prove(theirs, ask(t, b, "/en/step-up")); got != 422 {
			t.Errorf("somebody else's passkey: %d", got)
		}
		if got := prove(mine, ask(t, o, "/en/step-up")); got != 422 {
			t.Errorf("a challenge of another session: %d", got)
		}
		if got := prove(mine, ask(t, b, "/en/step-up")); got != 303 {
			t.Errorf("the own passkey: %d", got)
		}
		b.Page(wanted, 200).One("main form")
	})
}

// TestWhatIsNewInAnAccountAuthorisesNothingForAWhile: security.md's 72 hours.
func TestWhatIsNewInAnAccountAuthorisesNothingForAWhile(t *testing.T) {
	p := one(t)
	p.person(t, email)
	b := p.browse(t)
	p.signIn(t, b, email, good, 200)
	seasoned := func(b *testkit.Browser) time.Duration {
		t.Helper()
		s, err := p.Session(t.Context(), b.Cookie(web.SessionCookie), web.RealmPerson)
		if err != nil || s == nil {
			t.Fatalf("%v %v", s, err)
		}
		return max(0, s.Seasoned.Sub(p.Clock.Now()))
	}
	if got := seasoned(b); got != 0 {
		t.Errorf("somebody who registered waits %s", got)
	}
	a := p.addPasskey(t, b, "new")
	if got := seasoned(b); got != 0 {
		t.Errorf("the session that the old password began waits %s", got)
	}
	c := p.browse(t)
	passkeyIn(t, c, a.Prove(ask(t, c, "/en/sign-in")), 303)
	if got := seasoned(c); got != identity.Season {
		t.Errorf("a session that a new passkey began waits %s", got)
	}
	p.Clock.Advance(identity.Season)
	passkeyIn(t, c, a.Prove(ask(t, p.browse(t), "/en/sign-in")), 303)
	if got := seasoned(c); got != 0 {
		t.Errorf("three days later it waits %s", got)
	}
}

// TestRecoveryCodes: ten, shown once, each works once, and a new set ends the
// one before.
func TestRecoveryCodes(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		b := p.browse(t)
		p.signIn(t, b, email, good, 200)
		secret := b.Submit(security+"/second-factor", nil, 200).One(".ident").Text()
		page := b.Submit(security+"/second-factor/key", form("code", totpCode(t, secret, p.Clock.Now())), 200)
		if !strings.Contains(page.One("main").Text(), "0 codes are left") {
			t.Errorf("the page says %s", page.One("main").Text())
		}
		codes := b.Submit(security+"/codes", url.Values{"act": {"make-codes"}}, 200).Find("ol .ident").Texts()
		if len(codes) != 10 {
			t.Fatalf("%d codes are shown", len(codes))
		}
		p.mail(t)
		if all := strings.Join(p.post.sent, "\n"); !strings.Contains(all, "New recovery codes") {
			t.Errorf("the holder is told\n%s", all)
		}
		if page := b.Page(security+"/codes", 200); strings.Contains(page.One("main").Text(), codes[0]) {
			t.Error("the codes are shown again")
		}
		all := p.stored(t)
		seen := map[string]bool{}
		for _, code := range codes {
			if bare := strings.ReplaceAll(code, "-", ""); seen[code] || strings.Contains(all, code) || strings.Contains(all, bare) {
				t.Errorf("%s is there twice, or stands in the store", code)
			}
			seen[code] = true
		}
		use := func(code string, status int) *testkit.Browser {
			t.Helper()
			c := p.browse(t)
			p.signIn(t, c, email, good, 200)
			c.Page("/en/sign-in/recovery-code", 200)
			checked(t, c.Post("/en/sign-in/recovery-code", form("code", code, "next", security)), status)
			return c
		}
		c := use(strings.ToLower(codes[3]), 303)
		if text := c.Page(security, 200).One("main").Text(); !strings.Contains(text, "9 codes are left") {
			t.Errorf("the page says %s", text)
		}
		if got := p.moments(t, subject)[:2]; got[0] != "sign-in password-and-recovery-code" || got[1] != "account recovery-code-used" {
			t.Errorf("the events are %q", got)
		}
		use(codes[3], 422)
		use("AAAAA-AAAAA", 422)
		use("' OR 1=1 --", 422)
		p.Clock.Advance(time.Hour)
		use(strings.ReplaceAll(codes[0], "-", " "), 303)
		p.signInWith(t, b, secret)
		fresh := b.Submit(security+"/codes", url.Values{"act": {"make-codes"}}, 200).Find("ol .ident").Texts()
		use(codes[1], 422)
		use(fresh[1], 303)
	})
}

// signInWith signs in with the password and a code of the app.
func (p *portal) signInWith(t *testing.T, b *testkit.Browser, secret string) {
	t.Helper()
	p.Clock.Advance(time.Minute)
	p.signIn(t, b, email, good, 200)
	checked(t, b.Post("/en/sign-in/code", form("code", totpCode(t, secret, p.Clock.Now()), "next", security)), 303)
}

// moments are somebody's events but uses of data, the newest first.
func (p *portal) moments(t *testing.T, subject string) (list []string) {
	t.Helper()
	for _, e := range p.events(t, subject) {
		if !strings.HasPrefix(e, "access ") && !strings.HasPrefix(e, "collect ") {
			list = append(list, e)
		}
	}
	return list
}
