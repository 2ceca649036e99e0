package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/backup"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// command is one of the program's that is killed.
type command struct {
	name  string
	args  []string
	was   string           // what it says that was done already; empty: it is done again
	ready func()           // what comes before it
	kept  func()           // what is so whenever it was killed
	done  func(out string) // and once it ended
}

// TestI8_ACommandThatIsKilledIsDoneByRunningItAgain kills every command that
// copies, turns, destroys or puts back, kill -9, later and later, until one ends
// by itself: nobody loses anything, no key is left that was to be destroyed, and
// the same command goes on.
func TestI8_ACommandThatIsKilledIsDoneByRunningItAgain(t *testing.T) {
	t.Parallel()
	seeds := testkit.Chance(t)
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		chance := rand.New(rand.NewPCG(seeds.Uint64(), seeds.Uint64()))
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			k := &killed{keeper: idle(t, engine), chance: chance}
			k.people()
			for _, c := range k.commands() {
				c.ready()
				kills, out := k.until(c)
				c.kept()
				c.done(out)
				if t.Logf("%s: %d kills", c.name, kills); kills == 0 || t.Failed() {
					t.Fatalf("%s: %d kills:\n%s", c.name, kills, out)
				}
			}
			again := testkit.Serve(t, append([]string{k.dir, "--demo"}, k.again...)...)
			again.Person("permit-officer")
			again.Stop()
		})
	}
}

// killed is a portal whose commands are killed.
type killed struct {
	*keeper
	chance  *rand.Rand
	secrets map[string][]byte // person → what is sealed of them
	erased  string            // since the backup
	again   []string          // the flags of what is restored
	address string            // and of its database
}

// until kills a command later and later until it ends by itself, and returns
// what it said then.
func (k *killed) until(c command) (kills int, out string) {
	k.t.Helper()
	for within := 12 * time.Millisecond; ; within *= 2 {
		var said bytes.Buffer
		cmd := exec.Command(testkit.Binary(k.t), c.args...)
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			k.t.Fatal(err)
		}
		timer := time.AfterFunc(within/2+time.Duration(k.chance.Int64N(int64(within/2))), func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		// Killed between the last thing it did and its end, it was done.
		if err == nil || kills > 0 && strings.Contains(said.String(), c.was) && c.was != "" {
			return kills, said.String()
		}
		if cmd.ProcessState.Exited() {
			k.t.Fatalf("%s refuses after %d kills: %v\n%s", c.name, kills, err, said.String())
		}
		kills++
		c.kept()
	}
}

// people has something sealed of many people, so that a rotation takes a while.
func (k *killed) people() {
	v, d, _ := k.open(k.keeper.address, "keys")
	k.secrets = map[string][]byte{}
	k.good(d.Update(k.t.Context(), func(tx *db.Tx) error {
		clear(k.secrets)
		for range 200 {
			subject, err := v.NewSubject(tx)
			if err == nil {
				k.secrets[subject], err = v.SealSecret(tx, subject, "test", []byte(subject))
			}
			if err != nil {
				return err
			}
			k.erased = subject
		}
		return nil
	}), d.Close())
}

func (k *killed) good(errs ...error) {
	k.t.Helper()
	for _, err := range errs {
		if err != nil {
			k.t.Fatal(err)
		}
	}
}

// reads reads what is sealed of everybody in a store: all of it, but for those
// who were erased.
func (k *killed) reads(address string, erased ...string) {
	k.t.Helper()
	v, d, ring := k.open(address, "keys")
	_, opened, shut, err := v.Whole(k.t.Context())
	if err != nil || opened == 0 || shut > 0 {
		k.t.Fatalf("epoch %d: %d values open and %d do not, %v", ring.Epoch(), opened, shut, err)
	}
	k.good(d.View(k.t.Context(), func(tx *db.Tx) error {
		for subject, sealed := range k.secrets {
			text, err := v.OpenSecret(tx, subject, "test", sealed)
			if gone := slices.Contains(erased, subject); gone != (err != nil) || !gone && string(text) != subject {
				return fmt.Errorf("of %s, erased: %v, it reads %q, %w", subject, gone, text, err)
			}
		}
		return nil
	}), d.Close())
}

// whole opens a backup if it is there.
func (k *killed) whole(name string, kind backup.Kind) (there bool) {
	k.t.Helper()
	if _, err := os.Stat(k.at(name)); err != nil {
		return false
	}
	b, err := backup.Open(k.at(name), kind)
	if err != nil {
		k.t.Fatalf("a backup that was killed has its name: %v", err)
	}
	ring, err := keys.Open(k.at("keys"), "onegov", true)
	k.good(err, b.Signed(ring), b.Close())
	return true
}

// noted demands that the store knows when a data backup was made.
func (k *killed) noted(name string) {
	k.t.Helper()
	b, err := backup.Open(k.at(name), backup.Data)
	k.good(err)
	_, d, _ := k.open(k.keeper.address, "keys")
	var made time.Time
	err = d.View(k.t.Context(), func(tx *db.Tx) error { _, _, made, err = backup.Last(tx); return err })
	if k.good(err, d.Close(), b.Close()); !made.Equal(b.At.Truncate(time.Microsecond)) {
		k.t.Fatalf("the backup is of %s and the store knows one of %s", b.At, made)
	}
}

// file is a file of the key folder.
func (k *killed) file(folder, name string) []byte {
	k.t.Helper()
	content, err := os.ReadFile(filepath.Join(k.at(folder), name))
	k.good(err)
	return content
}

