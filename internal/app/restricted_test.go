package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestN13_WhoRestrictedIsToldAndCanStillBeErased restricts the use of somebody's
// data in the demo: officials learn why they see nothing, and the person hears
// that it was granted, that it is to be lifted, and that their account is gone.
func TestN13_WhoRestrictedIsToldAndCanStillBeErased(t *testing.T) {
	t.Parallel()
	k := keep(t, db.SQLite)
	mail, b, address := &post{t: t, program: k.program, read: map[string]bool{}}, k.program.Browse(), k.program.Person("citizen")
	signIn(b, address)
	given := answers()
	given.Set("email", address)
	id := apply(t, b, given)
	officer, privacy := k.desk("permit-officer"), k.desk("privacy-officer")
	at := "/staff/cases/" + id
	pushes(t, officer, officer.Page(at, http.StatusOK), "take", nil)
	open := officer.Page(at, http.StatusOK).One("main form[method=post]").Values() // in another tab
	granted := func(right string, items ...string) (desk string) {
		t.Helper()
		request := sends(t, b, "/en/cabinet/rights/"+right, "send", url.Values{"text": {"Please."}, "items": items})
		desk = "/staff/rights/" + request[strings.LastIndex(request, "/")+1:]
		privacy.Submit(desk, url.Values{"do": {"take"}}, http.StatusOK)
		privacy.Submit(desk, url.Values{"do": {"decide"}, "item-1": {"granted"}, "text": {"It is done."}}, http.StatusOK)
		return desk
	}

	restricted := granted("restrict")
	mail.to(address, "is answered")
	const why = "has restricted the use of their data"
	says := func(what string, page testkit.Nodes) {
		t.Helper()
		if text := page.One("main").Text(); !strings.Contains(text, why) || strings.Contains(text, "another official") {
			t.Errorf("%s says %s", what, text)
		}
	}
	open.Set("action", "approve")
	says("a decision on a page that was open", officer.Submit(at+"?lang=en", open, http.StatusForbidden))
	says("the case", officer.Page(at+"?lang=en", http.StatusForbidden))
	says("looking for the address", officer.Submit("/staff/cases/find?lang=en", url.Values{"q": {address}}, http.StatusForbidden))
	privacy.Submit(restricted, url.Values{"do": {"lift"}}, http.StatusOK)
	mail.to(address, "will go on")

	own := b.Page("/en/cabinet/applications/"+id, http.StatusOK).One(`main form:has(button[value="withdraw"])`)
	withdraw := own.Values()
	withdraw.Set("action", "withdraw")
	b.Submit(own.Attr("action"), withdraw, http.StatusOK)
	granted("delete", "place profile")
	mail.to(address, "being destroyed")
	for end := time.Now().Add(time.Minute); b.Get("/en/cabinet/").StatusCode == http.StatusOK; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the account is there after its holder was told that it is gone")
		}
	}
}
