package uploads_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/uploads"
)

// written is everything below a folder, by path.
func written(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestO9_NothingOfAFileIsWrittenInClear sends files whole, in pieces and cut
// off, and searches every place where this process may have written: the
// blobs, the database and the folder for temporary files.
func TestO9_NothingOfAFileIsWrittenInClear(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("SQLITE_TMPDIR", temp)
	data := t.TempDir()
	store := testkit.Open(t, "file:"+filepath.Join(data, "portico.db"), migrations()...)
	w := newWorld(t, store)
	const secret, name = "qzxcontentqv dhigu magu", "qzxnameqv.pdf"
	s := w.spot(w.citizen, plan)
	w.sent(s, name, pdf(300_000, secret))
	picture := w.sent(w.spot(w.citizen, photo), "qzxnameqv.jpg", append(exif(t, 1, 90, 70), secret...))
	if _, err := w.Receive(t.Context(), s, name, -1, io.MultiReader(bytes.NewReader(pdf(200_000, secret)), &dying{bytes.NewReader(nil), 0})); !uploads.Resumable(err) {
		t.Fatalf("a file that was cut off: %v", err)
	}
	if _, err := w.Receive(t.Context(), s, name, -1, bytes.NewReader(with("<</S /JavaScript>> "+secret))); err == nil {
		t.Fatal("a script was taken")
	}
	places := written(t, data)
	maps.Copy(places, written(t, w.dir))
	maps.Copy(places, written(t, temp))
	if len(places) < 4 {
		t.Fatalf("there are %d places to search, only", len(places))
	}
	raw, err := read(w.Mine(t.Context(), w.citizen, picture.ID))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"content": secret, "name": "qzxnameqv", "device": "qzxdeviceqv", "picture": string(raw[300:340])} {
		for form, word := range map[string]string{"plain": text, "hex": hex.EncodeToString([]byte(text)), "base64": base64.StdEncoding.EncodeToString([]byte(text))[:12]} {
			for path, content := range places {
				if bytes.Contains(content, []byte(word)) {
					t.Errorf("the %s stands in %s (%s)", what, filepath.Base(path), form)
				}
			}
		}
	}
}

func TestAFileWhoseRowWasMovedDoesNotOpen(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s, other := w.spot(w.citizen, plan), w.spot(w.citizen, photo)
		f := w.sent(s, "plan.pdf", pdf(3000, "x"))
		second := w.sent(s, "second.pdf", pdf(3000, "y"))
		exec := func(query string, args ...any) {
			t.Helper()
			if err := w.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(query, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		swap := func() {
			for _, move := range [][2]string{{f.ID, "between"}, {second.ID, f.ID}, {"between", second.ID}} {
				exec(`UPDATE uploads_part SET file_id = $1 WHERE file_id = $2`, move[1], move[0])
			}
		}
		for what, c := range map[string]struct{ to, back func() }{
			"to another case": {
				func() { exec(`UPDATE uploads_file SET scope = $1 WHERE id = $2`, other.Use.Scope, f.ID) },
				func() { exec(`UPDATE uploads_file SET scope = $1 WHERE id = $2`, s.Use.Scope, f.ID) },
			},
			"to another question": {
				func() { exec(`UPDATE uploads_file SET field = $1 WHERE id = $2`, photo, f.ID) },
				func() { exec(`UPDATE uploads_file SET field = $1 WHERE id = $2`, plan, f.ID) },
			},
			"to another version": {
				func() {
					exec(`UPDATE uploads_part SET version = 1 WHERE file_id = $1`, f.ID)
					exec(`UPDATE uploads_file SET version = 1 WHERE id = $1`, f.ID)
				},
				func() {
					exec(`UPDATE uploads_part SET version = 0 WHERE file_id = $1`, f.ID)
					exec(`UPDATE uploads_file SET version = 0 WHERE id = $1`, f.ID)
				},
			},
			"to the bytes of another file": {swap, swap},
			"to another person": {
				func() {
					exec(`UPDATE uploads_file SET subject = $1 WHERE id = $2`, w.stranger.ID, f.ID)
					exec(`UPDATE uploads_part SET subject = $1 WHERE file_id = $2`, w.stranger.ID, f.ID)
				},
				func() {
					exec(`UPDATE uploads_file SET subject = $1 WHERE id = $2`, w.citizen.ID, f.ID)
					exec(`UPDATE uploads_part SET subject = $1 WHERE file_id = $2`, w.citizen.ID, f.ID)
				},
			},
		} {
			c.to()
			for _, who := range []policy.Actor{w.citizen, w.stranger} {
				if got, err := read(w.Mine(t.Context(), who, f.ID)); err == nil {
					t.Errorf("moved %s it opens: %d bytes", what, len(got))
				}
			}
			c.back()
			if _, err := read(w.Mine(t.Context(), w.citizen, f.ID)); err != nil {
				t.Fatalf("moved %s and back: %v", what, err)
			}
		}
	})
}

