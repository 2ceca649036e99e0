package rights_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/holdings"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/takeout"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// TestI11_WhoseAccountGoesReadsWhatStaysAndAppeals: with the account goes the
// cabinet in which the answer stood, and what was refused is in it.
func TestI11_WhoseAccountGoesReadsWhatStaysAndAppeals(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		_, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		complaint := w.asks(b, "complaint", "Somebody told my neighbour.")
		w.places = append(w.places, takeout.Named{Scope: "right:" + complaint, Name: "What you complained of", Basis: "eu-gdpr:A6-1-b"})
		press(official, "/staff/rights/"+complaint, "take", http.StatusOK)
		press(official, "/staff/rights/"+complaint, "decide", http.StatusOK, "item-1", "granted", "text", "We spoke with them.")
		w.work()
		desk := "/staff/rights/" + w.asks(b, "erasure", "", "place profile", "place right:"+complaint)
		press(official, desk, "take", http.StatusOK)
		press(official, desk, "decide", http.StatusOK, "item-1", "granted", "item-2", "refused", "ground-2", "justifications:LegalObligationImpaired", "text", "The complaint stays.")
		at := ""
		for _, m := range append(w.work(), w.work()...) {
			if found := address.FindStringSubmatch(m.Text); found != nil && m.To == "aishath@example.mv" {
				at = found[1]
			}
		}
		if page := b.Page("/en/cabinet/rights", http.StatusOK); !page.Has(`input[name="password"]`) || at == "" {
			t.Fatalf("the account is there still, or nothing says where the answer is: %q", at)
		}
		stranger := testkit.Browse(t, w.router)
		if text := stranger.Page(at, http.StatusOK).One("main").Text(); strings.Contains(text, "The complaint stays.") {
			t.Error("the address alone opens the answer:", text)
		}
		stranger.Submit(at, form("act", "codes"), http.StatusOK)
		page := stranger.Submit(at, form("act", "check", "code-1", codeTo(t, w.work(), "aishath@example.mv")), http.StatusOK)
		for _, want := range []string{"The complaint stays.", "A law says that this must be kept.", "You can go to court."} {
			if text := page.One("main").Text(); !strings.Contains(text, want) {
				t.Errorf("nothing says %q: %s", want, text)
			}
		}
		appeal := page.One(`main form:has(button[value="appeal"])`).Values()
		appeal.Set("do", "appeal")
		appeal.Set("text", "No law says so.")
		stranger.Submit(at, appeal, http.StatusOK)
		if text := official.Page(desk, http.StatusOK).One("main").Text(); !strings.Contains(text, "appeal") {
			t.Errorf("nobody sees the appeal: %s", text)
		}
	})
}

// TestN13_WhatStaysOfAnAccountThatGoesIsReached: by what it names, like what an
// official entered for somebody.
func TestN13_WhatStaysOfAnAccountThatGoesIsReached(t *testing.T) {
	for _, closes := range []bool{false, true} {
		whatStaysIsReached(t, closes)
	}
}

// whatStaysIsReached has an account erased as its holder asks, or closed and
// disposed of when its time is over.
func whatStaysIsReached(t *testing.T, closes bool) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		complaint := "/staff/rights/" + w.asks(b, "complaint", "It stays, too.")
		press(official, complaint, "take", http.StatusOK)
		press(official, complaint, "decide", http.StatusOK, "item-1", "granted", "text", "It does.")
		const scope = "case:01a207d9-2100-754a-bf5f-adaaabf95301"
		if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.vault.NewScope(tx, me, scope) }); err != nil {
			t.Fatal(err)
		}
		w.store.Collect(t, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Scope: scope},
			map[string]string{policy.FieldEmail: "aishath@example.mv", policy.FieldIdentityNumber: "A654321"})
		reached := func(number string) (list []string, others bool) {
			t.Helper()
			if err := w.store.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				list, others, err = w.visitors.Reached(tx, rights.Asker{Outside: true, Number: number, Contacts: []credential.Contact{{Field: policy.FieldEmail, Value: "aishath@example.mv"}}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return list, others
		}
		if closes {
			if err := w.vault.Update(t.Context(), func(tx *db.Tx) error { return w.id.Close(tx, me, w.store.Clock.Now()) }); err != nil {
				t.Fatal(err)
			}
			w.store.Clock.Advance(25 * time.Hour)
			w.work()
		} else {
			at := "/staff/rights/" + w.asks(b, "erasure", "", "place profile")
			press(official, at, "take", http.StatusOK)
			press(official, at, "decide", http.StatusOK, "item-1", "granted", "text", "The account goes.")
		}
		if list, others := reached("A654321"); len(list) != 0 || others {
			t.Errorf("with an account they are reached without it: %v, %t", list, others)
		}
		if closes {
			if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
				_, err := w.keeps.Of(tx, holdings.Account, me, me, holdings.BecauseDue)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w.store.Clock.Advance(25 * time.Hour)
		}
		w.work()
		if list, others := reached(""); len(list) != 0 || !others {
			t.Errorf("by the address alone: %v, %t", list, others)
		}
		if list, _ := reached("A654321"); len(list) != 1 || list[0] != me {
			t.Errorf("with the number that an official saw: %v", list)
		}
	})
}

