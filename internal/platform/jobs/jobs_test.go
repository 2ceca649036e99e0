package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/testkit"
)

// node is a queue on d with one kind, "mail", that h does.
func node(d *db.DB, now clock.Clock, o jobs.Options, h jobs.Handler) *jobs.Queue {
	q := jobs.NewQueue(jobs.Config{DB: d, Clock: now, Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
	q.Register("mail", h, o)
	return q
}

func enqueue(t *testing.T, d *db.DB, q *jobs.Queue, n jobs.New) {
	t.Helper()
	if err := d.Update(t.Context(), func(tx *db.Tx) error { return q.Enqueue(tx, n) }); err != nil {
		t.Fatal(err)
	}
}

// work expects that so many attempts are made now.
func work(t *testing.T, q *jobs.Queue, want int) {
	t.Helper()
	got, err := q.Work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("%d attempts, not %d", got, want)
	}
}

func stats(t *testing.T, q *jobs.Queue) jobs.Stats {
	t.Helper()
	s, err := q.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAJobIsThereWithWhatCausedItOrNotAtAll(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		var got []string
		q := node(d, testkit.Clock(), jobs.Options{}, func(_ context.Context, j *jobs.Job) error {
			got = append(got, j.Get("case"))
			return nil
		})
		changed := errors.New("changed my mind")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			if err := q.Enqueue(tx, jobs.New{Kind: "mail", Payload: map[string]string{"case": "undone"}}); err != nil {
				return err
			}
			return changed
		})
		if !errors.Is(err, changed) {
			t.Fatal(err)
		}
		work(t, q, 0)
		enqueue(t, d, q, jobs.New{Kind: "mail", Payload: map[string]string{"case": "done"}})
		work(t, q, 1)
		work(t, q, 0)
		if len(got) != 1 || got[0] != "done" {
			t.Errorf("done were %q", got)
		}
	}, jobs.Migrations())
}

func TestAJobWaitsForItsTime(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now := testkit.Clock()
		q := node(d, now, jobs.Options{}, func(context.Context, *jobs.Job) error { return nil })
		enqueue(t, d, q, jobs.New{Kind: "mail", At: now.Now().Add(time.Hour)})
		now.Advance(time.Hour - time.Microsecond)
		work(t, q, 0)
		now.Advance(time.Microsecond)
		work(t, q, 1)
	}, jobs.Migrations())
}

func TestAKeyNamesOnePieceOfWork(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		q := node(d, testkit.Clock(), jobs.Options{}, func(context.Context, *jobs.Job) error { return nil })
		for range 3 {
			enqueue(t, d, q, jobs.New{Kind: "mail", Key: "case-1:submitted"})
		}
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "case-2:submitted"})
		enqueue(t, d, q, jobs.New{Kind: "mail"})
		enqueue(t, d, q, jobs.New{Kind: "mail"})
		work(t, q, 4)
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "case-1:submitted"})
		work(t, q, 1)
	}, jobs.Migrations())
}

func TestAPayloadHoldsIDsAndNothingPersonal(t *testing.T) {
	d := testkit.Database(t, db.SQLite, jobs.Migrations())
	q := node(d, testkit.Clock(), jobs.Options{}, func(context.Context, *jobs.Job) error { return nil })
	for _, bad := range []string{"", "aminath@example.mv", "Aminath Ali", "އާމިނަތު", "a\nb", strings.Repeat("x", 129)} {
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			return q.Enqueue(tx, jobs.New{Kind: "mail", Payload: map[string]string{"to": bad}})
		})
		if err == nil {
			t.Errorf("the payload %q was taken", bad)
		}
		if bad != "" && strings.Contains(fmt.Sprint(err), bad) {
			t.Errorf("the error repeats the value: %v", err)
		}
	}
	big := map[string]string{}
	for i := range 9 {
		big[fmt.Sprint("id", i)] = strings.Repeat("x", 128)
	}
	for what, n := range map[string]jobs.New{
		"a payload that is too big":   {Kind: "mail", Payload: big},
		"a kind that nobody does":     {Kind: "male"},
		"a key that is a mail box":    {Kind: "mail", Key: "aminath@example.mv"},
		"a name of a value with room": {Kind: "mail", Payload: map[string]string{"full name": "x"}},
	} {
		if err := d.Update(t.Context(), func(tx *db.Tx) error { return q.Enqueue(tx, n) }); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	work(t, q, 0)
}

