package automatic_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/platform/db"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault/vaulttest"
)

// killedTimes says how many processes were killed before: what one of them had
// taken up waits until its time is over.
const killedTimes = "PORTICO_TEST_KILLED_TIMES"

// TestTheProcessThatIsKilled is the process of
// TestN13_TwoWorkersThatAreKilledDecideOnce, and nothing by itself: two workers
// take up what there is to decide.
func TestTheProcessThatIsKilled(t *testing.T) {
	service := servicestest.EventPermit(t)
	d, s := vaulttest.Killed(t, servicestest.Policy(t, service))
	if d == nil {
		return
	}
	times, err := strconv.Atoi(os.Getenv(killedTimes))
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Duration(times) * time.Hour)
	one, other := onStore(t, s, service), onStore(t, s, service)
	vaulttest.Begins()
	var both sync.WaitGroup
	for _, w := range []*world{one, other} {
		both.Go(func() {
			for {
				if n, err := w.queue.Work(t.Context()); err != nil || n == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	both.Wait()
}

// TestN13_TwoWorkersThatAreKilledDecideOnce has two workers decide without a
// person, kills their process, kill -9, again and again, and lets the last one
// end: each application was decided once, by its rule, which says what was read.
func TestN13_TwoWorkersThatAreKilledDecideOnce(t *testing.T) {
	const killsMost = 4
	for engine, sent := range map[db.Engine]int{db.SQLite: 40, db.Postgres: 20} {
		t.Run(string(engine), func(t *testing.T) {
			chance := testkit.Chance(t)
			address := testkit.Address(t, engine, migrations()...)
			d := testkit.Open(t, address)
			w := newWorld(t, d)
			rules := map[string]string{} // by application
			for n := range sent {
				if n%2 == 0 {
					rules[w.AppliedFor(w.Citizen, w.Service, small(t, w)).ID] = "small-repeat"
				} else {
					rules[w.AppliedFor(w.Citizen, w.Service, small(t, w, "doors", "23:30")).ID] = "late-beginning"
				}
			}
			halfway := false
			for kills, ended := 0, false; !ended; kills++ {
				ended = vaulttest.Kill(t, "TestTheProcessThatIsKilled", address, w.Store, kills < killsMost,
					time.Duration(chance.Int64N(int64(60*time.Millisecond))), fmt.Sprintf("%s=%d", killedTimes, kills))
				halfway = halfway || w.standing(t).Decided < sent
			}
			if !halfway {
				t.Error("nothing was killed before all was decided, so that this shows nothing")
			}
			if n := w.standing(t); n.Decided != sent || len(n.Wrong) != 0 {
				t.Errorf("of %d: %+v", sent, n)
			}
			for id, rule := range rules {
				a := w.now(t, id)
				if last := a.Steps[len(a.Steps)-1]; len(a.Steps) != 2 || last.Actor != cases.ByProgram || last.Rule != rule || len(last.Keys) == 0 {
					t.Errorf("it went %+v, and the rule is %s", a.Steps, rule)
				}
			}
			if read := len(w.reads(t)); read < sent {
				t.Errorf("the person's log says %d times that the program read something, and it decided %d", read, sent)
			}
		})
	}
}
