package app_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/consent"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// keeper is somebody who backs a portal up and puts it back.
type keeper struct {
	t       *testing.T
	home    string
	dir     string // the instance
	engine  db.Engine
	store   []string // the flags of the living store
	address string   // of its database
	program *testkit.Program
}

func (k *keeper) at(name string) string { return filepath.Join(k.home, name) }

func keep(t *testing.T, engine db.Engine) *keeper {
	t.Helper()
	k := &keeper{t: t, home: t.TempDir(), dir: filepath.Join(testkit.Root(), "instances", "onegov"), engine: engine}
	k.store, k.address = k.place("data", "keys")
	k.program = testkit.Serve(t, append([]string{k.dir, "--demo"}, k.store...)...)
	return k
}

// place is a new place for a store: its flags, and the address of its database.
func (k *keeper) place(data, keyDir string) ([]string, string) {
	flags := []string{"--data", k.at(data), "--keys", k.at(keyDir)}
	if k.engine == db.SQLite {
		return flags, "file:" + filepath.Join(k.at(data), "portico.db")
	}
	address := testkit.Address(k.t, k.engine)
	return append(flags, "--database", address), address
}

// run runs a command of the program.
func (k *keeper) run(args ...string) (string, error) {
	out, err := exec.Command(testkit.Binary(k.t), args...).CombinedOutput()
	return string(out), err
}

