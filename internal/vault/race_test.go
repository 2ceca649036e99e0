package vault_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// changer names the variable by which this test's binary, started again, knows
// that it is the other process: database, then subjects.
const changer = "PORTICO_TEST_CHANGER"

// TestMain lets the test's binary be the other process of TestI6.
func TestMain(m *testing.M) {
	if job := os.Getenv(changer); job != "" {
		if err := change(context.Background(), strings.Fields(job)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// change moves the gates' versions one after the other until standard input
// ends: it forbids (restricts) and allows in turns. Each change prints the
// subject, the version it made, the gate's last number at that moment, and
// whether reading by others is forbidden from then on.
func change(ctx context.Context, job []string) error {
	d, err := db.Open(ctx, job[0])
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return d.Close()
		default:
		}
		subject := job[1+i%(len(job)-1)]
		forbidden := i/(len(job)-1)%2 == 0
		var version, n int64
		if err := d.Update(ctx, func(tx *db.Tx) error {
			at := "NULL"
			if forbidden {
				at = "1"
			}
			return tx.QueryRow(`UPDATE vault_gate SET version = version + 1, restricted_at = `+at+` WHERE subject = $1 RETURNING version, n`, subject).
				Scan(&version, &n)
		}); err != nil {
			return err
		}
		fmt.Println(subject, version, n, forbidden)
	}
}

// moved is one change, as the other process reports it.
type moved struct {
	n         int64 // events up to this number were before it
	forbidden bool
}

// TestI6_NoEventCommitsAfterTheChangeThatForbidsIt reads 20,000 times while
// another process changes the gates at least 1,000 times. The order is the
// gate's: an event's number says between which changes it committed, and its
// facts say which version it was decided on. They must be the same, and it
// must have been allowed then.
func TestI6_NoEventCommitsAfterTheChangeThatForbidsIt(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address := testkit.Address(t, engine)
			d := testkit.Open(t, address, audit.Migrations(), vault.Migrations())
			s := vaulttest.Open(t, d, policytest.Compile(t))
			subjects := make([]string, 8)
			for i := range subjects {
				subjects[i] = person(t, s)
			}
			history, stop := startChanger(t, address, subjects)

			const reads, perChange = 20_000, 20
			var next, allowed, denied, busy atomic.Int64
			var wait sync.WaitGroup
			for range 16 {
				wait.Go(func() {
					for {
						i := next.Add(1)
						if i > reads {
							return
						}
						for i > perChange*int64(history.len()+1) { // or the other process hardly gets a turn
							time.Sleep(200 * time.Microsecond)
						}
						values, err := s.Read(t.Context(), byOfficer(subjects[i%int64(len(subjects))]))
						switch {
						case err == nil && values.Text(name) != "":
							allowed.Add(1)
						case fault.KindOf(err) == fault.Denied:
							denied.Add(1)
						case fault.KindOf(err) == fault.Unavailable:
							busy.Add(1)
						default:
							t.Errorf("read %v, %v", values, err)
							return
						}
					}
				})
			}
			wait.Wait()
			stop()
			t.Logf("%d reads allowed, %d denied, %d gave up, %d changes", allowed.Load(), denied.Load(), busy.Load(), history.len())
			if n := history.len(); n < 1000 {
				t.Errorf("%d changes, not 1,000", n)
			}
			if allowed.Load() < 1000 || denied.Load() < 1000 {
				t.Errorf("%d allowed and %d denied: the race was not one", allowed.Load(), denied.Load())
			}
			if busy.Load() > reads/100 {
				t.Errorf("%d reads gave up", busy.Load())
			}
			var events int64
			for _, subject := range subjects {
				events += checkOrder(t, s, subject, history.of[subject])
			}
			if events != allowed.Load() {
				t.Errorf("%d reads were answered and %d have their event", allowed.Load(), events)
			}
		})
	}
}

// byOfficer is an official's use of a name, which a restriction forbids.
func byOfficer(subject string) vault.Use {
	return vault.Use{
		Actor:   policy.Actor{Kind: policy.Staff, ID: "officer", Roles: []string{"permit-officer"}, Strong: true},
		Subject: subject, Activity: "road-permit.decide", Operation: policy.Use, Scope: vault.Profile, Fields: []string{name},
		Task: policy.Task{Scope: vault.Profile, Holder: "officer", Open: true},
	}
}

// history is what the other process reported, by subject: the changes by the
// version that they made.
type history struct {
	mu sync.Mutex
	n  int
	of map[string]map[int64]moved
}

func (h *history) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

func startChanger(t *testing.T, address string, subjects []string) (*history, func()) {
	t.Helper()
	h := &history{of: map[string]map[int64]moved{}}
	for _, s := range subjects {
		h.of[s] = map[int64]moved{}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), changer+"="+address+" "+strings.Join(subjects, " "))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- h.follow(out) }()
	return h, func() {
		t.Helper()
		if err := errors.Join(in.Close(), <-done, cmd.Wait()); err != nil {
			t.Fatalf("the other process: %v", err)
		}
	}
}

func (h *history) follow(out io.Reader) error {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var subject string
		var version int64
		var m moved
		if _, err := fmt.Sscan(lines.Text(), &subject, &version, &m.n, &m.forbidden); err != nil {
			return err
		}
		h.mu.Lock()
		h.of[subject][version] = m
		h.n++
		h.mu.Unlock()
	}
	return lines.Err()
}

// checkOrder looks at every access event of a subject.
func checkOrder(t *testing.T, s *vaulttest.Store, subject string, changes map[int64]moved) (accesses int64) {
	t.Helper()
	events, err := s.Log.Events(t.Context(), subject, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind != audit.KindAccess {
			continue
		}
		accesses++
		version, err := strconv.ParseInt(e.Facts["gate"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		made, after := changes[version], changes[version+1]
		if made.forbidden {
			t.Errorf("event %d was decided on version %d, which forbade it", e.N, version)
		}
		if e.N <= made.n {
			t.Errorf("event %d was decided on version %d and committed before it", e.N, version)
		}
		if _, moved := changes[version+1]; moved && e.N > after.n {
			t.Errorf("event %d was decided on version %d and committed after the next, which came behind event %d", e.N, version, after.n)
		}
	}
	return accesses
}
