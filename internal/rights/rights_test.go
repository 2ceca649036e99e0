package rights_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/deadline"
	"portico/internal/rights/takeout"
	"portico/internal/testkit"
	"portico/internal/vault"
)

func TestN13_ARestrictionActsAtTheNextUseAndItsEndIsAnnouncedFirst(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("aishath@example.mv")
		who, official := w.official("shifa@example.mv")
		request := w.asks(b, "restriction", "The register says something else.")
		at := "/staff/rights/" + request
		if err := w.reads(me); err != nil {
			t.Fatalf("before: %v", err)
		}
		// What it is about is shown to the official who took it, as an event.
		page := official.Page(at, http.StatusOK)
		if strings.Contains(page.One("main").Text(), "The register says") {
			t.Error("it is shown to somebody who does not hold it")
		}
		press(official, at, "take", http.StatusOK)
		if !strings.Contains(official.Page(at, http.StatusOK).One("main").Text(), "The register says") {
			t.Error("who holds it does not see it")
		}
		reads := 0
		for _, e := range w.store.Events(t, me) {
			if e.Kind == audit.KindAccess && e.Activity == rights.ActivityAnswer {
				reads++
			}
		}
		if reads == 0 {
			t.Error("the official's read is in no log")
		}
		press(official, at, "decide", http.StatusOK, "item-1", "granted", "text", "It is restricted now.")
		var denied *policy.Denied
		if err := w.reads(me); !errors.As(err, &denied) || denied.Decision.Reason != policy.ReasonRestricted {
			t.Fatalf("an official reads on: %v", err)
		}
		w.restored(me)
		// The person is told, and reads the answer, while it is restricted.
		if mails := w.work(); len(mails) != 1 || !strings.Contains(mails[0].Text, "/en/cabinet/rights/requests/"+request) {
			t.Errorf("the person is told: %+v", mails)
		}
		if !strings.Contains(b.Page("/en/cabinet/rights/requests/"+request, http.StatusOK).One("main").Text(), "It is restricted now.") {
			t.Error("the answer is not in the cabinet")
		}
		// Lifting it is announced, and comes a week later.
		press(official, at, "lift", http.StatusOK)
		if mails := w.work(); len(mails) != 1 || !strings.Contains(mails[0].Subject, "will go on") {
			t.Errorf("what was announced: %+v", mails)
		}
		w.store.Clock.Advance(6 * 24 * time.Hour)
		if err := w.Watch(t.Context()); err != nil || w.reads(me) == nil {
			t.Fatalf("it ended before its day: %v", err)
		}
		w.store.Clock.Advance(24 * time.Hour)
		if err := w.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.reads(me); err != nil {
			t.Errorf("it did not end: %v", err)
		}
		if err := w.Announce(t.Context(), who, request); fault.KindOf(err) != fault.Conflict {
			t.Errorf("nothing lasts any more: %v", err)
		}
	})
}

