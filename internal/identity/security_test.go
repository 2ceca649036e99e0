package identity_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	account "portico/internal/identity/security"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

func TestM25_TheHistoryShowsSignInsFailedOnesAndSignOuts(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		b := p.browse(t)
		p.signIn(t, b, email, "hippo lantern", http.StatusUnprocessableEntity)
		p.signIn(t, b, email, good, 200)
		checked(t, b.Post("/en/sign-out", nil), 303)
		page := p.signIn(t, b, email, good, 200)
		want := []string{"sign-in password", "sign-out sign-out", "sign-in password", "sign-in-failed password", "account registered"}
		got := slices.DeleteFunc(p.events(t, subject), func(e string) bool {
			return strings.HasPrefix(e, "access ") || strings.HasPrefix(e, "collect ")
		})
		if !slices.Equal(got, want) {
			t.Errorf("the log says %v", got)
		}
		if got := page.Find("table.grid tbody .tag").Texts(); !slices.Equal(got, []string{"Signed in", "Signed out", "Signed in", "Sign-in failed", "Account changed"}) {
			t.Errorf("the page says %v", got)
		}
	})
}

func TestM25_TheHistoryGoesBackPageByPage(t *testing.T) {
	p := one(t)
	p.person(t, email)
	b := p.browse(t)
	for range 13 {
		p.signIn(t, b, email, good, 200)
		checked(t, b.Post("/en/sign-out", nil), 303)
	}
	page := p.signIn(t, b, email, good, 200)
	if n := page.Find("table.grid tbody tr").Len(); n != 20 {
		t.Errorf("%d lines", n)
	}
	older := b.Page(page.One(`main a[href*="before="]`).Attr("href"), 200)
	if n := older.Find("table.grid tbody tr").Len(); n != 8 {
		t.Errorf("%d older lines", n)
	}
	for _, bad := range []string{"-1", "x", "9999999999999999999999"} {
		checked(t, b.Get(security+"/history?before="+bad), 404)
	}
}

func TestSignInSaysTheSameWhateverIsWrong(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.person(t, email)
		b := p.browse(t)
		known := p.signIn(t, b, email, "hippo lantern 42", 422).One(".summary").Text()
		unknown := p.signIn(t, b, "nobody@example.mv", good, 422).One(".summary").Text()
		if known != unknown || !strings.Contains(known, "not right") {
			t.Errorf("%q and %q", known, unknown)
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	p := one(t)
	p.person(t, email)
	b := p.browse(t)
	for range 6 {
		p.signIn(t, b, email, "hippo lantern 42", 422)
	}
	page := p.signIn(t, b, email, good, http.StatusTooManyRequests)
	if !strings.Contains(page.One("main").Text(), "15 minutes") {
		t.Errorf("it says %s", page.One("main").Text())
	}
	p.signIn(t, b, "nobody@example.mv", good, 422) // others are not kept out
	p.Clock.Advance(15 * time.Minute)
	for range 20 {
		p.signIn(t, b.Another(), email, good, 200) // and who signs in well never is
	}
}

func TestCodesToOneContactAreLimited(t *testing.T) {
	p := one(t)
	b := p.browse(t)
	for range 4 {
		checked(t, b.Post("/en/register", form("contact", email)), 303)
	}
	checked(t, b.Post("/en/register", form("contact", email)), 429)
}

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.person(t, email)
		in := func(b *testkit.Browser) bool { return b.Get(security).StatusCode == 200 }
		t.Run("the token is stored as a hash and changes at sign-in", func(t *testing.T) {
			b := p.browse(t)
			p.signIn(t, b, email, good, 200)
			first := b.Cookie(web.SessionCookie)
			if strings.Contains(p.stored(t), first) {
				t.Error("the token stands in the store")
			}
			p.signIn(t, b, email, good, 200)
			if second := b.Cookie(web.SessionCookie); second == first {
				t.Error("the token is the same after signing in again")
			}
			if s, err := p.Session(t.Context(), first, web.RealmPerson); s != nil || err != nil {
				t.Errorf("the old token still opens: %v %v", s, err)
			}
		})
		t.Run("half an hour without use", func(t *testing.T) {
			b := p.browse(t)
			p.signIn(t, b, email, good, 200)
			for range 4 {
				p.Clock.Advance(identity.IdleLife - time.Second)
				if !in(b) {
					t.Fatal("a session in use ended")
				}
			}
			p.Clock.Advance(identity.IdleLife)
			if in(b) {
				t.Error("an idle session goes on")
			}
		})
		t.Run("one that ended says so at the sign-in", func(t *testing.T) {
			b := p.browse(t)
			p.signIn(t, b, email, good, 200)
			p.Clock.Advance(identity.IdleLife)
			if text := b.Page(security, 200).One("main").Text(); !strings.Contains(text, "too much time has passed") {
				t.Errorf("the page says %s", text)
			}
		})
		t.Run("registering again leaves one signed in", func(t *testing.T) {
			b := p.browse(t)
			p.signIn(t, b, email, good, 200)
			checked(t, b.Post("/en/register", form("contact", "another@example.mv")), 303)
			if !in(b) {
				t.Error("the session was lost, and nobody ended it")
			}
		})
		t.Run("twelve hours", func(t *testing.T) {
			b := p.browse(t)
			p.signIn(t, b, email, good, 200)
			for range 36 {
				p.Clock.Advance(20 * time.Minute)
				if b.Get(security).StatusCode != 200 {
					break
				}
			}
			if in(b) {
				t.Error("a session goes on after twelve hours")
			}
		})
		t.Run("one can see and end the others", func(t *testing.T) {
			b, c := p.browse(t), p.browse(t)
			p.signIn(t, c, email, good, 200)
			page := p.signIn(t, b, email, good, 200)
			id := page.One(`input[name=session]`).Attr("value")
			checked(t, b.Post(security+"/sessions", form("session", id)), 303)
			if in(c) || !in(b) {
				t.Error("another session ended than the one chosen")
			}
			checked(t, b.Post(security+"/sessions", form("session", id)), 404)
		})
		t.Run("nobody ends somebody else's", func(t *testing.T) {
			p.person(t, "ahmed@example.mv")
			mine, theirs := p.browse(t), p.browse(t)
			p.signIn(t, mine, email, good, 200)
			p.signIn(t, theirs, "ahmed@example.mv", good, 200)
			s, err := p.Session(t.Context(), theirs.Cookie(web.SessionCookie), web.RealmPerson)
			if err != nil {
				t.Fatal(err)
			}
			checked(t, mine.Post(security+"/sessions", form("session", s.ID)), 404)
			if !in(theirs) {
				t.Error("somebody else's session ended")
			}
		})
		t.Run("forged and foreign tokens", func(t *testing.T) {
			b := p.browse(t)
			p.signIn(t, b, email, good, 200)
			token := b.Cookie(web.SessionCookie)
			for _, forged := range []string{"", "x", strings.Repeat("A", 43), token[:42], token + "A", "\xff"} {
				if s, err := p.Session(t.Context(), forged, web.RealmPerson); s != nil || err != nil {
					t.Errorf("%q: %v %v", forged, s, err)
				}
			}
			if s, err := p.Session(t.Context(), token, web.RealmStaff); s != nil || err != nil {
				t.Errorf("a person's token opens the officials' pages: %v %v", s, err)
			}
		})
	})
}

