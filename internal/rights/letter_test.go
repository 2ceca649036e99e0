package rights_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/takeout"
)

// letter enters what came by letter, of somebody who names an address or none.
func (w *world) letter(who policy.Actor, right, email string) *rights.Request {
	w.t.Helper()
	var r *rights.Request
	err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		subject, err := w.vault.NewSubject(tx)
		if err != nil {
			return err
		}
		e := rights.Entered{Subject: subject, Right: right, Source: rights.Letter, Text: "My name is Aishath.", Language: "en", Received: w.store.Clock.Now()}
		if email != "" {
			e.Contact = credential.Contact{Field: policy.FieldEmail, Value: email}
		}
		r, err = w.Enter(tx, who, e)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// TestO14_WhoNeverShowsWhoTheyAreIsRefusedForThatAndForNothingElse, whatever they
// ask for: nothing waits for ever, and once it is known who asks it is no ground.
func TestO14_WhoNeverShowsWhoTheyAreIsRefusedForThatAndForNothingElse(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		who, official := w.official("shifa@example.mv")
		for _, right := range []string{"access", "opt-out", "complaint", "erasure"} {
			r := w.letter(who, right, "moosa@example.mv")
			at := "/staff/rights/" + r.ID
			page := press(official, at, "take", http.StatusOK)
			if n := page.Find(`main select[name="ground-1"] option`).Len(); n != 2 {
				t.Errorf("%s: %d choices of a ground instead of one and none", right, n)
			}
			press(official, at, "decide", http.StatusUnprocessableEntity, "item-1", "refused", "ground-1", "justifications:ProcessFrivolous", "text", "No.")
			press(official, at, "decide", http.StatusOK, "item-1", "refused", "ground-1", string(policy.GroundIdentity), "text", "Nobody answered us.")
			if _, items, err := w.Glance(t.Context(), who, r.ID); err != nil || items[0].Decision != rights.Refused || items[0].Ground != policy.GroundIdentity {
				t.Errorf("%s: %+v, %v", right, items, err)
			}
		}
		r := w.letter(who, "erasure", "moosa@example.mv")
		at := "/staff/rights/" + r.ID
		press(official, at, "take", http.StatusOK)
		press(official, at, "known", http.StatusOK)
		press(official, at, "decide", http.StatusUnprocessableEntity, "item-1", "refused", "ground-1", string(policy.GroundIdentity), "text", "No.")
	})
}

// TestO14_WhoAnswersReadsWhereToReachWhoAsksAndThatTheyHaveACabinet: what is in a
// cabinet is not part of what came by letter, and nobody is told that it was.
func TestO14_WhoAnswersReadsWhereToReachWhoAsksAndThatTheyHaveACabinet(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, _ := w.person("moosa@example.mv")
		who, official := w.official("shifa@example.mv")
		w.work()
		text := func(r *rights.Request) string {
			t.Helper()
			return official.Page("/staff/rights/"+r.ID, http.StatusOK).One("main").Text()
		}
		const cabinet = "has a cabinet"
		mine, other, none := w.letter(who, "restriction", "moosa@example.mv"), w.letter(who, "restriction", "nobody@example.mv"), w.letter(who, "restriction", "")
		if mails := w.work(); !slices.ContainsFunc(mails, func(m mail.Message) bool {
			return m.To == "moosa@example.mv" && strings.Contains(m.Text, "If you have an account")
		}) {
			t.Errorf("who wrote is not told to ask in the cabinet: %+v", mails)
		}
		for _, r := range []*rights.Request{mine, other, none} {
			press(official, "/staff/rights/"+r.ID, "take", http.StatusOK)
			if strings.Contains(text(r), cabinet) {
				t.Error("that somebody has a cabinet is said before it is known who asks")
			}
		}
		if !strings.Contains(text(mine), "moosa@example.mv") || !strings.Contains(text(none), "Answer by letter") {
			t.Error("who holds it does not read where to reach who asks")
		}
		for r, want := range map[*rights.Request]bool{mine: true, other: false, none: false} {
			page := press(official, "/staff/rights/"+r.ID, "known", http.StatusOK).One("main").Text()
			if strings.Contains(page, cabinet) != want || strings.Contains(text(r), cabinet) != want {
				t.Errorf("%s: a cabinet: %v; %s", r.ID, !want, page)
			}
		}
		events, err := w.store.Log.Events(t.Context(), me, 0, 50)
		if !slices.ContainsFunc(events, func(e audit.Event) bool { return e.Reason == "right-cabinet" && e.Actor.ID == who.ID }) || err != nil {
			t.Errorf("their log does not say that an official was told: %v", err)
		}
		// By a number that was verified, too.
		if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.vault.Index(tx, policy.FieldIdentityNumber, me, "A123456") }); err != nil {
			t.Fatal(err)
		}
		desk := w.letter(who, "restriction", "")
		press(official, "/staff/rights/"+desk.ID, "take", http.StatusOK)
		if page := press(official, "/staff/rights/"+desk.ID, "known", http.StatusOK, "number", "a123456"); !strings.Contains(page.One("main").Text(), cabinet) {
			t.Error("by the number nobody is told of the cabinet")
		}
	})
}

