package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/testkit"
)

var things = fstest.MapFS{"20261122000000_things.sql": {Data: []byte(`-- +goose Up
CREATE TABLE thing (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);
CREATE TABLE part (id TEXT NOT NULL PRIMARY KEY, thing TEXT NOT NULL REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED);
`)}}

func put(id string, n int) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO thing (id, n) VALUES ($1, $2)", id, n)
		return err
	}
}

func rows(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error {
			var id string
			err := r.Scan(&id)
			out = append(out, id)
			return err
		}, "SELECT id FROM thing ORDER BY id")
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// update calls Update and returns what it panicked with as an error.
func update(ctx context.Context, d *db.DB, fn func(*db.Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return d.Update(ctx, fn)
}

// TestOneWhoFailsHarmsNobodyElse has 64 callers share flushes; of each four one
// fails after writing, and one panics after writing.
func TestOneWhoFailsHarmsNobodyElse(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		const callers, each = 64, 8
		var all sync.WaitGroup
		for c := range callers {
			all.Go(func() {
				for i := range each {
					name := fmt.Sprintf("%02d-%d", c, i)
					err := update(t.Context(), d, func(tx *db.Tx) error {
						if err := put(name, i)(tx); err != nil {
							return err
						}
						switch i % 4 {
						case 1:
							return errors.New("mine: " + name)
						case 3:
							panic("mine: " + name)
						}
						return nil
					})
					if want := i%2 == 1; want != (err != nil) || want && !strings.Contains(err.Error(), "mine: "+name) {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
		all.Wait()
		got := rows(t, d)
		if len(got) != callers*each/2 {
			t.Errorf("%d rows are there, not %d", len(got), callers*each/2)
		}
		for _, name := range got {
			if n := name[len(name)-1]; n%2 != 0 {
				t.Errorf("%s failed and is there", name)
			}
		}
	}, things)
}

// TestWhoFailsForWhatOthersWroteFindsIt has one write a row while another fails
// as soon as it is there, and looks for it: whoever begins again on that finds
// it, though a long transaction stands behind both.
func TestWhoFailsForWhatOthersWroteFindsIt(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		there, long := errors.New("it is there"), `WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 100000) SELECT COUNT(*) FROM up`
		for i := range 20 {
			name := fmt.Sprint(i)
			var all sync.WaitGroup
			found := make(chan struct{})
			all.Go(func() {
				for {
					select {
					case <-found:
						return
					default:
					}
					if err := d.Update(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(long).Scan(new(int)) }); err != nil {
						t.Error(err)
						return
					}
				}
			})
			all.Go(func() {
				if err := d.Update(t.Context(), put(name, i)); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				defer close(found)
				seen := func(tx *db.Tx) error {
					var n int
					if err := tx.QueryRow("SELECT COUNT(*) FROM thing WHERE id = $1", name).Scan(&n); err != nil || n == 0 {
						return err
					}
					return there
				}
				err := error(nil)
				for err == nil {
					err = d.Update(t.Context(), seen)
				}
				if !errors.Is(err, there) {
					t.Error(err)
				}
				if err := d.View(t.Context(), seen); !errors.Is(err, there) {
					t.Errorf("round %d: who was told of it does not find it: %v", i, err)
				}
			})
			all.Wait()
		}
	}, things)
}

// TestAWrongStatementHarmsNobodyElse is the same for errors of the engine.
func TestAWrongStatementHarmsNobodyElse(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		if err := d.Update(t.Context(), put("taken", 1)); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for c := range 32 {
			all.Go(func() {
				if c%2 == 0 {
					if err := d.Update(t.Context(), put("taken", c)); err == nil {
						t.Error("one id was written twice")
					}
				} else if err := d.Update(t.Context(), put(fmt.Sprint("free-", c), c)); err != nil {
					t.Errorf("caller %d: %v", c, err)
				}
			})
		}
		all.Wait()
		if got := rows(t, d); len(got) != 17 {
			t.Errorf("there are %q", got)
		}
	}, things)
}

func TestHooksRunAfterTheCommitOrNever(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		ran := 0
		hook := func(tx *db.Tx) {
			tx.AfterCommit(func() {
				ran++
				if got := rows(t, d); len(got) != 1 {
					t.Errorf("when the hook runs there are %q", got)
				}
			})
		}
		changed := errors.New("changed my mind")
		if err := d.Update(t.Context(), func(tx *db.Tx) error { hook(tx); return changed }); !errors.Is(err, changed) || ran != 0 {
			t.Errorf("after %v the hook ran %d times", err, ran)
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error { hook(tx); return put("a", 1)(tx) }); err != nil || ran != 1 {
			t.Errorf("after %v the hook ran %d times", err, ran)
		}
	}, things)
}

func TestACallerWhoLeftChangesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		if err := d.Update(gone, put("gone", 1)); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a caller who had left: %v", err)
		}
		if err := d.View(gone, func(*db.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a reader who had left: %v", err)
		}
		if got := rows(t, d); len(got) != 0 {
			t.Errorf("there are %q", got)
		}
	}, things)
}

// TestACallerWhoLeavesTheQueueIsNotServed: on SQLite callers wait for the one
// that writes.
func TestACallerWhoLeavesTheQueueIsNotServed(t *testing.T) {
	d := testkit.Database(t, db.SQLite, things)
	entered, finish := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- d.Update(t.Context(), func(tx *db.Tx) error {
			close(entered)
			<-finish
			return put("first", 1)(tx)
		})
	}()
	<-entered
	waiting, leave := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { second <- d.Update(waiting, put("second", 2)) }()
	leave()
	if err := <-second; fault.KindOf(err) != fault.Unavailable {
		t.Errorf("who left: %v", err)
	}
	close(finish)
	if err := <-first; err != nil {
		t.Errorf("who stayed: %v", err)
	}
	if err := d.Update(t.Context(), put("third", 3)); err != nil {
		t.Errorf("who came later: %v", err)
	}
	if got := fmt.Sprint(rows(t, d)); got != "[first third]" {
		t.Errorf("there are %s", got)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address := testkit.Address(t, engine)
			d, err := db.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Migrate(t.Context(), things); err != nil {
				t.Fatal(err)
			}
			if err := d.Update(t.Context(), put("a", 1)); err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			for range 20 { // whichever way it finds out
				if err := d.Update(t.Context(), put("b", 1)); fault.KindOf(err) != fault.Unavailable {
					t.Fatalf("a closed store takes a change: %v", err)
				}
				if err := d.View(t.Context(), func(*db.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
					t.Fatalf("a closed store is read: %v", err)
				}
			}
			if got := fmt.Sprint(rows(t, testkit.Open(t, address))); got != "[a]" {
				t.Errorf("opened again there are %s", got)
			}
		})
	}
}

// TestAFailedCommitTakesTheStoreOut has a COMMIT fail, by a reference that is
// looked at only then, while others share it.
func TestAFailedCommitTakesTheStoreOut(t *testing.T) {
	address := testkit.Address(t, db.SQLite)
	d := testkit.Open(t, address, things)
	if err := d.Update(t.Context(), put("before", 1)); err != nil {
		t.Fatal(err)
	}
	// The first caller holds the writer until the others wait behind it, so
	// that one group has all of them.
	entered, finish := make(chan struct{}), make(chan struct{})
	failed := make(chan error, 9)
	go func() {
		failed <- d.Update(t.Context(), func(tx *db.Tx) error {
			close(entered)
			<-finish
			_, err := tx.Exec("INSERT INTO part (id, thing) VALUES ($1, $2)", "p", "of nothing")
			return err
		})
	}()
	<-entered
	for i := range 8 {
		go func() { failed <- d.Update(t.Context(), put(fmt.Sprint("with-", i), i)) }()
	}
	close(finish)
	for range 9 {
		if err := <-failed; fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a caller whose commit failed, or who came after it: %v", err)
		}
	}
	if err := d.Update(t.Context(), put("after", 1)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the store goes on: %v", err)
	}
	again := testkit.Open(t, address)
	if err := again.Update(t.Context(), put("again", 1)); err != nil {
		t.Errorf("opened again: %v", err)
	}
	if got := fmt.Sprint(rows(t, again)); got != "[again before]" {
		t.Errorf("opened again there are %s", got)
	}
}

func TestReadingDoesNotWrite(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		if err := d.View(t.Context(), put("view", 1)); err == nil {
			t.Error("a View writes")
		}
		if err := d.Glance(t.Context(), put("glance", 1)); err == nil {
			t.Error("a Glance writes")
		}
		if got := rows(t, d); len(got) != 0 {
			t.Errorf("there are %q", got)
		}
	}, things)
}

func TestOnceIsATransactionOfOneStatement(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		durable := false
		err := d.Once(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { durable = len(rows(t, d)) == 1 })
			return put("once", 1)(tx)
		})
		if err != nil || !durable {
			t.Errorf("one statement: %v, and seen after it: %v", err, durable)
		}
		hooked := false
		err = d.Once(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { hooked = true })
			return errors.New("decided otherwise")
		})
		if err == nil || hooked {
			t.Errorf("without a statement: %v, as if it were durable: %v", err, hooked)
		}
	}, things)
}

func TestOnceRefusesASecondStatement(t *testing.T) {
	d := testkit.Database(t, db.Postgres, things)
	err := d.Once(t.Context(), func(tx *db.Tx) error {
		if err := put("first", 1)(tx); err != nil {
			t.Fatal(err)
		}
		return put("second", 1)(tx)
	})
	if got := rows(t, d); err == nil || len(got) != 1 {
		t.Errorf("a second statement: %v, and there are %q", err, got)
	}
}

