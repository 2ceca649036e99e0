package contact_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/contact"
	"portico/internal/identity"
	"portico/internal/platform/db"
)

// TestO17_WhatSomebodyHeldWhoLeftIsTakenByAnother: no question waits for somebody
// who comes no more.
func TestO17_WhatSomebodyHeldWhoLeftIsTakenByAnother(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		first, gone := w.official("contact-officer", "shifa@example.mv")
		second, other := w.official("contact-officer", "ali@example.mv")
		_, helpline := w.official("helpline", "help@example.mv")
		w.asks(w.visitor(), "question", "When is it open?", "moosa@example.mv")
		at := "/staff/requests/" + w.waiting(first).ID
		gone.Submit(at, form("do", "take"), http.StatusOK)
		if other.Page(at, http.StatusOK).Has("main button[value=take]") {
			t.Error("it is offered while somebody holds it who works")
		}
		other.Submit(at, form("do", "take"), http.StatusUnprocessableEntity)
		if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.id.SetState(tx, first.ID, identity.Open, identity.Suspended) }); err != nil {
			t.Fatal(err)
		}
		w.store.Clock.Advance(time.Second)
		list, err := w.Queue(t.Context(), second, contact.LookWaiting, "")
		if err != nil || len(list) != 1 || !strings.HasSuffix(at, list[0].ID) {
			t.Errorf("it does not stand among what waits: %v, %v", list, err)
		}
		if helpline.Page(at, http.StatusOK).Has("main button[value=take]") {
			t.Error("it is offered to somebody who does not answer")
		}
		if !other.Page(at, http.StatusOK).Has("main button[value=take]") {
			t.Error("it is not offered although its holder is suspended")
		}
		other.Submit(at, form("do", "take"), http.StatusOK)
		if !strings.Contains(other.Page(at, http.StatusOK).One("main").Text(), "When is it open?") {
			t.Error("who took it does not read it")
		}
	})
}
