package automatic_test

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/cases/automatic"
	"portico/internal/cases/casestest"
	"portico/internal/cases/letter"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault/vaulttest"
)

// world is casestest's with the example of docs/services.md, in which the
// program approves small repeats and refuses late beginnings.
type world struct {
	*casestest.World
	queue     *jobs.Queue
	automatic *automatic.Service
	router    *web.Router
}

func migrations() []fs.FS { return casestest.Migrations(jobs.Migrations()) }

func onEachEngine(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, newWorld(t, d)) }, migrations()...)
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	service := servicestest.EventPermit(t)
	return onStore(t, vaulttest.Open(t, d, servicestest.Policy(t, service)), service)
}

// onStore is the world on a store as a process opens it.
func onStore(t *testing.T, s *vaulttest.Store, service *services.Definition) *world {
	t.Helper()
	w := &world{World: casestest.On(t, s, service)}
	w.Variant = "repeat"
	w.queue = jobs.NewQueue(jobs.Config{DB: s.DB, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler)})
	w.automatic = automatic.New(w.Cases, w.queue, slog.New(slog.DiscardHandler))
	w.router = w.Router(func(r *web.Router) {
		w.Mount(r)
		(&letter.Site{Cases: w.Cases, Langs: []string{"en", "dv"}}).Mount(r)
	})
	return w
}

// small are the answers of a repeat that the program approves, with others on
// top: what it refuses begins late.
func small(t *testing.T, w *world, others ...any) forms.Answers {
	t.Helper()
	given := map[string]any{"applicant": map[string]any{"as": "person"}, "name": "Aishath Mohamed", "title": "Night market", "what": []any{"food", "market"}, "doors": "18:30", "crowd": uint64(80)}
	for i := 0; i < len(others); i += 2 {
		given[others[i].(string)] = others[i+1]
	}
	answers := forms.Answers{}
	for key, v := range given {
		text, err := w.Service.Form.Text(key, v)
		if err != nil {
			t.Fatal(err)
		}
		answers[key] = text
	}
	return answers
}

// sent is an application that was sent, and looked at by the program.
func (w *world) sent(t *testing.T, others ...any) *cases.Application {
	t.Helper()
	row := w.AppliedFor(w.Citizen, w.Service, small(t, w, others...))
	w.work(t)
	return w.now(t, row.ID)
}

func (w *world) work(t *testing.T) {
	t.Helper()
	if _, err := w.queue.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) now(t *testing.T, id string) *cases.Application {
	t.Helper()
	a, err := w.Glance(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// reads are the fields that the program has read of the citizen.
func (w *world) reads(t *testing.T) (fields []string) {
	t.Helper()
	for _, e := range w.Store.Events(t, w.Citizen.ID) {
		if e.Kind == audit.KindAccess && e.Activity == w.Service.AutomaticActivity() {
			fields = append(fields, strings.Join(e.Fields, " "))
		}
	}
	return fields
}

func (w *world) standing(t *testing.T) automatic.Standing {
	t.Helper()
	n, err := w.automatic.Standing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestN13_TheProgramDecidesOnceByTheRuleThatHoldsAndSaysWhatItRead(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			others []any
			state  string
			rule   string
		}{
			{nil, "granted", "small-repeat"},
			{[]any{"doors", "23:30"}, "declined", "late-beginning"},
			{[]any{"crowd", uint64(101)}, "submitted", ""},
		} {
			before := len(w.reads(t))
			a := w.sent(t, c.others...)
			last := a.Steps[len(a.Steps)-1]
			if a.Case.State != c.state || last.Rule != c.rule {
				t.Errorf("%v: it is %s by %q", c.others, a.Case.State, last.Rule)
			}
			if c.rule != "" && (last.Actor != cases.ByProgram || strings.Join(last.Keys, " ") != "crowd doors what" || len(a.Steps) != 2) {
				t.Errorf("the step is %+v", last)
			}
			if got := w.reads(t)[before:]; len(got) != 1 || got[0] != "event-permit.crowd event-permit.doors event-permit.what" {
				t.Errorf("the person's log says that the program read %q", got)
			}
			// The job again, as after a kill: nothing more is decided.
			if err := w.Store.DB.Update(t.Context(), func(tx *db.Tx) error {
				return w.automatic.Follow(tx, cases.Happening{Case: a.Case, Service: w.Service, Step: a.Steps[0]})
			}); err != nil {
				t.Fatal(err)
			}
			w.work(t)
			if again := w.now(t, a.ID); len(again.Steps) != len(a.Steps) || again.Revision != a.Revision {
				t.Errorf("done again, it is %s with %d steps", again.Case.State, len(again.Steps))
			}
		}
		if n := w.standing(t); n.Rules != 2 || n.Decided != 2 || n.Contested != 0 || len(n.Wrong) != 0 {
			t.Errorf("%+v", n)
		}
	})
}

