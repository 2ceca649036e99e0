package rights_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/rights/takeout"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// applied has a person have an application, with the name that they declared.
func (w *world) applied(subject string) {
	w.t.Helper()
	w.applicant = subject
	w.places = append(w.places, takeout.Named{Scope: "case:left", Name: "Road permit RP-1", Basis: "eu-gdpr:A6-1-b"})
	err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		if err := w.vault.NewScope(tx, subject, "case:left"); err != nil {
			return err
		}
		permit, err := w.vault.Permit(tx, vault.Use{
			Actor: policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"permit-officer"}, Strong: true}, Subject: subject,
			Activity: "road-permit.decide", Operation: policy.Collect, Scope: "case:left", Fields: []string{policy.FieldName},
			Task: policy.Task{Scope: "case:left", Holder: "shifa", Open: true},
		})
		if err != nil {
			return err
		}
		return w.vault.Put(tx, permit, []vault.Value{{Field: policy.FieldName, Text: "Aishat", Source: policy.SourceForm}})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.store.Clock.Advance(time.Minute)
}

// names are the values of the name in the application.
func (w *world) named(subject string) (list []string) {
	w.t.Helper()
	values, err := w.vault.Read(w.t.Context(), vault.Use{
		Actor: policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"permit-officer"}, Strong: true}, Subject: subject,
		Activity: "road-permit.decide", Operation: policy.Use, Scope: "case:left", Fields: []string{policy.FieldName},
		Task: policy.Task{Scope: "case:left", Holder: "shifa", Open: true},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	list = append(list, values.Text(policy.FieldName))
	for _, v := range values.Items(policy.FieldName) {
		list = append(list, v.Text)
	}
	return list
}

// only is the one task that an official has.
func (w *world) only(who policy.Actor) string {
	w.t.Helper()
	list, err := w.corrects.List(w.t.Context(), who)
	if err != nil || len(list) != 1 {
		w.t.Fatalf("the tasks: %+v, %v", list, err)
	}
	return "/staff/corrections/" + list[0].ID
}

func TestN14_WhatAnInstitutionEnteredIsCorrectedByItInTimeAndItsRecipientsAreTold(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject, person := w.person("nasreena@example.mv")
		w.applied(subject)
		_, privacy := w.official("shifa@example.mv")
		who, officer := w.officialAs("waheed@example.mv", "permit-officer")
		w.work()
		request := w.asks(person, "rectification", "My name is Aishath.", "place case:left", "place profile")
		if mails := w.work(); len(mails) != 1 || mails[0].To != "waheed@example.mv" || strings.Contains(mails[0].Text, "Aishath") {
			t.Errorf("the institution is told, without what it is about: %+v", mails)
		}
		at := w.only(who)
		if text := officer.Page("/staff/corrections", http.StatusOK).One("main").Text(); strings.Contains(text, "Aishath") || !strings.Contains(text, "RP-1") {
			t.Error("the list:", text)
		}
		if resp := privacy.Get(at); resp.StatusCode != http.StatusForbidden {
			t.Errorf("the privacy officer opens the task of an institution: %d", resp.StatusCode)
		}
		if strings.Contains(officer.Page(at, http.StatusOK).One("main").Text(), "My name is") {
			t.Error("who does not hold the task reads what it is about")
		}
		press(officer, at, "take", http.StatusOK)
		if !strings.Contains(officer.Page(at, http.StatusOK).One("main").Text(), "My name is Aishath.") {
			t.Error("who holds the task does not read what is wrong")
		}
		own := "/en/cabinet/rights/requests/" + request
		if !strings.Contains(person.Page(own, http.StatusOK).One("main").Text(), "With:") {
			t.Error("the person does not see with whom it is")
		}
		// It is not corrected by saying so.
		page := press(officer, at, "answer", http.StatusUnprocessableEntity, "answer", "granted", "text", "Done as you say.")
		if !strings.Contains(page.One("main").Text(), "Done as you say.") || !strings.Contains(page.One("main").Text(), "Nothing of this was changed") {
			t.Error("what was typed is gone, or it is not said what is missing")
		}
		press(officer, at, "write", http.StatusUnprocessableEntity, "field", "person.address", "value", "Finihiyaa")
		press(officer, at, "write", http.StatusUnprocessableEntity, "field", policy.FieldName)
		press(officer, at, "write", http.StatusOK, "field", policy.FieldName, "value", "Aishath")
		press(officer, at, "answer", http.StatusOK, "answer", "granted", "text", "Your name is corrected.")
		press(officer, at, "answer", http.StatusUnprocessableEntity, "answer", "granted", "text", "Again.")
		if got := w.named(subject); !slices.Equal(got, []string{"Aishat", "Aishath"}) {
			t.Errorf("what was declared stays, and the right value stands beside it: %q", got)
		}
		if len(w.corrected) != 1 || w.corrected[0].Scope != "case:left" || w.corrected[0].Subject != subject || !slices.Equal(w.corrected[0].Fields, []string{policy.FieldName}) {
			t.Errorf("recipients are told of %+v", w.corrected)
		}
		if mails := w.work(); len(mails) != 1 || mails[0].To != "nasreena@example.mv" || !strings.Contains(mails[0].Subject, "A part of") {
			t.Errorf("the person is told of a part while another is open: %+v", mails)
		}
		if text := person.Page(own, http.StatusOK).One("main").Text(); !strings.Contains(text, "Your name is corrected.") || !strings.Contains(text, "Answered by") {
			t.Error("the person does not read what was answered on a part:", text)
		}
		desk := "/staff/rights/" + request
		press(privacy, desk, "take", http.StatusOK)
		if text := privacy.Page(desk, http.StatusOK).One("main").Text(); !strings.Contains(text, "Granted") || !strings.Contains(text, "Your name is corrected.") {
			t.Error("the privacy officer does not see what became of the part:", text)
		}
		press(privacy, desk, "decide", http.StatusOK, "item-2", "refused", "ground-2", "justifications:LegalObligationImpaired", "text", "Change it in your settings.")
		if mails := w.work(); len(mails) != 1 || mails[0].To != "nasreena@example.mv" {
			t.Errorf("now it is answered: %+v", mails)
		}
		if text := person.Page(own, http.StatusOK).One("main").Text(); !strings.Contains(text, "Your name is corrected.") || !strings.Contains(text, "Granted in part") {
			t.Error("the person does not read the answer:", text)
		}
	})
}

