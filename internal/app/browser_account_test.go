package app

import (
	"net/http"
	"strings"

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
	v.press("main form button.danger")
	v.at("/en/closed")
	v.open("/en/sign-in")
	v.fill("contact", "tour-two@demo.example")
	v.fill("password", newcomerPassword)
	v.send()
	v.stop("LANG/cabinet/welcome", "LANG/cabinet/welcome", http.StatusOK)
}

// link is the path, without its language, of the newest link that begins so
// and was sent to an address.
func (v *tour) link(email, path string) string {
	v.t.Helper()
	return strings.TrimPrefix(v.letter(email, "", "/en"+path).One(`a[href^="/en`+path+`"]`).Attr("href"), "/en")
}

// companies sees the pages of a delegate, of whom they appoint, who is signed
// in at other, and of an official who verifies companies.
func (v *tour) companies(other, official *tour, appointed string) {
	v.t.Helper()
	v.open("/en/sign-in")
	v.fill("contact", v.portal.Person("delegate"))
	v.fill("password", demo.Password)
	v.send()
	const base = "LANG/cabinet/companies"
	v.stop(base, base, http.StatusOK)
	v.stop(base+"/add", base+"/add", http.StatusOK)
	v.open("/en/cabinet/companies/add")
	v.fill("company-name", "Dhadimagu Fisheries Cooperative Society")
	v.fill("company-number", "CS-0044/2011")
	v.send()
	v.stop(base, base, http.StatusOK) // one verified, one claimed
	v.open("/en/cabinet/companies")
	at := "LANG" + strings.TrimPrefix(chromium.Value[string](v.tab, `document.querySelector('main a[href$="/delegates"]').pathname`), "/en")
	v.stop(base+"/{id}/delegates", at, http.StatusOK)
	appoint := strings.Replace(at, "/delegates", "/appoint", 1)
	v.stop(base+"/{id}/appoint", appoint, http.StatusOK)
	v.open(strings.Replace(appoint, "LANG", "/en", 1))
	v.fill("email", appointed)
	v.send()
	v.stop(base+"/{id}/delegates", at, http.StatusOK)
	other.stop("LANG/mandate/{token}", "LANG"+v.link(appointed, "/mandate/"), http.StatusOK)
	other.open("/en/cabinet/companies")
	invitation := "LANG" + strings.TrimPrefix(chromium.Value[string](other.tab, `document.querySelector('main a[href*="/invitations/"]').pathname`), "/en")
	other.stop("LANG/cabinet/invitations/{id}", invitation, http.StatusOK)

	official.stop("/staff/companies", "/staff/companies", http.StatusOK)
	official.open("/staff/companies")
	official.fill("reference", chromium.Value[string](official.tab, `document.querySelector('main tbody bdi').textContent`))
	official.send()
	official.stop("/staff/companies/{id}", official.tab.Path(), http.StatusOK) // not known
	v.open("/en/cabinet/companies")
	official.open("/staff/companies")
	official.fill("number", "C-0123/2019")
	official.press("main button[value=find]")
	official.says("CO-")
}