// commands are those that are killed, in the order in which they are used.
func (k *killed) commands() []command {
	nothing := func() {}
	live := func() { k.reads(k.keeper.address) }
	var destroyed []string // wrapped, as they stand in the file
	k.again, k.address = k.place("data-again", "keys")
	return []command{
		{"backup", with(k.store, "backup", k.dir, "--to", k.at("backup-2")), "a data backup gets a place of its own", nothing,
			func() {
				if k.whole("backup-2", backup.Data) {
					k.noted("backup-2")
				}
			},
			func(string) {
				if !k.whole("backup-2", backup.Data) {
					k.t.Error("there is no backup")
				}
			}},
		{"keys backup", with(k.store, "keys", "backup", "--to", k.at("key-backup")), "", nothing,
			func() {
				if old := k.at("key-backup") + ".old"; !k.whole("key-backup", backup.Keys) {
					if _, err := os.Stat(old); err != nil {
						k.t.Errorf("neither the new key backup is there nor the old one: %v", err)
					}
				}
			},
			func(string) {
				if _, err := os.Stat(k.at("key-backup") + ".old"); err == nil || !k.whole("key-backup", backup.Keys) {
					k.t.Errorf("there is no key backup, or an old one, which opens what was erased (%v)", err)
				}
			}},
		{"keys rotate", with(k.store, "keys", "rotate"), "", nothing, live,
			func(string) {
				_, d, ring := k.open(k.keeper.address, "keys")
				used, err := vault.EpochUse(k.t.Context(), d)
				if k.good(err, d.Close()); len(used) != 1 || used[ring.Epoch()] == 0 {
					k.t.Errorf("epoch %d is the current one, and keys are wrapped under %v", ring.Epoch(), used)
				}
			}},
		{"keys rotate --destroy", with(k.store, "keys", "rotate", "--destroy", k.dir), "",
			func() {
				ring, err := keys.Open(k.at("keys"), "onegov", true)
				for range 40 {
					if err == nil {
						_, err = ring.NewEpoch(time.Now())
					}
				}
				k.good(err)
				k.must(with(k.store, "keys", "rotate")...)
				k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
				k.must(k.restore(k.store, "--drill")...)
				path := filepath.Join(k.at("keys"), "keyring.json")
				write(k.t, path, regexp.MustCompile(`"began": \d+`).ReplaceAllString(string(k.file("keys", "keyring.json")), `"began": 1`))
				destroyed = epochKeys(k.t, k.file("keys", "keyring.json"))
				destroyed = destroyed[:len(destroyed)-1]
			}, live,
			func(string) {
				if left := epochKeys(k.t, k.file("keys", "keyring.json")); len(left) != 1 || len(destroyed) < 40 {
					k.t.Errorf("%d epochs are left of %d", len(left), len(destroyed)+1)
				}
				for name, content := range files(k.t, k.at("keys")) {
					for _, key := range destroyed {
						if bytes.Contains(content, []byte(key)) {
							k.t.Errorf("%s holds the key of an epoch that was destroyed", name)
						}
					}
				}
			}},
		{"keys restore", with(k.store, "keys", "restore", "--from", k.at("key-backup")), "is not empty",
			func() {
				k.must(with(k.store, "keys", "backup", "--to", k.at("key-backup"))...)
				v, d, _ := k.open(k.keeper.address, "keys")
				k.good(v.Update(k.t.Context(), func(tx *db.Tx) error { return v.Shred(tx, vault.Key{Subject: k.erased, Scope: vault.Profile}) }), d.Close())
				k.good(os.Rename(k.at("keys"), k.at("keys-lost")))
			}, nothing,
			func(string) {
				if !bytes.Equal(k.file("keys", ledger.FileName), k.file("keys-lost", ledger.FileName)) {
					k.t.Error("the ledger is not what it was")
				}
				k.reads(k.keeper.address, k.erased)
			}},
		// The last: what it restores goes on under the same keys, and the store
		// that it came from is an older copy from then on.
		{"restore", with(k.again, "restore", k.dir, "--from", k.at("backup-2"), "--keys-from", k.at("key-backup"), "--log", filepath.Join(k.at("data"), "log")), "this backup was put back into it", nothing,
			func() {
				if _, err := os.Stat(k.at("data-again")); err != nil {
					return // it was not that far
				}
				d := testkit.Open(k.t, k.address)
				schema, err := d.Schema(k.t.Context())
				if err == nil && len(schema["vault_gate"]) > 0 {
					err = d.View(k.t.Context(), func(tx *db.Tx) error {
						var people int64
						if err := tx.QueryRow(`SELECT count(*) FROM vault_gate`).Scan(&people); err != nil || people == 0 {
							return err
						}
						s, known, err := backup.Restored(tx)
						if err == nil && !known {
							err = fmt.Errorf("%d people are in a store that nobody knows as one that is restored: %+v", people, s)
						}
						return err
					})
				}
				k.good(err, d.Close())
			},
			func(string) { k.reads(k.address, k.erased) }},
	}
}

// epochKeys are the wrapped keys of the epochs of a key folder, the oldest first.
func epochKeys(t *testing.T, ring []byte) (all []string) {
	t.Helper()
	var read struct{ Epochs []struct{ Key string } }
	if err := json.Unmarshal(ring, &read); err != nil {
		t.Fatal(err)
	}
	for _, e := range read.Epochs {
		all = append(all, e.Key)
	}
	return all
}
