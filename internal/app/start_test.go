package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// refused starts the program, which must refuse, say each of the words, and
// never say where it serves.
func refused(t *testing.T, args []string, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, testkit.Binary(t), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err == nil || ctx.Err() != nil {
		t.Errorf("it starts: %v", err)
	}
	for _, word := range words {
		if !strings.Contains(said.String(), word) {
			t.Errorf("it does not say %q, but: %s", word, said.String())
		}
	}
	if strings.Contains(out.String(), "portico: http") {
		t.Errorf("it says where it serves: %s", out.String())
	}
}

// place is a store that was used, in folders of its own.
type place struct{ dir, data, keys string }

func (p place) args(more ...string) []string {
	return append([]string{p.dir, "--data", p.data, "--keys", p.keys}, more...)
}

// copied is the same store elsewhere.
func (p place) copied(t *testing.T) place {
	t.Helper()
	base := t.TempDir()
	q := place{p.dir, filepath.Join(base, "data"), filepath.Join(base, "keys")}
	for from, to := range map[string]string{p.data: q.data, p.keys: q.keys} {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(q.keys, 0o700); err != nil {
		t.Fatal(err)
	}
	for name := range files(t, q.keys) { // a copy by CopyFS forgets who may read
		if err := os.Chmod(filepath.Join(q.keys, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// used founds a store for an instance, lets people in, and stops.
func used(t *testing.T, dir string, flags ...string) place {
	t.Helper()
	base := t.TempDir()
	p := place{dir, filepath.Join(base, "data"), filepath.Join(base, "keys")}
	program := testkit.Serve(t, p.args(flags...)...)
	if len(flags) > 0 {
		program.Person("permit-officer")
	}
	program.Stop()
	return p
}

// change runs statements on the store, past the program.
func (p place) change(t *testing.T, statements ...string) {
	t.Helper()
	d, err := db.Open(t.Context(), "file:"+filepath.Join(p.data, "portico.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(s)
			return err
		}); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// sums is the content of every file, without what SQLite keeps beside its own.
func sums(t *testing.T, dirs ...string) string {
	t.Helper()
	var out strings.Builder
	for _, dir := range dirs {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			out.WriteString(dir + " is not there\n")
			continue
		}
		all := files(t, dir)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			sum := sha256.Sum256(all[name])
			if !strings.HasSuffix(name, "-wal") && !strings.HasSuffix(name, "-shm") {
				out.WriteString(name + " " + hex.EncodeToString(sum[:]) + "\n")
			}
		}
	}
	return out.String()
}

func TestO9_ANamedFaultStopsTheStartAndNothingIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := onegov(t)
	secret := filepath.Join(t.TempDir(), "token")
	write(t, secret, "a-token-that-signs-too")
	write(t, filepath.Join(dir, "environment.yaml"), "address: https://one.gov.mv\n"+
		"mail: {host: smtp.one.gov.mv, port: 587, from: no-reply@one.gov.mv}\n"+
		"sms: {url: \"https://sms.one.gov.mv/\", from: ONEGOV, token: \"file:"+secret+"\"}\n"+taking("file:"+secret))
	town := filepath.Join(t.TempDir(), "town")
	if said, err := exec.Command(testkit.Binary(t), "init", town).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	demo, live := used(t, dir, "--demo"), used(t, dir)
	second := used(t, dir, "--demo")
	other := filepath.Join(t.TempDir(), "keys")
	foreign := place{town, filepath.Join(t.TempDir(), "data"), other}
	testkit.Serve(t, foreign.args("--demo")...).Stop()

	move := func(t *testing.T, from, to string) {
		t.Helper()
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		store place
		harm  func(t *testing.T, p *place)
		flags []string
		words []string
	}{
		"the key directory is missing": {demo, func(t *testing.T, p *place) {
			if err := os.RemoveAll(p.keys); err != nil {
				t.Fatal(err)
			}
		}, []string{"--demo"}, []string{"is missing or empty", "put it back from the key backup"}},
		"a file of the key directory is missing": {demo, func(t *testing.T, p *place) {
			if err := os.Remove(filepath.Join(p.keys, "keyring.json")); err != nil {
				t.Fatal(err)
			}
		}, []string{"--demo"}, []string{"keyring.json", "put it back from the key backup"}},
		"the signer forgot what it signed": {demo, func(t *testing.T, p *place) {
			if err := os.Remove(filepath.Join(p.keys, "signer.json")); err != nil {
				t.Fatal(err)
			}
		}, []string{"--demo"}, []string{"signer.json", "key backup"}},
		"the root key is another": {demo, func(t *testing.T, p *place) {
			move(t, filepath.Join(second.keys, "root.key"), filepath.Join(p.keys, "root.key"))
		}, []string{"--demo"}, []string{"the root key", "put the right one back from the key backup"}},
		"the root key can be read by others": {demo, func(t *testing.T, p *place) {
			if err := os.Chmod(filepath.Join(p.keys, "root.key"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, []string{"--demo"}, []string{"others can read", "chmod 600"}},
		"the keys are of another instance": {demo, func(t *testing.T, p *place) {
			p.keys = foreign.copied(t).keys
		}, []string{"--demo"}, []string{`belongs to the instance "`, "--keys"}},
		"the keys are of another store of this instance": {demo, func(t *testing.T, p *place) {
			p.keys = second.copied(t).keys
		}, []string{"--demo"}, []string{"is not that of this database", "--keys"}},
		"the database is gone and the keys are there": {demo, func(t *testing.T, p *place) {
			if err := os.RemoveAll(p.data); err != nil {
				t.Fatal(err)
			}
			p.data = filepath.Join(t.TempDir(), "empty")
		}, []string{"--demo"}, []string{"the database is empty", "restore it from a backup"}},
		"a demo's store without --demo":  {demo, nil, nil, []string{"demo's for ever", "start with --demo"}},
		"--demo on a store that is none": {live, nil, []string{"--demo"}, []string{"not a demo's", "start without --demo"}},
		"the last event is gone": {demo, func(t *testing.T, p *place) {
			p.change(t, "DROP TRIGGER audit_event_no_delete",
				"DELETE FROM audit_event WHERE (subject, n) IN (SELECT subject, n FROM audit_leaf ORDER BY idx DESC LIMIT 1)")
		}, []string{"--demo"}, []string{"restore the newest backup"}},
		"a byte of the last leaf": {demo, func(t *testing.T, p *place) {
			p.change(t, "DROP TRIGGER audit_leaf_no_update",
				"UPDATE audit_leaf SET leaf = zeroblob(32) WHERE idx = (SELECT max(idx) FROM audit_leaf)")
		}, []string{"--demo"}, []string{"restore the newest backup"}},
		"an older copy of the database": {demo, func(t *testing.T, p *place) {
			later := testkit.Serve(t, p.args("--demo")...)
			later.Person("permit-officer")
			for range 5 { // failed sign-ins are events
				later.Browse().Post("/en/sign-in", map[string][]string{"contact": {"aminath@demo.example"}, "password": {"not the password"}})
			}
			later.Stop()
			if err := os.RemoveAll(p.data); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(p.data, os.DirFS(demo.data)); err != nil {
				t.Fatal(err)
			}
		}, []string{"--demo"}, []string{"were signed and published", "restore the newest backup"}},
		"a newer schema": {demo, func(t *testing.T, p *place) {
			p.change(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (29990101000000, 1)")
		}, []string{"--demo"}, []string{"29990101000000", "start a newer Portico"}},
		"an undeclared column (I1)": {demo, func(t *testing.T, p *place) {
			p.change(t, "ALTER TABLE identity_account ADD COLUMN nickname TEXT")
		}, []string{"--demo"}, []string{"identity_account.nickname", "I1"}},
		"a faulty instance": {demo, func(t *testing.T, p *place) {
			p.dir = onegov(t)
			write(t, filepath.Join(p.dir, "policy", "stray.yaml"), "a: 1\n")
			b, err := os.ReadFile(filepath.Join(p.dir, "portico.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(p.dir, "portico.yaml"), strings.Replace(string(b), "currency: MVR", "curency: MVR", 1))
		}, []string{"--demo"}, []string{"policy/stray.yaml:1: ", "portico.yaml:", `missing key "currency"`, `unknown key "curency"`, "does not start"}},
		"plain HTTP beyond this machine": {live, nil, []string{"--listen", "0.0.0.0:0"}, []string{"plain HTTP is served on loopback only", "give a certificate"}},
		"a demo beyond this machine":     {demo, nil, []string{"--demo", "--listen", "0.0.0.0:0"}, []string{"a demo is for this machine only", "use 127.0.0.1"}},
		"metrics beyond this machine":    {live, nil, []string{"--metrics", "0.0.0.0:0"}, []string{"plain HTTP is served on loopback only"}},
		"a secret that is not there": {live, func(t *testing.T, p *place) {
			p.dir = onegov(t)
			write(t, filepath.Join(p.dir, "environment.yaml"), "mail: {host: smtp.one.gov.mv, port: 587, from: no-reply@one.gov.mv}\n"+
				"sms: {url: \"https://sms.one.gov.mv/\", from: ONEGOV, token: \"env:PORTICO_NOT_SET\"}\n"+taking("env:PORTICO_NOT_SET"))
		}, nil, []string{"environment.yaml: sms: ", "PORTICO_NOT_SET is not set"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.store.copied(t)
			if c.harm != nil {
				c.harm(t, &p)
			}
			before := sums(t, p.keys, filepath.Join(p.data, "log"))
			refused(t, p.args(c.flags...), c.words...)
			if after := sums(t, p.keys, filepath.Join(p.data, "log")); after != before {
				t.Errorf("before:\n%safter:\n%s", before, after)
			}
			if strings.HasPrefix(name, "the database is gone") {
				return
			}
			refused(t, p.args(c.flags...), c.words...) // the second try finds what the first found
		})
	}
	for name, p := range map[string]place{"demo": demo, "live": live} { // and what nobody broke starts
		flags := []string{}
		if name == "demo" {
			flags = append(flags, "--demo")
		}
		testkit.Serve(t, p.copied(t).args(flags...)...).Stop()
	}
}

func TestARefusedStartLeavesNothingBehind(t *testing.T) {
	town, away, none := filepath.Join(t.TempDir(), "town"), t.TempDir(), t.TempDir()
	if said, err := exec.Command(testkit.Binary(t), "init", town).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(town, link); err != nil {
		t.Fatal(err)
	}
	data, keys := filepath.Join(away, "data"), filepath.Join(away, "keys")
	for name, c := range map[string]struct {
		store place
		flags []string
		words []string
	}{
		"data in the instance":           {place{town, filepath.Join(town, "data"), keys}, []string{"--demo"}, []string{"--data", "is inside the instance", "name a folder beside it"}},
		"keys in the instance":           {place{town, data, filepath.Join(town, "deep", "keys")}, []string{"--demo"}, []string{"--keys", "is inside the instance"}},
		"keys in it by another way":      {place{town, data, filepath.Join(link, "keys")}, []string{"--demo"}, []string{"--keys", "is inside the instance"}},
		"the instance itself":            {place{link, town, keys}, []string{"--demo"}, []string{"--data", "is inside the instance"}},
		"plain HTTP beyond this machine": {place{town, data, keys}, []string{"--listen", "0.0.0.0:0"}, []string{"plain HTTP is served on loopback only"}},
		"metrics beyond this machine":    {place{town, data, keys}, []string{"--metrics", "0.0.0.0:0"}, []string{"plain HTTP is served on loopback only"}},
		"a folder that is no instance":   {place{none, data, keys}, []string{"--demo"}, []string{"no portico.yaml in " + none}},
	} {
		refused(t, c.store.args(c.flags...), c.words...)
		for _, made := range []string{data, keys, filepath.Join(town, "data"), filepath.Join(town, "deep"), filepath.Join(town, "keys")} {
			if _, err := os.Stat(made); !os.IsNotExist(err) {
				t.Errorf("%s: %s was made", name, made)
			}
		}
	}
}

func TestOnlyItsOwnerReadsWhatTheProgramWrites(t *testing.T) {
	town := filepath.Join(t.TempDir(), "town")
	if said, err := exec.Command(testkit.Binary(t), "init", town).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	p := place{town, town + "-data", town + "-keys"} // beside the instance, as README has it
	program := testkit.Serve(t, p.args("--demo")...)
	seen := 0
	for _, dir := range []string{p.data, p.keys} {
		if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if os.IsNotExist(err) {
				return nil // it was there for a moment
			}
			if seen++; err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("others may read %s: %v", name, info.Mode())
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if seen < 8 {
		t.Errorf("it wrote %d files and folders only", seen)
	}
	program.Stop()
}

func TestAFaultyInstanceFoundsNoStore(t *testing.T) {
	for file, c := range map[string]struct {
		text, says string
		flags      []string
	}{
		"policy/stray.yaml": {"a: 1\n", "policy/stray.yaml:1: ", []string{"--demo"}},
		"environment.yaml": {"mail: {host: smtp.one.gov.mv, port: 587, from: no-reply@one.gov.mv}\n" +
			"sms: {url: \"https://sms.one.gov.mv/\", from: ONEGOV, token: \"env:PORTICO_NOT_SET\"}\n" + taking("env:PORTICO_NOT_EITHER"), "PORTICO_NOT_EITHER is not set", nil},
	} {
		dir := onegov(t)
		write(t, filepath.Join(dir, file), c.text)
		p := place{dir, filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "keys")}
		refused(t, p.args(c.flags...), c.says)
		for _, made := range []string{p.data, p.keys} {
			if _, err := os.Stat(made); !os.IsNotExist(err) {
				t.Errorf("%s: %s was made", file, made)
			}
		}
	}
}
