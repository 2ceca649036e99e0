package vault

import (
	"fmt"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// What is destroyed here is gone. Whoever disposes of something that is kept
// goes by package retention, which asks first and leaves a certificate.

// ForgetFile destroys the key of a file that is not wanted any more before
// anybody got it: what is sealed under it is gone, wherever its bytes are.
func (v *Vault) ForgetFile(tx *db.Tx, subject, id string) error {
	return v.Shred(tx, Key{subject, File{ID: id}.scope()})
}

// Key is the key of a person's scope.
type Key struct{ Subject, Scope string }

// Shred destroys keys of scopes: what was sealed under them is gone, wherever it
// is. It costs the same however much that was; the rows that are left, nobody
// can read, and Sweep removes them. The gates move first: whoever decided to
// open one of the scopes decides again, and no event of them commits behind this
// (I6, I8).
func (v *Vault) Shred(tx *db.Tx, list ...Key) error {
	if err := destroy(tx, list); err != nil {
		return err
	}
	return v.erased(tx, list)
}

func destroy(tx *db.Tx, list []Key) error {
	people, found := make([]string, len(list)), []string{}
	for i, k := range list {
		if people[i] = k.Subject; k.Scope == Profile { // what people are found by stands in it
			found = append(found, k.Subject)
		}
	}
	if err := bumpGates(tx, people); err != nil {
		return fmt.Errorf("move a gate: %w", err)
	}
	if err := deleteScopes(tx, list); err != nil {
		return fmt.Errorf("destroy the key of a scope: %w", err)
	}
	if err := deleteIndexes(tx, found); err != nil {
		return fmt.Errorf("forget what a person is found by: %w", err)
	}
	return nil
}

// Close closes the gates of people of whom nothing is kept any more, and
// destroys what keys there may still be but that of evidence: nothing is
// allowed about them from then on. What they were told happened stays, as the
// events of nobody that is known, until evidence has had its time.
func (v *Vault) Close(tx *db.Tx, people ...string) error {
	if err := closeAll(tx, people, clock.Micros(v.clock.Now())); err != nil {
		return err
	}
	all := make([]Key, len(people))
	for i, subject := range people {
		all[i].Subject = subject
	}
	return v.erased(tx, all)
}

func closeAll(tx *db.Tx, people []string, at int64) error {
	if err := eraseGates(tx, people, at); err != nil {
		return fmt.Errorf("close a gate for good: %w", err)
	}
	if err := deleteRest(tx, people); err != nil {
		return fmt.Errorf("forget a person: %w", err)
	}
	return nil
}

// erased records in the ledger that keys were destroyed (I8): all of a person
// where no scope is named.
func (v *Vault) erased(tx *db.Tx, list []Key) error {
	acts := make([]ledger.Act, len(list))
	for i, k := range list {
		acts[i] = ledger.Act{Kind: ledger.Erase, Subject: k.Subject, Scope: k.Scope}
	}
	return v.ledger.Record(tx, acts...)
}

// Unswept returns those of the scopes of which there are values.
func (v *Vault) Unswept(tx *db.Tx, scopes ...Key) (map[Key]bool, error) {
	some, err := selectFilled(tx, scopes)
	if err != nil {
		return nil, fmt.Errorf("look for what was sealed: %w", err)
	}
	return some, nil
}

// Sweep removes at most limit values of a scope whose key was destroyed, and
// says how many it removed: 0 if none is left.
func (v *Vault) Sweep(tx *db.Tx, subject, scope string, limit int) (int, error) {
	n, err := deleteSome(tx, subject, scope, limit)
	if err != nil {
		return 0, fmt.Errorf("sweep what was sealed: %w", err)
	}
	return int(n), nil
}

// Left counts what is left of scopes whose keys were destroyed: the keys, and
// the values nobody can read.
func (v *Vault) Left(tx *db.Tx, subject, scope string) (keys, values int64, err error) {
	if keys, values, err = countLeft(tx, subject, scope); err != nil {
		return 0, 0, fmt.Errorf("count what is left of a scope: %w", err)
	}
	return keys, values, nil
}

// SealNote seals words of the operator about its own doings, such as why
// something is held back. They belong to no person and pass no gate.
func (v *Vault) SealNote(tx *db.Tx, place, text string) ([]byte, error) {
	box, err := v.noteBox(tx)
	if err != nil {
		return nil, fmt.Errorf("seal a note: %w", err)
	}
	return box.Seal(v.notePlace(place), []byte(text)), nil
}

// OpenNote opens what SealNote sealed for the same place.
func (v *Vault) OpenNote(tx *db.Tx, place string, sealed []byte) (string, error) {
	box, err := v.noteBox(tx)
	if err != nil {
		return "", fmt.Errorf("open a note: %w", err)
	}
	text, err := box.Open(v.notePlace(place), sealed)
	if err != nil {
		return "", fmt.Errorf("open a note: %w", err)
	}
	return string(text), nil
}

func (v *Vault) noteBox(tx *db.Tx) (keys.Box, error) {
	wrapped, err := selectScope(tx, audit.System, Evidence)
	if err != nil {
		return keys.Box{}, err
	}
	return v.boxes.open(audit.System, Evidence, wrapped)
}

func (v *Vault) notePlace(place string) keys.Place {
	return keys.Place{Instance: v.ring.Instance(), Table: "note", Column: place, Person: audit.System}
}