func TestN8_I12_NobodyObjectsToWhatImportantNoticesAreSentFor(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		declared := declarations()
		declared.Purposes = append(declared.Purposes, policy.Purpose{ID: "tell", Name: text("Important notices"), Description: text("To tell you."), DPV: "dpv:CommunicationManagement", Basis: policy.Basis{DPV: "eu-gdpr:A6-1-b"}})
		declared.Parties[0].Purposes = append(declared.Parties[0].Purposes, "tell")
		declared.Activities = append(declared.Activities, policy.Activity{
			ID: kinds.Activity, Purpose: "tell", Name: text("Telling you"), Who: []string{"system"}, Operations: []policy.OperationName{"use"},
			Fields: []string{policy.FieldEmail}, Relation: policy.RelationSystem, Parties: []string{"operator"},
		})
		w := openAs(t, d, declared)
		me, b := w.person("aishath@example.mv")
		who, official := w.official("shifa@example.mv")
		page := b.Page("/en/cabinet/rights/objection", http.StatusOK)
		if page.Has(`input[value="purpose tell"]`) || !page.Has(`input[value="purpose services"]`) {
			t.Errorf("one can object to %s", page.One("main").Text())
		}
		sent := page.One("main form").Values()
		sent.Set("text", "I want no notices.")
		sent.Set("items", "purpose tell")
		sent.Set("do", "send")
		b.Submit("/en/cabinet/rights/objection", sent, http.StatusUnprocessableEntity)
		// An official enters an objection to everything, and grants it.
		var r *rights.Request
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) (err error) {
			r, err = w.Enter(tx, who, rights.Entered{
				Subject: me, Cabinet: true, Right: "objection", Source: rights.Letter, Text: "I want nothing at all.", Language: "en", Received: w.store.Clock.Now(),
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		press(official, "/staff/rights/"+r.ID, "take", http.StatusOK)
		press(official, "/staff/rights/"+r.ID, "decide", http.StatusOK, "item-1", "granted", "text", "So be it.")
		var denied *policy.Denied
		if err := w.reads(me); !errors.As(err, &denied) || denied.Decision.Reason != policy.ReasonObjected {
			t.Errorf("what they object to goes on: %v", err)
		}
		if _, err := w.vault.Read(t.Context(), vault.Use{
			Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: me, Activity: kinds.Activity, Operation: policy.Use, Scope: vault.Profile, Fields: []string{policy.FieldEmail},
		}); err != nil {
			t.Errorf("an important notice is not sent: %v", err)
		}
	}, schema()...)
}

func TestN13_AnObjectionEndsAPurposeAndAnOptOutDoesAtOnce(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		request := w.asks(b, "objection", "I never wanted this.", "purpose services")
		if err := w.reads(me); err != nil {
			t.Fatalf("an objection acts before it is decided on: %v", err)
		}
		press(official, "/staff/rights/"+request, "take", http.StatusOK)
		press(official, "/staff/rights/"+request, "decide", http.StatusOK, "item-1", "granted", "text", "So be it.")
		var denied *policy.Denied
		if err := w.reads(me); !errors.As(err, &denied) || denied.Decision.Reason != policy.ReasonObjected {
			t.Fatalf("after the objection: %v", err)
		}
		page := b.Page("/en/cabinet/rights", http.StatusOK)
		if !strings.Contains(page.One("main").Text(), "You object to: Public services") {
			t.Error("the cabinet does not say to what one objects")
		}
		// The person ends it, at once.
		end := page.One(`main form`).Values()
		end.Set("do", "end")
		b.Submit("/en/cabinet/rights", end, http.StatusOK)
		if err := w.reads(me); err != nil {
			t.Errorf("it does not end: %v", err)
		}
		// Nobody decides on an opt-out, and nobody answers it.
		if said := b.Page("/en/cabinet/rights/opt-out", http.StatusOK).One("main").Text(); !strings.Contains(said, "It takes effect at once") || strings.Contains(said, "Answered within") {
			t.Errorf("an opt-out is said to be answered: %s", said)
		}
		w.asks(b, "opt-out", "", "purpose services")
		if w.reads(me) == nil {
			t.Error("an opt-out waits for somebody")
		}
	})
}

