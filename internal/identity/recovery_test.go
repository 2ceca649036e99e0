package identity_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/identity/recovery"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/vault"
)

var recoverLink = regexp.MustCompile(`http://localhost(/en/recover/[a-z]+/\S+)`)

// recoverUntilCode begins a recovery and takes its code.
func (p *portal) recoverUntilCode(t *testing.T, contact string) (*testkit.Browser, testkit.Nodes) {
	t.Helper()
	b := p.browse(t)
	b.Submit("/en/recover", form("contact", contact), 200).One("input[name=code]")
	return b, b.Submit("/en/recover/code", form("code", p.code(t)), 200)
}

// links are the links of recoveries in messages since the n-th, by who got them.
func (p *portal) links(t *testing.T, since int) map[string]string {
	t.Helper()
	p.mail(t)
	out := map[string]string{}
	for _, m := range p.post.sent[since:] {
		if link := recoverLink.FindStringSubmatch(m); link != nil {
			to, _, _ := strings.Cut(m, "\n")
			out[to] = link[1]
		}
	}
	return out
}

func (p *portal) session(t *testing.T, b *testkit.Browser) *web.Session {
	t.Helper()
	s, err := p.Session(t.Context(), b.Cookie(web.SessionCookie), web.RealmPerson)
	if err != nil || s == nil {
		t.Fatalf("nobody is signed in: %v", err)
	}
	return s
}

func TestAForgottenPasswordComesBackAtOnceWithASecondFactorOrARecoveryCode(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		in := p.browse(t)
		p.signIn(t, in, email, good, 200)
		secret := in.Submit(security+"/second-factor", nil, 200).One(".ident").Text()
		in.Submit(security+"/second-factor/key", form("code", totpCode(t, secret, p.Clock.Now())), 200)
		codes := in.Submit(security+"/codes", url.Values{"act": {"make-codes"}}, 200).Find("ol .ident").Texts()
		p.mail(t)
		p.Clock.Advance(identity.Season)

		b, page := p.recoverUntilCode(t, email)
		if got := page.One("h1").Text(); got != "Prove that it is you" {
			t.Fatalf("the page is %q", got)
		}
		checked(t, b.Get("/en/recover/password"), 303) // not before the factor
		checked(t, b.Post("/en/recover/password", form("password", better)), 303)
		b.Submit("/en/recover/factor", form("code", "ABCDE-23456"), 422).One("#code-error")
		b.Submit("/en/recover/factor", form("code", codes[0]), 200).One("input[name=password]")
		b.Submit("/en/recover/password", form("password", "password1234"), 422).One("#password-error")
		b.Submit("/en/recover/password", form("password", better), 200).One(".notice")
		if s := p.session(t, b); !s.Strong || s.Seasoned.After(p.Clock.Now()) || s.SteppedBy != identity.MeansRecovered {
			t.Errorf("the session is %+v", s)
		}
		if got := p.moments(t, subject)[:3]; got[0] != "sign-in recovered-with-factor" || got[1] != "account password-recovered" || got[2] != "account recovery-code-used" {
			t.Errorf("the events are %q", got)
		}
		p.signIn(t, p.browse(t), email, good, 422)
		p.signIn(t, p.browse(t), email, better, 200).One("input[name=code]") // the second factor stays
		checked(t, b.Post("/en/recover/password", form("password", good)), 303)
		p.signIn(t, p.browse(t), email, better, 200)

		p.mail(t)
		b, _ = p.recoverUntilCode(t, email) // and with the app
		p.Clock.Advance(30 * time.Second)
		b.Submit("/en/recover/factor", form("code", totpCode(t, secret, p.Clock.Now())), 200).One("input[name=password]")
	})
}

