package app_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// documents are those of a new dewatering permit, by the page that asks for one.
var documents = []string{"water-test", "site-plan", "foundation-plan", "pump-specification", "schedule"}

// dewatering are answers to the questions of a new dewatering permit.
func dewatering() url.Values {
	start := time.Now().AddDate(0, 0, 20)
	return url.Values{
		"applicant": {"person"}, "name": {"Aishath Mohamed"}, "identity-number": {"A204060"}, "phone": {"+9607771234"}, "email": {"aishath@example.mv"},
		"island": {"Gn. Fuvahmulah"}, "site-address": {"Plot 12, Hoadhadu Magu"}, "project": {"Harbour hotel"}, "has-foundation-plan": {"true"},
		"pump-make": {"Kubota"}, "pump-capacity": {"90"},
		"start-day": {start.Format("2")}, "start-month": {start.Format("1")}, "start-year": {start.Format("2006")}, "days": {"12"},
	}
}

// renew sends a new file for a question of an application that was sent.
func renew(t *testing.T, b *testkit.Browser, own, key string) {
	t.Helper()
	page := b.Page(own+"/change", http.StatusOK)
	at := page.One(`main a[href="` + own + `/change/` + key + `"]`).Attr("href")
	page = b.Page(at, http.StatusOK)
	holds(t, "the citizen", page, key+".pdf", "It stays with your application.")
	if resp := b.Post(at, url.Values{"action": {"files"}, "_seen": {"1"}}); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no new file is answered with %d", resp.StatusCode)
	}
	if resp := upload(t, b, page.One("form[data-upload]"), "notes.txt", []byte("not a document")); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a text is answered with %d", resp.StatusCode)
	}
	page = testkit.Page(t, b.Follow(upload(t, b, page.One("form[data-upload]"), "a newer one.pdf", testkit.PDF("a newer one"))))
	pushes(t, b, page, "files", nil)
}

// pushes sends the form that has the button for an action, with some answers.
func pushes(t *testing.T, b *testkit.Browser, page testkit.Nodes, action string, with url.Values) testkit.Nodes {
	t.Helper()
	for form := range page.Find("main form[method=post]").All() {
		if form.Has(`button[name="action"][value="` + action + `"]`) {
			sent := form.Values()
			for name, v := range with {
				sent[name] = v
			}
			sent.Set("action", action)
			return b.Submit(form.Attr("action"), sent, http.StatusOK)
		}
	}
	t.Fatalf("there is no button to %s: %s", action, page.One("main").Text())
	return page
}

// holds fails unless the page says all of these.
func holds(t *testing.T, who string, page testkit.Nodes, words ...string) {
	t.Helper()
	text := page.One("main").Text()
	for _, want := range words {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not see %q: %s", who, want, text)
		}
	}
}

// TestO18_ADewateringPermitGoesFromStartToApprovedWithItsDocuments runs the
// program on each engine: a citizen sends the five documents of a new permit
// with the answers; the authority's officer sees nothing before taking the
// case and everything after, asks for information, is answered, and approves;
// the citizen is told the fee.
func TestO18_ADewateringPermitGoesFromStartToApprovedWithItsDocuments(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			args := append([]string{filepath.Join(testkit.Root(), "instances", "onegov"), "--demo"}, folders(t)...)
			if engine == db.Postgres {
				args = append(args, "--database", testkit.Address(t, engine))
			}
			p := testkit.Serve(t, args...)
			citizen, officer, other := p.Browse(), p.Browse(), p.Browse()
			signIn(citizen, p.Person("citizen"))
			for b, role := range map[*testkit.Browser]string{officer: "dewatering-officer", other: "permit-officer"} {
				b.Submit("/staff/sign-in", url.Values{"email": {p.Person(role)}, "password": {demo.Password}}, http.StatusOK)
			}
			id, asked := applyAt(t, citizen, "/en/services/dewatering-permit/apply/applicant?variant=new", dewatering())
			if got, want := strings.Join(asked, " "), strings.Join(documents, " "); got != want {
				t.Errorf("asked for the documents %s, not %s", got, want)
			}
			own, at := "/en/cabinet/applications/"+id, "/staff/cases/"+id

			if resp := other.Get(at); resp.StatusCode == http.StatusOK && strings.Contains(testkit.Page(t, resp).Text(), "Harbour hotel") {
				t.Error("an official of another institution sees the case")
			}
			page := officer.Page(at, http.StatusOK)
			if page.Has(".document") || strings.Contains(page.Text(), "Harbour hotel") {
				t.Error("the case shows what was sent before it is taken")
			}
			page = pushes(t, officer, page, "take", nil)
			holds(t, "the officer", page, "Harbour hotel", "Kubota", "Plot 12, Hoadhadu Magu", "A204060", "6,100")
			read := 0
			for link := range page.Find(".document figcaption a").All() {
				name := strings.TrimSuffix(link.Text(), ".pdf")
				got, err := io.ReadAll(officer.Get(link.Attr("href")).Body)
				if err != nil || !bytes.Equal(got, testkit.PDF(name)) {
					t.Errorf("the officer opens %s and has %d bytes, %v", name, len(got), err)
				}
				if resp := other.Get(link.Attr("href")); resp.StatusCode == http.StatusOK {
					t.Errorf("an official of another institution opens %s", name)
				}
				read++
			}
			if read != len(documents) {
				t.Errorf("the officer sees %d documents, not %d", read, len(documents))
			}

			pushes(t, officer, page, "ask", url.Values{"message": {"Is it one pump or two?"}, "keys": {"pump-capacity", "water-test"}})
			page = citizen.Page(own, http.StatusOK)
			holds(t, "the citizen", page, "Information requested", "Is it one pump or two?")
			change := citizen.Page(page.One(`main a[href$="/change"]`).Attr("href"), http.StatusOK)
			if change.Has(`main [name="days"]`) {
				t.Error("a question can be changed that the officer did not ask about")
			}
			press(t, citizen, change, url.Values{"pump-capacity": {"180"}})
			renew(t, citizen, own, "water-test")
			page = pushes(t, citizen, citizen.Page(own, http.StatusOK), "answer", url.Values{"message": {"There are two pumps."}})
			holds(t, "the citizen", page, "In review", "There are two pumps.")

			page = officer.Page(at, http.StatusOK)
			holds(t, "the officer", page, "There are two pumps.", "180", "a newer one.pdf", "New, sent on", "Earlier PDF, sent on")
			for name, content := range map[string]string{"a newer one.pdf": "a newer one", "Earlier PDF": "water-test"} {
				found := 0
				for link := range page.Find(".document figcaption a").All() {
					if strings.HasPrefix(link.Text(), name) {
						got, err := io.ReadAll(officer.Get(link.Attr("href")).Body)
						if found++; err != nil || !bytes.Equal(got, testkit.PDF(content)) {
							t.Errorf("%s is not as it was sent: %d bytes, %v", link.Text(), len(got), err)
						}
					}
				}
				if found != 1 {
					t.Errorf("%q is there %d times", name, found)
				}
			}
			pushes(t, officer, page, "approve", url.Values{"remarks": {"Keep the outlet clean."}})
			page = citizen.Page(own, http.StatusOK)
			holds(t, "the citizen", page, "Approved, payment due", "Keep the outlet clean.", "The fee is due.", "6,100")
			if page.Has(`main button[value="withdraw"]`) {
				t.Error("an approved application can be withdrawn")
			}
		})
	}
}