// TestFailuresAreRetriedLaterAndLater also shows that the pause comes from the
// job's own count: it is measured by moving the clock until the job runs again.
func TestFailuresAreRetriedLaterAndLater(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now := testkit.Clock()
		fail := true
		q := node(d, now, jobs.Options{Attempts: 4}, func(_ context.Context, j *jobs.Job) error {
			if fail {
				return fault.New(fault.Unavailable, "mail.unreachable")
			}
			return nil
		})
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "k"})
		work(t, q, 1)
		for _, pause := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
			if s := stats(t, q); s.Waiting != 1 || s.Dead != 0 {
				t.Fatalf("while it is tried the queue stands at %+v", s)
			}
			now.Advance(pause*3/4 - time.Microsecond)
			work(t, q, 0)
			now.Advance(pause / 2)
			work(t, q, 1)
		}
		dead, err := q.Dead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(dead) != 1 || dead[0].Attempt != 4 || dead[0].Error != "mail.unreachable" || !dead[0].Dead.Equal(now.Now()) {
			t.Fatalf("the dead letters are %+v", dead)
		}
		now.Advance(24 * time.Hour)
		work(t, q, 0)

		// The same work may be asked for anew; then the dead one stays.
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "k", At: now.Now().Add(time.Hour)})
		if err := q.Retry(t.Context(), dead[0].ID); !errors.Is(err, jobs.ErrAgain) {
			t.Errorf("retrying what is waiting already: %v", err)
		}
		fail = false
		now.Advance(time.Hour)
		work(t, q, 1)
		if err := q.Retry(t.Context(), dead[0].ID); err != nil {
			t.Error(err)
		}
		work(t, q, 1)
		if err := q.Retry(t.Context(), dead[0].ID); !errors.Is(err, jobs.ErrUnknown) {
			t.Errorf("retrying what is done: %v", err)
		}
		if s := stats(t, q); s != (jobs.Stats{}) {
			t.Errorf("at the end the queue stands at %+v", s)
		}
	}, jobs.Migrations())
}

func TestAPanicIsAFailureAndIsNotLogged(t *testing.T) {
	d := testkit.Database(t, db.SQLite, jobs.Migrations())
	var log bytes.Buffer
	q := jobs.NewQueue(jobs.Config{DB: d, Clock: testkit.Clock(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	q.Register("mail", func(context.Context, *jobs.Job) error { panic("Aminath Ali") }, jobs.Options{Attempts: 1})
	enqueue(t, d, q, jobs.New{Kind: "mail"})
	work(t, q, 1)
	dead, err := q.Dead(t.Context())
	if err != nil || len(dead) != 1 || dead[0].Error != "jobs.panic" {
		t.Fatalf("dead letters %+v, %v", dead, err)
	}
	if !strings.Contains(log.String(), "jobs.panic") || strings.Contains(log.String(), "Aminath") {
		t.Errorf("the log says:\n%s", &log)
	}
}

// TestAJobOutlivesItsNode kills a node in the middle of a job, which is to say
// that the outcome is never written, and finds the job done by another node.
func TestAJobOutlivesItsNode(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address, now := testkit.Address(t, engine), testkit.Clock()
			d1, d2 := testkit.Open(t, address, jobs.Migrations()), testkit.Open(t, address)
			done := 0
			var second *jobs.Queue
			first := node(d1, now, jobs.Options{Timeout: time.Minute}, func(context.Context, *jobs.Job) error {
				work(t, second, 0) // while it is claimed nobody else gets it
				now.Advance(time.Minute + 30*time.Second - time.Microsecond)
				work(t, second, 0)
				now.Advance(time.Microsecond)
				work(t, second, 1) // the claim is over: the first node counts as dead
				return errors.New("too late to have a say")
			})
			second = node(d2, now, jobs.Options{Timeout: time.Minute}, func(_ context.Context, j *jobs.Job) error {
				if j.Attempt != 2 {
					t.Errorf("the second node makes attempt %d", j.Attempt)
				}
				done++
				return nil
			})
			enqueue(t, d1, first, jobs.New{Kind: "mail"})
			work(t, first, 1)
			if s := stats(t, second); done != 1 || s != (jobs.Stats{}) {
				t.Errorf("done %d times, the queue stands at %+v", done, s)
			}
		})
	}
}

