package keys_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portico/internal/keys"
)

func create(t *testing.T, instance string, demo bool) (*keys.Ring, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	r, err := keys.Create(dir, instance, demo)
	if err != nil {
		t.Fatal(err)
	}
	return r, dir
}

func TestAKeyDirectoryIsForItsOwnerOnly(t *testing.T) {
	_, dir := create(t, "onegov", false)
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root.key", "keyring.json", "signer.json", "."} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode().Perm()|0o040); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Open(dir, "onegov", false); err == nil || !strings.Contains(err.Error(), "chmod") {
			t.Errorf("%s that others can read: %v", name, err)
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keys.Open(dir, "onegov", false); err != nil {
		t.Errorf("as it was made: %v", err)
	}
}

func TestAWrongKeyDirectoryStopsTheStartAndSaysWhatToDo(t *testing.T) {
	other, otherDir := create(t, "onegov", false)
	_ = other
	for what, c := range map[string]struct {
		change   func(dir string) error
		instance string
		demo     bool
		says     string
	}{
		"another instance":       {nil, "mygov", false, `belongs to the instance "onegov"`},
		"a demo's start":         {nil, "onegov", true, "start without --demo"},
		"no root key":            {remove("root.key"), "onegov", false, "put it back from the key backup"},
		"another root key":       {replace(otherDir, "root.key"), "onegov", false, "put the right one back"},
		"a damaged root key":     {write("root.key", "AAAA"), "onegov", false, "put it back from the key backup"},
		"no keyring":             {remove("keyring.json"), "onegov", false, "put it back from the key backup"},
		"a damaged keyring":      {write("keyring.json", "{"), "onegov", false, "put it back from the key backup"},
		"another's keyring":      {replace(otherDir, "keyring.json"), "onegov", false, "put the right one back"},
		"no signer's state":      {remove("signer.json"), "onegov", false, "put it back from the newest key backup"},
		"a damaged state":        {write("signer.json", `{"size":5}`), "onegov", false, "put it back from the newest key backup"},
		"an empty directory":     {empty, "onegov", false, "no key directory"},
		"no directory":           {os.RemoveAll, "onegov", false, "no key directory"},
		"a file as a directory":  {asFile, "onegov", false, "key directory"},
		"a very long keyring":    {write("keyring.json", strings.Repeat(" ", 2<<20)), "onegov", false, "longer"},
		"an unfinished creation": {unfinished, "onegov", false, "broke off"},
	} {
		t.Run(what, func(t *testing.T) {
			_, dir := create(t, "onegov", false)
			if c.change != nil {
				if err := c.change(dir); err != nil {
					t.Fatal(err)
				}
			}
			before := listing(t, dir)
			_, err := keys.Open(dir, c.instance, c.demo)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v, not %q", err, c.says)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("the directory held %s and now %s", before, after)
			}
		})
	}
	_, demo := create(t, "onegov", true)
	if _, err := keys.Open(demo, "onegov", false); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("a demo's keys in earnest: %v", err)
	}
}

func remove(name string) func(string) error {
	return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
}

func write(name, text string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
}

func replace(from, name string) func(string) error {
	return func(dir string) error {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), b, 0o600)
	}
}

func empty(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) }

func asFile(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) }

func unfinished(dir string) error {
	return errors.Join(os.Remove(filepath.Join(dir, "keyring.json")), os.Remove(filepath.Join(dir, "signer.json")))
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		names = append(names, path)
		return nil
	})
	return strings.Join(names, " ")
}

