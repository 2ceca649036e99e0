package login_test

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/identity"
	"portico/internal/ledger"
	"portico/internal/login"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/vault"
)

const (
	newcomer = "ibrahim@demo.example" // has no account at the portal
	aminath  = "aminath@demo.example" // A123456
	ahmed    = "ahmed@demo.example"   // A654321
)

// way goes to the login from a page and comes back as somebody.
func (p *portal) way(b *testkit.Browser, path, name, value, as, lie string) string {
	p.t.Helper()
	return p.choose(p.leave(b, path, name, value), as, lie)
}

// opened makes an account by the login.
func (p *portal) opened(b *testkit.Browser, as string) (subject string) {
	p.t.Helper()
	b.Page(p.way(b, "/en/sign-in/login", "go", "login", as, ""), http.StatusOK)
	b.Submit("/en/sign-in/login/open", url.Values{"act": {"open"}, "agreed": {"yes"}}, http.StatusOK)
	return p.subject(as)
}

// connected connects the account of whoever is signed in.
func (p *portal) connected(b *testkit.Browser, as string) {
	p.t.Helper()
	if text := b.Page(p.way(b, "/en/cabinet/security/login", "do", "connect", as, ""), http.StatusOK).One("main").Text(); !strings.Contains(text, "Connected since") {
		p.t.Errorf("after connecting the page says %s", text)
	}
}

