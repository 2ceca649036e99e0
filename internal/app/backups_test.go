package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/instance"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/proof"
	"portico/internal/testkit"
)

// lawful is a small instance whose law requires backups.
func lawful(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "office")
	if err := instance.Init(dir); err != nil {
		t.Fatal(err)
	}
	for file, change := range map[string][2]string{
		"portico.yaml":         {"  drill: P3M", "  required: {law: {en: the Records Act}, every: P1D, kept: P1Y, location: {en: the archive of the county}, country: IE, party: operator}\n  drill: P3M"},
		"policy/text/en.md":    {"{promise:key-backup}", "{backups} {promise:key-backup}"},
		"policy/promises.yaml": {"  - id: key-backup\n    statements: [O9]", "  - id: key-backup\n    statements: [O9, M13]"},
	} {
		name := filepath.Join(dir, file)
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), change[0]) {
			t.Fatalf("%s does not say %q (%v)", file, change[0], err)
		}
		write(t, name, strings.Replace(string(text), change[0], change[1], 1))
	}
	return dir
}

// TestM13_BackupsAreMadeAsTheLawRequires: what a law demands is declared, stands
// in the policy, and a copy that is missing or was never tried turns the promise.
func TestM13_BackupsAreMadeAsTheLawRequires(t *testing.T) {
	t.Parallel()
	k := &keeper{t: t, home: t.TempDir(), dir: lawful(t), engine: db.SQLite}
	k.store, k.address = k.place("data", "keys")
	k.program = testkit.Serve(t, append([]string{k.dir, "--demo"}, k.store...)...)
	said := k.program.Browse().Page("/en/privacy", 200).One("main").Text()
	if want := "A copy of the data is made at least once in 1 day, as the Records Act requires. Each copy is kept for 1 year, in the archive of the county, by Example Town Council."; !strings.Contains(said, want) {
		t.Errorf("the policy does not say %q:\n%s", want, said)
	}
	k.program.Person("citizen") // it has begun whole
	k.program.Stop()

	d := testkit.Open(t, k.address)
	is := func(when string, status proof.Status, reason string) {
		t.Helper()
		report, err := app.Prove(t.Context(), app.Store{Data: k.at("data"), Keys: k.at("keys")}, k.dir)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(report.Results, func(r proof.Result) bool { return slices.Contains(r.Promise.Statements, "M13") })
		if r := report.Results[i]; r.Status != status || r.Reason != reason {
			t.Errorf("%s the promise is %s, %s: %+v", when, r.Status, r.Reason, r.Evidence)
		}
	}
	ago := func(hours time.Duration) {
		t.Helper()
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec(`UPDATE backup_made SET at = $1`, clock.Micros(time.Now().Add(-hours*time.Hour)))
			if err == nil && n != 1 {
				err = fmt.Errorf("%d backups are noted", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	is("before any backup", proof.AtRisk, "never-backed-up")
	k.must(with(k.store, "backup", k.dir, "--to", k.at("backup"))...)
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	is("before any drill", proof.AtRisk, "never-drilled")
	k.must(k.restore(k.store, "--drill")...)
	is("with a backup that was tried", proof.Kept, proof.ReasonExamined)
	ago(25)
	is("a day later", proof.AtRisk, "backup-late")
	ago(49)
	is("two days later", proof.Broken, "backup-missed")
	k.must(with(k.store, "backup", k.dir, "--to", k.at("backup-2"))...)
	is("with a new backup", proof.Kept, proof.ReasonExamined)
}
