package identity_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/identity/recovery"
	"portico/internal/platform/web"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// TestTheScreensOfPasskeysAndRecovery makes a passkey with a virtual
// authenticator, signs in and steps up with it, by the keyboard alone, and
// goes through a recovery, in a real browser.
func TestTheScreensOfPasskeysAndRecovery(t *testing.T) {
	c := chromium.Start(t)
	for name, look := range map[string]struct {
		lang string
		chromium.Look
	}{
		"English on a phone":      {"en", chromium.Look{Width: 360}},
		"Dhivehi on a desk, dark": {"dv", chromium.Look{Width: 1280, Dark: true}},
	} {
		t.Run(name, func(t *testing.T) {
			p := one(t)
			p.person(t, email)
			p.address = strings.Replace(testkit.Browse(t, p.router).URL(), "127.0.0.1", "localhost", 1)
			base := p.address + "/" + look.lang
			tab := c.Tab(t, look.Look)
			tab.Authenticator()
			judge := func(what string) {
				t.Helper()
				tab.Judge()
				if dir := os.Getenv("PORTICO_PICTURES"); dir != "" {
					tab.Picture(filepath.Join(dir, "factors-"+what+"-"+look.lang+"-"+look.String()+".png"))
				}
			}
			at := func(path string) {
				t.Helper()
				if got := tab.Path(); got != "/"+look.lang+path {
					t.Fatalf("at %s, not %s: %s", got, path, tab.Text("main"))
				}
			}
			const own, key = "/cabinet/security", "form[data-passkey]:not([hidden]) button"
			tab.Open(base + "/sign-in")
			judge("sign-in")
			tab.Type("contact", email)
			tab.Type("password", good)
			tab.Submit()
			tab.Open(base + own + "/passkeys")
			judge("passkeys-none")
			tab.Open(base + own + "/passkeys/add")
			judge("add")
			tab.Press(key)
			judge("add-nameless")
			tab.Reach("#name")
			tab.Type("name", "Aishath's telephone, the blue one with a broken corner")
			tab.Reach(key)
			tab.Enter()
			at(own)
			judge("security")
			tab.Open(base + own + "/passkeys")
			judge("passkeys")
			tab.Press(".item a")
			judge("passkey")
			tab.Open(base + own + "/codes")
			judge("codes")
			tab.Submit()
			judge("codes-new")
			code := chromium.Value[string](tab, "document.querySelector('ol .ident').textContent")

			tab.Press(".account button")
			tab.Open(base + "/sign-in?next=/" + look.lang + own + "/codes")
			tab.Reach(key)
			tab.Enter()
			at(own + "/codes")
			p.Clock.Advance(web.StepUpAge + time.Second)
			tab.Open(base + own + "/second-factor")
			at("/step-up")
			judge("step-up")
			tab.Reach(key)
			tab.Enter()
			at(own + "/second-factor")
			judge("second-factor")

			tab.Press(".account button")
			tab.Open(base + "/recover")
			judge("recover")
			tab.Type("contact", email)
			tab.Submit()
			judge("recover-code")
			tab.Type("code", p.code(t))
			tab.Submit()
			judge("recover-factor")
			tab.Open(base + "/recover/wait")
			judge("recover-wait")
			before := len(p.post.sent)
			tab.Submit()
			judge("recover-waits")
			p.mail(t)
			tab.Open(p.linkIn(t, before, "/recover/stop/"))
			judge("recover-stop")
			p.Clock.Advance(recovery.Wait)
			p.mail(t)
			tab.Open(p.linkIn(t, before, "/recover/finish/"))
			judge("recover-finish")
			tab.Open(p.linkIn(t, before, "/recover/stop/"))
			tab.Submit()
			judge("recover-stopped")

			tab.Open(base + "/sign-in") // the account is as it was
			tab.Type("contact", email)
			tab.Type("password", good)
			tab.Submit()
			at("/sign-in/code")
			judge("second-passkey")
			tab.Open(base + "/sign-in/recovery-code")
			judge("recovery-code")
			tab.Type("code", code)
			tab.Submit()
			tab.Open(base + own + "/history")
			judge("history")
		})
	}
}

// linkIn is the newest link of a kind in the messages since the n-th.
func (p *portal) linkIn(t *testing.T, since int, kind string) string {
	t.Helper()
	for i := len(p.post.sent) - 1; i >= since; i-- {
		for _, word := range strings.Fields(p.post.sent[i]) {
			if strings.HasPrefix(word, p.address) && strings.Contains(word, kind) {
				return word
			}
		}
	}
	t.Fatalf("no link %s in %q", kind, p.post.sent[since:])
	return ""
}