func TestI11_ARefusalHasADeclaredGroundAndAnAppealGoesToSomebodyElse(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		w.places = append(w.places, takeout.Named{Scope: "case:1", Name: "Road permit RP-1", Basis: "eu-gdpr:A6-1-c"})
		_, b := w.person("aishath@example.mv")
		first, official := w.official("shifa@example.mv")
		_, another := w.official("ali@example.mv")
		request := w.asks(b, "rectification", "Both names are wrong.", "place profile", "place case:1")
		at, mine := "/staff/rights/"+request, "/en/cabinet/rights/requests/"+request
		press(official, at, "take", http.StatusOK)
		for name, pairs := range map[string][]string{
			"nothing":         {"text", "No."},
			"one item":        {"item-1", "granted", "text", "No."},
			"no words":        {"item-1", "granted", "item-2", "granted"},
			"no ground":       {"item-1", "granted", "item-2", "refused", "text", "No."},
			"granted, ground": {"item-1", "granted", "ground-1", "justifications:LegalObligationImpaired", "item-2", "granted", "text", "Yes."},
			"made up ground":  {"item-1", "granted", "item-2", "refused", "ground-2", "justifications:Busy", "text", "No."},
			"another's":       {"item-1", "granted", "item-2", "refused", "ground-2", "justifications:LegalClaimImpaired", "text", "No."},
			"a made up item":  {"item-1", "granted", "item-3", "granted", "text", "No."},
			"a made up thing": {"item-1", "granted", "item-2", "perhaps", "text", "No."},
		} {
			if page := press(official, at, "decide", http.StatusUnprocessableEntity, pairs...); !page.Has(".problems") {
				t.Errorf("%s: no summary of what is wrong", name)
			} else if name == "granted, ground" && (!page.Has("#ground-1-error") || page.One("#ground-1 option[selected]").Attr("value") != "justifications:LegalObligationImpaired") {
				t.Error("granted with a ground: no error beside the ground, or it is lost")
			}
		}
		press(official, at, "decide", http.StatusOK, "item-1", "granted", "item-2", "refused", "ground-2", "justifications:LegalObligationImpaired", "text", "Only the account.")
		again := press(official, at, "decide", http.StatusUnprocessableEntity, "item-1", "granted", "item-2", "granted", "text", "Once more.").One("main").Text()
		if !strings.Contains(again, "answered already") || strings.Contains(again, "Somebody else") {
			t.Errorf("answered a second time: %s", again)
		}
		page := b.Page(mine, http.StatusOK).One("main").Text()
		for _, want := range []string{"Granted in part", "Road permit RP-1", "A law says that this must be kept.", "Only the account.", "You can appeal here until", "You can go to court."} {
			if !strings.Contains(page, want) {
				t.Errorf("the person does not read %q in %s", want, page)
			}
		}
		// The appeal: who decided first cannot take it.
		sent := b.Page(mine, http.StatusOK).One("main form").Values()
		sent.Set("do", "appeal")
		b.Submit(mine, sent, http.StatusUnprocessableEntity) // without a reason
		sent.Set("text", "The law does not say so.")
		b.Submit(mine, sent, http.StatusOK)
		b.Submit(mine, sent, http.StatusOK) // a second click changes nothing
		if err := w.Take(t.Context(), first, request); err == nil {
			t.Fatal("who decided first takes the appeal")
		}
		press(official, at, "take", http.StatusForbidden)
		press(another, at, "take", http.StatusOK)
		press(another, at, "decide", http.StatusOK, "item-2", "granted", "text", "You are right.")
		page = b.Page(mine, http.StatusOK).One("main").Text()
		if !strings.Contains(page, "Granted") || strings.Contains(page, "You can appeal") {
			t.Errorf("after the appeal: %s", page)
		}
	})
}

