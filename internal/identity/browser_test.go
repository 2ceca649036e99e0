package identity_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// TestTheScreensOfAnAccount goes from the first page of a registration to a
// second factor in a real browser, at each width, in both languages.
func TestTheScreensOfAnAccount(t *testing.T) {
	c := chromium.Start(t)
	for name, look := range map[string]struct {
		lang string
		chromium.Look
	}{
		"English on a phone, dark":  {"en", chromium.Look{Width: 360, Dark: true}},
		"English on a desk":         {"en", chromium.Look{Width: 1280}},
		"Dhivehi on a phone":        {"dv", chromium.Look{Width: 360}},
		"Dhivehi, dark, no scripts": {"dv", chromium.Look{Width: 1280, Dark: true, NoScript: true}},
	} {
		t.Run(name, func(t *testing.T) {
			p := one(t)
			base := testkit.Browse(t, p.router).URL() + "/" + look.lang
			tab := c.Tab(t, look.Look)
			judge := func(what string) {
				t.Helper()
				tab.Judge()
				if dir := os.Getenv("PORTICO_PICTURES"); dir != "" {
					tab.Picture(filepath.Join(dir, "identity-"+what+"-"+look.lang+"-"+look.String()+".png"))
				}
			}
			tab.Open(base + "/register")
			judge("contact")
			tab.Type("contact", email)
			tab.Submit()
			judge("code")
			tab.Type("code", "1")
			tab.Submit()
			judge("code-wrong")
			tab.Set("code", p.code(t))
			tab.Submit()
			tab.Submit()
			judge("details-wrong")
			tab.Type("name", "Aishath Nasreena Ibrahim Rasheed Abdulla Manikufaanu Didi 60")
			tab.Type("birth-date-day", "27")
			tab.Type("birth-date-month", "3")
			tab.Type("birth-date-year", "1990")
			tab.Type("identity-number", "A123456")
			tab.Set("address", "Finihiyaa\nDhoondigan magu\nFuvahmulah")
			tab.Submit()
			judge("password")
			tab.Type("password", good)
			tab.Submit()
			judge("done")
			tab.Open(base + "/cabinet/security/second-factor")
			tab.Submit()
			judge("key")
			secret := chromium.Value[string](tab, "document.querySelector('.ident').textContent")
			tab.Type("code", totpCode(t, strings.TrimSpace(secret), p.Clock.Now()))
			tab.Submit()
			judge("security")
			tab.Open(base + "/cabinet/security/history")
			judge("history")
			tab.Open(base + "/cabinet/security/password")
			judge("change")
			tab.Press(".account button")
			tab.Open(base + "/sign-in")
			tab.Type("contact", email)
			tab.Type("password", "wrong wrong wrong")
			tab.Submit()
			judge("sign-in-wrong")
			tab.Type("password", good)
			tab.Submit()
			judge("second")
			p.Clock.Advance(time.Minute)
		})
	}
}
