package app

import (
	"net/http"
	"strings"
	"time"

	"portico/internal/demo"
	"portico/internal/testkit/chromium"
)

// settings sees what somebody who is signed in does about their account: it
// changes a contact, has it stopped, is verified, closes the cabinet and comes
// back.
func (v *tour) settings(email string, official *tour) {
	v.t.Helper()
	const base = "LANG/cabinet/settings"
	for _, path := range []string{base, base + "/details", "LANG/cabinet/level", "LANG/cabinet/history", "LANG/cabinet/close", "LANG/cabinet/close/confirm", "LANG/closed"} {
		v.stop(path, path, http.StatusOK)
	}
	v.stop("LANG/cabinet/history", "LANG/cabinet/history?show=services", http.StatusOK)
	const contact = base + "/contact/{kind}"
	v.stop(contact, base+"/contact/email", http.StatusOK)
	v.stop(contact, base+"/contact/phone", http.StatusOK)
	v.open("/en/cabinet/settings/contact/email")
	v.fill("contact", "tour-two@demo.example")
	v.send()
	v.stop(contact+"/code", base+"/contact/email/code", http.StatusOK)
	v.stop(base, base, http.StatusOK) // which says that a code is awaited
	v.open("/en/cabinet/settings/contact/email/code")
	v.fill("code", v.code("tour-two@demo.example"))
	v.send()
	v.stop("LANG/stop/{token}", "LANG"+v.link(email, "/stop/"), http.StatusOK)

	v.open("/en/cabinet/level")
	reference := chromium.Value[string](v.tab, "document.querySelector('main .ident').textContent")
	official.open("/staff/sign-in")
	official.fill("email", v.portal.Person("identity-officer"))
	official.fill("password", demo.Password)
	official.send()
	official.stop("/staff/identity", "/staff/identity", http.StatusOK)
	official.open("/staff/identity")
	official.fill("who", reference)
	official.send()
	official.stop("/staff/identity/{id}", official.tab.Path(), http.StatusOK)
	at := official.tab.Path()
	official.open(at)
	official.fill("number", "A112233")
	official.choose("same", "yes")
	official.send()
	v.stop("LANG/cabinet/level", "LANG/cabinet/level", http.StatusOK) // verified, by whom and when
	v.stop("LANG/cabinet/data", "LANG/cabinet/data", http.StatusOK)

	v.open("/en/cabinet/close/confirm")
	v.choose("read", "yes")
	v.send()
	v.at("/en/closed")
	v.open("/en/sign-in")
	v.fill("contact", "tour-two@demo.example")
	v.fill("password", newcomerPassword)
	v.send()
	v.stop("LANG/cabinet/welcome", "LANG/cabinet/welcome", http.StatusOK)
}

// link is the path, without its language, of the last link with this part that
// was sent to an address.
func (v *tour) link(email, part string) string {
	v.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for message := range v.portal.Browse().Page("/demo/mail?lang=en", http.StatusOK).Find("main section").All() {
			if !strings.Contains(message.Text(), email) {
				continue
			}
			if found := message.Find(`a[href*="` + part + `"]`); found.Len() > 0 {
				return strings.TrimPrefix(found.Attr("href"), "/en")
			}
		}
	}
	v.t.Fatalf("no link with %s arrives at %s", part, email)
	return ""
}
