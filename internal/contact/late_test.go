package contact_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/contact"
	"portico/internal/platform/i18n"
	"portico/internal/testkit"
)

func TestO17_TheAgeOfWhatWaitsIsComparedWithTheTimePromised(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		officer, _ := w.official("contact-officer", "officer@one.gov.mv")
		w.official("permit-officer", "permits@one.gov.mv")
		w.asks(w.visitor(), "question", "Two days?", "a@example.mv")
		w.asks(w.visitor(), "complaint", "Four days?", "b@example.mv")
		w.work()
		start := w.store.Clock.Now()
		for _, step := range []struct {
			days      int
			standing  contact.Standing
			escalated int
		}{
			{2, contact.Standing{Open: 2}, 0},                       // the last day that was promised
			{3, contact.Standing{Open: 2, Late: 1}, 1},              // the question is overdue
			{4, contact.Standing{Open: 2, Late: 1}, 0},              // and nobody is told twice
			{5, contact.Standing{Open: 2, Late: 2, VeryLate: 1}, 1}, // the complaint is
		} {
			w.store.Clock.Advance(start.AddDate(0, 0, step.days).Sub(w.store.Clock.Now()))
			if got, err := w.Standing(t.Context()); err != nil || got != step.standing {
				t.Errorf("after %d days: %+v, %v", step.days, got, err)
			}
			if n, err := w.Escalate(t.Context()); err != nil || n != step.escalated {
				t.Errorf("after %d days %d are told of: %v", step.days, n, err)
			}
			if len(w.told) != step.escalated || step.escalated > 0 && w.told[0] != officer.ID+" late" {
				t.Errorf("after %d days officials are told %+v", step.days, w.told)
			}
			w.told = nil
		}
		if list, err := w.Queue(t.Context(), officer, contact.LookLate, ""); err != nil || len(list) != 2 {
			t.Errorf("overdue are %d: %v", len(list), err)
		}
		if _, b := w.official("contact-officer", "second@one.gov.mv"); !strings.Contains(b.Page("/staff/requests?show=late", http.StatusOK).One("main").Text(), "2 requests are overdue") {
			t.Error("the queue does not say what is overdue")
		}
	})
}

func TestO10_TheHelplineSeesWhereARequestStandsAndNotWhatItIsAbout(t *testing.T) {
	w := one(t)
	_, phone := w.official("helpline", "helpline@one.gov.mv")
	page := phone.Page("/staff/requests/new", http.StatusOK)
	sent := page.One("main form").Values()
	for name, v := range map[string]string{"source": "phone", "kind": "complaint", "text": "The caller complains.", "contact": "+9607771234", "do": "send"} {
		sent.Set(name, v)
	}
	resp := phone.Post("/staff/requests/new", sent)
	if again := phone.Post("/staff/requests/new", sent).Header.Get("Location"); again != resp.Header.Get("Location") || w.rows("contact_request") != 1 {
		t.Errorf("written down twice: %q, %d requests", again, w.rows("contact_request"))
	}
	found := phone.Page(resp.Header.Get("Location"), http.StatusOK).One("main")
	if !strings.Contains(found.Text(), "Telephone") || strings.Contains(found.Text(), "complains") {
		t.Errorf("the helpline finds %q", found.Text())
	}
	at := found.One(`a[href^="/staff/requests/01"]`).Attr("href")
	if got := phone.Page(at, http.StatusOK).One("main"); got.Has("button") || strings.Contains(got.Text(), "complains") {
		t.Errorf("the helpline sees %q", got.Text())
	}
	if resp := phone.Post(at, form("do", "take")); resp.StatusCode != http.StatusForbidden {
		t.Errorf("the helpline takes it: %d", resp.StatusCode)
	}
	_, stranger := w.official("permit-officer", "permits@one.gov.mv")
	if resp := stranger.Get("/staff/requests"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an official of another office sees the queue: %d", resp.StatusCode)
	}
}