func TestN13_WhereAnybodyWasFasterAPersonDecides(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		taken := w.AppliedFor(w.Citizen, w.Service, small(t, w))
		w.Taken(taken, w.Official)
		withdrawn := w.AppliedFor(w.Citizen, w.Service, small(t, w))
		if _, err := w.Do(t.Context(), w.Citizen, withdrawn.ID, "submitted", "withdraw", ""); err != nil {
			t.Fatal(err)
		}
		w.work(t)
		for id, state := range map[string]string{taken.ID: "in-review", withdrawn.ID: "withdrawn"} {
			if a := w.now(t, id); a.Case.State != state {
				t.Errorf("it is %s, not %s", a.Case.State, state)
			}
		}
		if got := w.reads(t); len(got) != 0 {
			t.Errorf("the program read %q of what was not its to decide", got)
		}
		// What an official entered for somebody is a person's to decide.
		entered := *taken
		entered.Channel = cases.Counter
		if err := w.Store.DB.Update(t.Context(), func(tx *db.Tx) error {
			return w.automatic.Follow(tx, cases.Happening{Case: &entered, Service: w.Service, Step: cases.Step{Action: cases.StepSubmit}})
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := w.queue.Work(t.Context()); err != nil || n != 0 {
			t.Errorf("%d jobs: %v", n, err)
		}
	})
}

func TestN13_WhatIsContestedAPersonDecidesAndNeverTheProgram(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		ctx, a := t.Context(), w.sent(t, "doors", "23:30")
		somebody := w.Person("Hassan Ali")
		if _, err := w.Do(ctx, somebody, a.ID, "declined", "contest", ""); err == nil {
			t.Error("somebody else contests it")
		}
		if _, err := w.Act(ctx, w.Official, a.ID, "declined", "contest", ""); err == nil {
			t.Error("an official contests it")
		}
		if _, err := w.Do(ctx, w.Citizen, a.ID, "declined", "contest", "It is New Year's Eve."); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Do(ctx, w.Citizen, a.ID, "declined", "contest", ""); !cases.Moved(err) {
			t.Errorf("contested twice: %v", err)
		}
		w.work(t)
		if d, _ := automatic.Of(w.now(t, a.ID)); d.Fate != automatic.Contested || w.now(t, a.ID).Case.State != "contested" {
			t.Errorf("%+v", d)
		}
		// It is in the queue of the officials, with what was written.
		page, err := w.Queue(ctx, w.Official, cases.Filter{State: "contested", Free: true})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].ID != a.ID {
			t.Fatalf("the queue has %v: %v", page.Rows, err)
		}
		w.Store.Clock.Advance(30 * 24 * time.Hour)
		if _, err := w.NoteLate(ctx); err != nil {
			t.Fatal(err)
		}
		if n := w.standing(t); n.Contested != 1 || n.Waiting != 1 || len(n.Wrong) != 0 || w.now(t, a.ID).Case.State != "contested" {
			t.Errorf("left for a month: %+v", n)
		}
		if _, err := w.Act(ctx, w.Official, a.ID, "contested", "take", ""); err != nil {
			t.Fatal(err)
		}
		opened, err := w.View(ctx, w.Official, a.ID)
		if err != nil || len(opened.Messages) != 1 || opened.Messages[0].Text != "It is New Year's Eve." {
			t.Fatalf("the official reads %+v: %v", opened, err)
		}
		if _, err := w.Act(ctx, w.Official, a.ID, "in-review", "approve", ""); err != nil {
			t.Fatal(err)
		}
		a = w.now(t, a.ID)
		if d, _ := automatic.Of(a); d.Fate != automatic.ByPerson || d.Decider != w.Official.ID {
			t.Errorf("%+v", d)
		}
		if step, decided := a.Decision(); !decided || step.Actor != w.Official.ID {
			t.Errorf("the decision is %+v", step)
		}
		if _, err := w.Do(ctx, w.Citizen, a.ID, a.Case.State, "contest", ""); !cases.Moved(err) {
			t.Errorf("a person's decision is contested: %v", err)
		}
		if n := w.standing(t); n.Contested != 1 || n.Waiting != 0 || len(n.Wrong) != 0 {
			t.Errorf("%+v", n)
		}
	})
}

