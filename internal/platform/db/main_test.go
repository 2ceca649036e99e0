package db_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"portico/internal/platform/db"
)

// TestMain lets this binary be the program that is killed: see durable_test.go.
func TestMain(m *testing.M) {
	if address := os.Getenv("PORTICO_TEST_WRITER"); address != "" {
		if err := writeForEver(context.Background(), address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeForEver writes from many callers and says which rows are durable.
func writeForEver(ctx context.Context, address string) error {
	d, err := db.Open(ctx, address)
	if err != nil {
		return err
	}
	failed := make(chan error)
	said := make(chan string)
	for caller := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d", caller, i)
				err := d.Update(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec("INSERT INTO thing (id, n) VALUES ($1, $2)", name, i)
					return err
				})
				if err != nil {
					failed <- err
					return
				}
				said <- name
			}
		}()
	}
	for {
		select {
		case err := <-failed:
			return err
		case name := <-said:
			if _, err := fmt.Println(name); err != nil {
				return err
			}
		}
	}
}