func TestAnswersAreRatedOnceAndSmallNumbersAreNotShown(t *testing.T) {
	w := one(t)
	_, desk := w.official("contact-officer", "officer@one.gov.mv")
	for n := range 10 {
		_, b := w.person("p" + string(rune('a'+n)) + "@example.mv")
		at := w.asks(b, "question", "Well?", "")
		id := strings.TrimPrefix(at, "/en/cabinet/requests/")
		if resp := b.Post(at, form("do", "rate", "score", "5")); resp.StatusCode != http.StatusConflict {
			t.Errorf("what was not answered is rated: %d", resp.StatusCode)
		}
		desk.Submit("/staff/requests/"+id, form("do", "take"), http.StatusOK)
		desk.Submit("/staff/requests/"+id, form("do", "answer", "text", "Well."), http.StatusOK)
		b.Submit(at, form("do", "rate", "score", "9"), http.StatusUnprocessableEntity)
		shown := desk.Page("/staff/requests/ratings", http.StatusOK).One("main").Text()
		if n > 0 && !strings.Contains(shown, "fewer than 10") {
			t.Errorf("%d ratings are shown: %q", n, shown)
		}
		b.Submit(at, form("do", "rate", "score", "4"), http.StatusOK)
		b.Submit(at, form("do", "rate", "score", "1"), http.StatusOK) // a second one does nothing
	}
	if shown := desk.Page("/staff/requests/ratings", http.StatusOK).One("main").Text(); !strings.Contains(shown, "4.0 of 5") {
		t.Errorf("ten ratings are shown as %q", shown)
	}
}

func TestO16_WhatComesByAChannelIsWrittenDownWithTheChannelAndCountedForIt(t *testing.T) {
	name := func(en, dv string) i18n.Text { return i18n.Text{"en": en, "dv": dv} }
	w := one(t,
		contact.Channel{ID: "helpline", Kind: "phone", Value: "1500", Name: name("Helpline", "ހެލްޕްލައިން")},
		contact.Channel{ID: "tiktok", Kind: "social", Value: "oneGovmv", Name: name("TikTok", "ޓިކްޓޮކް")},
	)
	_, b := w.official("helpline", "helpline@one.gov.mv")
	enter := func(source string, status int) testkit.Nodes {
		page := b.Page("/staff/requests/new", http.StatusOK)
		sent := page.One("main form").Values()
		for name, v := range map[string]string{"source": source, "kind": "question", "text": "When?", "do": "send"} {
			sent.Set(name, v)
		}
		return b.Submit("/staff/requests/new", sent, status)
	}
	for _, wrong := range []string{"social/myspace", "social", "phone/tiktok", "form", "letter/helpline"} {
		if page := enter(wrong, http.StatusUnprocessableEntity); !strings.Contains(page.One("main").Text(), "Choose how it came") {
			t.Errorf("%s is taken", wrong)
		}
	}
	if page := enter("social/tiktok", http.StatusOK); !strings.Contains(page.One("main").Text(), "TikTok") {
		t.Error("the channel is not shown")
	}
	enter("letter", http.StatusOK)
	w.store.Clock.Advance(3 * 24 * time.Hour)
	all, err := w.Standings(t.Context())
	if err != nil || len(all) != 2 || all[contact.Way{Source: contact.Social, Channel: "tiktok"}] != (contact.Standing{Open: 1, Late: 1}) {
		t.Errorf("what waits is counted as %+v: %v", all, err)
	}
	if n, err := w.Entering(t.Context()); err != nil || n != 1 {
		t.Errorf("%d officials write requests down: %v", n, err)
	}
}

func TestO10_WhoHandsARequestOverChoosesAColleagueByName(t *testing.T) {
	w := one(t)
	_, desk := w.official("contact-officer", "officer@one.gov.mv")
	second, b := w.official("contact-officer", "second@one.gov.mv")
	_, person := w.person("aishath@example.mv")
	at := "/staff/requests/" + strings.TrimPrefix(w.asks(person, "question", "When?", ""), "/en/cabinet/requests/")
	page := desk.Submit(at, form("do", "take"), http.StatusOK)
	choice := page.One(`[name=colleague] option:not([value=""])`)
	if choice.Text() != "Hussain Waheed" {
		t.Errorf("a colleague is called %q", choice.Text())
	}
	desk.Submit(at, form("do", "hand", "colleague", choice.Attr("value")), http.StatusOK)
	if !b.Page(at, http.StatusOK).Has("[name=text]") {
		t.Error("the colleague cannot answer")
	}
	uses := 0
	for _, e := range w.store.Events(t, second.ID) {
		if e.Activity == contact.ActivityHand {
			uses++
		}
	}
	if uses == 0 {
		t.Error("the colleague does not see that the name was opened")
	}
}