// TestI11_WhoeverDecidedOnAPartTakesNoAppealOfIt, whoever was first: parts of one
// request are decided by several people.
func TestI11_WhoeverDecidedOnAPartTakesNoAppealOfIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.places = append(w.places, takeout.Named{Scope: "case:1", Name: "Road permit RP-1", Basis: "eu-gdpr:A6-1-c"})
		me, b := w.person("aishath@example.mv")
		institution, _ := w.official("shifa@example.mv")
		refuser, _ := w.official("ali@example.mv")
		third, _ := w.official("moosa@example.mv")
		request := w.asks(b, "rectification", "Both names are wrong.", "place profile", "place case:1")
		if err := w.Take(t.Context(), refuser, request); err != nil {
			t.Fatal(err)
		}
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			return w.Settle(tx, institution, request, 1, rights.Answer{Decision: rights.Granted})
		}); err != nil {
			t.Fatal(err)
		}
		refused := map[int]rights.Answer{2: {Decision: rights.Refused, Ground: "justifications:LegalObligationImpaired"}}
		if err := w.Decide(t.Context(), refuser, request, refused, "No."); err != nil {
			t.Fatal(err)
		}
		if err := w.Appeal(t.Context(), me, request, "The law does not say so.", strings.Repeat("once", 6)); err != nil {
			t.Fatal(err)
		}
		for who, may := range map[string]bool{institution.ID: false, refuser.ID: false, third.ID: true} {
			if err := w.Take(t.Context(), policy.Actor{Kind: policy.Staff, ID: who, Roles: third.Roles, Party: third.Party}, request); (err == nil) != may {
				t.Errorf("%s takes the appeal: %v", map[string]string{institution.ID: "who granted", refuser.ID: "who refused", third.ID: "somebody else"}[who], err)
			}
		}
	})
}

func TestO14_WhatIsOverdueIsToldOnceAndAnExtensionHasAReason(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		_, early := w.person("aishath@example.mv")
		who, _ := w.official("shifa@example.mv")
		request := w.asks(early, "complaint", "Somebody told my neighbour.")
		standing := func(want deadline.Standing) {
			t.Helper()
			if got, err := w.Standing(t.Context()); err != nil || got != want {
				t.Errorf("%+v, not %+v, %v", got, want, err)
			}
		}
		standing(deadline.Standing{Open: 1})
		w.store.Clock.Advance(27 * 24 * time.Hour)
		standing(deadline.Standing{Open: 1, Soon: 1})
		w.store.Clock.Advance(5 * 24 * time.Hour)
		standing(deadline.Standing{Open: 1, Late: 1})
		for range 2 {
			if err := w.Watch(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if mails := w.work(); len(mails) != 1 || mails[0].To != "shifa@example.mv" {
			t.Errorf("who was told: %+v", mails)
		}
		if err := w.Take(t.Context(), who, request); err != nil {
			t.Fatal(err)
		}
		if err := w.Extend(t.Context(), who, request, "Two registers must be asked."); err == nil {
			t.Error("it is extended although its time is over")
		}
		standing(deadline.Standing{Open: 1, Late: 1})
		if err := w.PutBack(t.Context(), who, request); err != nil {
			t.Fatal(err)
		}
		second, b := w.person("hawwa@example.mv") // whose session lasts
		w.work()
		request = w.asks(b, "complaint", "Somebody told my brother.")
		standing(deadline.Standing{Open: 2, Late: 1})
		w.store.Clock.Advance(27 * 24 * time.Hour)
		standing(deadline.Standing{Open: 2, Soon: 1, Late: 1})
		if err := w.Take(t.Context(), who, request); err != nil {
			t.Fatal(err)
		}
		if err := w.Extend(t.Context(), who, request, " "); err == nil {
			t.Error("it is extended without a reason")
		}
		if err := w.Extend(t.Context(), who, request, "Two registers must be asked."); err != nil {
			t.Fatal(err)
		}
		standing(deadline.Standing{Open: 2, Late: 1})
		if err := w.Extend(t.Context(), who, request, "And again."); err == nil {
			t.Error("it is extended twice")
		}
		if mails := w.work(); len(mails) != 1 || mails[0].To != "hawwa@example.mv" {
			t.Errorf("the person is not told: %+v", mails)
		}
		if r, _, lines, err := w.Mine(t.Context(), second, request); err != nil || len(lines) != 2 || lines[1].Text != "Two registers must be asked." || r.Extended.IsZero() {
			t.Errorf("the person does not read the reason: %+v, %v", lines, err)
		}
		// The longer time is watched like the first.
		w.store.Clock.Advance(68 * 24 * time.Hour)
		standing(deadline.Standing{Open: 2, Late: 2})
		if err := w.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if mails := w.work(); len(mails) != 1 || mails[0].To != "shifa@example.mv" {
			t.Errorf("overdue again, who is told: %+v", mails)
		}
	})
}

