package drafts_test

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/drafts"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/retention/retentiontest"
	"portico/internal/vault"
)

func TestO3_EveryValueKnowsItsSource(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.typed("applicant", with(answers("applicant"), "name", "Somebody Else"))
		row, err := w.send(w.T.Context(), w.typed("work", answers("work")))
		if err != nil {
			w.T.Fatal(err)
		}
		mine, err := w.Application(w.T.Context(), w.Citizen, row.ID)
		if err != nil {
			w.T.Fatal(err)
		}
		for _, f := range w.Service.Form.Fields() {
			want := policy.SourceForm
			if f.Computed {
				want = policy.SourceSystem
			}
			if got := mine.Sources[f.Key]; got != want || !w.Policy().HasSource(f.ID, got) {
				w.T.Errorf("%s comes from %q, want %q", f.Key, got, want)
			}
		}
	})
}

func TestO3_WhatThePersonChangedIsThePersons(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.typed("applicant", with(answers("applicant"), "phone", "+9607770000"))
		w.typed("applicant", answers("applicant")) // and back to what the profile says
		if got := w.open().Filled(); !slices.Equal(got, []string{"email", "name"}) {
			w.T.Errorf("of the profile are still %v", got)
		}
	})
}

func TestO2_M27_OnlyOneSealedValueUntilItIsSent(t *testing.T) {
	onEachEngine(t, func(w *world) {
		draft := w.whole().Draft
		if got := w.fields(draft.Scope()); !slices.Equal(got, []string{"road-permit.draft"}) {
			w.T.Errorf("the store holds %v of what was not sent", got)
		}
		for _, table := range drafts.Holding() {
			schema, err := w.DB.Schema(w.T.Context())
			if err != nil {
				w.T.Fatal(err)
			}
			for _, column := range schema[table.Name] {
				if h := table.Columns[column]; h != db.Nothing && h != db.Pseudonym {
					w.T.Errorf("%s.%s holds %q", table.Name, column, h)
				}
			}
		}
		row, err := w.send(w.T.Context(), w.open())
		if err != nil || row.ID != draft.ID {
			w.T.Fatalf("sent as %v, %v", row, err)
		}
		if got := w.fields(row.Scope()); !slices.Contains(got, "road-permit.road") || slices.Contains(got, "road-permit.remarks") {
			w.T.Errorf("the store holds %v of what was sent", got)
		}
		use := vault.Use{
			Actor: w.Citizen, Subject: w.Citizen.ID, Activity: "road-permit.apply", Scope: row.Scope(), Operation: policy.Use,
			Fields: []string{"road-permit.draft"},
		}
		if values, err := w.Vault.Read(w.T.Context(), use); err != nil || values.Text("road-permit.draft") != "" {
			w.T.Errorf("what was typed is still there: %v, %v", values, err)
		}
	})
}

func TestI2_I3_NobodyElseReachesADraftAndEachUseIsAnEvent(t *testing.T) {
	onEachEngine(t, func(w *world) {
		draft := w.whole().Draft
		n := len(w.Store.Events(w.T, w.Citizen.ID))
		w.open()
		events := w.Store.Events(w.T, w.Citizen.ID)
		if last := events[len(events)-1]; len(events) != n+1 || last.Kind != audit.KindAccess || last.Activity != "road-permit.apply" ||
			!slices.Equal(last.Fields, []string{"road-permit.draft"}) || last.Scope != draft.Scope() {
			w.T.Errorf("looking at a draft is recorded as %+v", last)
		}
		stranger := w.place
		stranger.Actor = w.other()
		if work, err := w.d.Open(w.T.Context(), stranger); err != nil || work.Draft != nil || work.Typed["road"] != "" {
			w.T.Errorf("somebody else finds %+v, %v", work.Draft, err)
		}
		if _, err := w.d.Submit(w.T.Context(), stranger, draft.ID, draft.Revision); !drafts.Moved(err) {
			w.T.Errorf("somebody else sends it: %v", err)
		}
		if err := w.d.Delete(w.T.Context(), stranger, draft.ID); err != nil || len(w.drafted()) != 1 {
			w.T.Errorf("somebody else deletes it: %v", err)
		}
		for name, who := range map[string]policy.Actor{"an official": w.Official, "another person": stranger.Actor} {
			use := vault.Use{
				Actor: who, Subject: w.Citizen.ID, Activity: "road-permit.apply", Scope: draft.Scope(), Operation: policy.Use, Fields: []string{"road-permit.draft"},
			}
			if _, err := w.Vault.Read(w.T.Context(), use); fault.KindOf(err) != fault.Denied {
				w.T.Errorf("%s reads it: %v", name, err)
			}
		}
	})
}