func TestAChangeOfPasswordEndsEveryOtherSession(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.person(t, email)
		b, c := p.browse(t), p.browse(t)
		p.signIn(t, c, email, good, 200)
		p.signIn(t, b, email, good, 200)
		before := b.Cookie(web.SessionCookie)
		b.Page(security+"/password", 200)
		b.Submit(security+"/password", form("current", "wrong wrong wrong", "password", better), 422).One("#current-error")
		b.Submit(security+"/password", form("current", good, "password", good), 422).One("#password-error")
		b.Submit(security+"/password", form("current", good, "password", "password1234"), 422).One("#password-error")
		b.Submit(security+"/password", form("current", good, "password", better), 200).One(".notice")
		if b.Cookie(web.SessionCookie) == before {
			t.Error("the token stays the same")
		}
		if c.Get(security).StatusCode == 200 {
			t.Error("another session goes on")
		}
		if m := p.mail(t); !strings.Contains(m, "was changed") {
			t.Errorf("the holder is told\n%s", m)
		}
		p.signIn(t, c, email, good, 422)
		p.signIn(t, c, email, better, 200)
	})
}

func TestSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.person(t, email)
		b := p.browse(t)
		p.signIn(t, b, email, good, 200)
		checked(t, b.Get(security+"/second-factor/key"), http.StatusConflict)
		b.Page(security+"/second-factor", 200)
		secret := b.Submit(security+"/second-factor", nil, 200).One(".ident").Text()
		if png := b.Get(security + "/second-factor/picture"); png.Header.Get("Content-Type") != "image/png" || !strings.Contains(png.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("the picture is %v", png.Header)
		}
		b.Submit(security+"/second-factor/key", form("code", other(totpCode(t, secret, p.Clock.Now()))), 422).One("#code-error")
		first := totpCode(t, secret, p.Clock.Now())
		b.Submit(security+"/second-factor/key", form("code", first), 200).One(".notice")
		if strings.Contains(p.stored(t), strings.ReplaceAll(secret, " ", "")) {
			t.Error("the key stands in the store")
		}

		c := p.browse(t)
		p.signIn(t, c, email, good, 200).One("input[name=code]")
		half := c.Cookie(web.SessionCookie)
		if s, err := p.Session(t.Context(), half, web.RealmPerson); s != nil || !errors.Is(err, web.ErrUnderway) {
			t.Errorf("the password alone signs in: %v %v", s, err)
		}
		c.Submit("/en/sign-in/code", form("code", first), 422).One("#code-error") // used when it was confirmed
		p.Clock.Advance(30 * time.Second)
		code := totpCode(t, secret, p.Clock.Now())
		checked(t, c.Post("/en/sign-in/code", form("code", code, "next", security)), 303)
		if c.Cookie(web.SessionCookie) == half {
			t.Error("the token stays the same at the second factor")
		}
		c.Page(security, 200)

		d := p.browse(t)
		p.signIn(t, d, email, good, 200)
		d.Submit("/en/sign-in/code", form("code", code), 422)
		for range 4 {
			d.Submit("/en/sign-in/code", form("code", "123"), 422)
		}
		p.Clock.Advance(time.Minute)
		checked(t, d.Post("/en/sign-in/code", form("code", totpCode(t, secret, p.Clock.Now()))), http.StatusUnauthorized)

		c.Page(security+"/second-factor/remove", 200)
		c.Submit(security+"/second-factor/remove", nil, 200).One(".notice")
		p.signIn(t, d, email, good, 200).One("#history")
	})
}