// TestN14_WhatALetterSaysIsWrongIsATaskOnceItIsNamedWhatItMeans: granting all of
// it would correct nothing.
func TestN14_WhatALetterSaysIsWrongIsATaskOnceItIsNamedWhatItMeans(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		left := w.left("moosa@example.mv", "an application")
		w.applied(left)
		w.names(left, policy.FieldIdentityNumber, "A123456")
		who, official := w.official("shifa@example.mv")
		council, officer := w.officialAs("waheed@example.mv", "permit-officer")
		w.byPerson = map[string][]takeout.Named{left: {w.places[len(w.places)-1]}}
		w.places = nil
		r := w.letter(who, "rectification", "moosa@example.mv")
		at := "/staff/rights/" + r.ID
		if page := press(official, at, "take", http.StatusOK); page.Has("main button[value=name]") {
			t.Error("it is named what is meant before it is known who asks")
		}
		press(official, at, "known", http.StatusOK, "number", "A123456")
		if page := press(official, at, "decide", http.StatusUnprocessableEntity, "item-1", "granted", "text", "It is corrected."); !strings.Contains(page.One("main").Text(), "It is corrected.") {
			t.Error("what was typed is gone")
		}
		press(official, at, "name", http.StatusUnprocessableEntity)
		press(official, at, "name", http.StatusUnprocessableEntity, "parts", "place profile")
		page := press(official, at, "name", http.StatusOK, "parts", "place case:left")
		if !strings.Contains(page.One("main").Text(), "With:") || page.Has("main button[value=name]") {
			t.Error("it is not with who answers for it:", page.One("main").Text())
		}
		press(official, at, "name", http.StatusUnprocessableEntity, "parts", "place case:left")
		task := w.only(council)
		press(officer, task, "take", http.StatusOK)
		press(officer, task, "write", http.StatusOK, "field", policy.FieldName, "value", "Aishath")
		press(officer, task, "answer", http.StatusOK, "answer", "granted", "text", "Your name is corrected.")
		if r, items, err := w.Glance(t.Context(), who, r.ID); err != nil || r.State != rights.Answered || rights.OutcomeOf(items) != rights.Whole || !slices.Equal(w.named(left), []string{"Aishat", "Aishath"}) {
			t.Errorf("%+v, %+v, %v", r, items, err)
		}
	})
}

// TestO14_WhatSomebodyHeldWhoLeftIsTakenByAnother, a request and a task of an
// institution: neither waits for somebody who comes no more.
func TestO14_WhatSomebodyHeldWhoLeftIsTakenByAnother(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject, person := w.person("nasreena@example.mv")
		w.applied(subject)
		first, gone := w.official("shifa@example.mv")
		_, other := w.official("ali@example.mv")
		clerk, officer := w.officialAs("waheed@example.mv", "permit-officer")
		_, second := w.officialAs("second@example.mv", "permit-officer")
		request := "/staff/rights/" + w.asks(person, "rectification", "My name is Aishath.", "place case:left", "place profile")
		task := w.only(clerk)
		press(gone, request, "take", http.StatusOK)
		press(officer, task, "take", http.StatusOK)
		if other.Page(request, http.StatusOK).Has("main button[value=take]") || second.Page(task, http.StatusOK).Has("main button[value=take]") {
			t.Error("it is offered while somebody holds it who works")
		}
		press(other, request, "take", http.StatusUnprocessableEntity)
		press(second, task, "take", http.StatusUnprocessableEntity)
		for _, one := range []policy.Actor{first, clerk} {
			if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.id.SetState(tx, one.ID, identity.Open, identity.Suspended) }); err != nil {
				t.Fatal(err)
			}
		}
		w.store.Clock.Advance(time.Second)
		if !other.Page(request, http.StatusOK).Has("main button[value=take]") || !second.Page(task, http.StatusOK).Has("main button[value=take]") {
			t.Error("it is not offered although its holder is suspended")
		}
		press(other, request, "take", http.StatusOK)
		press(second, task, "take", http.StatusOK)
		if !strings.Contains(second.Page(task, http.StatusOK).One("main").Text(), "My name is") || !strings.Contains(other.Page(request, http.StatusOK).One("main").Text(), "My name is") {
			t.Error("who took it does not read it")
		}
	})
}