func TestRemovedIsForgotten(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := w.spot(w.citizen, plan)
		f := w.sent(s, "plan.pdf", pdf(300_000, "x"))
		open, err := w.Mine(t.Context(), w.citizen, f.ID) // begun before
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = open.Close() }()
		if err := w.Remove(t.Context(), s, f.ID); err != nil {
			t.Fatal(err)
		}
		if n := w.keys(f.ID); n != 0 {
			t.Errorf("the file's key is there %d times", n)
		}
		w.work()
		if list := w.blobs(); len(list) != 0 {
			t.Errorf("its bytes are there: %v", list)
		}
		if _, err := read(w.Mine(t.Context(), w.citizen, f.ID)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("it can be asked for: %v", err)
		}
		if got := w.events(w.citizen, "road-permit.apply"); got[len(got)-1] != audit.KindCollect {
			t.Errorf("removing is recorded as %v", got)
		}
	})
}

// keys counts the keys of a file.
func (w *world) keys(file string) (n int) {
	w.t.Helper()
	if err := w.DB.View(w.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM vault_scope WHERE scope = $1`, "file:"+file).Scan(&n)
	}); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestOnlyWhatIsNamedIsAttached(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := w.spot(w.citizen, plan)
		kept, left := w.sent(s, "kept.pdf", pdf(3000, "x")), w.sent(s, "left.pdf", pdf(3000, "y"))
		attach := func(ids ...string) error {
			return w.store.Update(t.Context(), func(tx *db.Tx) error { return w.Attach(tx, w.citizen.ID, s.Use.Scope, ids) })
		}
		unfinished, err := w.Begin(t.Context(), s, "more.pdf", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for what, ids := range map[string][]string{"one that is not complete": {kept.ID, unfinished.ID}, "one that is not there": {id.New(w.store.Clock.Now())}} {
			if err := attach(ids...); fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s is attached: %v", what, err)
			}
		}
		if err := attach(kept.ID); err != nil {
			t.Fatal(err)
		}
		if w.keys(kept.ID) != 1 || w.keys(left.ID)+w.keys(unfinished.ID) != 0 {
			t.Error("not exactly what was named is kept")
		}
		if err := w.Remove(t.Context(), s, kept.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("what was submitted is removed: %v", err)
		}
		var swept []int
		for n := -1; n != 0; swept = append(swept, n) {
			if err := w.store.Update(t.Context(), func(tx *db.Tx) (err error) {
				n, err = w.SweepFile(tx, holdings.Item{Subject: w.citizen.ID, ID: kept.ID}, 1)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if len(swept) < 2 || swept[0] != 1 {
			t.Errorf("of what was disposed of these bytes were swept: %v", swept)
		}
	})
}

func TestTheSweepTakesWhatBelongsToNobody(t *testing.T) {
	onEachEngine(t, func(w *world) {
		if err := w.Jobs.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		lives, gone, sent := w.spot(w.citizen, plan), w.spot(w.citizen, plan), w.spot(w.stranger, plan)
		a, b, c := w.sent(lives, "a.pdf", pdf(3000, "a")), w.sent(gone, "b.pdf", pdf(3000, "b")), w.sent(sent, "c.pdf", pdf(3000, "c"))
		unfinished, err := w.Begin(t.Context(), lives, "d.pdf", 1000)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Update(t.Context(), func(tx *db.Tx) error { return w.Attach(tx, w.stranger.ID, sent.Use.Scope, []string{c.ID}) }); err != nil {
			t.Fatal(err)
		}
		orphan, err := w.folder.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := orphan.Write([]byte("of a node that died")); err != nil {
			t.Fatal(err)
		}
		w.gone[gone.Use.Scope], w.gone[sent.Use.Scope] = true, true
		there := func() (n int) {
			for _, f := range []*uploads.File{a, b, c, unfinished} {
				n += w.keys(f.ID)
			}
			return n
		}
		w.work()
		if n, blobs := there(), len(w.blobs()); n != 4 || blobs != 4 {
			t.Errorf("at once %d files and %d blobs are left", n, blobs)
		}
		for _, blob := range w.blobs() { // a day passes for the folder too
			at, name := w.store.Clock.Now().Add(-time.Hour), blob.ID
			if !blob.Done {
				name += ".part"
			}
			if err := os.Chtimes(filepath.Join(w.dir, blob.ID[len(blob.ID)-2:], name), at, at); err != nil {
				t.Fatal(err)
			}
		}
		w.store.Clock.Advance(25 * time.Hour)
		w.work()
		w.work()
		if w.keys(a.ID) != 1 || w.keys(c.ID) != 1 || w.keys(unfinished.ID) != 1 || there() != 3 || len(w.blobs()) != 2 { // what did not arrive whole goes by its rule
			t.Errorf("after a day: keys %d %d %d %d, %d blobs", w.keys(a.ID), w.keys(b.ID), w.keys(c.ID), w.keys(unfinished.ID), len(w.blobs()))
		}
		stats, err := w.queue.Stats(t.Context())
		if err != nil || stats.Waiting < 1 {
			t.Errorf("no further sweep is planned: %+v, %v", stats, err)
		}
	})
}

func TestManyAtOnceAreNoMoreThanTheQuestionTakes(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := w.spot(w.citizen, plan)
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				_, err := w.Receive(t.Context(), s, fmt.Sprintf("%d.pdf", i), -1, bytes.NewReader(pdf(80_000, fmt.Sprint(i))))
				if err != nil && fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.TooMany && fault.KindOf(err) != fault.NotFound {
					t.Errorf("file %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		list, err := w.List(t.Context(), s)
		clean := slices.DeleteFunc(list, func(f *uploads.File) bool { return f.State != uploads.Clean })
		if err != nil || len(clean) > s.Count || len(clean) == 0 {
			t.Fatalf("%d files are kept, %v", len(clean), err)
		}
		for _, f := range clean {
			got, err := read(w.Mine(t.Context(), w.citizen, f.ID))
			var n int
			if _, scan := fmt.Sscanf(f.Name, "%d.pdf", &n); scan != nil || err != nil || !bytes.Equal(got, pdf(80_000, fmt.Sprint(n))) {
				t.Errorf("%s holds something else: %d bytes, %v", f.Name, len(got), err)
			}
		}
	})
}

// TestTwoWhoSendOneFile has two requests bring the same bytes from the same
// offset: one wins, and what is kept is whole.
func TestTwoWhoSendOneFile(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s, content := w.spot(w.citizen, plan), pdf(400_000, "dhigu magu")
		f, err := w.Begin(t.Context(), s, "plan.pdf", int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.Write(t.Context(), s, f.ID, 0, bytes.NewReader(content)) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case fault.KindOf(err) != fault.Conflict:
				t.Errorf("who was late is told %v", err)
			}
		}
		got, err := read(w.Mine(t.Context(), w.citizen, f.ID))
		if won != 1 || err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d won, %d bytes are kept, %v", won, len(got), err)
		}
		w.work()
		if list := w.blobs(); len(list) != 1 {
			t.Errorf("there are %d blobs", len(list))
		}
	})
}

// TestAFileIsWholeHoweverOftenItWasCut sends files of many sizes, each cut at
// random offsets, over the boundaries of chunks and of parts.
func TestAFileIsWholeHoweverOftenItWasCut(t *testing.T) {
	w := onOne(t)
	r := testkit.Chance(t)
	for _, size := range []int{1000, 64 << 10, 64<<10 + 1, 64 * 64 << 10, 64*64<<10 + 1, 5<<20 + 17} {
		s := w.spot(w.citizen, plan)
		s.Max = 8 << 20
		content := pdf(size, "x")[:max(size, 1000)]
		content = append(content[:len(content)-60], "\nstartxref\n9\n"+string(bytes.Repeat([]byte(" "), 42))+"%%EOF"...)
		f, err := w.Begin(t.Context(), s, "plan.pdf", int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for cuts := 0; f.State == uploads.Received; cuts++ {
			left := len(content) - int(f.Got)
			n := left
			if cuts < 3 {
				n = r.IntN(left)
			}
			f, err = w.Write(t.Context(), s, f.ID, f.Got, &dying{bytes.NewReader(content[f.Got:]), n})
			if err != nil && !uploads.Resumable(err) {
				t.Fatalf("%d bytes, cut after %d of %d: %v", size, n, left, err)
			}
		}
		got, err := read(w.Mine(t.Context(), w.citizen, f.ID))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: %d came, %v", len(content), len(got), err)
		}
	}
}

// TestAFileThatDoesNotArriveLeavesNothing sends one that is cut off behind its
// first part, and one that the policy denies, of which no byte is taken.
func TestAFileThatDoesNotArriveLeavesNothing(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := w.spot(w.citizen, plan)
		s.Max = 8 << 20
		if _, err := w.Receive(t.Context(), s, "plan.pdf", -1, &dying{bytes.NewReader(pdf(6<<20, "x")), 5 << 20}); !uploads.Resumable(err) {
			t.Errorf("a file that was cut off: %v", err)
		}
		denied, body := w.spot(w.citizen, plan), bytes.NewReader(pdf(1000, "x"))
		denied.Use.Actor = w.stranger
		if _, err := w.Receive(t.Context(), denied, "plan.pdf", -1, body); fault.KindOf(err) != fault.Denied || body.Len() != int(body.Size()) {
			t.Errorf("what is denied: %v, and %d of %d bytes were left", err, body.Len(), body.Size())
		}
		var rows int
		if err := w.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT (SELECT count(*) FROM uploads_file) + (SELECT count(*) FROM uploads_part) + (SELECT count(*) FROM vault_scope WHERE scope LIKE 'file:%')`).Scan(&rows)
		}); err != nil || rows != 0 || len(w.blobs()) != 0 {
			t.Errorf("%d rows and %d blobs are left, %v", rows, len(w.blobs()), err)
		}
	})
}