func TestASecondFactorIsNotGuessedFromManyNetworks(t *testing.T) {
	p := one(t)
	p.person(t, email)
	b := p.browse(t)
	p.signIn(t, b, email, good, 200)
	secret := b.Submit(security+"/second-factor", nil, 200).One(".ident").Text()
	b.Submit(security+"/second-factor/key", form("code", totpCode(t, secret, p.Clock.Now())), 200)
	p.Clock.Advance(time.Minute)
	c, _ := p.ParseContact(email)
	guess := func(n int, code string) error {
		from := identity.From{Network: fmt.Sprint("network ", n)}
		e, err := p.SignIn(t.Context(), web.RealmPerson, c, good, from)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Second(t.Context(), web.RealmPerson, e.Token, code, from)
		return err
	}
	wrong := other(totpCode(t, secret, p.Clock.Now()))
	for n := range 10 {
		if err := guess(n, wrong); fault.KindOf(err) != fault.Invalid {
			t.Fatalf("guess %d: %v", n, err)
		}
	}
	if err := guess(10, totpCode(t, secret, p.Clock.Now())); fault.KindOf(err) != fault.TooMany {
		t.Errorf("whoever knows the password guesses on from an eleventh network: %v", err)
	}
	p.Clock.Advance(time.Hour)
	for n := range 20 { // and whose codes are right never waits
		if err := guess(n, totpCode(t, secret, p.Clock.Now())); err != nil {
			t.Errorf("right code %d: %v", n, err)
		}
		p.Clock.Advance(time.Minute)
	}
}

func TestCreatePersonObeysTheRules(t *testing.T) {
	p := one(t)
	sound := identity.NewPerson{Contact: email, Password: good, Details: identity.Details{
		Name: "Aishath", BirthDate: "1990-03-27", IdentityNumber: "A123456", Address: "Finihiyaa"}}
	for name, change := range map[string]func(*identity.NewPerson){
		"contact":  func(n *identity.NewPerson) { n.Contact = "me" },
		"password": func(n *identity.NewPerson) { n.Password = "password1234" },
		"number":   func(n *identity.NewPerson) { n.IdentityNumber = "1" },
	} {
		n := sound
		change(&n)
		if _, err := p.CreatePerson(t.Context(), n); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a wrong %s is taken: %v", name, err)
		}
	}
	p.person(t, email)
	if _, err := p.CreatePerson(t.Context(), sound); fault.KindOf(err) != fault.Conflict {
		t.Errorf("one contact has two accounts: %v", err)
	}
}

// TestM25_TheHistoryOfABusyAccountReadsWhatItShows: uses of data beyond what
// is ever read at once lie between the moments of an account.
func TestM25_TheHistoryOfABusyAccountReadsWhatItShows(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		p.update(t, func(tx *db.Tx) error {
			for range 2000 {
				if err := p.Vault.Append(tx, audit.Event{Kind: audit.KindAccess, Subject: subject, Actor: audit.Actor{Kind: "system"}}); err != nil {
					return err
				}
			}
			return nil
		})
		b := p.browse(t)
		p.signIn(t, b, email, good, 200)
		list, next, err := account.History(t.Context(), p.Service.Log, subject, 0)
		if err != nil || next != 0 || len(list) != 2 || list[0].Reason != identity.MeansPassword || list[1].Reason != "registered" {
			t.Errorf("the history is %+v, %d, %v", list, next, err)
		}
		// Moments from before the index are found by reading.
		p.update(t, func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM audit_moment WHERE subject = $1`, subject)
			return err
		})
		var reasons []string
		for before, pages := int64(0), 0; pages < 10; pages++ {
			list, next, err := account.History(t.Context(), p.Service.Log, subject, before)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				reasons = append(reasons, m.Reason)
			}
			if before = next; next == 0 {
				break
			}
		}
		if got := strings.Join(reasons, " "); got != identity.MeansPassword+" registered" {
			t.Errorf("without the index the history is %q", got)
		}
	})
}