func TestI11_WhatWasRefusedAndGrantedOnAppealIsCorrectedAndCountsUntilItIs(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject, person := w.person("nasreena@example.mv")
		w.applied(subject)
		_, privacy := w.official("shifa@example.mv")
		who, officer := w.officialAs("waheed@example.mv", "permit-officer")
		request := w.asks(person, "rectification", "My name is Aishath.", "place case:left")
		at := w.only(who)
		press(officer, at, "take", http.StatusOK)
		press(officer, at, "answer", http.StatusUnprocessableEntity, "answer", "refused", "text", "No.") // no ground
		press(officer, at, "answer", http.StatusOK, "answer", "refused", "ground", "justifications:ProcessFrivolous", "text", "No.")
		w.work()
		standing := func(open, late int64) {
			t.Helper()
			if n, err := w.corrects.Standing(t.Context()); err != nil || n.Open != open || n.Late != late {
				t.Errorf("standing %+v, %v; want %d open and %d late", n, err, open, late)
			}
		}
		standing(0, 0)
		own := "/en/cabinet/rights/requests/" + request
		page := person.Page(own, http.StatusOK)
		if !strings.Contains(page.One("main").Text(), "go to court") || !strings.Contains(page.One("main").Text(), "not meant seriously") {
			t.Error("the ground and how to appeal are not said")
		}
		sent := page.One("main form").Values()
		sent.Set("text", "It is my name.")
		sent.Set("do", "appeal")
		person.Submit(own, sent, http.StatusOK)
		desk := "/staff/rights/" + request
		press(privacy, desk, "take", http.StatusOK)
		press(privacy, desk, "decide", http.StatusOK, "item-1", "granted", "text", "It is corrected.")
		w.work()
		standing(1, 0)
		w.store.Clock.Advance(40 * 24 * time.Hour)
		standing(1, 1)
		_, officer = w.officialAs("third@example.mv", "permit-officer") // whose session lasts
		press(officer, at, "take", http.StatusOK)
		press(officer, at, "answer", http.StatusUnprocessableEntity, "answer", "refused", "ground", "justifications:ProcessFrivolous", "text", "No.")
		press(officer, at, "write", http.StatusOK, "field", policy.FieldName, "value", "Aishath")
		press(officer, at, "answer", http.StatusOK, "answer", "granted", "text", "Your name is corrected.")
		standing(0, 0)
		if len(w.corrected) != 1 {
			t.Errorf("recipients are told of %+v", w.corrected)
		}
	})
}

func TestN14_NobodyElseOpensOrAnswersATaskAndTwoDoNotTakeIt(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		subject, person := w.person("nasreena@example.mv")
		w.applied(subject)
		who, officer := w.officialAs("waheed@example.mv", "permit-officer")
		_, second := w.officialAs("second@example.mv", "permit-officer")
		w.asks(person, "rectification", "My name is Aishath.", "place case:left")
		at := w.only(who)
		press(officer, at, "take", http.StatusOK)
		press(second, at, "take", http.StatusUnprocessableEntity)
		press(second, at, "write", http.StatusUnprocessableEntity, "field", policy.FieldName, "value", "Aishath")
		press(second, at, "answer", http.StatusUnprocessableEntity, "answer", "refused", "ground", "justifications:ProcessFrivolous", "text", "No.")
		press(second, at, "nothing", http.StatusUnprocessableEntity)
		press(officer, at, "back", http.StatusOK)
		press(second, at, "take", http.StatusOK)
		if resp := testkit.Browse(t, w.router).Get("/staff/corrections"); resp.StatusCode == http.StatusOK {
			t.Error("nobody sees the list")
		}
		if resp := officer.Get("/staff/corrections/nothing"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("no task: %d", resp.StatusCode)
		}
	})
}
