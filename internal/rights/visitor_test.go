package rights_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// left has somebody without a cabinet have left a text and an e-mail address,
// in a scope of a subject made for it.
func (w *world) left(email, words string) (subject string) {
	w.t.Helper()
	err := w.vault.Update(w.t.Context(), func(tx *db.Tx) (err error) {
		if subject, err = w.vault.NewSubject(tx); err != nil {
			return err
		}
		if err := w.vault.NewScope(tx, subject, "request:left"); err != nil {
			return err
		}
		permit, err := w.vault.Permit(tx, vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: rights.ActivityOwn, Operation: policy.Collect,
			Scope: "request:left", Fields: []string{rights.FieldText, rights.FieldContact},
		})
		if err != nil {
			return err
		}
		if err := w.vault.Put(tx, permit, []vault.Value{
			{Field: rights.FieldText, Text: words, Source: policy.SourceForm}, {Field: rights.FieldContact, Text: email, Source: policy.SourceForm},
		}); err != nil {
			return err
		}
		return w.visitors.Reach(tx, subject, "request:left", rights.FieldContact, credential.Contact{Field: policy.FieldEmail, Value: email})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return subject
}

var (
	sixFigures = regexp.MustCompile(`\b\d{6}\b`)
	address    = regexp.MustCompile(`https://one\.gov\.mv(/en/rights/requests/\S+)`)
)

// codeTo is the code in a mail to an address.
func codeTo(t *testing.T, mails []mail.Message, to string) string {
	t.Helper()
	for _, m := range mails {
		if m.To == to {
			return sixFigures.FindString(m.Text)
		}
	}
	t.Fatalf("no mail to %s: %+v", to, mails)
	return ""
}

// visits names contacts and enters the codes that come back.
func (w *world) visits(b *testkit.Browser, contacts ...string) {
	w.t.Helper()
	sent := form("act", "send")
	for i, c := range contacts {
		sent.Set("contact-"+string(rune('1'+i)), c)
	}
	b.Submit("/en/rights/ask", sent, http.StatusOK)
	mails := w.work()
	sent = form("act", "check")
	for i, c := range contacts {
		sent.Set("code-"+string(rune('1'+i)), codeTo(w.t, mails, c))
	}
	b.Submit("/en/rights/ask/codes", sent, http.StatusOK)
}

// asks sends the form of a right as a visitor, and returns the page of the
// request.
func (w *world) visitorAsks(b *testkit.Browser, right, words string, items ...string) string {
	w.t.Helper()
	at := "/en/rights/ask/about/" + right
	sent := b.Page(at, http.StatusOK).One("main form").Values()
	sent.Set("text", words)
	sent["items"] = items
	sent.Set("do", "send")
	resp := b.Post(at, sent)
	if resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("asking answers %d: %s", resp.StatusCode, testkit.Page(w.t, resp).One("main").Text())
	}
	path, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
	return path
}