func TestM28_WhoIsNewSeesWhatTheLoginSaysAndOpensTheAccount(t *testing.T) {
	each(t, func(p *portal) {
		p.agree = i18n.Text{"en": "I agree to the place of storage", "dv": "އެއްބަސްވަން"}
		b := p.browse()
		page := b.Page(p.way(b, "/en/sign-in/login", "go", "login", newcomer, ""), http.StatusOK)
		for _, want := range []string{"Ibrahim Naseem Hassan", "A777888", newcomer, "National identity", "privacy policy"} {
			if !strings.Contains(strings.ToLower(page.One("main").Text()), strings.ToLower(want)) {
				p.t.Errorf("before the account is opened, %q is not said", want)
			}
		}
		// Nobody is signed in, and the login knows no account, until it is opened.
		if resp := b.Get("/en/cabinet/"); resp.StatusCode != http.StatusSeeOther {
			p.t.Errorf("an account that waits shows its cabinet: %d", resp.StatusCode)
		}
		if page := b.Submit("/en/sign-in/login/open", url.Values{"act": {"open"}}, http.StatusUnprocessableEntity); !page.Has("#agreed-error") {
			p.t.Error("it opens without what is to be agreed to")
		}
		b.Submit("/en/sign-in/login/open", url.Values{"agreed": {"yes"}}, http.StatusUnprocessableEntity)
		b.Submit("/en/sign-in/login/open", url.Values{"act": {"open"}, "agreed": {"yes"}}, http.StatusOK)
		subject := p.subject(newcomer)
		if got := p.level(subject); got != web.LevelNational {
			p.t.Errorf("the level is %s", got)
		}
		if got, want := p.reasons(subject), "login registered details-vouched storage-agreed identity-vouched registration-begun"; got != want {
			p.t.Errorf("M25: the history is %q, want %q", got, want)
		}
		values, err := p.Store.Vault.Read(p.t.Context(), vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Operation: policy.Use,
			Scope: vault.Profile, Fields: []string{policy.FieldIdentityNumber, policy.FieldEmail},
		})
		if err != nil || values[policy.FieldIdentityNumber].Source != "party:national-login" || values[policy.FieldEmail].Source != "party:national-login" {
			p.t.Errorf("O3: the sources are %+v (%v)", values, err)
		}
		b.Post("/en/sign-out", nil)
		if resp := b.Get("/en/cabinet/"); resp.StatusCode != http.StatusSeeOther {
			p.t.Errorf("after signing out the cabinet answers %d", resp.StatusCode)
		}
		// From then on they are signed in at once, in a browser of their own.
		other := b.Another()
		if page := other.Page(p.way(other, "/en/sign-in/login", "go", "login", newcomer, ""), http.StatusOK); !page.Has("#cabinet") {
			p.t.Error("who is known is not signed in")
		}
		if got := p.reasons(subject); !strings.HasPrefix(got, "login sign-out ") {
			p.t.Errorf("M25: the history is %q", got)
		}
		var sealed string
		p.update(func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT sealed FROM login_link WHERE subject = $1`, subject).Scan(&sealed)
		})
		if strings.Contains(sealed, "A777888") || p.rows("login_attempt") != 0 {
			p.t.Error("what the login calls somebody stands in the store, or an attempt is left")
		}
	})
}

func TestAnAccountIsNeverFoundByItsAddress(t *testing.T) {
	each(t, func(p *portal) {
		subject := p.person(aminath, "A123456")
		b := p.browse()
		p.failed(b, p.way(b, "/en/sign-in/login", "go", "login", aminath, ""), "contact")
		if n := p.rows("identity_account"); n != 1 || p.rows("login_link") != 0 {
			t.Errorf("%d accounts are left of it", n)
		}
		// Signed in, with a fresh proof, they connect it themselves.
		p.signIn(b, aminath)
		if page := b.Page("/en/cabinet/level", http.StatusOK); !page.Has(`a[href="/en/cabinet/security/login"]`) {
			t.Error("the page of levels does not say how the login's is reached")
		}
		elsewhere := b.Another()
		p.signIn(elsewhere, aminath)
		p.Store.Clock.Advance(web.StepUpAge + time.Minute)
		if resp := b.Get("/en/cabinet/security/login"); resp.StatusCode != http.StatusSeeOther || !strings.Contains(resp.Header.Get("Location"), "/step-up") {
			t.Errorf("without a fresh proof connecting answers %d", resp.StatusCode)
		}
		if text := b.Page("/en/step-up", http.StatusOK).One("main").Text(); strings.Contains(text, "National identity") {
			t.Error("an account that is not connected is offered to prove it by the login")
		}
		b.Submit("/en/step-up", url.Values{"current": {password}}, http.StatusOK)
		p.connected(b, aminath)
		if got := p.level(subject); got != web.LevelNational {
			t.Errorf("the level is %s", got)
		}
		if got := p.reasons(subject); !strings.HasPrefix(got, "login-connected identity-vouched stepped-up-by-password ") {
			t.Errorf("M25: the history is %q", got)
		}
		if resp := elsewhere.Get("/en/cabinet/"); resp.StatusCode != http.StatusSeeOther {
			t.Error("another session goes on")
		}
		if _, err := p.jobs.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.post.sent, "\n"); !strings.Contains(got, aminath+" Your account was connected with another login") {
			t.Errorf("the holder is told %q", got)
		}
		third := b.Another()
		third.Page(p.way(third, "/en/sign-in/login", "go", "login", aminath, ""), http.StatusOK)
		// A way in that is new authorises no download and no consent yet.
		var seasoned int64
		p.update(func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT seasoned_at FROM identity_session WHERE means = $1 ORDER BY created_at DESC LIMIT 1`, identity.MeansLogin).Scan(&seasoned)
		})
		if at := clock.FromMicros(seasoned); at.Before(p.Store.Clock.Now().Add(identity.Season - time.Minute)) {
			t.Errorf("a way in that is new authorises from %s on", at)
		}
	})
}