func TestAViewIsOneSnapshot(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		err := d.View(t.Context(), func(tx *db.Tx) error {
			count := func() (n int, err error) { err = tx.QueryRow("SELECT COUNT(id) FROM thing").Scan(&n); return }
			before, err := count()
			if err != nil {
				return err
			}
			written := make(chan error)
			go func() { written <- d.Update(t.Context(), put("meanwhile", 1)) }()
			if err := <-written; err != nil {
				return err
			}
			after, err := count()
			if before != 0 || after != 0 {
				t.Errorf("one View saw %d and then %d rows", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, d); len(got) != 1 {
			t.Errorf("there are %q", got)
		}
	}, things)
}

// TestALostRaceIsRunAgain makes two transactions lock each other out, which
// PostgreSQL ends by failing one of them.
func TestALostRaceIsRunAgain(t *testing.T) {
	d := testkit.Database(t, db.Postgres, things)
	for _, id := range []string{"a", "b"} {
		if err := d.Update(t.Context(), put(id, 0)); err != nil {
			t.Fatal(err)
		}
	}
	var both, all sync.WaitGroup
	both.Add(2)
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		all.Go(func() {
			tries, hooks := 0, 0
			ids := map[uint64]bool{}
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				tries++
				ids[tx.ID()] = true
				tx.AfterCommit(func() { hooks++ })
				for i, id := range order {
					if _, err := tx.Exec("UPDATE thing SET n = n + 1 WHERE id = $1", id); err != nil {
						return err
					}
					if i == 0 && tries == 1 {
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil || hooks != 1 || len(ids) != tries {
				t.Errorf("after %d tries: %v, %d hooks, %d ids", tries, err, hooks, len(ids))
			}
		})
	}
	all.Wait()
	var sum int
	if err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow("SELECT CAST(SUM(n) AS BIGINT) FROM thing").Scan(&sum)
	}); err != nil || sum != 4 {
		t.Errorf("the sum is %d, %v", sum, err)
	}
}

func TestParametersStandInTheOrderOfFirstUse(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		for query, ok := range map[string]bool{
			"SELECT id FROM thing WHERE n = $1":                              true,
			"SELECT id FROM thing WHERE n = $1 OR n = $1":                    true,
			"SELECT id FROM thing WHERE n = $1 AND id <> '$9 ?'":             true,
			"SELECT id FROM thing WHERE n = $2":                              false,
			"SELECT id FROM thing WHERE id = $2 AND n = $1":                  false,
			"SELECT id FROM thing WHERE n = ?":                               false,
			"SELECT id FROM thing WHERE n = $0":                              false,
			"SELECT id FROM thing WHERE id = '''' AND n = $1":                true,
			"SELECT id FROM thing WHERE id = 'it''s' AND n = $2":             false,
			"SELECT id FROM thing WHERE n = $1 OR n = $1 OR n = $1 OR n= $1": true,
		} {
			err := d.View(t.Context(), func(tx *db.Tx) error {
				return tx.Select(func(*db.Rows) error { return nil }, query, 1)
			})
			if (err == nil) != ok {
				t.Errorf("%s: %v", query, err)
			}
		}
	}, things)
}

func TestAStoreOfANewerProgramIsRefused(t *testing.T) {
	newer := fstest.MapFS{
		"20261122000000_things.sql": things["20261122000000_things.sql"],
		"20261123000000_more.sql":   {Data: []byte("-- +goose Up\nCREATE TABLE more (id TEXT NOT NULL PRIMARY KEY);\n")},
	}
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		if err := d.Migrate(t.Context(), newer); err != nil {
			t.Errorf("the same again: %v", err)
		}
		err := d.Migrate(t.Context(), things)
		if err == nil || !strings.Contains(err.Error(), "20261123000000") {
			t.Errorf("the older program: %v", err)
		}
	}, newer)
}

func TestTwoFeaturesMayNotHaveOneMigration(t *testing.T) {
	d := testkit.Database(t, db.SQLite)
	if err := d.Migrate(t.Context(), things, things); err == nil {
		t.Error("one name was taken twice")
	}
}

func TestAnAddressIsNotRepeatedInErrors(t *testing.T) {
	for _, address := range []string{"postgres://portal:secret@127.0.0.1:1/x?sslmode=nonsense", "postgres://portal:secret@127.0.0.1:1/x?sslmode=disable", "mysql://portal:secret@x/"} {
		d, err := db.Open(t.Context(), address)
		if err == nil {
			_ = d.Close()
			t.Errorf("%s was opened", address)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error says %v", err)
		}
	}
}
