package vaulttest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/testkit"
)

// The variables by which a test binary is the process that is killed.
const (
	killedStore, killedKeys, killedLog = "PORTICO_TEST_KILLED_STORE", "PORTICO_TEST_KILLED_KEYS", "PORTICO_TEST_KILLED_LOG"
	begun                              = "it begins"
)

// Begins says, in the process that is killed, that what is interrupted begins.
func Begins() { fmt.Println(begun) }

// Killed opens, in the process that is killed, the store that it works on; in
// any other it returns nil.
func Killed(t *testing.T, pol *policy.Policy) (*db.DB, *Store) {
	t.Helper()
	if os.Getenv(killedStore) == "" {
		return nil, nil
	}
	d := testkit.Open(t, os.Getenv(killedStore))
	return d, Reopen(t, d, pol, os.Getenv(killedKeys), os.Getenv(killedLog))
}

// Kill runs a test of this binary as a process of its own on a store, kills it a
// while after it said that it begins, and reports whether it had ended before.
func Kill(t *testing.T, test, address string, s *Store, kill bool, after time.Duration, env ...string) (ended bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(append(os.Environ(), killedStore+"="+address, killedKeys+"="+s.Keys, killedLog+"="+s.Dir), env...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if lines.Text() == begun && kill {
			<-time.After(after)
			if err := cmd.Process.Kill(); err != nil {
				t.Logf("it had ended: %v", err)
			}
		}
	}
	if err = cmd.Wait(); err != nil && !kill {
		t.Fatalf("the process that nobody killed: %v\n%s", err, said)
	}
	return err == nil
}
