package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// TestATamperedLogIsFound changes the store behind the program's back, in
// every way that there is, and looks whether the next start and the full
// examination notice.
func TestATamperedLogIsFound(t *testing.T) {
	for what, c := range map[string]struct {
		// SQL with SUBJECT for the person who has 300 events, of which 280 are in
		// the tree; SUBJECT#N flips a bit of an event.
		statements []string
		starts     bool // the start does not look there
	}{
		"one bit of an event":                     {[]string{"SUBJECT#279"}, false},
		"one bit of an event that waits":          {[]string{"SUBJECT#299"}, false},
		"another leaf at an event":                {[]string{`UPDATE audit_event SET leaf = sealed WHERE subject = 'SUBJECT' AND n = 3`}, false},
		"an event gone":                           {[]string{`DELETE FROM audit_event WHERE subject = 'SUBJECT' AND n = 100`}, false},
		"the last event gone":                     {[]string{`DELETE FROM audit_event WHERE subject = 'SUBJECT' AND n = 300`, `DELETE FROM audit_pending WHERE subject = 'SUBJECT' AND n = 300`}, false},
		"all events of a person gone":             {[]string{`DELETE FROM audit_event WHERE subject = 'SUBJECT'`, `DELETE FROM audit_pending WHERE subject = 'SUBJECT'`}, false},
		"an event and its gate's count":           {[]string{`DELETE FROM audit_event WHERE subject = 'SUBJECT' AND n = 280`, `UPDATE vault_gate SET n = 279 WHERE subject = 'SUBJECT'`}, false},
		"two events in each other's place":        {[]string{`UPDATE audit_event SET n = 1000 WHERE subject = 'SUBJECT' AND n = 7`, `UPDATE audit_event SET n = 7 WHERE subject = 'SUBJECT' AND n = 8`, `UPDATE audit_event SET n = 8 WHERE subject = 'SUBJECT' AND n = 1000`}, false},
		"another time beside an event":            {[]string{`UPDATE audit_event SET at = at + 1 WHERE subject = 'SUBJECT' AND n = 279`}, false},
		"another time beside one that waits":      {[]string{`UPDATE audit_event SET at = at - 1 WHERE subject = 'SUBJECT' AND n = 295`}, false},
		"what waits put under another person":     {[]string{`UPDATE audit_pending SET subject = 'system' WHERE subject = 'SUBJECT' AND n = 295`}, false},
		"what waits put under another number":     {[]string{`UPDATE audit_pending SET n = n + 1000 WHERE subject = 'SUBJECT' AND n = 295`}, false},
		"the checkpoint gone":                     {[]string{`UPDATE audit_tree SET checkpoint = ''`}, true},
		"the tree's own row gone":                 {[]string{`DELETE FROM audit_tree`}, false},
		"the size signed changed":                 {[]string{`UPDATE audit_tree SET signed = 279`}, true},
		"an event gone before it was in the tree": {[]string{`DELETE FROM audit_event WHERE subject = 'SUBJECT' AND n = 290`, `DELETE FROM audit_pending WHERE subject = 'SUBJECT' AND n = 290`}, true},
		"an event that never waits":               {[]string{`DELETE FROM audit_pending WHERE subject = 'SUBJECT' AND n = 290`}, true},
		"a leaf gone":                             {[]string{`DELETE FROM audit_leaf WHERE idx = 200`}, false},
		"the last leaf gone":                      {[]string{`DELETE FROM audit_leaf WHERE idx = 279`}, false},
		"a leaf too many":                         {[]string{`INSERT INTO audit_leaf (idx, leaf, subject, n) SELECT 280, leaf, subject, n + 1000 FROM audit_event WHERE subject = 'SUBJECT' AND n = 280`}, false},
		"two leaves in each other's place":        {[]string{`UPDATE audit_leaf SET idx = 5000 WHERE idx = 20`, `UPDATE audit_leaf SET idx = 20 WHERE idx = 21`, `UPDATE audit_leaf SET idx = 21 WHERE idx = 5000`}, false},
		"a tile changed":                          {[]string{`UPDATE audit_tile SET hashes = substr(hashes, 2) || substr(hashes, 1, 1) WHERE level = 0 AND n = 0`}, false},
		"a tile gone":                             {[]string{`DELETE FROM audit_tile WHERE level = 1`}, false},
		"the root changed":                        {[]string{`UPDATE audit_tree SET root = (SELECT leaf FROM audit_leaf WHERE idx = 0)`}, false},
		"the size changed":                        {[]string{`UPDATE audit_tree SET size = 279`}, false},
		"the tree rolled back":                    {[]string{`UPDATE audit_tree SET size = 0`, `DELETE FROM audit_leaf`, `DELETE FROM audit_tile`, `DELETE FROM audit_pending`, `DELETE FROM audit_event`, `UPDATE vault_gate SET n = 0 WHERE n > 0`}, false},
		"another checkpoint served":               {[]string{`UPDATE audit_tree SET checkpoint = replace(checkpoint, '280', '281')`}, true},
		"the evidence key changed":                {[]string{`UPDATE vault_scope SET wrapped = (SELECT wrapped FROM vault_scope WHERE subject = 'system') WHERE subject = 'SUBJECT' AND scope = 'evidence'`}, false},
	} {
		t.Run(what, func(t *testing.T) {
			each(t, func(t *testing.T, s *vaulttest.Store) {
				subject := s.Subject(t)
				happen(t, s, subject, 280)
				integrate(t, s)
				happen(t, s, subject, 20)
				if f, err := s.Log.Check(t.Context()); err != nil || !f.Kept() {
					t.Fatalf("before: %+v, %v", f, err)
				}
				if _, err := open(t, s); err != nil {
					t.Fatalf("before: %v", err)
				}
				statements := make([]string, len(c.statements))
				for i, statement := range c.statements {
					statements[i] = strings.ReplaceAll(statement, "SUBJECT", subject)
				}
				exec(t, s.DB, statements...)
				f, err := s.Log.Check(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if f.Kept() {
					t.Error("the examination found nothing")
				}
				_, err = open(t, s)
				if c.starts != (err == nil) {
					t.Errorf("the start says %v", err)
				}
				if err != nil && !strings.Contains(err.Error(), "restore") {
					t.Errorf("the start does not say what to do: %v", err)
				}
			})
		})
	}
}

func open(t *testing.T, s *vaulttest.Store) (*audit.Log, error) {
	t.Helper()
	return audit.Open(t.Context(), audit.Config{DB: s.DB, Ring: s.Ring, Keeper: vault.NewKeeper(s.Ring), Clock: s.Clock, Dir: s.Dir})
}

// TestI16_ARolledBackDatabaseStopsTheStart takes the database of yesterday
// with the keys of today.
func TestI16_ARolledBackDatabaseStopsTheStart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		s := vaulttest.Open(t, d, policytest.Compile(t))
		subject := s.Subject(t)
		happen(t, s, subject, 10)
		if _, err := open(t, s); err != nil {
			t.Fatal(err)
		}
		integrate(t, s)
		exec(t, s.DB, `UPDATE audit_tree SET size = 0, signed = 0, checkpoint = ''`, `DELETE FROM audit_leaf`, `DELETE FROM audit_tile`)
		_, err := open(t, s)
		if err == nil || !strings.Contains(err.Error(), "10 entries of the log were signed") || !strings.Contains(err.Error(), "restore the newest backup") {
			t.Errorf("the start says %v", err)
		}
	}, audit.Migrations(), vault.Migrations(), ledger.Migrations())
}

