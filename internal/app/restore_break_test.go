package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// idle is a portal that has begun and was stopped, with its backups.
func idle(t *testing.T, engine db.Engine) *keeper {
	t.Helper()
	k := keep(t, engine)
	k.program.Person("permit-officer") // it has begun whole
	k.program.Stop()
	k.must(with(k.store, "backup", k.dir, "--to", k.at("backup"))...)
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	return k
}

func (k *keeper) restore(flags []string, more ...string) []string {
	return with(flags, append([]string{"restore", k.dir, "--from", k.at("backup"), "--keys-from", k.at("key-backup"), "--log", filepath.Join(k.at("data"), "log")}, more...)...)
}

// TestI8_CopiesAndKeysOfAPortal does to the backups of one portal what may
// happen to them.
func TestI8_CopiesAndKeysOfAPortal(t *testing.T) {
	t.Parallel()
	k := idle(t, db.SQLite)
	for _, one := range []struct {
		name string
		test func(*testing.T, *keeper)
	}{
		{"a damaged backup is named by its file", damaged},
		{"what does not belong together is refused, and leaves nothing", strange},
		{"an old epoch is destroyed once a drill showed that it may be", rotated},
		{"a lost key directory is put back and brought up to the database", lost},
		{"what was refused or had hardly begun does not stand in the way", begun},
	} {
		t.Run(one.name, func(t *testing.T) {
			k := *k
			k.t = t
			one.test(t, &k)
		})
	}
}

func damaged(t *testing.T, k *keeper) {
	again, _ := k.place("data-again", "keys")
	for name, want := range map[string]string{
		"backup/tables/vault_value.jsonl":     "tables/vault_value.jsonl is damaged",
		"backup/manifest.sig":                 "is not signed by the key of this portal",
		"key-backup/tables/vault_scope.jsonl": "tables/vault_scope.jsonl is damaged",
		"key-backup/keys/ledger":              "keys/ledger is damaged",
	} {
		whole, err := os.ReadFile(k.at(name))
		if err != nil {
			t.Fatal(err)
		}
		bad := append([]byte{}, whole...)
		if bad[5]++; strings.HasSuffix(name, ".sig") { // which stays one that can be read
			bad[5] = 'A' + whole[5]%2
		}
		write(t, k.at(name), string(bad))
		if out, err := k.run(k.restore(again)...); err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		write(t, k.at(name), string(whole))
	}
	if err := os.Remove(k.at("backup/tables/vault_gate.jsonl")); err != nil {
		t.Fatal(err)
	}
	if out, err := k.run(k.restore(again)...); err == nil || !strings.Contains(out, "tables/vault_gate.jsonl is missing") {
		t.Errorf("without a file: %v\n%s", err, out)
	}
	if err := os.RemoveAll(k.at("backup")); err != nil {
		t.Fatal(err)
	}
	k.must(with(k.store, "backup", k.dir, "--to", k.at("backup"))...)
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	if found, _ := filepath.Glob(k.at("data-again/*.db")); len(found) > 0 {
		t.Errorf("a damaged backup made %q", found)
	}
}

