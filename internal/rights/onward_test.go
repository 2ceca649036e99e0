package rights_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/testkit"
)

// onward is where the cabinet has a request go on that came without the account;
// empty: it offers nothing.
func onward(b *testkit.Browser, r *rights.Request) string {
	page := b.Page("/en/cabinet/rights", http.StatusOK)
	if links := page.Find(`main a[href$="?from=` + r.ID + `"]`); links.Len() > 0 {
		return links.Attr("href")
	}
	return ""
}

// TestN14_WhatCameByLetterGoesOnAsARequestAboutTheAccountOnceItsHolderSaysSo: by
// the contact that it names, which they have confirmed, and from when it came.
func TestN14_WhatCameByLetterGoesOnAsARequestAboutTheAccountOnceItsHolderSaysSo(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("moosa@example.mv")
		_, stranger := w.person("other@example.mv")
		who, official := w.official("shifa@example.mv")
		letter := w.letter(who, "restriction", "moosa@example.mv")
		desk := "/staff/rights/" + letter.ID
		press(official, desk, "take", http.StatusOK)
		w.store.Clock.Advance(10 * time.Minute)
		press(official, desk, "known", http.StatusOK)
		w.store.Clock.Advance(15 * time.Minute)
		w.work()
		if onward(stranger, letter) != "" {
			t.Fatal("a stranger is offered it")
		}
		at := onward(b, letter)
		page := b.Page(at, http.StatusOK)
		if !strings.Contains(page.One("main").Text(), letter.Reference) || page.One("main textarea").Text() != "My name is Aishath." {
			t.Error("it is not said what goes on, or what was written is gone:", page.One("main").Text())
		}
		path, _, _ := strings.Cut(at, "?")
		taken := stranger.Page(path, http.StatusOK).One("main form").Values()
		taken.Set("from", letter.ID)
		taken.Set("do", "send")
		stranger.Submit(path, taken, http.StatusUnprocessableEntity)
		sent := page.One("main form").Values()
		sent.Set("do", "send")
		answer := b.Submit(path, sent, http.StatusOK)
		resp := b.Post(path, sent) // the same form again
		to, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
		mine, items, err := w.Glance(t.Context(), who, to[strings.LastIndex(to, "/")+1:])
		if err != nil || mine.Subject != me || mine.Outside() || mine.Source != rights.Letter || items[0].Sort != rights.All {
			t.Fatalf("it is no request about the account: %+v, %+v, %v", mine, items, err)
		}
		if !slices.Contains(mine.People(), letter.Subject) {
			t.Error("it is about the account, and no more about what came by letter")
		}
		if want := letter.Received.Add(10 * time.Minute); !mine.Received.Equal(want) {
			t.Errorf("its time runs from %s and not from the receipt and the minutes in which nobody knew who asks, %s", mine.Received, want)
		}
		if !strings.Contains(answer.One("main").Text(), mine.Reference) {
			t.Error("its reference is not said")
		}
		// The letter points to it, and nobody holds or answers that any more.
		old, items, err := w.Glance(t.Context(), who, letter.ID)
		if err != nil || old.Open() || rights.OutcomeOf(items) != rights.Onward || items[0].ID != mine.Reference {
			t.Errorf("what came by letter: %+v, %+v, %v", old, items, err)
		}
		if text := official.Page(desk, http.StatusOK).One("main").Text(); !strings.Contains(text, "It goes on as "+mine.Reference) {
			t.Error("whoever held it does not read that it goes on:", text)
		}
		press(official, desk, "decide", http.StatusUnprocessableEntity, "item-1", "granted", "text", "Done.")
		if onward(b, letter) != "" {
			t.Error("it is offered again")
		}
		if mails := w.work(); !slices.ContainsFunc(mails, func(m mail.Message) bool {
			return m.To == "moosa@example.mv" && strings.Contains(m.Text, "If that was not you")
		}) {
			t.Errorf("whoever reads at that address is not told: %+v", mails)
		}
		for _, subject := range []string{letter.Subject} {
			events, err := w.store.Log.Events(t.Context(), subject, 0, 50)
			if err != nil || !slices.ContainsFunc(events, func(e audit.Event) bool { return e.Reason == "right-onward" && e.Actor.ID == me }) {
				t.Errorf("its log does not say that it went on: %v", err)
			}
		}
		press(official, "/staff/rights/"+mine.ID, "take", http.StatusOK)
		press(official, "/staff/rights/"+mine.ID, "decide", http.StatusOK, "item-1", "granted", "text", "Done.")
		if lasting, err := w.Suspensions(t.Context(), me); err != nil || len(lasting) != 1 {
			t.Errorf("what was granted acts on the account: %v, %v", lasting, err)
		}
	})
}

// TestN14_OfWhomANumberIsKnownNothingGoesOnInAnAccountWithoutIt: a contact may be
// shared. Until it is known who asks, nothing counts against the office.
func TestN14_OfWhomANumberIsKnownNothingGoesOnInAnAccountWithoutIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("moosa@example.mv")
		who, _ := w.official("shifa@example.mv")
		letter := w.letter(who, "erasure", "moosa@example.mv")
		w.names(letter.Subject, policy.FieldIdentityNumber, "A123456")
		w.store.Clock.Advance(40 * 24 * time.Hour)
		b = w.again(b, "moosa@example.mv")
		if onward(b, letter) != "" {
			t.Error("it is offered to whoever shares the contact")
		}
		if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.vault.Index(tx, policy.FieldIdentityNumber, me, "A123456") }); err != nil {
			t.Fatal(err)
		}
		at := onward(b, letter)
		sent := b.Page(at, http.StatusOK).One("main form").Values()
		sent["items"], sent["do"] = []string{"place profile"}, []string{"send"}
		path, _, _ := strings.Cut(at, "?")
		b.Submit(path, sent, http.StatusOK)
		list, err := w.Queue(t.Context(), who, false)
		if err != nil || len(list) != 1 || list[0].Subject != me || !w.store.Clock.Now().Before(w.Due(list[0])) {
			t.Errorf("it is late although nobody could know who asks: %+v, %v", list, err)
		}
		if page := w.again(b, "moosa@example.mv").Page("/en/cabinet/rights/requests/"+list[0].ID, http.StatusOK); !strings.Contains(page.One("main").Text(), "Your account") {
			t.Error("it is not about what was chosen")
		}
	})
}

// again signs somebody in again whose session is over.
func (w *world) again(b *testkit.Browser, email string) *testkit.Browser {
	w.t.Helper()
	if resp := b.Post("/en/sign-in", form("contact", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("%s cannot sign in: %d", email, resp.StatusCode)
	}
	return b
}