// TestALoginThatLiesLeavesNothing: a wrong nonce, audience, issuer or key, no
// signature, an answer that is over, one about somebody else, and nonsense.
func TestALoginThatLiesLeavesNothing(t *testing.T) {
	p := one(t)
	b := p.browse()
	for _, lie := range []string{"nonce", "audience", "issuer", "expired", "unsigned", "key", "subject", "broken"} {
		p.failed(b, p.way(b, "/en/sign-in/login", "go", "login", newcomer, lie), "refused")
	}
	p.failed(b, p.way(b, "/en/sign-in/login", "go", "login", newcomer, "unconfirmed"), "missing")
	p.failed(b, p.way(b, "/en/sign-in/login", "go", "login", "", ""), "cancelled")
	for _, table := range []string{"identity_account", "identity_session", "login_link", "login_attempt", "vault_index", "account_verification"} {
		if n := p.rows(table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
}

// TestAWayBackCountsOnceInTheBrowserThatLeft replays, forges and mixes answers.
func TestAWayBackCountsOnceInTheBrowserThatLeft(t *testing.T) {
	each(t, func(p *portal) {
		b := p.browse()
		back := p.way(b, "/en/sign-in/login", "go", "login", newcomer, "")
		p.failed(b.Another(), back, "gone") // somebody is lured to an answer that is not theirs
		b.Page(back, http.StatusOK)
		p.failed(b, back, "gone") // again
		for _, nonsense := range []string{"", "?state=x&code=y", "?error=access_denied", "?state=%ff&state=b", "?state=" + strings.Repeat("s", 2000)} {
			p.failed(b, login.BackPath+nonsense, "gone")
		}
		// The code of one way with the state of another: PKCE and nonce differ.
		first, second := p.way(b, "/en/sign-in/login", "go", "login", newcomer, ""), ""
		other := b.Another()
		second = p.way(other, "/en/sign-in/login", "go", "login", ahmed, "")
		mixed := query(t, first)
		mixed.Set("code", query(t, second).Get("code"))
		p.failed(b, login.BackPath+"?"+mixed.Encode(), "refused")
		// Another login's answer, an answer that comes too late.
		late := p.way(b, "/en/sign-in/login", "go", "login", newcomer, "")
		wrong := query(t, late)
		wrong.Set("iss", "https://login.example")
		p.failed(b, login.BackPath+"?"+wrong.Encode(), "refused")
		late = p.way(b, "/en/sign-in/login", "go", "login", newcomer, "")
		p.Store.Clock.Advance(16 * time.Minute)
		p.failed(b, late, "gone")
		// Whoever left signed in comes back as the same session.
		p.person(aminath, "A123456")
		p.signIn(b, aminath)
		back = p.way(b, "/en/cabinet/security/login", "do", "connect", aminath, "")
		b.Post("/en/sign-out", nil)
		p.failed(b, back, "session")
		if n := p.rows("login_link"); n != 1 { // of the newcomer, who waits
			t.Errorf("%d connections are left", n)
		}
	})
}

func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// TestALoginThatDoesNotAnswerIsSaid: it refuses connections, hangs, or names
// addresses of others.
func TestALoginThatDoesNotAnswerIsSaid(t *testing.T) {
	p := one(t)
	b := p.browse()
	hangs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hangs.Close() //nolint:errcheck // the test ends
	down := func(issuer, why string) {
		t.Helper()
		router := p.beside(p.with(issuer, web.LevelNational))
		other := testkit.Browse(t, router)
		resp := other.Post("/en/sign-in/login", url.Values{"go": {"login"}})
		if at := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(at, "why="+why) {
			t.Errorf("%s: %d %s", issuer, resp.StatusCode, at)
		}
	}
	down("http://"+hangs.Addr().String(), "down")
	down("http://127.0.0.1:1", "down")
	astray := testkit.Browse(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"issuer":"http://` + r.Host + `","authorization_endpoint":"http://` + r.Host + `/a","token_endpoint":"http://127.0.0.1:1/token","jwks_uri":"http://` + r.Host + `/k"}`))
	}))
	down(astray.URL(), "refused")
	other := testkit.Browse(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"issuer":"https://login.example"}`))
	}))
	down(other.URL(), "refused")
	endless := testkit.Browse(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			_, _ = w.Write([]byte(strings.Repeat(" ", 4096)))
		}
	}))
	down(endless.URL(), "down")
	// It ends between leaving and coming back.
	address := p.leave(b, "/en/sign-in/login", "go", "login")
	back := p.choose(address, newcomer, "")
	if err := p.logins.Close(); err != nil {
		t.Fatal(err)
	}
	p.failed(b, back, "down")
	if n := p.rows("identity_account"); n != 0 {
		t.Errorf("%d accounts are left", n)
	}
}