func TestO18_SentExactlyOnceUnderConcurrency(t *testing.T) {
	onEachEngine(t, func(w *world) {
		draft := w.whole()
		var wg sync.WaitGroup
		rows, errs := make([]*cases.Case, 16), make([]error, 16)
		for i := range rows {
			wg.Go(func() { rows[i], errs[i] = w.send(w.T.Context(), draft) })
		}
		wg.Wait()
		for i, row := range rows {
			if errs[i] != nil {
				w.T.Fatalf("send: %v", errs[i])
			}
			if row.ID != rows[0].ID || row.Reference == "" || row.Reference != rows[0].Reference {
				w.T.Errorf("two answers: %s %s and %s %s", rows[0].ID, rows[0].Reference, row.ID, row.Reference)
			}
		}
		if list, err := w.Of(w.T.Context(), w.Citizen.ID); err != nil || len(list) != 1 || len(w.drafted()) != 0 {
			w.T.Errorf("%d applications and %d drafts (%v)", len(list), len(w.drafted()), err)
		}
		mine, err := w.Application(w.T.Context(), w.Citizen, rows[0].ID)
		if err != nil || len(mine.Steps) != 1 || mine.Answers["road"] != "Dhigu Magu" || mine.Fee.Total != 104000 {
			w.T.Errorf("the application: %+v (%v)", mine, err)
		}
	})
}

// pair is a clock that lets two callers go on only together, so that both are
// at the same place of their way.
type pair struct {
	clock.Clock
	arrive, leave chan struct{}
}

func (p *pair) Now() time.Time {
	select {
	case p.arrive <- struct{}{}:
		<-p.leave
	case <-p.arrive:
		p.leave <- struct{}{}
	}
	return p.Clock.Now()
}

// TestO18_SentOnceByTwoNodesThatBothSawTheDraft has two nodes see the draft
// before either sends it. SQLite has one writer, so that cannot be there.
func TestO18_SentOnceByTwoNodesThatBothSawTheDraft(t *testing.T) {
	w := worldOn(t, db.Postgres)
	draft := w.whole()
	w.d.Clock = &pair{w.d.Clock, make(chan struct{}), make(chan struct{})}
	rows, errs := make([]*cases.Case, 2), make([]error, 2)
	var wg sync.WaitGroup
	for i := range rows {
		wg.Go(func() { rows[i], errs[i] = w.send(w.T.Context(), draft) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if rows[0].Reference == "" || rows[0].Reference != rows[1].Reference {
		t.Errorf("two references: %q and %q", rows[0].Reference, rows[1].Reference)
	}
}

func TestDraftsOfTwoTabsAreOne(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ch := w.now("work", answers("work"))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := w.d.Save(w.T.Context(), w.place, ch); err != nil {
					w.T.Errorf("save: %v", err)
				}
			})
		}
		wg.Wait()
		if list := w.drafted(); len(list) != 1 {
			w.T.Errorf("%d drafts", len(list))
		}
	})
}

func TestSendingRefusesWhatWasNotSeen(t *testing.T) {
	onEachEngine(t, func(w *world) {
		seen := w.whole()
		w.typed("work", with(answers("work"), "hours", "12")) // changed in another tab
		if _, err := w.send(w.T.Context(), seen); !drafts.Moved(err) {
			w.T.Errorf("answers were sent that the person did not see: %v", err)
		}
		w.typed("work", with(answers("work"), "hours", "0"))
		if _, err := w.send(w.T.Context(), w.open()); !drafts.Moved(err) {
			w.T.Errorf("what is wrong was sent: %v", err)
		}
		w.typed("work", answers("work"))
		w.Store.Clock.Advance(30 * 24 * time.Hour) // and the day of the closure has passed
		if _, err := w.send(w.T.Context(), w.open()); !drafts.Moved(err) {
			w.T.Errorf("what became wrong was sent: %v", err)
		}
	})
}

func TestWhatIsWrongIsKeptAndNothingIsLost(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for name, change := range map[string]string{"road": "", "hours": "nine", "start-year": "2020", "section": strings.Repeat("long ", 100)} {
			form := with(answers("work"), name, change)
			work := w.typed("work", form)
			if len(work.Outcome.Errors) == 0 {
				w.T.Errorf("%s: accepted", name)
			}
			again := w.open()
			for input, v := range form {
				if again.Typed[input] != v[0] {
					w.T.Errorf("%s: %s is %q, typed was %q", name, input, again.Typed[input], v[0])
				}
			}
		}
		if len(w.drafted()) != 1 {
			w.T.Errorf("%d drafts", len(w.drafted()))
		}
	})
}

