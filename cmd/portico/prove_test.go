package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/app"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/proof"
	"portico/internal/vault"
)

func TestProveSaysHowEveryPromiseStandsAndFailsWhenOneIsBroken(t *testing.T) {
	const dir = "../../instances/onegov"
	data, keyDir := t.TempDir(), filepath.Join(t.TempDir(), "keys")
	prove := func() (string, error) { return portico(t, "prove", dir, "--data", data, "--keys", keyDir) }
	if _, err := prove(); err == nil {
		t.Error("a store that is not there is proved")
	}
	if _, err := os.Stat(filepath.Join(data, "portico.db")); err == nil {
		t.Error("proving made a store")
	}
	if _, err := keys.Create(filepath.Join(data, "keys"), "onegov", true); err != nil {
		t.Fatal(err)
	}
	if _, err := portico(t, "prove", dir, "--data", data, "--keys", filepath.Join(data, "keys")); err == nil || !strings.Contains(err.Error(), "there is no database in") {
		t.Errorf("keys without a store: %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "portico.db")); err == nil {
		t.Error("proving made a store for keys that were there")
	}
	d, err := db.Open(t.Context(), "file:"+filepath.Join(data, "portico.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context(), app.Migrations()...); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenKeys(t.Context(), d, keyDir, "onegov", true, clock.System{}); err != nil {
		t.Fatal(err)
	}
	out, err := prove()
	if err == nil || !strings.Contains(err.Error(), "a promise is broken") || !strings.Contains(out, "The policy in force was never published.") {
		t.Errorf("O15: a policy that was never published: %v\n%s", err, out)
	}
	opts, err := app.LoadOptions(true)
	if err != nil {
		t.Fatal(err)
	}
	in, faults := instance.Load(os.DirFS(dir), opts)
	if in == nil {
		t.Fatal(faults)
	}
	if _, err := instance.NewLive(t.Context(), instance.Config{DB: d, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Options: opts}, in); err != nil {
		t.Fatal(err)
	}
	if out, err = prove(); err != nil {
		t.Fatalf("a whole store: %v\n%s", err, out)
	}
	unseen := 0 // promises of how the portal is reached, which only a running one shows
	for _, p := range in.Declarations.Promises {
		if !strings.Contains(out, "\n"+p.ID+" ") {
			t.Errorf("the table lacks the promise %s", p.ID)
		}
		if p.Control == proof.EncryptionInTransit {
			unseen++
		}
	}
	if got := strings.Count(out, "It was not the running portal that examined this."); got != unseen || unseen == 0 {
		t.Errorf("O14: %d promises are said to need a running portal, not %d:\n%s", got, unseen, out)
	}
	for _, seen := range []string{"/cabinet/access.json", "The cookie staff is necessary."} {
		if !strings.Contains(out, seen) {
			t.Errorf("routes and cookies of the program are not examined: no %q in\n%s", seen, out)
		}
	}
	if err := d.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO vault_value (subject, scope, field, item, source, sealed, at) VALUES ('s', 'profile', 'person.name', '', 'form', 'Aminath Ibrahim Didi of Hoadhadu', 1)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if out, err = prove(); err == nil || !strings.Contains(out, "Values of vault_value.sealed that can be read as they stand: 1") {
		t.Errorf("O9: a planted plaintext: %v\n%s", err, out)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
