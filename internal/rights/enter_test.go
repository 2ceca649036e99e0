package rights_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/testkit"
)

func TestO14_WhatCameByAnotherWayIsFollowedFromItsReceiptOnceItIsKnownWhoAsks(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		who, official := w.official("shifa@example.mv")
		received := w.store.Clock.Now().AddDate(0, 0, -3)
		enters := func(kind string, from credential.Contact) (r *rights.Request) {
			t.Helper()
			if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
				subject, err := w.vault.NewSubject(tx)
				if err != nil {
					return err
				}
				r, err = w.Enter(tx, who, rights.Entered{
					Subject: subject, Right: kind, Source: rights.Letter, Text: "Delete what you have of me.", Contact: from, Language: "en", Received: received,
				})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return r
		}
		r := enters("erasure", credential.Contact{Field: policy.FieldEmail, Value: "moosa@example.mv"})
		if mails := w.work(); len(mails) != 1 || mails[0].To != "moosa@example.mv" || !strings.Contains(mails[0].Text, "make sure that it is you") {
			t.Errorf("who wrote the letter is told: %+v", mails)
		}
		if due := w.Due(r); !due.IsZero() {
			t.Errorf("the clock runs although nobody knows who asks: %s", due)
		}
		at := "/staff/rights/" + r.ID
		press(official, at, "take", http.StatusOK)
		page := official.Page(at, http.StatusOK)
		if !strings.Contains(page.One("main").Text(), "Delete what you have of me.") || !page.Has("main button[value=known]") {
			t.Error("the official does not see the letter, or cannot say who asks")
		}
		press(official, at, "decide", http.StatusUnprocessableEntity, "item-1", "granted", "text", "Gone.")
		press(official, at, "decide", http.StatusUnprocessableEntity, "item-1", "granted", "ground-1", string(policy.GroundIdentity), "text", "Gone.")
		press(official, at, "known", http.StatusOK)
		press(official, at, "known", http.StatusUnprocessableEntity) // it is known
		r, _, err := w.Glance(t.Context(), who, r.ID)
		if want := received.AddDate(0, 0, 33); err != nil || w.Due(r).Before(want) || w.Due(r).After(want.Add(72*time.Hour)) {
			t.Errorf("due %s, not soon after %s, %v", w.Due(r), want, err)
		}
		press(official, at, "decide", http.StatusOK, "item-1", "granted", "text", "Nothing else was kept of you.")
		if mails := w.work(); len(mails) != 1 || strings.Contains(mails[0].Text, "Nothing else") || address.FindString(mails[0].Text) == "" {
			t.Errorf("the answer: %+v", mails)
		}
		// Who asks can also be shown by a code: then the clock runs on, and what the
		// program answers by itself it makes.
		r = enters("access", credential.Contact{Field: policy.FieldEmail, Value: "moosa@example.mv"})
		at = address.FindStringSubmatch(w.work()[0].Text)[1]
		visitor := testkit.Browse(t, w.router)
		visitor.Submit(at, form("act", "codes"), http.StatusOK)
		visitor.Submit(at, form("act", "check", "code-1", codeTo(t, w.work(), "moosa@example.mv")), http.StatusOK)
		if mails := w.work(); len(mails) != 1 || !strings.Contains(mails[0].Subject, "package") || !visitor.Page(at, http.StatusOK).Has(`main a[href$="/package"]`) {
			t.Errorf("it is known who asks: %+v", mails)
		}
		// What a right does not exist for is not entered.
		err = w.vault.Update(t.Context(), func(tx *db.Tx) error {
			_, err := w.Enter(tx, who, rights.Entered{Subject: r.Subject, Right: "nothing", Received: received})
			return err
		})
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("a right that is none: %v", err)
		}
	})
}
