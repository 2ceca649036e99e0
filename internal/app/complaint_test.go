package app_test

import (
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/demo"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestN15_AComplaintIsInvestigatedAndWhatCannotBeResolvedGoesToTheAuthority runs
// the program with onee: a complaint about a transfer of data cannot be answered,
// nor closed as one of somebody who cannot be reached, before the investigation
// and the attempt are written down, and the authority has it. What it is given is
// opened through the gate. Whoever complained reads how it stands.
func TestN15_AComplaintIsInvestigatedAndWhatCannotBeResolvedGoesToTheAuthority(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	store := []string{"--data", filepath.Join(home, "data"), "--keys", filepath.Join(home, "keys")}
	dir := filepath.Join(testkit.Root(), "instances", "onee")
	p := testkit.Serve(t, append([]string{dir, "--demo"}, store...)...)
	b := p.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {p.Person("client")}, "password": {demo.Password}}, http.StatusOK)
	asks := func(kind, text string) (own string) {
		sent := b.Page("/en/help/ask", http.StatusOK).One("main form").Values()
		sent["kind"], sent["text"], sent["do"] = []string{kind}, []string{text}, []string{"send"}
		own, _, _ = strings.Cut(b.Post("/en/help/ask", sent).Header.Get("Location"), "?")
		return own
	}
	own := asks("question", "Who sent my number to an insurer?") // as a mail is, by whatever it says
	at := "/staff/requests/" + own[strings.LastIndex(own, "/")+1:]
	official := p.Browse()
	official.Submit("/staff/sign-in", url.Values{"email": {p.Person("support")}, "password": {demo.Password}}, http.StatusOK)
	acts := func(status int, do string, pairs ...string) string {
		t.Helper()
		form := url.Values{"do": {do}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return official.Submit(at+"?lang=en", form, status).One("main").Text()
	}
	says := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	acts(http.StatusOK, "take")
	acts(http.StatusOK, "complaint")
	says(acts(http.StatusUnprocessableEntity, "answer", "text", "We are sorry."), "Write down first")
	says(acts(http.StatusUnprocessableEntity, "close", "reason", "unreachable"), "Write down first")
	says(acts(http.StatusUnprocessableEntity, "investigate", "about", "transfer", "finding", "qzxfound", "resolved", "no"), "Enter how you tried to resolve it")
	says(acts(http.StatusOK, "investigate", "about", "transfer", "finding", "qzxfound", "attempt", "qzxtried", "resolved", "no"), "It goes to: Data protection authority")
	acts(http.StatusOK, "investigate", "about", "transfer", "finding", "qzxfound", "attempt", "qzxtried", "resolved", "no") // the same again is the same
	says(acts(http.StatusUnprocessableEntity, "answer", "text", "We are sorry."), "Bring it before the authority first")
	if resp := official.Post(at, url.Values{"do": {"refer"}, "reference": {"PDP-7"}}); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("what was not given to the authority is said to be there: %d", resp.StatusCode)
	}
	resp := official.Post(at, url.Values{"do": {"give"}})
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("what the authority is given: %d, %v", resp.StatusCode, err)
	}
	for _, want := range []string{"Who sent my number to an insurer?", "qzxfound", "qzxtried"} {
		if strings.Count(string(file), want) != 1 {
			t.Errorf("the authority is given %d times %q: %s", strings.Count(string(file), want), want, file)
		}
	}
	says(b.Page("/en/cabinet/access", http.StatusOK).One("main").Text(), "Bringing a complaint that we cannot resolve before the data protection authority")
	says(acts(http.StatusUnprocessableEntity, "refer", "reference", "Mr. Budi of the authority"), "number")
	says(acts(http.StatusOK, "refer", "reference", "PDP-2026/7"), "PDP-2026/7")
	says(acts(http.StatusOK, "answer", "text", "It is with the authority now."), "PDP-2026/7")
	says(b.Page(own, http.StatusOK).One("main").Text(), "Data protection authority has it since")

	// One about something else needs its investigation, and no authority; one that
	// came twice needs neither.
	for _, one := range [][]string{{"answer", "text", "It was a mistake."}, {"close", "reason", "twice"}} {
		own := asks("complaint", "The page is slow: "+one[0])
		at = "/staff/requests/" + own[strings.LastIndex(own, "/")+1:]
		acts(http.StatusOK, "take")
		if one[0] == "answer" {
			acts(http.StatusUnprocessableEntity, one[0], one[1:]...)
			acts(http.StatusOK, "investigate", "about", "other", "finding", "It is.", "attempt", "It is faster.", "resolved", "yes")
		}
		acts(http.StatusOK, one[0], one[1:]...)
	}

	// The promises rest on that, and one that went round it breaks them.
	p.Stop()
	f := &forger{t: t}
	stand := func(status string) {
		t.Helper()
		said, _ := f.run(append([]string{"prove", dir}, store...)...)
		for _, promise := range []string{"complaints", "authority"} {
			if !regexp.MustCompile(`(?m)^` + promise + ` +` + status).MatchString(said) {
				t.Errorf("the promise %s is not %s: %s", promise, status, said)
			}
		}
	}
	stand("kept")
	d := testkit.Open(t, "file:"+filepath.Join(home, "data", "portico.db"))
	if err := d.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM complaint_complaint`); return err }); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	stand("broken")
}
