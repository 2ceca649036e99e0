package documents_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// TestO18_FromTheIssuedDocumentToItsRevocationInARealBrowser opens a document,
// prints it, follows the address of its code, has it corrected and the new one
// revoked, in both languages, narrow and wide. With PORTICO_PICTURES set to a
// folder, it leaves pictures there.
func TestO18_FromTheIssuedDocumentToItsRevocationInARealBrowser(t *testing.T) {
	w := newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
	site := httptest.NewServer(w.router())
	t.Cleanup(site.Close)
	w.address = site.URL
	browser := chromium.Start(t)
	for i, lang := range []string{"en", "dv"} {
		w.Store.Clock.Advance(7 * 24 * time.Hour * time.Duration(i)) // then it expires soon
		person, anybody, leader := browser.Tab(t, chromium.Look{}), browser.Tab(t, chromium.Look{}), browser.Tab(t, chromium.Look{})
		shot := func(tab *chromium.Tab, name string) {
			t.Helper()
			widths := []int64{360, 1280}
			if os.Getenv("PORTICO_PICTURES") == "" {
				widths = widths[i : i+1]
			}
			for _, width := range widths {
				tab.See(width, width == 360)
				tab.Judge()
				if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
					tab.Picture(filepath.Join(folder, lang+"-"+name+"-"+tab.Look.String()+".png"))
				}
			}
		}
		signIn := func(tab *chromium.Tab, who policy.Actor, cookie string) {
			tab.Cookie(site.URL, cookie, who.ID)
		}
		who := w.Person("Aishath Mohamed")
		signIn(person, who, web.SessionCookie)
		signIn(leader, w.Leader, web.StaffCookie)
		answers := with(nil)
		answers["name"], answers["section"] = "Fathimath Nashwa Abdul-Rahman-Didi Bint Mohamed Jameel Manik", "Finifenmaage\nDhigu Magu\nFuvahmulah City 18011"
		doc := w.issued(who, answers)
		person.Open(site.URL + "/" + lang + "/cabinet/documents")
		shot(person, "list")
		person.Press("main tbody a")
		shot(person, "document")
		if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
			person.See(794, false) // the width of A4
			person.Print()
			person.Picture(filepath.Join(folder, lang+"-document-printed.png"))
			person.See(360, false)
			if err := os.WriteFile(filepath.Join(folder, lang+"-document.pdf"), person.Download(`main a[href$="/pdf"]`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		address := person.Text("main .typed bdi")
		says := func(want string) {
			t.Helper()
			anybody.Open(address)
			if got := anybody.Text("main .tag"); got != want {
				t.Errorf("%s: whoever follows the code reads %q, not %q", lang, got, want)
			}
		}
		if !strings.HasPrefix(address, site.URL+"/"+lang+"/verify/"+doc.Number+"/") {
			t.Fatalf("the code leads to %q", address)
		}
		valid := map[string]string{"en": "Valid", "dv": "ޞައްޙަ"}[lang]
		says(valid)
		shot(anybody, "valid")

		leader.Open(site.URL + "/staff/documents?lang=" + lang)
		leader.Type("number", doc.Number)
		leader.Submit()
		leader.Type("reason", "The road was written wrong, the council has been told.")
		shot(leader, "revoke")
		leader.Press("main button[value=correct]")
		leader.Set("road", "Magu Dhigu")
		shot(leader, "correct")
		leader.Press("main button[value=replace]")
		w.work()
		says(map[string]string{"en": "Replaced", "dv": "ބަދަލުކޮށްފައި"}[lang])
		person.Open(site.URL + "/" + lang + "/cabinet/documents")
		person.Press("main tbody a")
		address = person.Text("main .typed bdi")
		says(valid)
		leader.Open(site.URL + "/staff/documents/" + doc.Number + "-2?lang=" + lang)
		leader.Type("reason", "The road is closed for good.")
		leader.Press("main button[value=revoke]")
		says(map[string]string{"en": "Revoked", "dv": "ބާޠިލުކޮށްފައި"}[lang])
		shot(anybody, "revoked")
		person.Open(chromium.Value[string](person, "location.href"))
		if got := person.Text("main"); !strings.Contains(got, "The road is closed for good.") {
			t.Errorf("%s: the person reads %s", lang, got)
		}
		shot(person, "revoked-mine")
	}
}
