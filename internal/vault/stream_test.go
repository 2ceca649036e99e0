package vault_test

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"portico/internal/keys"
	"portico/internal/testkit"
	"portico/internal/vault"
)

const (
	plainChunk  = 64 << 10
	sealedChunk = plainChunk + keys.Overhead
)

func seal(t *testing.T, box keys.Box, person, blob string, plain []byte) []byte {
	t.Helper()
	var sealed bytes.Buffer
	w := vault.NewSealer(&sealed, box, "onegov", person, blob)
	for part := range slices.Chunk(plain, 1000) {
		if n, err := w.Write(part); err != nil || n != len(part) {
			t.Fatal(n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Fatal("written after its end")
	}
	return sealed.Bytes()
}

func TestAFileOpensWholeOrNotAtAll(t *testing.T) {
	box, err := keys.NewBox(keys.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	r := testkit.Chance(t)
	for _, size := range []int{0, 1, plainChunk - 1, plainChunk, plainChunk + 1, 3 * plainChunk, 3*plainChunk + 17} {
		plain := make([]byte, size)
		for i := range plain {
			plain[i] = byte(r.Uint32())
		}
		sealed := seal(t, box, "p", "b", plain)
		got, err := io.ReadAll(iotest.HalfReader(vault.NewOpener(iotest.OneByteReader(bytes.NewReader(sealed)), box, "onegov", "p", "b")))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes: opened %d, %v", size, len(got), err)
		}
		open := func(what string, sealed []byte, person, blob string) {
			t.Helper()
			if _, err := io.ReadAll(vault.NewOpener(bytes.NewReader(sealed), box, "onegov", person, blob)); err == nil {
				t.Errorf("%d bytes, %s: opens", size, what)
			}
		}
		open("another person's", sealed, "q", "b")
		open("another file's", sealed, "p", "c")
		open("nothing", nil, "p", "b")
		open("the last byte gone", sealed[:len(sealed)-1], "p", "b")
		open("a byte more", append(slices.Clone(sealed), 0), "p", "b")
		open("twice", append(slices.Clone(sealed), sealed...), "p", "b")
		changed := slices.Clone(sealed)
		changed[r.IntN(len(changed))] ^= 4
		open("a bit changed", changed, "p", "b")
		if size > plainChunk {
			open("the last chunk gone", sealed[:(len(sealed)-1)/sealedChunk*sealedChunk], "p", "b")
			open("the first chunk gone", sealed[sealedChunk:], "p", "b")
			open("the first chunk twice", append(slices.Clone(sealed[:sealedChunk]), sealed...), "p", "b")
			open("the first chunk alone", sealed[:sealedChunk], "p", "b")
		}
		if size > 2*plainChunk {
			swapped := slices.Concat(sealed[sealedChunk:2*sealedChunk], sealed[:sealedChunk], sealed[2*sealedChunk:])
			open("two chunks in each other's place", swapped, "p", "b")
		}
	}
}

func TestAFileThatWasNotClosedDoesNotOpen(t *testing.T) {
	box, err := keys.NewBox(keys.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w := vault.NewSealer(&sealed, box, "onegov", "p", "b")
	if _, err := w.Write(make([]byte, 2*plainChunk+5)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(vault.NewOpener(&sealed, box, "onegov", "p", "b")); err == nil {
		t.Error("it opens")
	}
}