func (k *keeper) must(args ...string) string {
	k.t.Helper()
	out, err := k.run(args...)
	if err != nil {
		k.t.Fatalf("portico %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func with(flags []string, args ...string) []string { return append(args, flags...) }

// open opens a store beside the program.
func (k *keeper) open(address, keyDir string) (*vault.Vault, *db.DB, *keys.Ring) {
	k.t.Helper()
	d := testkit.Open(k.t, address)
	ring, err := vault.OpenKeys(k.t.Context(), d, k.at(keyDir), "onegov", true, clock.System{})
	if err != nil {
		k.t.Fatal(err)
	}
	log, err := audit.Open(k.t.Context(), audit.Config{DB: d, Ring: ring, Keeper: vault.NewKeeper(ring), Clock: clock.System{}})
	if err != nil {
		k.t.Fatalf("open the log: %v", err)
	}
	acts, err := ledger.Open(k.t.Context(), ledger.Config{DB: d, Ring: ring, Clock: clock.System{}})
	if err != nil {
		k.t.Fatalf("open the ledger: %v", err)
	}
	return vault.New(vault.Config{DB: d, Ring: ring, Log: log, Ledger: acts, Clock: clock.System{}, Policy: func() *policy.Policy { return nil }}), d, ring
}

// who finds somebody by their address.
func who(t *testing.T, v *vault.Vault, d *db.DB, email string) (subject string, err error) {
	t.Helper()
	err = d.View(t.Context(), func(tx *db.Tx) (err error) {
		subject, err = v.Find(tx, policy.FieldEmail, email)
		return err
	})
	return subject, err
}

// plantedHere are the words that plantOf is given.
var plantedHere = regexp.MustCompile(`qzxerasedqv|qzxwholeqv`)

// plantOf has somebody send an application and begin another with a file, with a
// word of their own in both, and returns where the application and the file are.
func plantOf(t *testing.T, b *testkit.Browser, word string) (application, file string) {
	t.Helper()
	given := answers()
	given.Set("section", word)
	application = "/en/cabinet/applications/" + apply(t, b, given)
	at := firstFiles(t, b)
	if resp := upload(t, b, b.Page(at, http.StatusOK).One("form[data-upload]"), word+".pdf", testkit.PDF(word)); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("a file is answered with %d", resp.StatusCode)
	}
	return application, b.Page(at, http.StatusOK).One(".files a").Attr("href")
}

// TestI8_WhatWasTakenAwaySinceABackupStaysAway backs a portal up while it
// runs. Then one person is erased, one withdraws and opts out, one changes the
// password. The older backup is restored with keys that were copied before all
// of that, and the ledger that survived beside the keys.
func TestI8_WhatWasTakenAwaySinceABackupStaysAway(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			k := keep(t, engine)
			email := map[string]string{}
			browser := map[string]*testkit.Browser{}
			for _, role := range []string{"citizen", "citizen-dhivehi", "delegate"} {
				email[role], browser[role] = k.program.Person(role), k.program.Browse()
				signIn(browser[role], email[role])
			}
			gone, whole := k.plants(browser["citizen"], "qzxerasedqv"), k.plants(browser["citizen-dhivehi"], "qzxwholeqv")
			b := browser["citizen-dhivehi"]
			gone.reads(t, browser["citizen"])
			say := b.Page("/en/cabinet/consents", http.StatusOK).One("form.buttons").Values()
			say.Set("say", "given")
			b.Submit("/en/cabinet/consents", say, http.StatusOK)

			k.must(with(k.store, "backup", k.dir, "--to", k.at("backup"))...)
			k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
			k.holdsNoKey("backup")
			copied, err := os.ReadFile(filepath.Join(k.at("keys"), ledger.FileName))
			if err != nil {
				t.Fatal(err)
			}

			say.Set("say", "withdrawn")
			b.Submit("/en/cabinet/consents", say, http.StatusOK)
			choices := b.Page("/en/cabinet/settings/notices", http.StatusOK).One("main form").Values()
			b.Submit("/en/cabinet/settings/notices", url.Values{"do": {"save"}, "language": choices["language"]}, http.StatusOK)
			browser["delegate"].Submit("/en/cabinet/security/password", url.Values{"current": {demoPassword}, "password": {password}}, http.StatusOK)
			record := k.at("record.json")
			body, err := io.ReadAll(b.Get("/en/cabinet/access/1.json").Body)
			if err != nil {
				t.Fatal(err)
			}
			write(t, record, string(body))
			v, d, _ := k.open(k.address, "keys")
			erased, err := who(t, v, d, email["citizen"])
			if err != nil {
				t.Fatal(err)
			}
			sealed := len(files(t, filepath.Join(k.at("data"), "files")))
			k.erases(browser["citizen"])
			if left := len(files(t, filepath.Join(k.at("data"), "files"))); left != sealed/2 { // both gave as many
				t.Errorf("of %d files %d are left when one of two people was erased", sealed, left)
			}
			k.program.Kill() // what a stop would tidy up stays
			k.nowhere(k.program.Log())
			// What is kept of them by a rule of its own goes in its time: their
			// requests about rights.
			v, _, ring := k.open(k.address, "keys")
			if err := v.Update(t.Context(), func(tx *db.Tx) error { return v.Close(tx, erased) }); err != nil {
				t.Fatal(err)
			}

			// The database is lost; beside the keys nothing is.
			again, address := k.place("data-again", "keys")
			restore := with(again, "restore", k.dir, "--from", k.at("backup"), "--keys-from", k.at("key-backup"), "--log", filepath.Join(k.at("data"), "log"))
			newest, err := os.ReadFile(filepath.Join(k.at("keys"), ledger.FileName))
			if err != nil {
				t.Fatal(err)
			}
			said := k.must(restore...)
			for _, want := range []string{"erase ", "withdraw        1", "opt-out", "revoke"} {
				if !strings.Contains(said, want) {
					t.Errorf("the restore does not say %q:\n%s", want, said)
				}
			}
			if out, err := k.run(restore...); err == nil || !strings.Contains(out, "not empty") {
				t.Errorf("it is restored onto itself: %v\n%s", err, out)
			}

			v, d, _ = k.open(address, "keys")
			if subject, err := who(t, v, d, email["citizen"]); err == nil {
				t.Errorf("who was erased is found as %s", subject)
			}
			other, err := who(t, v, d, email["citizen-dhivehi"])
			if err != nil {
				t.Fatalf("who was not erased is not found: %v", err)
			}
			k.isErased(d, erased)
			if err := d.View(t.Context(), func(tx *db.Tx) error {
				if terms, err := consent.Terms(tx, other, "newsletter"); err != nil || terms != "" {
					t.Errorf("a consent that was withdrawn is back: %q, %v", terms, err)
				}
				var wanted, sessions int64
				if err := tx.QueryRow(`SELECT count(*) FROM notify_choice WHERE subject = $1 AND wanted <> 0`, other).Scan(&wanted); err != nil || wanted > 0 {
					t.Errorf("%d opt-outs are gone (%v)", wanted, err)
				}
				if err := tx.QueryRow(`SELECT count(*) FROM identity_session WHERE ended_at IS NULL`).Scan(&sessions); err != nil || sessions > 0 {
					t.Errorf("%d sessions go on (%v)", sessions, err)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}

			p := testkit.Serve(t, append([]string{k.dir, "--demo"}, again...)...)
			b = p.Browse()
			signIn(b, email["citizen-dhivehi"])
			whole.reads(t, b) // who was not erased is restored intact
			resp := p.Browse().Post("/en/sign-in", url.Values{"contact": {email["delegate"]}, "password": {demoPassword}})
			if resp.StatusCode == http.StatusSeeOther {
				t.Error("a password that was changed signs in again")
			}
			p.Stop()
			// I16: the log goes on where it was published, and contains it.
			k.must("verify", record, "--key", ring.Vkey(), "--against", filepath.Join(k.at("data-again"), "log"))
			if out := k.must(with(again, "prove", k.dir)...); strings.Contains(out, "log-fault") {
				t.Errorf("the log that was continued has faults:\n%s", out)
			}
			for name, content := range files(t, k.at("data-again")) {
				if plantedHere.Match(content) {
					t.Errorf("a planted word stands in clear in %s", name)
				}
			}

			// The same with a ledger of before: refused, whatever else is there.
			if bytes.Equal(copied, newest) {
				t.Fatal("the ledger did not grow")
			}
			k.must(with(again, "keys", "backup", "--to", k.at("key-backup"))...)
			k.must(with(again, "backup", k.dir, "--to", k.at("backup-2"))...)
			k.must(with(again, "keys", "backup", "--to", k.at("key-backup"))...)
			if err := os.WriteFile(filepath.Join(k.at("keys"), ledger.FileName), copied, 0o600); err != nil {
				t.Fatal(err)
			}
			third, _ := k.place("data-third", "keys")
			if out, err := k.run(with(third, "restore", k.dir, "--from", k.at("backup-2"), "--keys-from", k.at("key-backup"))...); err == nil || !strings.Contains(out, "it is not the newest one") {
				t.Errorf("with an old ledger it is restored: %v\n%s", err, out)
			}
		})
	}
}

// isErased looks that nothing opens what there was of somebody.
func (k *keeper) isErased(d *db.DB, subject string) {
	k.t.Helper()
	if err := d.View(k.t.Context(), func(tx *db.Tx) error {
		var values, scopes, gates int64
		for query, n := range map[string]*int64{
			`SELECT count(*) FROM vault_value WHERE subject = $1`:                          &values,
			`SELECT count(*) FROM vault_scope WHERE subject = $1 AND scope <> 'evidence'`:  &scopes,
			`SELECT count(*) FROM vault_gate WHERE subject = $1 AND erased_at IS NOT NULL`: &gates,
		} {
			if err := tx.QueryRow(query, subject).Scan(n); err != nil {
				return err
			}
		}
		if values != 0 || scopes != 0 || gates != 1 {
			k.t.Errorf("of who was erased %d values and %d keys are back; %d gates are closed", values, scopes, gates)
		}
		return nil
	}); err != nil {
		k.t.Fatal(err)
	}
}

// holdsNoKey searches a data backup for every wrapped key and blind index of
// the living store.
func (k *keeper) holdsNoKey(name string) {
	k.t.Helper()
	d := testkit.Open(k.t, k.address)
	secrets := map[string][]byte{}
	if err := d.View(k.t.Context(), func(tx *db.Tx) error {
		for _, query := range []string{`SELECT 'key', wrapped FROM vault_scope`, `SELECT 'index', mac FROM vault_index`} {
			if err := tx.Select(func(r *db.Rows) error {
				var what string
				var secret []byte
				err := r.Scan(&what, &secret)
				secrets[what+" "+base64.StdEncoding.EncodeToString(secret)] = secret
				return err
			}, query); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		k.t.Fatal(err)
	}
	if len(secrets) < 10 {
		k.t.Fatalf("the store holds %d keys and indexes only", len(secrets))
	}
	for file, content := range files(k.t, k.at(name)) {
		for secret, raw := range secrets {
			what, text, _ := strings.Cut(secret, " ")
			if bytes.Contains(content, raw) || bytes.Contains(content, []byte(text)) {
				k.t.Errorf("%s of the data backup holds a %s", file, what)
			}
		}
		if plantedHere.Match(content) {
			k.t.Errorf("%s of the data backup holds a planted word in clear", file)
		}
	}
}
