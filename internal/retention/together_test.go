package retention_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/retention"
)

// TestO7_WhatDoesNotGoKeepsNothingElse: of things that are due together, what is
// held stays, what the store refuses to give up fails alone, and all others go,
// with a disposal and a numbered event each.
func TestO7_WhatDoesNotGoKeepsNothingElse(t *testing.T) {
	each(t, func(w *world) {
		const due = 50
		anna, ben := w.s.Subject(w.t), w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "stays")
		w.lent(ben, "lent", -1, "stays")
		var held, asked string
		for n := range due {
			book := w.lent([]string{anna, ben}[n%2], "read", 400+n/3, "x")
			switch n {
			case 7:
				held = book
			case 31:
				asked = book
			}
		}
		if _, err := w.Hold(w.t.Context(), retention.Hold{Item: held, Ground: "legal-claim", Reason: "A lawsuit.", Review: w.s.Clock.Now().AddDate(1, 0, 0)}, anna); err != nil {
			w.t.Fatal(err)
		}
		w.asked[asked] = "request-1"
		w.update(func(tx *db.Tx) error { // of somebody who has no gate
			_, err := tx.Exec(`INSERT INTO shelf_book (subject, id, genre, fate, revision, returned_at) VALUES ('nobody', 'lost', 'crime', 'read', 1, $1)`,
				clock.Micros(w.s.Clock.Now().AddDate(0, 0, -406)))
			return err
		})
		r := w.run()
		if r.Disposed != due-2 || r.Held != 2 || r.Refused != 1 || r.Seen != due+1 || w.books() != 5 {
			t.Errorf("%d books are left after %+v", w.books(), r)
		}
		if n := w.number(`SELECT count(*) FROM retention_disposal`); n != due-2 {
			t.Errorf("%d disposals are written", n)
		}
		if n := w.number(`SELECT count(*) FROM shelf_page`) + w.number(`SELECT count(*) FROM shelf_mark`); n != 4*4 {
			t.Errorf("%d pages and marks are left", n)
		}
		w.whole() // each event has its number, and its leaf
	})
}

// askedBy is somebody who asks for something about all of their data.
type askedBy struct{ open atomic.Bool }

func (a *askedBy) Open(_ *db.Tx, items []holdings.Item, _ string) ([]string, error) {
	list := make([]string, len(items))
	if a.open.Load() {
		list[0] = "request-1"
	}
	return list, nil
}

// TestI9_ARequestThatIsBeingMadeHoldsBack: whoever disposes of a thing waits
// until it is made, since both pass the person's gate, and then sees it.
func TestI9_ARequestThatIsBeingMadeHoldsBack(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		book := w.lent(anna, "read", 10, "x")
		asked := &askedBy{}
		w.Requests = asked
		disposed := make(chan error, 1)
		w.update(func(tx *db.Tx) error {
			if err := w.s.Bump(tx, anna); err != nil {
				return err
			}
			go func() { _, err := w.dispose(anna, book, request); disposed <- err }()
			for waits := false; !waits && w.t.Context().Err() == nil; {
				if waits = tx.Waited(); tx.Engine() == db.Postgres {
					waits = w.number(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
				}
			}
			asked.open.Store(true) // what this transaction commits
			return nil
		})
		var refused *retention.Refused
		if err := <-disposed; !errors.As(err, &refused) || refused.Request != "request-1" {
			t.Errorf("beside a request that was being made: %v", err)
		}
	})
}

// people wait for answers, or do not.
type people struct {
	busy  bool
	asked int
}

func (p *people) Busy() bool { return p.busy }

func (p *people) Calm(_ context.Context, most time.Duration) {
	if p.asked++; most <= 0 || most > time.Second {
		p.asked = -1 << 20
	}
}

// TestO7_TheScheduleStandsAsideForPeople: before each transaction the run asks
// for calm, but not for long: while somebody waits for an answer all the time, it
// gets through all the same. On SQLite it ends each transaction early then.
func TestO7_TheScheduleStandsAsideForPeople(t *testing.T) {
	each(t, func(w *world) {
		const due = 50
		var asked [2]int
		for n, busy := range []bool{false, true} {
			anna := w.s.Subject(w.t)
			for range due {
				w.lent(anna, "read", 400, "x")
			}
			beside := &people{busy: busy}
			w.Foreground = beside
			if r := w.run(); r.Disposed != due || w.books() != 0 {
				w.t.Errorf("%d books are left after %+v", w.books(), r)
			}
			asked[n] = beside.asked
			w.s.Clock.Advance(24 * time.Hour)
		}
		if asked[0] <= 0 || asked[1] < asked[0] || w.s.DB.Engine() == db.SQLite && asked[1] == asked[0] {
			w.t.Errorf("the run asked for calm %d times beside nobody and %d times beside people", asked[0], asked[1])
		}
		w.whole()
	})
}
