package app_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// post is the messages of a program that were read.
type post struct {
	t       *testing.T
	program *testkit.Program
	read    map[string]bool
}

// to waits for a message to somebody that has some words and was not read, and
// returns it.
func (p *post) to(address, words string) string {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		for message := range p.program.Browse().Page("/demo/mail?lang=en", http.StatusOK).Find("main section").All() {
			if text := message.Text(); strings.Contains(text, address) && strings.Contains(text, words) && !p.read[text] {
				p.read[text] = true
				return text
			}
		}
	}
	p.t.Fatalf("%s was not told %q", address, words)
	return ""
}

// shows has somebody ask for a code at a page, and enter it at another.
func (p *post) shows(b *testkit.Browser, path, then, address string, begin url.Values) {
	p.t.Helper()
	b.Submit(path, begin, http.StatusOK)
	b.Submit(then, url.Values{"act": {"check"}, "code-1": {sixFigures.FindString(p.to(address, "is your code"))}}, http.StatusOK)
}

// visitor is a browser in which somebody without an account has shown that a
// contact is theirs.
func (p *post) visitor(contact string) *testkit.Browser {
	p.t.Helper()
	b := p.program.Browse()
	p.shows(b, "/en/rights/ask", "/en/rights/ask/codes", contact, url.Values{"act": {"send"}, "contact-1": {contact}})
	return b
}

// TestN13_WhatAnOfficialEnteredForSomebodyIsTheirs enters an application for
// somebody who comes in person, and has them use their rights without an
// account, by a code to an address that the application names.
func TestN13_WhatAnOfficialEnteredForSomebodyIsTheirs(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			k := keep(t, engine)
			officer := k.desk("permit-officer")
			begun := officer.Post("/staff/apply/road-permit", url.Values{"channel": {"counter"}, "begin": {"yes"}})
			given := answers()
			given["name"], given["email"], given["phone"] = []string{"Hassan Rasheed"}, []string{"hassan@example.mv"}, []string{"+9607775544"}
			given.Set("section", "qzxenteredqv")
			entered, _ := applyAt(t, officer, begun.Header.Get("Location"), given)
			reference := strings.Fields(officer.Page("/staff/entered/"+entered+"?lang=en", http.StatusOK).One(".panel .reference").Text())[0]

			mail := &post{t: t, program: k.program, read: map[string]bool{}}
			offered := func(contact string) string {
				return mail.visitor(contact).Page("/en/rights/ask/about/delete", http.StatusOK).One("main").Text()
			}
			const some = "once an official has made sure"
			if text := offered("+9607775544"); !strings.Contains(text, some) || strings.Contains(text, reference) {
				t.Errorf("by the phone number the application is not found, or said to who may be somebody else: %s", text)
			}
			// An official sees the card: the application names its number.
			privacy := k.desk("privacy-officer")
			known := func(request string) (desk string) {
				t.Helper()
				for link := range privacy.Page("/staff/rights?lang=en", http.StatusOK).Find(`main a[href^="/staff/rights/"]`).All() {
					if link.Text() == strings.ToUpper(strings.Split(request, "/")[4]) {
						desk = link.Attr("href")
					}
				}
				privacy.Submit(desk, url.Values{"do": {"take"}}, http.StatusOK)
				privacy.Submit(desk, url.Values{"do": {"known"}, "number": {given.Get("identity-number")}}, http.StatusOK)
				return desk
			}
			b := mail.visitor("hassan@example.mv")
			at := sends(t, b, "/en/rights/ask/about/see", "send", url.Values{})
			known(at)
			mail.to("hassan@example.mv", "is ready")
			again := k.program.Browse() // the address and a code, in another browser
			mail.shows(again, at, at, "hassan@example.mv", url.Values{"act": {"codes"}})
			whole, err := io.ReadAll(again.Get(at + "/package").Body)
			if err != nil {
				t.Fatal(err)
			}
			held := packaged(t, whole)
			for _, word := range []string{"qzxenteredqv", "Hassan Rasheed", "%PDF-"} {
				if !strings.Contains(held, word) {
					t.Errorf("the package does not hold %s", word)
				}
			}
			// What is not decided yet is not erased; then it is.
			erase := sends(t, b, "/en/rights/ask/about/delete", "send", url.Values{"text": {"Delete it."}, "items": {"all "}})
			desk := known(erase)
			granted := url.Values{"do": {"decide"}, "item-1": {"granted"}, "text": {"It goes."}}
			if text := privacy.Submit(desk+"?lang=en", granted, http.StatusUnprocessableEntity).One("main").Text(); !strings.Contains(text, "still going on") {
				t.Errorf("what waits for a decision is erased: %s", text)
			}
			for _, act := range []string{"take", "refuse"} {
				sent := officer.Page("/staff/cases/"+entered, http.StatusOK).One("main form[method=post]").Values()
				sent.Set("action", act)
				sent.Set("remarks", "Not here")
				officer.Submit("/staff/cases/"+entered, sent, http.StatusOK)
			}
			privacy.Submit(desk, granted, http.StatusOK)
			mail.to("hassan@example.mv", "is answered")
			if resp := k.program.Browse().Get(erase + "/certificate"); resp.StatusCode != http.StatusSeeOther {
				t.Errorf("the certificate without a code: %d", resp.StatusCode)
			}
			mail.shows(b, erase, erase, "hassan@example.mv", url.Values{"act": {"codes"}})
			if proof, err := io.ReadAll(b.Get(erase + "/certificate").Body); err != nil || !strings.Contains(string(proof), entered) || !strings.Contains(string(proof), "erased") {
				t.Errorf("the certificate does not say what became of the application: %s, %v", proof, err)
			}
			officer.Page("/staff/cases/"+entered, http.StatusNotFound)
			if text := offered("hassan@example.mv"); strings.Contains(text, some) {
				t.Errorf("what was erased is found: %s", text)
			}
		})
	}
}

// packaged is all that a package holds.
func packaged(t *testing.T, whole []byte) string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatalf("a package of %d bytes: %v", len(whole), err)
	}
	var all strings.Builder
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, in); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