// TestARuleThatDividesByZeroStopsTheSendingAndLosesNothing: the person is told
// that it is the form's own mistake, by the rule's id and without a value.
func TestARuleThatDividesByZeroStopsTheSendingAndLosesNothing(t *testing.T) {
	w := worldOn(t, db.SQLite)
	w.revise("broken", "required:\n  - {id: shared-out, field: boards, when: 100 / (answers.hours - 9) > 3}\n")
	w.typed("applicant", answers("applicant"))
	if _, err := w.send(t.Context(), w.typed("work", answers("work"))); !drafts.Moved(err) {
		t.Errorf("it is sent although a rule failed: %v", err)
	}
	page, status, path := w.browse().Get(apply + "/check")
	if text := page.One("main").Text(); status != http.StatusOK || path != apply+"/check" || !strings.Contains(text, "one of its own rules failed (shared-out)") || page.Has("#_declared") {
		t.Errorf("%d at %s: %s", status, path, text)
	}
	if work := w.open(); work.Typed["road"] != "Dhigu Magu" || work.Typed["hours"] != "9" {
		t.Errorf("what was typed is lost: %v", work.Typed)
	}
	if _, err := w.send(t.Context(), w.typed("work", with(answers("work"), "hours", "10"))); err != nil {
		t.Errorf("with other answers it cannot be sent: %v", err)
	}
}

func TestWhatNobodyTypesByAccidentIsNotStored(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for name, change := range map[string]url.Values{
			"duplicated":      {"road": {"one", "two"}},
			"unknown":         {"admin": {"true"}},
			"of another page": {"phone": {"1"}},
			"oversize":        {"road": {strings.Repeat("x", 20000)}},
			"unreadable":      {"road": nil},
			"hidden":          {"road": {"Dhigu\u202eMagu"}},
		} {
			form := answers("work")
			maps.Copy(form, change)
			work, err := w.try("work", form)
			if err != nil || len(work.Outcome.Errors) == 0 {
				w.T.Errorf("%s: accepted (%v)", name, err)
				continue
			}
			if work.Typed["section"] != answers("work").Get("section") {
				w.T.Errorf("%s: what else was typed is lost: %v", name, work.Typed)
			}
		}
		if _, err := w.try("work", url.Values{}); err != nil {
			w.T.Errorf("nothing at all: %v", err)
		}
		if len(w.drafted()) > 0 {
			w.T.Errorf("%d drafts are stored", len(w.drafted()))
		}
	})
}

func TestAnAnswerTakenBackIsGone(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.whole()
		w.typed("work", with(answers("work"), "boards", ""))
		row, err := w.send(w.T.Context(), w.open())
		if err != nil {
			w.T.Fatal(err)
		}
		if got := w.fields(row.Scope()); slices.Contains(got, "road-permit.boards") {
			w.T.Errorf("the store holds %v", got)
		}
	})
}

// TestTwoDevicesThatChangeOnePage is a form posted twice: the later one is
// shown the difference and chooses.
func TestTwoDevicesThatChangeOnePage(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.whole()
		here, there := w.now("work", with(answers("work"), "hours", "10")), w.now("work", with(answers("work"), "hours", "11"))
		other := w.now("applicant", with(answers("applicant"), "phone", "7770000"))
		if _, err := w.d.Save(w.T.Context(), w.place, here); err != nil {
			w.T.Fatal(err)
		}
		work, err := w.d.Save(w.T.Context(), w.place, there)
		var differs *drafts.Differs
		if !errors.As(err, &differs) || differs.Saved.Typed["hours"] != "10" || work.Typed["hours"] != "11" {
			w.T.Fatalf("the later one is told %v", err)
		}
		if w.open().Typed["hours"] != "10" {
			w.T.Error("the later one has won without asking")
		}
		there.Seen = differs.Saved.Seen("work") // they saw the difference, and choose theirs
		if _, err := w.d.Save(w.T.Context(), w.place, there); err != nil || w.open().Typed["hours"] != "11" {
			w.T.Errorf("their choice is not kept: %v", err)
		}
		if _, err := w.d.Save(w.T.Context(), w.place, other); err != nil || w.open().Typed["phone"] != "7770000" {
			w.T.Errorf("another page is in the way: %v", err)
		}
		if _, err := w.d.Save(w.T.Context(), w.place, there); err != nil {
			w.T.Errorf("the same sent twice is a difference: %v", err)
		}
	})
}