// TestN14_AnAccountGoesAlsoWhereNoMessageArrives: what was granted does not wait
// for ever for somebody who cannot be told.
func TestN14_AnAccountGoesAlsoWhereNoMessageArrives(t *testing.T) {
	for what, refuses := range map[string]error{"an address that does not exist": mail.ErrNobody, "no answer": mail.ErrUnreachable} {
		t.Run(what, func(t *testing.T) {
			worlds(t, func(t *testing.T, w *world) {
				_, b := w.person("aishath@example.mv")
				_, official := w.official("shifa@example.mv")
				at := "/staff/rights/" + w.asks(b, "erasure", "", "place profile")
				press(official, at, "take", http.StatusOK)
				press(official, at, "decide", http.StatusOK, "item-1", "granted", "text", "It is gone now.")
				w.refuses = refuses
				w.work()
				if gone := b.Page("/en/cabinet/rights", http.StatusOK).Has(`input[name="password"]`); gone != mail.Final(refuses) {
					t.Errorf("after one try the account is gone: %t", gone)
				}
				for range 12 {
					w.store.Clock.Advance(2 * time.Hour)
					w.work()
				}
				if resp := b.Another().Post("/en/sign-in", form("contact", "aishath@example.mv", "password", password)); resp.StatusCode == http.StatusSeeOther {
					t.Error("the account is there still")
				}
			})
		})
	}
}

// TestN14_TwoErasuresDoNotWaitForEachOther: somebody asks by e-mail, and again in
// their cabinet. What another request is about stays, as does what is due.
func TestN14_TwoErasuresDoNotWaitForEachOther(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		for range 2 {
			w.asks(b, "erasure", "", "place profile")
		}
		var open []string
		account := holdings.Item{Kind: holdings.Account, ID: me, Subject: me, Scope: vault.Profile}
		if err := w.store.DB.View(t.Context(), func(tx *db.Tx) (err error) { open, err = w.Open(tx, []holdings.Item{account}, "a run"); return err }); err != nil || open[0] == "" {
			t.Errorf("the run of the schedule takes what somebody asked about: %q, %v", open, err)
		}
		list, _, err := w.Of(t.Context(), me)
		if err != nil || len(list) != 2 {
			t.Fatalf("the requests: %+v, %v", list, err)
		}
		for _, r := range list {
			at := "/staff/rights/" + r.ID
			press(official, at, "take", http.StatusOK)
			press(official, at, "decide", http.StatusOK, "item-1", "granted", "text", "It is gone now.")
		}
		w.work()
		if page := b.Page("/en/cabinet/rights", http.StatusOK); !page.Has(`input[name="password"]`) {
			t.Error("the account is there still")
		}
	})
}

func TestN14_AnErasureDestroysWhatWasGrantedAndTellsBeforeTheAddressGoes(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		complaint := w.asks(b, "complaint", "Somebody told my neighbour.")
		request := w.asks(b, "erasure", "", "place profile")
		at := "/staff/rights/" + request
		press(official, at, "take", http.StatusOK)
		// I9: what another request is about is not erased while it is open.
		grant := []string{"item-1", "granted", "text", "It is gone now."}
		if page := press(official, at, "decide", http.StatusUnprocessableEntity, grant...); !page.Has(".problems") {
			t.Error("nothing says why it cannot be erased")
		}
		press(official, "/staff/rights/"+complaint, "take", http.StatusOK)
		press(official, "/staff/rights/"+complaint, "decide", http.StatusOK, "item-1", "granted", "text", "We spoke with them.")
		w.work()
		press(official, at, "decide", http.StatusOK, grant...)
		mails := w.work()
		if len(mails) != 1 || mails[0].To != "aishath@example.mv" || !strings.Contains(mails[0].Subject, "is being destroyed") {
			t.Errorf("the person is told: %+v", mails)
		}
		own := vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Operation: policy.Use,
			Scope: vault.Profile, Fields: []string{policy.FieldName}}
		if values, err := w.vault.Read(t.Context(), own); err == nil && values.Text(policy.FieldName) != "" {
			t.Errorf("the name is there still: %v", values)
		}
		if page := b.Page("/en/cabinet/rights", http.StatusOK); !page.Has(`input[name="password"]`) {
			t.Error("the session has not ended")
		}
		if resp := b.Another().Post("/en/sign-in", form("contact", "aishath@example.mv", "password", password)); resp.StatusCode == http.StatusSeeOther {
			t.Error("one can sign in still")
		}
		acts := 0
		if err := w.store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM ledger_act WHERE subject = $1 AND kind = 'erase' AND scope = 'profile'`, me).Scan(&acts)
		}); err != nil || acts != 1 {
			t.Errorf("%d acts in the ledger, %v", acts, err)
		}
		// What was asked and answered stays, for the official who answered.
		if page := official.Page(at, http.StatusOK); !strings.Contains(page.One("main").Text(), "Granted") {
			t.Error("the request is gone")
		}
		if got := w.work(); len(got) != 0 {
			t.Errorf("more was sent: %+v", got)
		}
		addresses := 0
		if err := w.store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM vault_value WHERE subject = $1 AND field = $2`, me, rights.FieldContact).Scan(&addresses)
		}); err != nil || addresses != 0 {
			t.Errorf("%d addresses are kept of somebody of whom nothing was to stay, %v", addresses, err)
		}
	})
}
