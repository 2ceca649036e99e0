package blobs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"portico/internal/platform/blobs"
	"portico/internal/testkit"
)

func open(t *testing.T, dir string) *blobs.Folder {
	t.Helper()
	f, err := blobs.OpenFolder(dir, testkit.Clock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func put(t *testing.T, f blobs.Store, content string) string {
	t.Helper()
	w, err := f.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return w.ID()
}

func get(t *testing.T, f blobs.Store, id string) (string, error) {
	r, err := f.Open(t.Context(), id)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	return string(b), err
}

func all(t *testing.T, f blobs.Store) map[string]blobs.Info {
	t.Helper()
	out := map[string]blobs.Info{}
	if err := f.List(t.Context(), func(b blobs.Info) error {
		out[b.ID] = b
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestABlobIsThereWholeOrNotAtAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	f := open(t, dir)
	w, err := f.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir) // another node, or after a crash
	if _, err := get(t, again, w.ID()); !errors.Is(err, blobs.ErrNone) {
		t.Errorf("what is being written can be read: %v", err)
	}
	if b := all(t, again)[w.ID()]; b.Done || b.Size != 4 {
		t.Errorf("what is being written is listed as %+v", b)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, again, w.ID()); got != "half" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if b, err := again.Stat(t.Context(), w.ID()); err != nil || !b.Done || b.Size != 4 {
		t.Errorf("it stands as %+v, %v", b, err)
	}
	w.Abort() // too late
	if err := w.Commit(); err == nil {
		t.Error("committed twice")
	}
	given, err := f.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	given.Abort()
	if list := all(t, again); len(list) != 1 || !list[w.ID()].Done {
		t.Errorf("there is %v", list)
	}
	if err := errors.Join(f.Delete(t.Context(), w.ID()), f.Delete(t.Context(), w.ID())); err != nil {
		t.Errorf("deleting twice: %v", err)
	}
	if _, err := f.Stat(t.Context(), w.ID()); !errors.Is(err, blobs.ErrNone) {
		t.Errorf("after it was deleted: %v", err)
	}
}

func TestANameLeadsNowhereElse(t *testing.T) {
	dir := t.TempDir()
	f := open(t, filepath.Join(dir, "files"))
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := put(t, f, "x")
	outside := filepath.Join(dir, "files", id[len(id)-2:], id)
	if err := os.Remove(outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "secret"), outside); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret", "/etc/passwd", "x", id + "/..", id} {
		if got, err := get(t, f, name); err == nil {
			t.Errorf("%q reads %q", name, got)
		}
	}
}

func TestManyWriteAtOnce(t *testing.T) {
	f := open(t, t.TempDir())
	ids := make([]string, 40)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = put(t, f, string(bytes.Repeat([]byte{byte(i)}, 1000))) })
	}
	wg.Wait()
	for i, id := range ids {
		if got, err := get(t, f, id); err != nil || got != string(bytes.Repeat([]byte{byte(i)}, 1000)) {
			t.Errorf("blob %d holds something else: %v", i, err)
		}
	}
}
