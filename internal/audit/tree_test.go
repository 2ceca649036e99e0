package audit

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"golang.org/x/mod/sumdb/tlog"

	"portico/internal/testkit"
)

func TestCanonicalIsRFC8785(t *testing.T) {
	r := testkit.Chance(t)
	word := func() string {
		runes := []rune("ab\"\\/<>&\x00\x01\b\t\n\f\r\x1f\x7f é\u2028\u2029ދިވެހިə\U0001F600")
		var s strings.Builder
		for range r.IntN(6) {
			s.WriteRune(runes[r.IntN(len(runes))])
		}
		return s.String()
	}
	for range 2000 {
		e := Event{
			V: 1, Instance: word(), Subject: word(), N: r.Int64N(1 << 53), At: r.Int64N(1 << 53), Kind: word(),
			Actor: Actor{word(), word(), word(), word()}, Activity: word(), Purpose: word(), Basis: word(),
			Scope: word(), Reference: word(), Policy: word(), Reason: word(),
		}
		for range r.IntN(3) {
			e.Fields = append(e.Fields, word())
		}
		for i := range r.IntN(4) {
			if e.Facts == nil {
				e.Facts = Facts{}
			}
			e.Facts[[]string{"gate", "a-b", "roles", "z"}[i]] = word()
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.canonical(nil); string(got) != string(want) {
			t.Fatalf("canonical\n%s\nnot\n%s", got, want)
		}
	}
}

func TestAnEventThatIsNotUTF8IsRefused(t *testing.T) {
	for what, e := range map[string]Event{
		"a reference": {Reference: "a\xff"}, "a field": {Fields: []string{"\xc0"}},
		"a fact": {Facts: Facts{"gate": "\xff"}}, "a fact's name": {Facts: Facts{"Gate": "1"}},
	} {
		if _, _, err := e.encode(); err == nil {
			t.Errorf("%s that is not plain was written", what)
		}
	}
}

// memory is a tree in memory.
type memory map[[2]int64][]byte

func (m memory) tiles() tiles {
	return func(level int, n int64) ([]byte, error) { return m[[2]int64{int64(level), n}], nil }
}

func TestTheTreeIsRFC6962(t *testing.T) {
	r := testkit.Chance(t)
	m := memory{}
	var hashes []tlog.Hash // as tlog stores them, grown one leaf at a time
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = hashes[x]
		}
		return out, nil
	})
	var size int64
	for size < 70_000 {
		leaves := make([][32]byte, 1+r.IntN(3000))
		for i := range leaves {
			for j := range 4 {
				leaves[i][j] = byte(r.Uint32())
			}
			more, err := tlog.StoredHashes(size+int64(i), leaves[i][:], reader)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, more...)
		}
		changed, err := m.tiles().grow(size, leaves)
		if err != nil {
			t.Fatal(err)
		}
		for at, tile := range changed {
			m[at] = tile
		}
		size += int64(len(leaves))
		want, err := tlog.TreeHash(size, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.tiles().root(size); err != nil || got != want {
			t.Fatalf("size %d: root %v, %v, not %v", size, got, err, want)
		}
	}
	if m[[2]int64{1, 1}] == nil || m[[2]int64{2, 0}] == nil {
		t.Error("the tree did not reach level 2")
	}
	delete(m, [2]int64{0, size / tileWidth})
	if _, err := m.tiles().grow(size, make([][32]byte, 1)); size%tileWidth != 0 && err == nil {
		t.Error("a tree without its last tile grew")
	}
}

func TestPathsAreThoseOfC2SP(t *testing.T) {
	for path, want := range map[string][3]int64{
		"tile/0/000":                     {0, 0, 256},
		"tile/0/x001/x234/067.p/1":       {0, 1234067, 1},
		"tile/1/x001/x234/067":           {1, 1234067, 256},
		"tile/entries/000.p/255":         {-1, 0, 255},
		"tile/entries/x001/000":          {-1, 1000, 256},
		"tile/7/999":                     {7, 999, 256},
		"tile/entries/x999/x999/999.p/7": {-1, 999999999, 7},
	} {
		level, n, width, err := parseTile(path)
		if err != nil || [3]int64{int64(level), n, int64(width)} != want {
			t.Errorf("%s: %d %d %d, %v", path, level, n, width, err)
		}
		if back := BundlePath(n, width); level >= 0 {
			if TilePath(level, n, width) != path {
				t.Errorf("%s is written %s", path, TilePath(level, n, width))
			}
		} else if back != path {
			t.Errorf("%s is written %s", path, back)
		}
	}
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/0000", "tile/8/000", "tile/-1/000", "tile/data/000", "tile/00/000",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/x000/001", "tile/0/001/000",
		"tile/0/../1/000", "tile/0/000/", "/tile/0/000", "tile/entries/x-01/000", "tile/0/" + strings.Repeat("x999/", 40) + "999",
	} {
		if level, n, width, err := parseTile(path); err == nil {
			t.Errorf("%q is read as %d %d %d", path, level, n, width)
		}
	}
}

func TestABundleHoldsLeavesAndNothingElse(t *testing.T) {
	leaves := [][32]byte{{1}, {2}, {3}}
	b := bundle(leaves)
	if len(b) != 3*34 {
		t.Fatalf("%d bytes for three leaves", len(b))
	}
	back, err := parseBundle(b, 3)
	if err != nil || back[2] != leaves[2] {
		t.Errorf("read %v, %v", back, err)
	}
	b[34] = 1
	if _, err := parseBundle(b, 3); err == nil {
		t.Error("another length was read")
	}
	if _, err := parseBundle(b[:100], 3); err == nil {
		t.Error("a bundle cut short was read")
	}
}

func FuzzVerifyRecord(f *testing.F) {
	f.Add([]byte(`{"type":"portico/access-record/1","event":{},"salt":"","index":0,"inclusion":[],"checkpoint":""}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		if v, err := VerifyRecord(record, "test+ce5f93b6+AZlmMiGpvLtDXOvTZZYmXpUR7aGqwK2RYNhCkSdLbLIA"); err == nil {
			t.Errorf("nobody signed %+v", v)
		}
	})
}