func TestOnePersonOneNumberOneConnection(t *testing.T) {
	each(t, func(p *portal) {
		b := p.browse()
		// An official verified the newcomer's number for another account.
		holder := p.person("holder@example.mv", "A777888")
		p.verified(holder, "A777888")
		b.Page(p.way(b, "/en/sign-in/login", "go", "login", newcomer, ""), http.StatusOK)
		resp := b.Post("/en/sign-in/login/open", url.Values{"act": {"open"}})
		if at := resp.Header.Get("Location"); !strings.HasSuffix(at, "why=number") {
			t.Errorf("a number that is somebody else's: %d %s", resp.StatusCode, at)
		}
		// An official verified another number for the account that is connected.
		p.signIn(b, "holder@example.mv")
		p.failed(b, p.way(b, "/en/cabinet/security/login", "do", "connect", ahmed, ""), "verified")
		// The right one takes the place of the official's word.
		p.connected(b, newcomer)
		if got := p.level(holder); got != web.LevelNational {
			t.Errorf("the level is %s", got)
		}
		p.failed(b, p.way(b, "/en/cabinet/security/login", "do", "connect", ahmed, ""), "has")
		p.person("second@example.mv", "A111111")
		other := b.Another()
		p.signIn(other, "second@example.mv")
		p.failed(other, p.way(other, "/en/cabinet/security/login", "do", "connect", newcomer, ""), "taken")
		p.Store.Clock.Advance(web.StepUpAge + time.Minute)
		p.failed(b, p.way(b, "/en/step-up/login", "go", "login", ahmed, ""), "other")
		b.Page(p.way(b, "/en/step-up/login", "go", "login", newcomer, ""), http.StatusOK)
		if got := p.reasons(holder); !strings.HasPrefix(got, "stepped-up-by-login ") {
			t.Errorf("M25: the history is %q", got)
		}
		// What they change themselves is vouched for no more, until the login is
		// asked again.
		if _, err := p.account.ChangeDetails(t.Context(), holder, identity.Details{Name: "Another Name", BirthDate: "1995-02-17", IdentityNumber: "A777888", Address: "Finihiyaa"}); err != nil {
			t.Fatal(err)
		}
		if got := p.level(holder); got != web.LevelConfirmed {
			t.Errorf("after a change the level is %s", got)
		}
		p.connected(b, newcomer)
		if d, err := p.account.Details(t.Context(), holder); err != nil || p.level(holder) != web.LevelNational || d.Name != "Ibrahim Naseem Hassan" {
			t.Errorf("vouched for again: %+v, %s (%v)", d, p.level(holder), err)
		}
		stated, err := p.account.Stated(t.Context(), holder)
		replaced := slices.ContainsFunc(stated.Former(policy.FieldName), func(v vault.Value) bool { return v.Text == "Another Name" })
		if err != nil || !replaced || len(stated.Former(policy.FieldIdentityNumber)) > 0 {
			t.Errorf("O14: what the login replaced is not history, or what it did not is: %+v, %v", stated, err)
		}
	})
}

