// Package vaulttest has a vault with its keys and its log, for the tests of
// everything that keeps data in one.
package vaulttest

import (
	"path/filepath"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Instance is the id of the tests' instance.
const Instance = "test-portal"

// Store is a vault and what it stands on.
type Store struct {
	*vault.Vault
	DB    *db.DB
	Ring  *keys.Ring
	Log   *audit.Log
	Clock *clock.Fake
	Keys  string // the key directory
	Dir   string // where the log is copied out to
}

// Open founds the store in a database to which the migrations of audit and
// vault were applied, under keys of its own, with this policy.
func Open(t testing.TB, d *db.DB, p *policy.Policy) *Store {
	t.Helper()
	dir := t.TempDir()
	return Reopen(t, d, p, filepath.Join(dir, "keys"), filepath.Join(dir, "log"))
}

// Reopen opens a store as another process, or a later start, would.
func Reopen(t testing.TB, d *db.DB, p *policy.Policy, keyDir, logDir string) *Store {
	t.Helper()
	s := &Store{DB: d, Keys: keyDir, Dir: logDir, Clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))}
	var err error
	if s.Ring, err = vault.OpenKeys(t.Context(), d, keyDir, Instance, false, s.Clock); err != nil {
		t.Fatalf("open the test's keys: %v", err)
	}
	if s.Log, err = audit.Open(t.Context(), audit.Config{
		DB: d, Ring: s.Ring, Keeper: vault.NewKeeper(s.Ring), Clock: s.Clock, Dir: logDir,
	}); err != nil {
		t.Fatalf("open the test's log: %v", err)
	}
	s.Vault = vault.New(vault.Config{
		DB: d, Ring: s.Ring, Log: s.Log, Clock: s.Clock, Policy: func() *policy.Policy { return p },
	})
	return s
}

// Subject makes a person.
func (s *Store) Subject(t testing.TB) string {
	t.Helper()
	var subject string
	if err := s.DB.Update(t.Context(), func(tx *db.Tx) (err error) {
		subject, err = s.NewSubject(tx)
		return err
	}); err != nil {
		t.Fatalf("make a subject: %v", err)
	}
	return subject
}

// Collect puts values as the use allows, from a form.
func (s *Store) Collect(t testing.TB, use vault.Use, texts map[string]string) {
	t.Helper()
	use.Operation = policy.Collect
	var values []vault.Value
	for field, text := range texts {
		values = append(values, vault.Value{Field: field, Text: text, Source: "form"})
		use.Fields = append(use.Fields, field)
	}
	if err := s.Update(t.Context(), func(tx *db.Tx) error {
		p, err := s.Permit(tx, use)
		if err != nil {
			return err
		}
		return s.Put(tx, p, values)
	}); err != nil {
		t.Fatalf("put values: %v", err)
	}
}

// Events are all events of a subject, the oldest first.
func (s *Store) Events(t testing.TB, subject string) []audit.Event {
	t.Helper()
	events, err := s.Log.Events(t.Context(), subject, 0, 1000)
	if err != nil {
		t.Fatalf("read events: %v", err)
	}
	for i, j := 0, len(events)-1; i < j; i, j = i+1, j-1 {
		events[i], events[j] = events[j], events[i]
	}
	return events
}