func TestN13_SomebodyWithoutACabinetSeesWhatIsHeldBehindACodeToEachContact(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.places = nil
		subject := w.left("moosa@example.mv", "my boat is blue")
		other := w.left("somebody.else@example.mv", "my boat is red")
		b := testkit.Browse(t, w.router)
		w.visits(b, "moosa@example.mv", "moosa.two@example.mv")
		if page := b.Page("/en/rights/ask/about", http.StatusOK); !strings.Contains(page.One("main").Text(), "2 contacts") {
			t.Error("it is not said how many were shown")
		}
		at := w.visitorAsks(b, "access", "")
		mails := w.work()
		if len(mails) != 2 || mails[0].To != "moosa@example.mv" || !strings.HasSuffix(address.FindStringSubmatch(mails[1].Text)[1], strings.TrimPrefix(at, "/en")) {
			t.Fatalf("it is told that it came, and that the package is ready: %+v", mails)
		}
		for _, m := range mails {
			if strings.Contains(m.Text, "moosa") || strings.Contains(m.Text, "boat") {
				t.Error("a message holds personal data:", m.Text)
			}
		}
		// The address alone opens nothing.
		stranger := testkit.Browse(t, w.router)
		text := stranger.Page(at, http.StatusOK).One("main").Text()
		if strings.Contains(text, "moosa") || strings.Contains(text, "kB") || !strings.Contains(text, "DR-") {
			t.Error("the address says more than where it stands:", text)
		}
		if resp := stranger.Get(at + "/package"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("the package without a code: %d", resp.StatusCode)
		}
		// A fresh code to each contact does.
		stranger.Submit(at, form("act", "codes"), http.StatusOK)
		sent := w.work()
		stranger.Submit(at, form("act", "check", "code-1", codeTo(t, sent, "moosa@example.mv")), http.StatusUnprocessableEntity)
		if resp := stranger.Get(at + "/package"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("one code of two opens the package: %d", resp.StatusCode)
		}
		stranger.Submit(at, form("act", "check", "code-2", codeTo(t, sent, "moosa.two@example.mv")), http.StatusOK)
		if !stranger.Page(at, http.StatusOK).Has(`main a[href$="/package"]`) {
			t.Fatal("whoever has the codes does not see the package")
		}
		resp := stranger.Get(at + "/package")
		whole, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("the package: %d %v", resp.StatusCode, err)
		}
		held := unzipped(t, whole)
		if !strings.Contains(held, "my boat is blue") || strings.Contains(held, "my boat is red") {
			t.Error("the package holds what the contact reaches, and nothing of others")
		}
		w.store.Clock.Advance(11 * time.Minute)
		if resp := stranger.Get(at + "/package"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("the package with a code of 11 minutes ago: %d", resp.StatusCode)
		}
		// Whoever was found has it in their own log; nobody else has.
		for who, want := range map[string]bool{subject: true, other: false} {
			events, err := w.store.Log.Events(t.Context(), who, 0, 50)
			if err != nil {
				t.Fatal(err)
			}
			found, opened := false, false
			for _, e := range events {
				found = found || e.Reason == "right-found"
				opened = opened || e.Activity == "rights-package"
			}
			if found != want || opened != want {
				t.Errorf("the log of %s: found %v, opened %v, want %v", who, found, opened, want)
			}
		}
	})
}

// unzipped is all text of a package.
func unzipped(t *testing.T, whole []byte) string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
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
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestN13_TheSameIsAnsweredForAContactThatIsKnownAndOneThatIsNot(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		w.left("known@example.mv", "here")
		w.person("cabinet@example.mv")
		w.work()
		pages := map[string]bool{}
		for _, c := range []string{"known@example.mv", "unknown@example.mv", "cabinet@example.mv"} {
			b := testkit.Browse(t, w.router)
			text := b.Submit("/en/rights/ask", form("act", "send", "contact-1", c), http.StatusOK).One("main").Text()
			mails := w.work()
			if len(mails) != 1 || mails[0].To != c {
				t.Errorf("%s gets %+v", c, mails)
			}
			code := codeTo(t, mails, c)
			wrong := b.Submit("/en/rights/ask/codes", form("act", "check", "code-1", "00000"+string('0'+(code[5]-'0'+1)%10)), http.StatusUnprocessableEntity).One("main").Text()
			pages[text+wrong+strings.ReplaceAll(mails[0].Text, code, "")] = true
		}
		if len(pages) != 1 {
			t.Errorf("%d different answers", len(pages))
		}
	})
}