func TestAJobThatKillsItsNodeIsBuried(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now := testkit.Clock()
		var q *jobs.Queue
		crashes := 0
		q = node(d, now, jobs.Options{Timeout: time.Second, Attempts: 3}, func(ctx context.Context, j *jobs.Job) error {
			crashes++
			now.Advance(time.Hour)
			_, err := q.Work(ctx) // the next node, while this one never answers
			return err
		})
		enqueue(t, d, q, jobs.New{Kind: "mail"})
		work(t, q, 1)
		dead, err := q.Dead(t.Context())
		if err != nil || crashes != 3 || len(dead) != 1 || dead[0].Error != "jobs.crashed" {
			t.Errorf("after %d crashes the dead letters are %+v, %v", crashes, dead, err)
		}
	}, jobs.Migrations())
}

// TestNodesShareTheWork has several nodes race for jobs: each is done once.
func TestNodesShareTheWork(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			const jobsMax = 200
			address, now := testkit.Address(t, engine), testkit.Clock()
			var mu sync.Mutex
			done := map[string]int{}
			nodes := make([]*jobs.Queue, 3)
			for i := range nodes {
				d := testkit.Open(t, address, jobs.Migrations())
				nodes[i] = node(d, now, jobs.Options{}, func(_ context.Context, j *jobs.Job) error {
					mu.Lock()
					defer mu.Unlock()
					done[j.Get("n")]++
					return nil
				})
			}
			if err := nodes[0].DB.Update(t.Context(), func(tx *db.Tx) error {
				for i := range jobsMax {
					if err := nodes[0].Enqueue(tx, jobs.New{Kind: "mail", Payload: map[string]string{"n": fmt.Sprint(i)}}); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for _, q := range nodes {
				all.Go(func() {
					// A node that loses a race finds nothing and looks again.
					for stats(t, q).Waiting > 0 {
						if _, err := q.Work(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			if len(done) != jobsMax {
				t.Errorf("%d of %d jobs were done", len(done), jobsMax)
			}
			for n, times := range done {
				if times != 1 {
					t.Errorf("job %s was done %d times", n, times)
				}
			}
		})
	}
}

// TestLocalWorkStartsWithoutPolling: the poll of these queues is an hour.
func TestLocalWorkStartsWithoutPolling(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		started := make(chan string, 10)
		q := node(d, testkit.Clock(), jobs.Options{}, func(_ context.Context, j *jobs.Job) error {
			started <- j.Get("n")
			return nil
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { q.Run(ctx); close(ended) }()
		for i := range 10 {
			enqueue(t, d, q, jobs.New{Kind: "mail", Payload: map[string]string{"n": fmt.Sprint(i)}})
			if got := <-started; got != fmt.Sprint(i) {
				t.Errorf("job %d is %s", i, got)
			}
		}
		stop()
		<-ended
	}, jobs.Migrations())
}

func TestAnothersWorkIsFoundByPolling(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address, now := testkit.Address(t, engine), testkit.Clock()
			writer := node(testkit.Open(t, address, jobs.Migrations()), now, jobs.Options{}, nil)
			started := make(chan struct{})
			q := jobs.NewQueue(jobs.Config{DB: testkit.Open(t, address), Clock: now, Log: slog.New(slog.DiscardHandler), Poll: time.Millisecond})
			q.Register("mail", func(context.Context, *jobs.Job) error { close(started); return nil }, jobs.Options{})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { q.Run(ctx); close(ended) }()
			enqueue(t, writer.DB, writer, jobs.New{Kind: "mail"})
			<-started
			stop()
			<-ended
		})
	}
}

func TestANodeThatDoesNoJobsIsNotReady(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now := testkit.Clock()
		q := jobs.NewQueue(jobs.Config{DB: d, Clock: now, Log: slog.New(slog.DiscardHandler), Poll: time.Millisecond})
		q.Register("mail", func(context.Context, *jobs.Job) error { return nil }, jobs.Options{})
		now.Advance(time.Minute)
		if err := q.Ready(t.Context()); err != nil {
			t.Errorf("a node that begins: %v", err)
		}
		now.Advance(time.Second)
		if err := q.Ready(t.Context()); err == nil {
			t.Error("a node is ready that has not looked for work for a minute")
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { q.Run(ctx); close(ended) }()
		for end := time.Now().Add(10 * time.Second); q.Ready(t.Context()) != nil; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("a node that looks for work is never ready")
			}
		}
		stop()
		<-ended
		now.Advance(time.Minute + time.Second)
		if q.Ready(t.Context()) == nil {
			t.Error("a node is ready that has stopped")
		}
	}, jobs.Migrations())
}