func TestN13_ADecisionTakesEffectOnceItIsAcceptedOrTheTermIsOver(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		ctx, stands, accepted := t.Context(), w.sent(t), w.sent(t)
		if stands.Closed.IsZero() != true || stands.Case.State != "granted" {
			t.Fatalf("it takes effect at once: %s", stands.Case.State)
		}
		if _, err := w.Do(ctx, w.Citizen, accepted.ID, "granted", "accept", ""); err != nil {
			t.Fatal(err)
		}
		d, _ := automatic.Of(stands)
		w.Store.Clock.Advance(w.automatic.Until(d).Sub(w.Store.Clock.Now()))
		if _, err := w.NoteLate(ctx); err != nil || w.now(t, stands.ID).Case.State != "granted" {
			t.Errorf("in the last second it is %s: %v", w.now(t, stands.ID).Case.State, err)
		}
		w.Store.Clock.Advance(2 * time.Second)
		if _, err := w.Do(ctx, w.Citizen, stands.ID, "granted", "contest", ""); !cases.Moved(err) {
			t.Errorf("contested after the term: %v", err)
		}
		if _, err := w.NoteLate(ctx); err != nil {
			t.Fatal(err)
		}
		for id, fate := range map[string]automatic.Fate{stands.ID: automatic.Stood, accepted.ID: automatic.Accepted} {
			a := w.now(t, id)
			if d, _ := automatic.Of(a); d.Fate != fate || a.Case.State != "approved" {
				t.Errorf("it is %s, %s", a.Case.State, d.Fate)
			}
			if step, decided := a.Decision(); !decided || step.Actor != cases.ByProgram {
				t.Errorf("the decision of the letter is %+v", step)
			}
		}
		if n := w.standing(t); n.Decided != 2 || len(n.Wrong) != 0 {
			t.Errorf("%+v", n)
		}
	})
}

func TestN13_TheControlFindsWhatIsNotAsPromised(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		for name, sql := range map[string]string{
			"a decision without its rule": `UPDATE cases_step SET rule = '' WHERE actor = 'program'`,
			"one by another rule":         `UPDATE cases_step SET rule = 'late-beginning' WHERE actor = 'program'`,
			"one that says not what":      `UPDATE cases_step SET questions = '' WHERE actor = 'program'`,
			"one that stood too early":    `INSERT INTO cases_step (subject, case_id, n, at, action, state, actor) SELECT subject, case_id, 3, at, 'stands', 'approved', 'system' FROM cases_step WHERE actor = 'program'`,
			"two decisions":               `INSERT INTO cases_step (subject, case_id, n, at, action, state, actor, rule) SELECT subject, case_id, 3, at, 'grant', 'granted', 'program', 'small-repeat' FROM cases_step WHERE actor = 'program'`,
			"no person who decided": `INSERT INTO cases_step (subject, case_id, n, at, action, state, actor) SELECT subject, case_id, v.n, at, v.action, v.state, v.actor FROM cases_step
				CROSS JOIN (SELECT 3 AS n, 'contest' AS action, 'contested' AS state, 'x' AS actor UNION ALL SELECT 4, 'take', 'in-review', 'x' UNION ALL SELECT 5, 'approve', 'approved', 'system') AS v WHERE cases_step.actor = 'program'`,
		} {
			row := w.sent(t)
			if n := w.standing(t); len(n.Wrong) != 0 {
				t.Fatalf("%s: wrong before: %+v", name, n)
			}
			exec := func(query string) {
				if err := w.Store.DB.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(query); return err }); err != nil {
					t.Fatal(err)
				}
			}
			exec(sql)
			if n := w.standing(t); !slices.Equal(n.Wrong, []string{row.Reference}) {
				t.Errorf("%s: %+v", name, n)
			}
			exec(`DELETE FROM cases_step`)
		}
	})
}

