package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/platform/db"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

func TestAStoreAndItsKeysKnowEachOther(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		clock := testkit.Clock()
		dir := filepath.Join(t.TempDir(), "keys")
		open := func(d *db.DB, dir, instance string, demo bool) error {
			_, err := vault.OpenKeys(t.Context(), d, dir, instance, demo, clock)
			return err
		}
		if err := open(d, dir, "onegov", false); err != nil {
			t.Fatal(err)
		}
		if err := open(d, dir, "onegov", false); err != nil {
			t.Fatalf("the second start: %v", err)
		}
		otherKeys := filepath.Join(t.TempDir(), "keys")
		if _, err := keys.Create(otherKeys, "onegov", false); err != nil {
			t.Fatal(err)
		}
		emptyStore := testkit.Database(t, d.Engine(), audit.Migrations(), vault.Migrations())
		for what, c := range map[string]struct {
			err  error
			says string
		}{
			"no keys for the store":        {open(d, filepath.Join(t.TempDir(), "none"), "onegov", false), "put it back from the key backup"},
			"keys of another store":        {open(d, otherKeys, "onegov", false), "not that of this database"},
			"keys of a store with data":    {open(emptyStore, dir, "onegov", false), "for a new store give an empty --keys"},
			"another instance":             {open(d, dir, "mygov", false), `belongs to the instance "onegov"`},
			"a demo on a store in earnest": {open(d, dir, "onegov", true), "start without --demo"},
		} {
			if c.err == nil || !strings.Contains(c.err.Error(), c.says) {
				t.Errorf("%s: it says %v", what, c.err)
			}
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 4 {
			t.Errorf("the key directory holds %v, %v", names, err)
		}
		demo := filepath.Join(t.TempDir(), "keys")
		if err := open(emptyStore, demo, "onegov", true); err != nil {
			t.Fatal(err)
		}
		if err := open(emptyStore, demo, "onegov", false); err == nil || !strings.Contains(err.Error(), "demo's for ever") {
			t.Errorf("a demo's store in earnest: %v", err)
		}
		// A first start that broke off between keys and stamp goes on.
		half := testkit.Database(t, d.Engine(), audit.Migrations(), vault.Migrations())
		if err := open(half, otherKeys, "onegov", false); err != nil {
			t.Errorf("keys that no store bears yet: %v", err)
		}
		// A store that lost its stamp is not founded again.
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM vault_store`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := open(d, dir, "onegov", false); err == nil || !strings.Contains(err.Error(), "restore the database") {
			t.Errorf("a store without its stamp: %v", err)
		}
	}, audit.Migrations(), vault.Migrations())
}

func TestRewrapBringsEveryKeyToTheNewEpochAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subjects := make([]string, 120)
		for i := range subjects {
			subjects[i] = s.Subject(t)
		}
		s.Collect(t, own(subjects[7]), map[string]string{name: "Aishath"})
		if _, err := s.Ring.NewEpoch(s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		late := s.Subject(t) // its keys are under the new epoch already, as after a rotation that broke off
		n, err := vault.Rewrap(t.Context(), s.DB, s.Ring)
		if err != nil || n != 241 {
			t.Errorf("%d keys wrapped, %v", n, err)
		}
		if _, err := s.Read(t.Context(), own(late, name)); err != nil {
			t.Error(err)
		}
		count, err := vault.EpochUse(t.Context(), s.DB)
		if err != nil || count[1] != 0 || count[2] != 243 {
			t.Errorf("keys by epoch: %v, %v", count, err)
		}
		if n, err := vault.Rewrap(t.Context(), s.DB, s.Ring); err != nil || n != 0 {
			t.Errorf("again: %d keys wrapped, %v", n, err)
		}
		again := vaulttest.Reopen(t, s.DB, policytest.Compile(t), s.Keys, s.Dir)
		values, err := again.Read(t.Context(), own(subjects[7], name))
		if err != nil || values.Text(name) != "Aishath" {
			t.Errorf("read %v, %v", values, err)
		}
		if f, err := again.Log.Check(t.Context()); err != nil || !f.Kept() {
			t.Errorf("the log: %+v, %v", f, err)
		}
	})
}

// TestO9_NoPlantedValueIsInTheStore searches everything that the store wrote
// for values planted in it, in the forms in which they could be there.
func TestO9_NoPlantedValueIsInTheStore(t *testing.T) {
	const planted = "Zulaikha Planted-Value Hussain"
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address := testkit.Address(t, engine)
			d := testkit.Open(t, address, audit.Migrations(), vault.Migrations())
			s := vaulttest.Open(t, d, policytest.Compile(t))
			subject := s.Subject(t)
			s.Collect(t, own(subject), map[string]string{name: planted})
			s.Collect(t, own(subject), map[string]string{name: planted + "."}) // replaced: the old one is gone too
			if err := d.Update(t.Context(), func(tx *db.Tx) error { return s.Index(tx, "name", subject, planted) }); err != nil {
				t.Fatal(err)
			}
			if values, err := s.Read(t.Context(), own(subject, name)); err != nil || values.Text(name) != planted+"." {
				t.Fatal(values, err)
			}
			integrate(t, s)
			if where := search(t, d, address, s, planted); where != "" {
				t.Errorf("found in %s", where)
			}
			for _, leak := range []string{planted, base64.StdEncoding.EncodeToString([]byte("x" + planted)), hex.EncodeToString([]byte(planted))} {
				if err := d.Update(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(`UPDATE vault_value SET source = $1 WHERE subject = $2`, leak, subject)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if search(t, d, address, s, planted) == "" {
					t.Errorf("the search does not find %q", leak)
				}
			}
		})
	}
}

func integrate(t *testing.T, s *vaulttest.Store) {
	t.Helper()
	if err := s.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// search says where a value stands, plain or encoded: in which file beside the
// database or of the keys and the log, or in which table.
func search(t *testing.T, d *db.DB, address string, s *vaulttest.Store, value string) string {
	t.Helper()
	forms := [][]byte{[]byte(value), []byte(hex.EncodeToString([]byte(value)))}
	for skip := range 3 { // base64 of the value wherever it begins in a longer text
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + value))
		forms = append(forms, []byte(b[4:len(b)-4]))
	}
	has := func(b []byte) bool {
		for _, f := range forms {
			if bytes.Contains(b, f) || bytes.Contains(bytes.ToLower(b), bytes.ToLower(f)) && len(f) == 2*len(value) {
				return true
			}
		}
		return false
	}
	folders := []string{s.Keys, s.Dir}
	if path, ok := strings.CutPrefix(address, "file:"); ok {
		folders = append(folders, filepath.Dir(path))
	}
	found := ""
	for _, folder := range folders {
		files := 0
		if err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			files++
			if has(b) {
				found = filepath.Base(path)
			}
			return err
		}); err != nil || files == 0 {
			t.Fatalf("search %d files of %s: %v", files, folder, err)
		}
	}
	schema, err := d.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for table, columns := range schema {
		for _, column := range columns {
			expression := "CAST(" + column + " AS TEXT)" // a bytea comes as hexadecimal
			if err := d.View(t.Context(), func(tx *db.Tx) error {
				return tx.Select(func(r *db.Rows) error {
					var text *string
					err := r.Scan(&text)
					if text != nil && has([]byte(*text)) {
						found = table + "." + column
					}
					return err
				}, "SELECT "+expression+" FROM "+table)
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return found
}