func TestStoppingLetsRunningJobsFinish(t *testing.T) {
	d := testkit.Database(t, db.SQLite, jobs.Migrations())
	entered, finish := make(chan struct{}), make(chan struct{})
	q := node(d, testkit.Clock(), jobs.Options{}, func(ctx context.Context, _ *jobs.Job) error {
		close(entered)
		<-finish
		return ctx.Err() // nil: the program's end has not reached it
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { q.Run(ctx); close(ended) }()
	enqueue(t, d, q, jobs.New{Kind: "mail"})
	<-entered
	stop()
	enqueue(t, d, q, jobs.New{Kind: "mail", Key: "later"})
	close(finish)
	<-ended
	if s := stats(t, q); s.Waiting != 1 {
		t.Errorf("after the stop %d jobs wait: the running one was to finish and the later one to stay", s.Waiting)
	}
}

func TestStoppingDoesNotWaitForEver(t *testing.T) {
	d := testkit.Database(t, db.SQLite, jobs.Migrations())
	now := testkit.Clock()
	entered := make(chan struct{})
	q := jobs.NewQueue(jobs.Config{DB: d, Clock: now, Log: slog.New(slog.DiscardHandler), Poll: time.Hour, Grace: time.Millisecond})
	q.Register("mail", func(ctx context.Context, _ *jobs.Job) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	}, jobs.Options{Timeout: time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { q.Run(ctx); close(ended) }()
	enqueue(t, d, q, jobs.New{Kind: "mail"})
	<-entered
	stop()
	<-ended
	if s := stats(t, q); s.Waiting != 1 {
		t.Errorf("the job that was cut off is lost: %+v", s)
	}
}

func TestASlowHandlerIsToldSo(t *testing.T) {
	d := testkit.Database(t, db.SQLite, jobs.Migrations())
	q := node(d, testkit.Clock(), jobs.Options{Timeout: time.Millisecond, Attempts: 1}, func(ctx context.Context, _ *jobs.Job) error {
		<-ctx.Done()
		return ctx.Err()
	})
	enqueue(t, d, q, jobs.New{Kind: "mail"})
	work(t, q, 1)
	dead, err := q.Dead(t.Context())
	if err != nil || len(dead) != 1 || dead[0].Error != "jobs.slow" {
		t.Errorf("dead letters %+v, %v", dead, err)
	}
}

func TestWhatCannotBeReadDoesNotStopTheRest(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		q := node(d, testkit.Clock(), jobs.Options{}, func(context.Context, *jobs.Job) error { return nil })
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "broken"})
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "whole"})
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE jobs_job SET payload = $1 WHERE key = $2", "{", "broken")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a pass that only buries attempts nothing
			if _, err := q.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s := stats(t, q); s.Waiting != 0 || s.Dead != 1 {
			t.Errorf("the queue stands at %+v", s)
		}
	}, jobs.Migrations())
}