// strange joins what does not belong together: each time the refusal says what,
// and neither data nor keys are begun.
func strange(t *testing.T, k *keeper) {
	other := filepath.Join(t.TempDir(), "other")
	if err := instance.Init(other); err != nil {
		t.Fatal(err)
	}
	theirs := []string{"--data", k.at("their-data"), "--keys", k.at("their-keys")}
	p := testkit.Serve(t, append([]string{other, "--demo"}, theirs...)...)
	p.Person("citizen")
	p.Stop()
	k.must(with(theirs, "backup", other, "--to", k.at("their-backup"))...)
	k.must(with(theirs, "keys", "backup", "--to", k.at("their-key-backup"))...)
	if err := os.CopyFS(k.at("early-key-backup"), os.DirFS(k.at("key-backup"))); err != nil {
		t.Fatal(err)
	}
	k.must(with(k.store, "backup", k.dir, "--to", k.at("late-backup"))...)

	for _, c := range []struct{ name, from, keysFrom, keys, want string }{
		{"another's keys", "backup", "key-backup", "their-keys", `belongs to the instance "example", not "onegov"`},
		{"another's data", "their-backup", "key-backup", "new-keys", `the data backup is of the instance "example" and the key backup of "onegov"`},
		{"another's backups, to the keys that are there", "their-backup", "their-key-backup", "keys", `the backup is of "example" and the keys are of "onegov"`},
		{"another's backups", "their-backup", "their-key-backup", "new-keys", `the key backup is of the instance "example", not "onegov"`},
		{"keys from before the data", "late-backup", "early-key-backup", "new-keys", "take a key backup that was made after the data"},
		{"one for the other", "key-backup", "backup", "new-keys", "it is a backup of keys, and one of data is wanted"},
	} {
		to := []string{"--data", k.at("strange-data"), "--keys", k.at(c.keys)}
		out, err := k.run(with(to, "restore", k.dir, "--from", k.at(c.from), "--keys-from", k.at(c.keysFrom))...)
		if err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
	if out, err := k.run(with([]string{"--data", k.at("data"), "--keys", k.at("new-keys")}, "keys", "restore", "--from", k.at("their-key-backup"))...); err == nil || !strings.Contains(out, `the database belongs to the instance "onegov"`) {
		t.Errorf("another's keys are put back: %v\n%s", err, out)
	}
	for _, pattern := range []string{"strange-data", "new-keys*"} {
		if left, err := filepath.Glob(k.at(pattern)); err != nil || len(left) > 0 {
			t.Errorf("left is %q, %v", left, err)
		}
	}
}

// rotated begins another epoch, and looks what a copy of the database from
// before can be read with once the old one is destroyed.
func rotated(t *testing.T, k *keeper) {
	if err := os.CopyFS(k.at("stolen"), os.DirFS(k.at("data"))); err != nil {
		t.Fatal(err)
	}
	// A rotation that has begun: a key backup of now holds keys under both.
	begun, err := keys.Open(k.at("keys"), "onegov", true)
	if err == nil {
		_, err = begun.NewEpoch(time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	k.must(k.restore(k.store, "--drill")...)
	k.must(with(k.store, "keys", "rotate")...)
	destroy := with(k.store, "keys", "rotate", "--destroy", k.dir)
	says := func(want string) {
		t.Helper()
		if out := k.must(destroy...); !strings.Contains(out, want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
	says("epoch 1 stays: no key backup under a later one was restored in a drill")
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	k.must(k.restore(k.store, "--drill")...)
	says("epoch 1 stays: it is kept until")
	_, live, rotatedRing := k.open("file:"+filepath.Join(k.at("data"), "portico.db"), "keys")
	events, err := audit.Look(audit.Config{DB: live, Ring: rotatedRing, Keeper: vault.NewKeeper(rotatedRing), Clock: clock.System{}}).Events(t.Context(), audit.System, 0, 1)
	if err != nil || len(events) != 1 {
		t.Fatalf("the store's events are %+v, %v", events, err)
	}
	if e := events[0]; e.Activity != "restore-drill" || e.Facts["epoch"] != "2" || e.Facts["faults"] != "0" || e.Facts["values"] == "0" {
		t.Errorf("the log tells of the drill: %+v", e)
	}
	// Its time passes.
	ring := filepath.Join(k.at("keys"), "keyring.json")
	text, err := os.ReadFile(ring)
	if err != nil {
		t.Fatal(err)
	}
	write(t, ring, regexp.MustCompile(`"began": \d+`).ReplaceAllString(string(text), `"began": 1`))
	says("epoch 1: its key is destroyed")
	ring2, err := keys.Open(k.at("keys"), "onegov", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]bool{"data": true, "stolen": false} {
		d := testkit.Open(t, "file:"+filepath.Join(k.at(name), "portico.db"))
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			_, err := vault.NewKeeper(ring2).Evidence(tx, audit.System)
			return err
		}); (err == nil) != open {
			t.Errorf("%s: what is wrapped opens with %v", name, err)
		}
	}
	if out := k.must(with(k.store, "prove", k.dir)...); !regexp.MustCompile(`(?m)^key-backup +at-risk`).MatchString(out) { // the epoch is as old as its time by now
		t.Errorf("prove says %s", out)
	}
}

// lost restores keys that were copied before the last acts: the database knows
// them.
func lost(t *testing.T, k *keeper) {
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	k.program.Start()
	b := k.program.Browse()
	signIn(b, k.program.Person("delegate"))
	b.Submit("/en/cabinet/security/password", map[string][]string{"current": {demoPassword}, "password": {password}}, 200)
	k.program.Stop()
	ledger, err := os.ReadFile(filepath.Join(k.at("keys"), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(k.at("keys")); err != nil {
		t.Fatal(err)
	}
	k.must(with(k.store, "keys", "restore", "--from", k.at("key-backup"))...)
	if again, err := os.ReadFile(filepath.Join(k.at("keys"), "ledger")); err != nil || string(again) != string(ledger) {
		t.Errorf("the ledger is not what it was: %v\n%s\n%s", err, ledger, again)
	}
	if out, err := k.run(with(k.store, "keys", "restore", "--from", k.at("key-backup"))...); err == nil || !strings.Contains(out, "not empty") {
		t.Errorf("keys are put over keys: %v\n%s", err, out)
	}
	k.program.Start()
	k.program.Person("permit-officer")
}

// begun restores with keys from before a rotation, which is refused, and then with
// the newest, and with a copy of the log that has no checkpoint yet, as one that
// was begun when the portal was killed.
func begun(t *testing.T, k *keeper) {
	k.program.Stop()
	k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
	err := os.CopyFS(k.at("log-begun"), os.DirFS(filepath.Join(k.at("data"), "log")))
	if err = errors.Join(err, os.Remove(filepath.Join(k.at("log-begun"), "checkpoint"))); err != nil {
		t.Fatal(err)
	}
	to, address := k.place("data-begun", "keys")
	restore := func(keys string) []string {
		return with(to, "restore", k.dir, "--from", k.at("backup"), "--keys-from", k.at(keys), "--log", k.at("log-begun"))
	}
	if out, err := k.run(restore("early-key-backup")...); err == nil || !strings.Contains(out, "take a newer key backup") {
		t.Errorf("keys of an epoch that is destroyed: %v\n%s", err, out)
	}
	if out := k.must(restore("key-backup")...); !regexp.MustCompile(`goes on; of [1-9]\d* entries`).MatchString(out) {
		t.Errorf("nothing was signed since: %s", out)
	}
	if out, err := k.run(restore("key-backup")...); err == nil || !strings.Contains(out, "this backup was put back into it") {
		t.Errorf("what was restored is restored again: %v\n%s", err, out)
	}
	v, d, _ := k.open(address, "keys")
	if _, opened, shut, err := v.Whole(t.Context()); err != nil || opened == 0 || shut > 0 {
		t.Errorf("%d values open and %d do not, %v", opened, shut, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
