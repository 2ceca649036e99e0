package app_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/testkit"
)

// until looks again at a page until something is there.
func until(t *testing.T, b *testkit.Browser, path, words string) testkit.Nodes {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		page := b.Page(path, http.StatusOK)
		if strings.Contains(page.One("main").Text(), words) {
			return page
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not come to say %q: %s", path, words, page.One("main").Text())
		}
	}
}

// TestO18_APermitThatIsRevokedIsPaidBackAndItsHolderTold runs the program: a
// permit is applied for, approved, paid and issued; then the council revokes it
// and gives the fee back. The program ends in between; what it is to do it does.
func TestO18_APermitThatIsRevokedIsPaidBackAndItsHolderTold(t *testing.T) {
	t.Parallel()
	dir := onegov(t)
	awake(t, dir)
	p := testkit.Serve(t, append([]string{dir, "--demo"}, folders(t)...)...)
	enter := func(role string) *testkit.Browser {
		b := p.Browse()
		if role == "citizen" {
			b.Submit("/en/sign-in", url.Values{"contact": {p.Person(role)}, "password": {demo.Password}}, http.StatusOK)
		} else {
			b.Submit("/staff/sign-in", url.Values{"email": {p.Person(role)}, "password": {demo.Password}}, http.StatusOK)
		}
		return b
	}
	citizen, officer, supervisor := enter("citizen"), enter("permit-officer"), enter("permit-supervisor")
	if page := citizen.Page("/en/cabinet/", http.StatusOK); !page.Has(`main a[href="/en/cabinet/payments"]`) {
		t.Error("the cabinet does not lead to the payments")
	}
	consents := citizen.Page("/en/cabinet/consents", http.StatusOK)
	pushesSay(t, citizen, consents, "newsletter", "given")
	id := apply(t, citizen, answers())
	at := "/staff/cases/" + id
	page := pushes(t, officer, officer.Page(at, http.StatusOK), "take", nil)
	pushes(t, officer, page, "approve", nil)
	due := citizen.Page(citizen.Get("/en/cabinet/applications/"+id+"/pay").Header.Get("Location"), http.StatusOK)
	form := due.One(`main form:has(button[value=pay])`)
	sent := form.Values()
	sent.Set("action", "pay")
	_, out, leaves := strings.Cut(citizen.Post(form.Attr("action"), sent).Header.Get("Refresh"), "url=")
	if !leaves {
		t.Fatal("nothing leads to the provider")
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).PostForm(out, url.Values{"how": {"pay"}})
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("paying is answered with %v, %v", resp, err)
	}
	order := form.Attr("action")
	citizen.Follow(citizen.Get(order + "/back"))
	own := until(t, citizen, "/en/cabinet/applications/"+id, "Issued")
	paper := own.One(`main a[href^="/en/cabinet/documents/"]`).Attr("href")
	number := strings.Fields(own.One(`main a[href^="/en/cabinet/documents/"]`).Text())
	held := "/staff/documents/" + number[len(number)-1]
	told := until(t, p.Browse(), "/demo/mail", "received").One("main").Text()
	if !strings.Contains(told, "1,040.00") {
		t.Errorf("the payment is told as %q", told)
	}

	asks := until(t, supervisor, held, "Revoke the document") // its PDF is made by then
	pushes(t, supervisor, asks, "revoke", url.Values{"reason": {"The road must stay open for the ambulance station."}, "refund": {"yes"}})
	holds(t, "the holder", citizen.Page(paper, http.StatusOK), "Revoked", "ambulance station")
	if again := supervisor.Page(held, http.StatusOK); again.Has("[name=refund]") {
		t.Error("the fee can be given back twice")
	}
	holds(t, "the payer", until(t, citizen, order, "Paid back"), "1,040.00")
	until(t, p.Browse(), "/demo/mail", "was given back by the way on which you paid")

	p.Stop()
	write(t, filepath.Join(dir, "news", "boards.yaml"), "date: "+time.Now().UTC().Add(5*time.Hour).Format(time.DateOnly)+"\ntitle: {en: New closure boards, dv: އައު ބޯޑު}\ntext: {en: They are yellow., dv: ރީނދޫ ކުލައިގެ ބޯޑެވެ}\n")
	p.Start()
	until(t, p.Browse(), "/demo/mail", "There is something new on the portal: New closure boards")
	holds(t, "who consented", enter("citizen").Page("/en/cabinet/notices", http.StatusOK), "New closure boards", "given back", "received")
}

// pushesSay says something about a purpose.
func pushesSay(t *testing.T, b *testkit.Browser, page testkit.Nodes, purpose, act string) {
	t.Helper()
	for form := range page.Find("main form[method=post]").All() {
		if sent := form.Values(); sent.Get("purpose") == purpose {
			sent.Set("say", act)
			b.Submit(form.Attr("action"), sent, http.StatusOK)
			return
		}
	}
	t.Fatalf("nothing asks about %s", purpose)
}