// TestRetryingWhatIsJustBeingAskedForAnew tries a dead letter again while the
// same work has been written and not yet committed.
func TestRetryingWhatIsJustBeingAskedForAnew(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now := testkit.Clock()
		q := node(d, now, jobs.Options{Attempts: 1}, func(context.Context, *jobs.Job) error { return errors.New("down") })
		enqueue(t, d, q, jobs.New{Kind: "mail", Key: "k", Payload: map[string]string{"n": "1"}})
		work(t, q, 1)
		dead, err := q.Dead(t.Context())
		if err != nil || len(dead) != 1 {
			t.Fatal(dead, err)
		}
		var once sync.Once
		retried := make(chan error, 1)
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			if err := q.Enqueue(tx, jobs.New{Kind: "mail", Key: "k", Payload: map[string]string{"n": "2"}}); err != nil {
				return err
			}
			once.Do(func() {
				go func() { retried <- q.Retry(t.Context(), dead[0].ID) }()
				time.Sleep(200 * time.Millisecond) // it now waits for this transaction
			})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-retried; !errors.Is(err, jobs.ErrAgain) {
			t.Errorf("retrying answers %v", err)
		}
		if s := stats(t, q); s.Waiting != 1 || s.Dead != 1 {
			t.Errorf("the queue stands at %+v", s)
		}
	}, jobs.Migrations())
}

func TestWhatRunsAgainAndAgainIsNotEndedByAFailure(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now, runs, fails := testkit.Clock(), 0, true
		node := func() *jobs.Queue {
			q := jobs.NewQueue(jobs.Config{DB: d, Clock: now, Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
			q.Every("sweep", time.Hour, func(context.Context) error {
				if runs++; fails {
					return errors.New("the disk is full")
				}
				return nil
			}, jobs.Options{Attempts: 1})
			return q
		}
		a, b := node(), node()
		for _, q := range []*jobs.Queue{a, b} { // both start: it runs once
			if err := q.Plan(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		work(t, a, 1)
		work(t, b, 0)
		if s := stats(t, a); s.Dead != 1 {
			t.Fatalf("%d are given up", s.Dead)
		}
		fails = false
		for range 3 {
			now.Advance(time.Hour)
			work(t, b, 1)
			work(t, a, 0)
		}
		if runs != 4 {
			t.Errorf("it ran %d times", runs)
		}
	}, jobs.Migrations())
}

// TestWhatTakesLongIsNotBegunBesideItself: the run of a schedule that begins
// shortly before the hour, and takes its time.
func TestWhatTakesLongIsNotBegunBesideItself(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now, runs := testkit.Clock(), 0
		q := jobs.NewQueue(jobs.Config{DB: d, Clock: now, Log: slog.New(slog.DiscardHandler), Poll: time.Hour})
		q.Every("sweep", time.Hour, func(context.Context) error {
			if runs++; runs == 1 {
				now.Advance(time.Hour)
				work(t, q, 1)
			}
			return nil
		}, jobs.Options{Timeout: 2 * time.Hour})
		if err := q.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		work(t, q, 1)
		if runs != 1 {
			t.Errorf("it ran %d times at once", runs)
		}
		now.Advance(time.Hour)
		if work(t, q, 1); runs != 2 {
			t.Errorf("it ran %d times", runs)
		}
	}, jobs.Migrations())
}

func TestWhatAJobNotesFinallyIsWrittenWithItsEnd(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		fails, finally := true, 0
		var ending error
		q := node(d, testkit.Clock(), jobs.Options{Attempts: 5}, func(_ context.Context, j *jobs.Job) error {
			j.Finally(func(tx *db.Tx) error {
				finally++
				var n int
				if err := tx.QueryRow(`SELECT COUNT(id) FROM jobs_job`).Scan(&n); err != nil || n != 0 {
					t.Errorf("%d jobs are there when it ends: %v", n, err)
				}
				return ending
			})
			if fails {
				return errors.New("not now")
			}
			return nil
		})
		enqueue(t, d, q, jobs.New{Kind: "mail"})
		work(t, q, 1)
		if finally != 0 {
			t.Error("a job that failed notes its end")
		}
		q.Clock.(*clock.Fake).Advance(time.Hour)
		fails, ending = false, errors.New("the note cannot be written")
		work(t, q, 1)
		if s := stats(t, q); finally == 0 || s.Waiting != 1 {
			t.Errorf("without its note it ended: %+v", s)
		}
		q.Clock.(*clock.Fake).Advance(time.Hour)
		ending = nil
		work(t, q, 1)
		if s := stats(t, q); s.Waiting != 0 {
			t.Errorf("with its note it did not end: %+v", s)
		}
	}, jobs.Migrations())
}