// verified has an official verify somebody's number.
func (p *portal) verified(subject, number string) {
	p.t.Helper()
	p.update(func(tx *db.Tx) error {
		if err := p.Store.Vault.Index(tx, policy.FieldIdentityNumber, subject, number); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO account_verification (subject, id, level, official, role, party, at) VALUES ($1, 'v', 'official', 'o', 'r', 'operator', 1)`, subject)
		return err
	})
}

func TestAnAccountKeepsAWayIn(t *testing.T) {
	p := one(t)
	b := p.browse()
	subject := p.opened(b, newcomer)
	if text := b.Page("/en/cabinet/security", http.StatusOK).One("main").Text(); !strings.Contains(text, "You have none") || !strings.Contains(text, "Connected since") {
		t.Errorf("the page of one's security says %s", text)
	}
	b.Submit("/en/cabinet/security/login", url.Values{"do": {"end"}}, http.StatusConflict)
	b.Submit("/en/cabinet/security/login", url.Values{"do": {"nothing"}}, http.StatusUnprocessableEntity)
	// Who proved it by the login a while ago has nothing else to prove it by.
	p.Store.Clock.Advance(web.StepUpAge + time.Minute)
	page := b.Page("/en/step-up", http.StatusOK)
	if page.Has("#current") || page.Find("main button.primary").Len() != 1 {
		t.Error("proving again asks for a password that there is not")
	}
	b.Page(p.way(b, "/en/step-up/login", "go", "login", newcomer, ""), http.StatusOK)
	b.Submit("/en/cabinet/security/password", url.Values{"password": {password}}, http.StatusOK)
	b.Submit("/en/cabinet/security/login", url.Values{"do": {"end"}}, http.StatusOK)
	if got := p.level(subject); got != web.LevelConfirmed {
		t.Errorf("the level is %s", got)
	}
	if n := p.rows("login_link"); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	other := b.Another()
	p.failed(other, p.way(other, "/en/sign-in/login", "go", "login", newcomer, ""), "contact")
	p.signIn(other, newcomer)
}

func TestAnAccountThatIsNotOpenLetsNobodyIn(t *testing.T) {
	p := one(t)
	b := p.browse()
	subject := p.opened(b, newcomer)
	p.update(func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE identity_account SET state = 'suspended' WHERE subject = $1`, subject)
		return err
	})
	other := b.Another()
	p.failed(other, p.way(other, "/en/sign-in/login", "go", "login", newcomer, ""), "closed")
	p.update(func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE identity_account SET state = 'open' WHERE subject = $1`, subject)
		return err
	})
	// An account that closes is known to the login no more.
	p.update(func(tx *db.Tx) error { return p.id.Close(tx, subject, p.Store.Clock.Now()) })
	p.update(func(tx *db.Tx) error {
		if _, err := p.Store.Vault.Find(tx, "login", p.logins.Issuer()+"\ndemo|A777888"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a closed account is found: %v", err)
		}
		return nil
	})
}

// TestI8_AConnectionThatEndedStaysEndedAfterARestore, and one that did not is
// found again without the index.
func TestI8_AConnectionThatEndedStaysEndedAfterARestore(t *testing.T) {
	each(t, func(p *portal) {
		b := p.browse()
		subject := p.opened(b, newcomer)
		p.update(func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM vault_index WHERE kind = 'login'`); return err })
		p.update(p.Reindex)
		other := b.Another()
		if page := other.Page(p.way(other, "/en/sign-in/login", "go", "login", newcomer, ""), http.StatusOK); !page.Has("#cabinet") {
			t.Error("who is connected is not found again")
		}
		p.update(func(tx *db.Tx) error {
			if mine, err := p.Replay(tx, ledger.Act{Kind: ledger.Revoke, Subject: subject, Ref: "proof:totp"}); mine || err != nil {
				t.Errorf("an act of another package is taken for its own: %v", err)
			}
			mine, err := p.Replay(tx, ledger.Act{Kind: ledger.Revoke, Subject: subject, Ref: "login"})
			if !mine {
				t.Error("the end of a connection is nobody's act")
			}
			return err
		})
		if n := p.rows("login_link"); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

// TestALesserLoginVerifiesNothing: one that gives the level confirmed.
func TestALesserLoginVerifiesNothing(t *testing.T) {
	p := one(t)
	p.router = p.beside(p.with(p.logins.Issuer(), web.LevelConfirmed))
	b := p.browse()
	subject := p.opened(b, newcomer)
	if got := p.level(subject); got != web.LevelConfirmed {
		t.Errorf("the level is %s", got)
	}
	p.update(func(tx *db.Tx) error {
		if _, err := p.Store.Vault.Find(tx, policy.FieldIdentityNumber, "A777888"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the number is verified: %v", err)
		}
		return nil
	})
}
