package backup_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"portico/internal/backup"
	"portico/internal/keys"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// The variables by which this binary is the process that is killed.
const (
	killedStore, killedKeys = "PORTICO_TEST_KILLED_STORE", "PORTICO_TEST_KILLED_KEYS"
	begun                   = "it begins"
	epochs                  = 60 // more than a process destroys before it is killed
)

func openRing(t *testing.T, dir string) *keys.Ring {
	t.Helper()
	ring, err := keys.Open(dir, "example", false)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// TestTheProcessThatIsKilled is that of the test below, and nothing by itself.
func TestTheProcessThatIsKilled(t *testing.T) {
	if os.Getenv(killedStore) == "" {
		return
	}
	d, ring := testkit.Open(t, os.Getenv(killedStore)), openRing(t, os.Getenv(killedKeys))
	fmt.Println(begun)
	_, _, err := backup.DestroyEpochs(t.Context(), d, ring, map[int64]int64{ring.Epoch(): 1}, time.Now(), func(at time.Time) (time.Time, error) { return at, nil })
	if err != nil {
		t.Fatal(err)
	}
}

// TestI8_ADestructionOfEpochsThatIsKilledLeavesNoKeyInBetween kills the process
// again and again, kill -9, until one ends: each time the key directory opens,
// what is wrapped under an epoch that stays opens and nothing else does, and in
// the end no file beside it holds a key of one that is gone.
func TestI8_ADestructionOfEpochsThatIsKilledLeavesNoKeyInBetween(t *testing.T) {
	chance := testkit.Chance(t)
	address, dir := testkit.Address(t, db.SQLite, backup.Migrations()), filepath.Join(t.TempDir(), "keys")
	ring, err := keys.Create(dir, "example", false)
	if err != nil {
		t.Fatal(err)
	}
	at, key := keys.Place{Instance: "example", Table: "t", Column: "c", Row: "r", Person: "p"}, keys.NewKey()
	wrapped := map[int64][]byte{}
	for range epochs {
		n, w := ring.Wrap(at, key)
		wrapped[n] = w
		if _, err := ring.NewEpoch(time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	current, w := ring.Wrap(at, key)
	wrapped[current] = w
	if err := testkit.Open(t, address).Update(t.Context(), (backup.Drill{At: time.Now(), Epoch: current}).Note); err != nil {
		t.Fatal(err)
	}
	whole := func() (left []int64) {
		t.Helper()
		ring := openRing(t, dir)
		for n, w := range wrapped {
			got, err := ring.Unwrap(at, n, w)
			if stays := slices.Contains(ring.Epochs(), n); stays != (err == nil) || err == nil && !bytes.Equal(got, key) {
				t.Fatalf("epoch %d stays: %v; what is wrapped under it: %v", n, stays, err)
			}
		}
		if ring.Epoch() != current {
			t.Fatalf("the current epoch is %d, not %d", ring.Epoch(), current)
		}
		return ring.Epochs()
	}
	kills, between := 0, 0
	for ended := false; !ended; {
		wait := time.Duration(chance.Int64N(int64(25 * time.Millisecond)))
		if ended = killed(t, address, dir, kills < 12, wait); ended {
			break
		}
		kills++
		if n := len(whole()); n > 1 && n < len(wrapped) {
			between++
		}
	}
	if left := whole(); !slices.Equal(left, []int64{current}) {
		t.Errorf("epochs %v are left, %d is the current one", left, current)
	}
	if kills == 0 || between == 0 {
		t.Errorf("%d kills, %d of them between two epochs", kills, between)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.new"))
	if err != nil || len(left) > 0 {
		t.Errorf("left beside the keys: %q, %v", left, err)
	}
}

// killed begins the process, kills it after a while, and reports whether it had
// ended by itself.
func killed(t *testing.T, address, dir string, kill bool, after time.Duration) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTheProcessThatIsKilled$", "-test.v")
	cmd.Env = append(os.Environ(), killedStore+"="+address, killedKeys+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
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