func TestKeysAreMadeInAnEmptyDirectoryOnly(t *testing.T) {
	_, dir := create(t, "onegov", false)
	was, err := os.ReadFile(filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Create(dir, "onegov", false); err == nil {
		t.Error("keys were made over keys")
	}
	if is, err := os.ReadFile(filepath.Join(dir, "root.key")); err != nil || !bytes.Equal(is, was) {
		t.Error("the root key was replaced")
	}
	for _, id := range []string{"", "One Gov", "onegov\n", "a+b", strings.Repeat("x", 101)} {
		if _, err := keys.Create(filepath.Join(t.TempDir(), "k"), id, false); err == nil {
			t.Errorf("keys for the instance %q", id)
		}
	}
}

func TestKeysSurviveTheirProcess(t *testing.T) {
	a, dir := create(t, "onegov", false)
	place := keys.Place{Instance: "onegov", Table: "vault_scope", Column: "wrapped", Row: "x", Person: "p"}
	key := keys.NewKey()
	epoch, wrapped := a.Wrap(place, key)
	if _, err := a.NewEpoch(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	b, err := keys.Open(dir, "onegov", false)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Unwrap(place, epoch, wrapped)
	if err != nil || !bytes.Equal(got, key) {
		t.Errorf("unwrapped %x, %v", got, err)
	}
	place.Person = "q"
	if _, err := b.Unwrap(place, epoch, wrapped); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("another person's key opens: %v", err)
	}
	if _, err := b.Unwrap(place, 99, wrapped); err == nil {
		t.Error("a key of no epoch opens")
	}
	if b.Epoch() != 2 || len(b.Epochs()) != 2 {
		t.Errorf("epochs %v", b.Epochs())
	}
	if !bytes.Equal(a.Index("email", "x"), b.Index("email", "x")) || bytes.Equal(a.Index("email", "x"), a.Index("phone", "x")) ||
		bytes.Equal(a.Index("email", "x"), a.Code("email", "x")) {
		t.Error("an index is not one a kind")
	}
	other, _ := create(t, "onegov", false)
	if bytes.Equal(a.Index("email", "x"), other.Index("email", "x")) {
		t.Error("two stores index alike")
	}
}

func TestI16_TheSignersMemoryIsOlderThanItsSignature(t *testing.T) {
	r, dir := create(t, "onegov", false)
	root := bytes.Repeat([]byte{7}, 32)
	contains := func(keys.State) error { return nil }
	signed, err := r.Sign("onegov\n5\nx\n", keys.State{Size: 5, Root: root}, func(last keys.State) error {
		if last.Size != 0 {
			t.Errorf("before the first signature it remembers %+v", last)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(r.Vkey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
		t.Errorf("the signature does not verify: %v", err)
	}
	again, err := keys.Open(dir, "onegov", false)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := again.Signed(); err != nil || s.Size != 5 || !bytes.Equal(s.Root, root) {
		t.Errorf("another process sees %+v, %v", s, err)
	}
	if signed, err := again.Sign("onegov\n4\nx\n", keys.State{Size: 4, Root: root}, contains); err == nil || !errors.Is(err, keys.ErrBehind) {
		t.Errorf("something smaller was signed: %s, %v", signed, err)
	}
	other := errors.New("another log")
	if signed, err := again.Sign("onegov\n6\nx\n", keys.State{Size: 6, Root: root}, func(keys.State) error { return other }); signed != nil || !errors.Is(err, other) {
		t.Errorf("something inconsistent was signed: %s, %v", signed, err)
	}
	// A state that cannot be kept is not signed.
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if os.Geteuid() == 0 { // root writes anyway: take the directory away
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
	}
	if signed, err := again.Sign("onegov\n7\nx\n", keys.State{Size: 7, Root: root}, contains); err == nil {
		t.Errorf("signed without memory: %s", signed)
	}
}

func TestABoxOpensInItsPlaceOnly(t *testing.T) {
	box, err := keys.NewBox(keys.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	at := keys.Place{Instance: "onegov", Table: "vault_value", Column: "sealed", Row: keys.Row("profile", "person.name"), Person: "p"}
	sealed := box.Seal(at, []byte("Aishath"))
	if plain, err := box.Open(at, sealed); err != nil || string(plain) != "Aishath" {
		t.Errorf("opened %q, %v", plain, err)
	}
	if bytes.Equal(sealed, box.Seal(at, []byte("Aishath"))) {
		t.Error("sealing twice gives the same")
	}
	for what, moved := range map[string]keys.Place{
		"instance": {Instance: "mygov", Table: at.Table, Column: at.Column, Row: at.Row, Person: at.Person},
		"table":    {Instance: at.Instance, Table: "other", Column: at.Column, Row: at.Row, Person: at.Person},
		"column":   {Instance: at.Instance, Table: at.Table, Column: "other", Row: at.Row, Person: at.Person},
		"row":      {Instance: at.Instance, Table: at.Table, Column: at.Column, Row: keys.Row("profileperson.", "name"), Person: at.Person},
		"person":   {Instance: at.Instance, Table: at.Table, Column: at.Column, Row: at.Row, Person: "q"},
		"shifted":  {Instance: at.Instance, Table: at.Table, Column: at.Column + at.Row, Row: "", Person: at.Person},
	} {
		if _, err := box.Open(moved, sealed); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("moved to another %s it opens: %v", what, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := box.Open(at, changed); err == nil {
			t.Errorf("byte %d changed and it opens", i)
		}
	}
	if _, err := (keys.Box{}).Open(at, sealed); err == nil {
		t.Error("the zero box opens")
	}
	if _, err := keys.NewBox(make([]byte, 16)); err == nil {
		t.Error("a short key makes a box")
	}
}

// TestI8_KeysThatCouldNotBePutBackLieNowhere: a folder that was refused, or for
// which there was no room, is not left beside the one that was asked for.
func TestI8_KeysThatCouldNotBePutBackLieNowhere(t *testing.T) {
	ring, _ := create(t, "onegov", false)
	held := map[string][]byte{}
	if err := ring.Copy(func(name string, content []byte) error { held[name] = content; return nil }); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	dir := filepath.Join(home, "keys")
	good := func(string) error { return nil }
	refused := errors.New("these are somebody else's")
	if err := keys.Put(dir, held, func(string) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("keys that are refused: %v", err)
	}
	held["no/room"] = []byte("x")
	if err := keys.Put(dir, held, good); err == nil {
		t.Error("what cannot be written is put back")
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("left is %v, %v", left, err)
	}
	delete(held, "no/room")
	if err := keys.Put(dir, held, func(string) error {
		if err := keys.Put(dir, held, good); err == nil || !strings.Contains(err.Error(), "another process") {
			t.Errorf("two put keys back at once: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if again, err := keys.Open(dir, "onegov", false); err != nil || again.Vkey() != ring.Vkey() {
		t.Errorf("what was put back opens with %v", err)
	}
}

// TestWhatAKilledProcessWasWritingIsTidied: half of a file of a key directory
// goes when the file is written the next time.
func TestWhatAKilledProcessWasWritingIsTidied(t *testing.T) {
	ring, dir := create(t, "onegov", false)
	for name, write := range map[string]func() error{
		"signer.json": func() error {
			_, err := ring.Sign("text\n", keys.State{Size: 1, Root: make([]byte, 32)}, func(keys.State) error { return nil })
			return err
		},
		"keyring.json": func() error {
			_, err := ring.NewEpoch(time.Now())
			return err
		},
	} {
		left := filepath.Join(dir, name+".123.new")
		if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := write(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what was left of %s is there: %v", name, err)
		}
	}
}
