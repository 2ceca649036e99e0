package viewer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
)

//go:embed assets
var own embed.FS

// library holds pdf.js, compressed, as scripts/npm.sh fetched it, or only a
// note: without it the program builds, and PDFs are downloaded.
//
//go:embed all:pdfjs
var library embed.FS

// Path is the document of the frame.
const Path = "/staff/files/viewer"

// Built reports whether the program was built with pdf.js.
func Built() bool {
	_, err := library.Open("pdfjs/pdf.min.mjs.gz")
	return err == nil
}

// files are what the frame loads: compressed, by name.
type files map[string][]byte

// load reads the files, and names what they are together.
func load() (all files, set string) {
	all = files{}
	sum := sha256.New()
	for _, from := range []fs.FS{own, library} {
		found, _ := fs.Glob(from, "*/*.*")
		for _, at := range found { // what is embedded is read in order, and never fails
			b, _ := fs.ReadFile(from, at)
			name, packed := strings.CutSuffix(path.Base(at), ".gz")
			if !packed {
				b = pack(b)
			}
			all[name] = b
			sum.Write(b)
		}
	}
	return all, hex.EncodeToString(sum.Sum(nil)[:6])
}

func pack(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	return z.Bytes()
}

// media is the type of a file, by how its name ends.
func media(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "text/javascript; charset=utf-8"
}