func TestN13_HoweverManyTryAtOnceThereIsOneDecision(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.AppliedFor(w.Citizen, w.Service, small(t, w))
		by := w.Service.ByProgram()[0]
		var all sync.WaitGroup
		won := make(chan string, 8)
		for range 6 {
			all.Go(func() {
				if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error { return w.Decide(tx, row.ID, by) }); err == nil {
					won <- "program"
				}
			})
		}
		all.Go(func() {
			if _, err := w.Act(t.Context(), w.Official, row.ID, "submitted", "take", ""); err == nil {
				won <- "official"
			}
		})
		all.Wait()
		if close(won); len(won) != 1 {
			t.Errorf("%d were first", len(won))
		}
		if a := w.now(t, row.ID); len(a.Steps) != 2 {
			t.Errorf("%d steps", len(a.Steps))
		}
	})
}

func TestN13_WhatThePolicyDoesNotListTheProgramDoesNotDecide(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.AppliedFor(w.Citizen, w.Service, small(t, w))
		older := *w.Service
		older.Workflow.States = nil // as before the service left anything to the program
		p := servicestest.Policy(t, &older)
		w.Cases.Policy = func() *policy.Policy { return p }
		w.work(t)
		if a := w.now(t, row.ID); a.Case.State != "submitted" {
			t.Errorf("it is %s", a.Case.State)
		}
	})
}

func TestN13_ThePersonReadsTheRuleAndContestsOnTheirPage(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		a := w.sent(t, "doors", "23:30")
		b := w.Browse(w.router, w.Citizen)
		at := "/en/cabinet/applications/" + a.ID
		page, _, _ := b.Get(at)
		text := page.One("main").Text()
		for _, want := range []string{"No person has decided this", "It begins at 23:00 or later.", "You may not hold the event.", "How many visitors do you expect?", "Until then the decision takes no effect", "By the program, without a person"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q:\n%s", want, text)
			}
		}
		letters, _, _ := b.Get(at + "/letter")
		if text := letters.One("main").Text(); !strings.Contains(text, "decided by the program, without a person, because: It begins at 23:00 or later.") || !strings.Contains(text, "You may ask until") {
			t.Errorf("the letter says %s", text)
		}
		post := func(message string) (testkit.Nodes, int) {
			form := page.One(`main form:has(#message)`).Values()
			form.Set("action", "contest")
			form.Set("message", message)
			p, status, _ := b.Post(at, url.Values(form))
			return p, status
		}
		long := strings.Repeat("x", cases.MaxText+1)
		wrong, status := post(long)
		if status != http.StatusUnprocessableEntity || !wrong.Has("#message-error") || wrong.One("#message").Text() != long {
			t.Errorf("too many words: %d", status)
		}
		done, status := post("A person must look at this.")
		if status != http.StatusOK || !strings.Contains(done.One("main").Text(), "A person decides anew.") || !strings.Contains(done.One("main").Text(), "A person must look at this.") {
			t.Errorf("contested: %d %s", status, done.One("main").Text())
		}
		again, status := post("Again")
		if status != http.StatusConflict || again.Has(`button[value="contest"]`) {
			t.Errorf("contested twice: %d", status)
		}
		if other, status, _ := w.Browse(w.router, w.Person("Hassan Ali")).Get(at); status != http.StatusNotFound || strings.Contains(other.One("main").Text(), "23:00") {
			t.Errorf("somebody else: %d", status)
		}
	})
}