func TestWhoDoesNotAnswerRequestsIsToldThatTheirRoleDoesNot(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		_, b := w.person("aishath@example.mv")
		request := w.asks(b, "complaint", "Somebody told my neighbour.")
		_, clerk := w.officialAs("ali@example.mv", "permit-officer")
		for _, path := range []string{"/staff/rights", "/staff/rights/" + request} {
			if text := clerk.Page(path, http.StatusForbidden).One("main").Text(); !strings.Contains(text, "role") || strings.Contains(text, "holds the request") {
				t.Errorf("%s: %s", path, text)
			}
		}
	})
}

func TestI2_ARequestIsItsOwnersAndItsHoldersOnly(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		_, b := w.person("aishath@example.mv")
		_, other := w.person("hawwa@example.mv")
		_, official := w.official("shifa@example.mv")
		_, second := w.official("ali@example.mv")
		request := w.asks(b, "complaint", "Somebody told my neighbour.")
		other.Page("/en/cabinet/rights/requests/"+request, http.StatusNotFound)
		press(other, "/en/cabinet/rights/requests/"+request, "appeal", http.StatusNotFound, "text", "Mine.", "once", strings.Repeat("x", 43))
		press(official, "/staff/rights/"+request, "take", http.StatusOK)
		if page := second.Page("/staff/rights/"+request, http.StatusOK); strings.Contains(page.One("main").Text(), "neighbour") {
			t.Error("somebody reads it who does not hold it")
		}
		press(second, "/staff/rights/"+request, "decide", http.StatusUnprocessableEntity, "item-1", "granted", "text", "Mine.")
		press(official, "/staff/rights/"+request, "back", http.StatusOK)
		press(second, "/staff/rights/"+request, "take", http.StatusOK)
		// The same form twice is one request.
		sent := b.Page("/en/cabinet/rights/complaint", http.StatusOK).One("main form").Values()
		sent.Set("text", "Once.")
		sent.Set("do", "send")
		b.Submit("/en/cabinet/rights/complaint", sent, http.StatusOK)
		b.Submit("/en/cabinet/rights/complaint", sent, http.StatusOK)
		var n int
		if err := w.store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM rights_request`).Scan(&n)
		}); err != nil || n != 2 {
			t.Errorf("%d requests, %v", n, err)
		}
		b.Page("/en/cabinet/rights/nothing", http.StatusNotFound)
		press(b, "/en/cabinet/rights/complaint", "nothing", http.StatusUnprocessableEntity, "text", "x")
	})
}

// restored fails unless what the ledger tells of is suspended again in a store
// that was put back from before it (I8), and nothing is done twice.
func (w *world) restored(subject string) {
	w.t.Helper()
	var act ledger.Act
	if err := w.store.DB.Update(w.t.Context(), func(tx *db.Tx) error {
		if err := tx.QueryRow(`SELECT kind, subject, ref FROM ledger_act WHERE subject = $1`, subject).Scan(&act.Kind, &act.Subject, &act.Ref); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM rights_suspension WHERE subject = $1`, subject); err != nil {
			return err
		}
		return w.vault.SetRestricted(tx, subject, false)
	}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.reads(subject); err != nil {
		w.t.Fatalf("the store is not that of before: %v", err)
	}
	for range 2 {
		if err := w.store.DB.Update(w.t.Context(), func(tx *db.Tx) error {
			mine, err := w.Replay(tx, act)
			if !mine {
				w.t.Errorf("nobody replays %+v", act)
			}
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	if list, err := w.Suspensions(w.t.Context(), subject); err != nil || len(list) != 1 || w.reads(subject) == nil {
		w.t.Errorf("after the replay: %+v, %v", list, err)
	}
}