func TestARecoveryWithNeitherWaitsAndTellsEveryChannel(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		p.addPhone(t, subject)
		in := p.browse(t)
		p.signIn(t, in, email, good, 200)
		secret := in.Submit(security+"/second-factor", nil, 200).One(".ident").Text()
		in.Submit(security+"/second-factor/key", form("code", totpCode(t, secret, p.Clock.Now())), 200)
		p.mail(t)

		b, _ := p.recoverUntilCode(t, email)
		before := len(p.post.sent)
		b.Page("/en/recover/wait", 200)
		if got := b.Submit("/en/recover/wait", nil, 200).One("h1").Text(); got != "Your recovery waits" {
			t.Fatalf("the page is %q", got)
		}
		stop := p.links(t, before)
		if len(stop) != 2 || stop[email] == "" || stop["+9607771234"] == "" {
			t.Fatalf("told: %v", stop)
		}

		// Until then nothing opens, and asking again changes nothing.
		again, _ := p.recoverUntilCode(t, email)
		before = len(p.post.sent)
		again.Submit("/en/recover/wait", nil, 200)
		if more := p.links(t, before); len(more) != 0 {
			t.Errorf("a second recovery waits: %v", more)
		}
		p.Clock.Advance(recovery.Wait - time.Second)
		if early := p.links(t, before); len(early) != 0 {
			t.Errorf("a link leaves too early: %v", early)
		}
		finish := strings.Replace(stop[email], "/stop/", "/finish/", 1)
		checked(t, b.Get(finish), 404) // another secret
		p.Clock.Advance(time.Second)
		ready := p.links(t, before)
		if len(ready) != 1 || ready[email] == "" {
			t.Fatalf("the link to finish: %v", ready)
		}
		c := p.browse(t)
		c.Page(ready[email], 200).One("input[name=password]")
		c.Submit(ready[email], form("password", "short"), 422).One("#password-error")
		c.Submit(ready[email], form("password", better), 200).One(".notice")
		s := p.session(t, c)
		if s.Strong || s.Seasoned.Sub(p.Clock.Now()) != identity.Season || s.SteppedBy != identity.MeansRecoveredWaited {
			t.Errorf("the session is %+v", s)
		}
		checked(t, c.Post(ready[email], form("password", good)), 404) // it serves once
		checked(t, c.Get(stop[email]), 404)                           // too late
		p.signIn(t, p.browse(t), email, better, 200).One("#history")  // the lost app is gone
		fresh := p.browse(t)                                          // and whatever begins now
		p.signIn(t, fresh, email, better, 200)                        // is as new
		if s := p.session(t, fresh); s.Seasoned.Sub(p.Clock.Now()) <= 0 {
			t.Errorf("a session is seasoned %s after the recovery", s.Seasoned)
		}
		p.Clock.Advance(identity.Season)
		p.signIn(t, fresh, email, better, 200)
		if s := p.session(t, fresh); s.Seasoned.After(p.Clock.Now()) {
			t.Errorf("three days later it still waits until %s", s.Seasoned)
		}
	})
}

func TestAnybodyWithTheLinkStopsARecoveryWithoutSigningIn(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		b, _ := p.recoverUntilCode(t, email)
		before := len(p.post.sent)
		b.Submit("/en/recover/wait", nil, 200)
		stop := p.links(t, before)[email]
		stranger := p.browse(t)
		checked(t, stranger.Get(stop+"x"), 404)
		checked(t, stranger.Post(stop[:len(stop)-1]+"~", nil), 404)
		stranger.Page(stop, 200) // looking stops nothing: mail programs look
		stranger.Page(stop, 200)
		if got := stranger.Submit(stop, nil, 200).One("h1").Text(); got != "The recovery is stopped" {
			t.Errorf("the page is %q", got)
		}
		checked(t, stranger.Post(stop, nil), 404)
		p.Clock.Advance(recovery.Wait + time.Minute)
		if late := p.links(t, before+1); len(late) != 0 {
			t.Errorf("a stopped recovery goes on: %v", late)
		}
		if got := p.moments(t, subject)[0]; got != "account recovery-stopped" {
			t.Errorf("the newest event is %q", got)
		}
		p.signIn(t, p.browse(t), email, good, 200)
	})
}