// TestI16_TheCopyThatWasPublishedStopsTheStart takes database and keys of
// yesterday, which agree with each other, and the log that was published since.
func TestI16_TheCopyThatWasPublishedStopsTheStart(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		happen(t, s, subject, 40)
		integrate(t, s)
		forget := func(state string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(s.Keys, "signer.json"), []byte(state), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		exec(t, s.DB, `UPDATE audit_tree SET size = 0, signed = 0, checkpoint = ''`, `DELETE FROM audit_leaf`, `DELETE FROM audit_tile`)
		forget(`{"size":0,"root":null}`)
		if _, err := open(t, s); err == nil || !strings.Contains(err.Error(), "40 entries of the log were signed and published") {
			t.Errorf("of yesterday: the start says %v", err)
		}
		if f, err := s.Log.Check(t.Context()); err != nil || f.Kept() {
			t.Errorf("of yesterday: the examination finds %+v, %v", f, err)
		}
		exec(t, s.DB, `INSERT INTO audit_pending (leaf, subject, n) SELECT leaf, subject, n FROM audit_event WHERE n <= 20`)
		integrate(t, s)
		exec(t, s.DB, `INSERT INTO audit_pending (leaf, subject, n) SELECT leaf, subject, n FROM audit_event WHERE n > 20`)
		integrate(t, s)
		if _, err := open(t, s); err == nil || !strings.Contains(err.Error(), "not those that were signed") {
			t.Errorf("of another day: the start says %v", err)
		}
	})
}