func TestN13_CodesAreLimitedAndWhatWasTypedStays(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		b := testkit.Browse(t, w.router)
		page := b.Submit("/en/rights/ask", form("act", "send", "contact-1", "moosa@example.mv", "contact-2", "neither"), http.StatusUnprocessableEntity)
		if page.One("#contact-1").Attr("value") != "moosa@example.mv" || page.One("#contact-2").Attr("value") != "neither" {
			t.Error("what was typed is gone")
		}
		b.Submit("/en/rights/ask", form("act", "send"), http.StatusUnprocessableEntity)
		b.Submit("/en/rights/ask", form("contact-1", "moosa@example.mv"), http.StatusUnprocessableEntity) // no button
		if mails := w.work(); len(mails) > 0 {
			t.Errorf("codes were sent for what was wrong: %+v", mails)
		}
		b.Submit("/en/rights/ask", form("act", "send", "contact-1", "moosa@example.mv"), http.StatusOK)
		right := codeTo(t, w.work(), "moosa@example.mv")
		guess := "000000"
		if right == guess {
			guess = "111111"
		}
		for range 5 {
			b.Submit("/en/rights/ask/codes", form("act", "check", "code-1", guess), http.StatusUnprocessableEntity)
		}
		b.Submit("/en/rights/ask/codes", form("act", "check", "code-1", right), http.StatusUnprocessableEntity) // it is over
		if resp := b.Get("/en/rights/ask/about"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("without a code one goes on: %d", resp.StatusCode)
		}
		b.Submit("/en/rights/ask/codes", form("act", "again"), http.StatusOK)
		right = codeTo(t, w.work(), "moosa@example.mv")
		w.store.Clock.Advance(10 * time.Minute)
		b.Submit("/en/rights/ask/codes", form("act", "check", "code-1", right), http.StatusUnprocessableEntity)
		for range 3 {
			testkit.Browse(t, w.router).Submit("/en/rights/ask", form("act", "send", "contact-1", "moosa@example.mv"), http.StatusOK)
		}
		if resp := testkit.Browse(t, w.router).Post("/en/rights/ask", form("act", "send", "contact-1", "moosa@example.mv")); resp.StatusCode != http.StatusTooManyRequests {
			t.Errorf("the fifth code within half an hour: %d", resp.StatusCode)
		}
	})
}

func TestN14_WhatAVisitorHasErasedIsGoneAndAnAccountIsLeftAlone(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		_, official := w.official("shifa@example.mv")
		subject, _ := w.person("moosa@example.mv")
		found := w.left("moosa@example.mv", "my boat is blue")
		w.work()
		b := testkit.Browse(t, w.router)
		w.visits(b, "moosa@example.mv")
		if !strings.Contains(b.Page("/en/rights/ask/about", http.StatusOK).One("main").Text(), "belongs to an account") {
			t.Error("it is not said that a contact belongs to a cabinet")
		}
		at := w.visitorAsks(b, "restriction", "Stop it.")
		if page := b.Page(at, http.StatusOK); !strings.Contains(page.One("main").Text(), "Answered by") {
			t.Error("it is not said until when it is answered")
		}
		list, err := w.Queue(t.Context(), policy.Actor{Kind: policy.Staff, ID: "x", Roles: []string{"privacy-officer"}}, false)
		if err != nil || len(list) != 1 || list[0].Source != rights.Form || list[0].Paused() || w.Due(list[0]).IsZero() {
			t.Fatalf("the queue: %+v, %v", list, err)
		}
		desk := "/staff/rights/" + list[0].ID
		press(official, desk, "take", http.StatusOK)
		press(official, desk, "decide", http.StatusOK, "item-1", "granted", "text", "Done.")
		mails := w.work()
		if len(mails) != 2 || strings.Contains(mails[1].Text, "Done.") || address.FindString(mails[1].Text) == "" {
			t.Errorf("the answer comes as an address without words: %+v", mails)
		}
		suspended := func(who string) bool {
			list, err := w.Suspensions(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			return len(list) == 1
		}
		if !suspended(found) || suspended(subject) {
			t.Error("what the contact reaches is not restricted, or the account is")
		}
		b.Submit(at, form("act", "codes"), http.StatusOK)
		page := b.Submit(at, form("act", "check", "code-1", codeTo(t, w.work(), "moosa@example.mv")), http.StatusOK)
		if text := page.One("main").Text(); !strings.Contains(text, "Done.") || !strings.Contains(text, "Stop it.") {
			t.Error("who has the code does not read the answer:", text)
		}
	})
}