func TestWhoIsSignedInStopsARecoveryThatWaits(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		subject := p.person(t, email)
		b := p.browse(t)
		if p.signIn(t, b, email, good, 200).Has("#recovery") {
			t.Error("a recovery waits of which nobody knows")
		}
		checked(t, b.Post(security+"/recovery", form("recovery", "stop")), 404)
		first, _ := p.recoverUntilCode(t, email)
		first.Submit("/en/recover/wait", nil, 200)
		p.mail(t)
		second, _ := p.recoverUntilCode(t, email)
		second.Submit("/en/recover/wait", nil, 200) // beside it, and opens nothing
		p.mail(t)
		page := b.Page(security, 200)
		if text := page.One("section[aria-labelledby=recovery]").Text(); !strings.Contains(text, "Somebody recovers your account") {
			t.Errorf("the page says %q", text)
		}
		checked(t, b.Post(security+"/recovery", form("recovery", "")), 422)
		if !b.Page(security, 200).Has("#recovery") {
			t.Error("a form without its button stopped it")
		}
		if got := b.Submit(security+"/recovery", form("recovery", "stop"), 200).One(".notice").Text(); !strings.Contains(got, "stopped") {
			t.Errorf("it says %q", got)
		}
		checked(t, b.Post(security+"/recovery", form("recovery", "stop")), 404)
		before := len(p.post.sent)
		p.Clock.Advance(recovery.Wait + time.Minute)
		if late := p.links(t, before); len(late) != 0 {
			t.Errorf("a stopped recovery goes on: %v", late)
		}
		if got := p.moments(t, subject)[0]; got != "account recovery-stopped" {
			t.Errorf("the newest event is %q", got)
		}
		again, _ := p.recoverUntilCode(t, email) // and whoever it was begins anew
		before = len(p.post.sent)
		again.Submit("/en/recover/wait", nil, 200)
		if told := p.links(t, before); len(told) != 1 {
			t.Errorf("a new recovery tells %v", told)
		}
	})
}

// TestARecoveryDoesNotTellWhoHasAnAccount compares what a visitor sees, and
// what the store is asked to do.
func TestARecoveryDoesNotTellWhoHasAnAccount(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		p.person(t, email)
		p.person(t, "suspended@example.mv")
		rows := func() (n int) {
			err := p.DB.View(t.Context(), func(tx *db.Tx) error {
				return tx.QueryRow(`SELECT (SELECT count(*) FROM recovery_request) + (SELECT count(*) FROM jobs_job)`).Scan(&n)
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		look := func(contact string) (texts []string, grown int) {
			b := p.browse(t)
			before := rows()
			texts = append(texts, b.Submit("/en/recover", form("contact", contact), 200).One("body").Text())
			grown = rows() - before
			for range 6 { // five tries, then none
				texts = append(texts, b.Submit("/en/recover/code", form("code", "000000"), 422).One("body").Text())
			}
			return texts, grown
		}
		known, n := look(email)
		unknown, m := look("nobody@example.mv")
		if strings.Join(known, "\n") != strings.Join(unknown, "\n") || n != m {
			t.Errorf("known (%d rows):\n%s\nunknown (%d rows):\n%s", n, known, m, unknown)
		}
		p.mail(t)
		for _, m := range p.post.sent {
			if !strings.HasPrefix(m, email+"\n") {
				t.Errorf("a message leaves for nobody: %s", m)
			}
		}
		b := p.browse(t)
		b.Submit("/en/recover", form("contact", ""), 422).One("#contact-error")
		for range 2 {
			b.Submit("/en/recover", form("contact", email), 200)
		}
		checked(t, b.Post("/en/recover", form("contact", email)), 429)
	})
}

// addPhone gives somebody a second channel.
func (p *portal) addPhone(t *testing.T, subject string) {
	t.Helper()
	phone := credential.Contact{Field: policy.FieldPhone, Value: "+9607771234"}
	p.update(t, func(tx *db.Tx) error {
		permit, err := p.Vault.Permit(tx, vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount,
			Operation: policy.Collect, Scope: vault.Profile, Fields: []string{phone.Field},
		})
		if err != nil {
			return err
		}
		if err := p.Vault.Put(tx, permit, []vault.Value{{Field: phone.Field, Text: phone.Value, Source: policy.SourceForm}}); err != nil {
			return err
		}
		return p.AddChannel(tx, subject, phone)
	})
}
