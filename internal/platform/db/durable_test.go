package db_test

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestI3_WhatWasAcknowledgedSurvivesKill9 kills a writing process at a random
// moment and finds every row that it said was durable.
func TestI3_WhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	chance := testkit.Chance(t)
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address := testkit.Address(t, engine)
			if err := testkit.Open(t, address, things).Close(); err != nil {
				t.Fatal(err)
			}
			acknowledged := map[string]bool{}
			for range 5 {
				d := testkit.Open(t, address)
				if err := d.Update(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec("DELETE FROM thing")
					return err
				}); err != nil {
					t.Fatal(err)
				}
				clear(acknowledged)
				writer := exec.Command(os.Args[0])
				writer.Env = append(os.Environ(), "PORTICO_TEST_WRITER="+address)
				writer.Stderr = os.Stderr
				out, err := writer.StdoutPipe()
				if err == nil {
					err = writer.Start()
				}
				if err != nil {
					t.Fatal(err)
				}
				said := bufio.NewScanner(out)
				for killed, last := false, 1+chance.IntN(300); said.Scan(); {
					acknowledged[said.Text()] = true // also what it said before it was dead
					if !killed && len(acknowledged) >= last {
						killed = true
						if err := writer.Process.Kill(); err != nil {
							t.Fatal(err)
						}
					}
				}
				_ = writer.Wait() // killed
				if len(acknowledged) == 0 {
					t.Fatal("the writer said nothing")
				}
				for _, name := range rows(t, testkit.Open(t, address)) {
					delete(acknowledged, name)
				}
				if len(acknowledged) > 0 {
					t.Fatalf("acknowledged and lost: %v", acknowledged)
				}
			}
		})
	}
}
