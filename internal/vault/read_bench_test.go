package vault_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// plainTable is what the permitted read is held against: the same row as an
// event's, inserted by a transaction of its own and nothing else.
const plainTable = `CREATE TABLE plain (subject TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, leaf BYTEA NOT NULL, sealed BYTEA NOT NULL, PRIMARY KEY (subject, n))`

// BenchmarkPermittedRead measures a whole permitted read in process (decide,
// open, event, durable commit, reveal) beside a plain insert of the same row,
// in turns within the same run, and prints their ratio. The log is integrated
// meanwhile, as it is in a running portal.
func BenchmarkPermittedRead(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/%d-callers", engine, callers), func(b *testing.B) {
				benchmarkRead(b, engine, callers)
			})
		}
	}
}

func benchmarkRead(b *testing.B, engine db.Engine, callers int) {
	d := testkit.Database(b, engine, audit.Migrations(), vault.Migrations())
	s := vaulttest.Open(b, d, policytest.Compile(b))
	if err := d.Update(b.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(plainTable)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	subjects := make([]string, 256)
	for i := range subjects {
		subjects[i] = s.Subject(b)
		s.Collect(b, own(subjects[i]), map[string]string{name: "Aishath Nasreena Ibrahim", email: "aishath@example.mv"})
	}
	sealed := make([]byte, sealedSize(b, d, subjects[0]))
	_, _ = rand.Read(sealed)
	ctx, stop := context.WithCancel(b.Context())
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		_ = s.Log.Run(ctx, func(err error) { b.Error(err) })
	}()
	var number atomic.Int64
	plain := func(i int64) error {
		leaf := make([]byte, 32)
		_, _ = rand.Read(leaf)
		return d.Update(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO plain (subject, n, at, leaf, sealed) VALUES ($1, $2, $3, $4, $5)`,
				subjects[i%256], number.Add(1), i, leaf, sealed)
			return err
		})
	}
	read := func(i int64) error {
		values, err := s.Read(b.Context(), own(subjects[i%256], name, email))
		if err == nil && values.Text(name) == "" {
			err = fmt.Errorf("nothing was revealed")
		}
		return err
	}
	var reads, plains, readTime, plainTime float64
	for range b.N {
		for range 4 { // in turns, so that both meet the same machine
			n, took := storm(b, callers, plain)
			plains, plainTime = plains+n, plainTime+took
			n, took = storm(b, callers, read)
			reads, readTime = reads+n, readTime+took
		}
	}
	stop()
	<-ran
	b.ReportMetric(reads/readTime, "reads/s")
	b.ReportMetric(plains/plainTime, "plain/s")
	b.ReportMetric(reads/readTime/(plains/plainTime), "ratio")
	b.ReportMetric(0, "ns/op")
}

// storm has callers call fn for half a second and returns how many calls were
// made in how many seconds.
func storm(b *testing.B, callers int, fn func(int64) error) (calls, seconds float64) {
	var wait sync.WaitGroup
	var next atomic.Int64
	started := time.Now()
	end := started.Add(500 * time.Millisecond)
	for range callers {
		wait.Go(func() {
			for time.Now().Before(end) {
				if err := fn(next.Add(1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return float64(next.Load()), time.Since(started).Seconds()
}

// sealedSize is how long a sealed event is.
func sealedSize(b *testing.B, d *db.DB, subject string) (n int) {
	if err := d.View(b.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT max(length(sealed)) FROM audit_event WHERE subject = $1`, subject).Scan(&n)
	}); err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkFlushes makes b.N permitted reads on SQLite. scripts/flushes.sh
// runs it twice under strace, with different numbers, and counts from outside
// how often the operating system was asked to flush.
func BenchmarkFlushes(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d-callers", callers), func(b *testing.B) {
			d := testkit.Database(b, db.SQLite, audit.Migrations(), vault.Migrations())
			s := vaulttest.Open(b, d, policytest.Compile(b))
			subject := s.Subject(b)
			s.Collect(b, own(subject), map[string]string{name: "Aishath Nasreena Ibrahim"})
			var next atomic.Int64
			var wait sync.WaitGroup
			for range callers {
				wait.Go(func() {
					for next.Add(1) <= int64(b.N) {
						if _, err := s.Read(b.Context(), own(subject, name)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
		})
	}
}