func TestAStalePageLeadsToWhatWasSent(t *testing.T) {
	onEachEngine(t, func(w *world) {
		fresh := w.now("work", answers("work")) // of a tab in which nothing was saved yet
		w.typed("applicant", answers("applicant"))
		stale := w.now("work", answers("work"))
		row := w.sent()
		for name, ch := range map[string]drafts.Change{"of the draft": stale, "from before it": fresh} {
			_, err := w.d.Save(w.T.Context(), w.place, ch)
			var sent *drafts.Sent
			if !errors.As(err, &sent) || sent.Case.ID != row.ID {
				w.T.Errorf("a page %s leads to %v", name, err)
			}
		}
		if len(w.drafted()) > 0 {
			w.T.Error("a stale page began a new draft")
		}
		w.typed("work", answers("work")) // a page of now begins the next one
		if len(w.drafted()) != 1 {
			w.T.Error("nobody can apply again")
		}
	})
}

func TestThePersonDeletesADraftForGood(t *testing.T) {
	onEachEngine(t, func(w *world) {
		draft := w.whole().Draft
		if err := w.d.Delete(w.T.Context(), w.place, draft.ID); err != nil {
			w.T.Fatal(err)
		}
		retentiontest.Run(w.T, w.retention)
		if len(w.drafted()) > 0 {
			w.T.Error("it is still listed")
		}
		if work := w.open(); work.Draft != nil || work.Typed["road"] != "" || len(w.fields(draft.Scope())) != 0 {
			w.T.Error("what was typed is still there")
		}
		if _, err := w.d.Submit(w.T.Context(), w.place, draft.ID, draft.Revision); !drafts.Moved(err) {
			w.T.Errorf("it is sent all the same: %v", err)
		}
	})
}

func TestO2_ADraftExpiresByItsRuleWithItsKey(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.Applied(w.Citizen) // so that something is left of them
		draft := w.whole().Draft
		w.Store.Clock.Advance(30 * 24 * time.Hour)
		changed := w.typed("work", with(answers("work"), "hours", "10")).Draft // which counts from here
		w.Store.Clock.Advance(60*24*time.Hour - time.Second)
		retentiontest.Run(w.T, w.retention)
		if len(w.drafted()) != 1 {
			w.T.Fatalf("a second before its time %d drafts are left", len(w.drafted()))
		}
		if at := w.Service.Expires(w.Policy(), changed.Changed); !at.Equal(changed.Changed.AddDate(0, 0, 60)) {
			w.T.Errorf("the page says %v", at)
		}
		w.Store.Clock.Advance(24 * time.Hour)
		retentiontest.Run(w.T, w.retention)
		if len(w.drafted()) != 0 {
			w.T.Errorf("after its time %d drafts are left", len(w.drafted()))
		}
		if got := w.fields(draft.Scope()); len(got) != 0 {
			w.T.Errorf("what was typed is still sealed: %v", got)
		}
		if _, err := w.d.Submit(w.T.Context(), w.place, draft.ID, changed.Revision); !drafts.Moved(err) {
			w.T.Errorf("it is sent all the same: %v", err)
		}
	})
}

func TestTheProfileFillsInOnlyWhatItMay(t *testing.T) {
	onEachEngine(t, func(w *world) {
		work := w.open()
		if got := work.Filled(); !slices.Equal(got, []string{"email", "name", "phone"}) {
			w.T.Errorf("the profile fills in %v", got)
		}
		if work.Typed["identity-number"] != "" {
			w.T.Error("what is to be asked first is filled in")
		}
		ch := w.now("applicant", url.Values{"name": {"Aishath Mohamed"}, "phone": {"+9607771234"}, "email": {"aishath@example.mv"}})
		ch.Use, ch.Onward = "identity-number", false
		if work, err := w.d.Save(w.T.Context(), w.place, ch); err != nil || work.Typed["identity-number"] != "A123456" {
			w.T.Errorf("asked for, it is not filled in: %v", err)
		}
		ch = w.now("applicant", answers("applicant"))
		ch.Clear, ch.Onward = "phone", false
		if work, err := w.d.Save(w.T.Context(), w.place, ch); err != nil || work.Typed["phone"] != "" {
			w.T.Errorf("cleared, it is still there: %v", err)
		}
		ch = w.now("applicant", with(answers("applicant"), "phone", "7770000"))
		ch.Alone, ch.Onward = true, false
		work, err := w.d.Save(w.T.Context(), w.place, ch)
		if err != nil || len(work.Filled()) > 0 || work.Typed["name"] != "" || work.Typed["phone"] != "7770000" {
			w.T.Errorf("the profile is still used: %v, %v, %v", work.Filled(), work.Typed, err)
		}
	})
}

func TestM6_TheVersionInForceIsRecorded(t *testing.T) {
	onEachEngine(t, func(w *world) {
		if row := w.sent(); row.Policy != w.Policy().Hash() || row.Instance != "one" {
			w.T.Errorf("the case was made under %q and %q", row.Policy, row.Instance)
		}
	})
}
