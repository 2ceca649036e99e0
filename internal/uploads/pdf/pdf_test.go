package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"testing"
	"testing/iotest"
)

// What is found does not hang on the pieces in which a file comes.
func FuzzExamine(f *testing.F) {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write([]byte("7 0 <</S /URI>>")); err != nil || w.Close() != nil {
		f.Fatal(err)
	}
	f.Add(fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj\n<</Type /ObjStm /N 1 /First 4 /Length %d /Filter /FlateDecode>>\nstream\n%s\nendstream\nendobj\n%%%%EOF\n", packed.Len(), packed.Bytes()))
	f.Add([]byte("%PDF-1.4\n/#"))
	f.Fuzz(func(t *testing.T, content []byte) {
		whole, err := Examine(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := Examine(iotest.OneByteReader(bytes.NewReader(content)))
		if err != nil || (whole == Nothing) != (pieces == Nothing) {
			t.Errorf("in one piece %v, in many %v, %v", whole, pieces, err)
		}
	})
}
