package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"portico/internal/platform/fault"
)

//go:embed assets
var assetFiles embed.FS

// fontFiles holds the fonts that scripts/npm.sh fetched, or only a note:
// without fonts the program builds, and pages use those of the system.
//
//go:embed all:fonts
var fontFiles embed.FS

//go:embed locales
var localeFiles embed.FS

// Locales returns the sentences of the shell, the components and the errors.
func Locales() fs.FS { return localeFiles }

// face is a part of a font: a file and the characters it is fetched for.
type face struct {
	family, file, chars, more string
}

// latin and latinExt are the parts of Public Sans, thaana that of Noto Sans
// Thaana, whose letters are small beside Latin ones; a page fetches only those
// whose characters are on it. Many devices have no Thaana of their own: until
// it is there, nothing stands in its place, rather than empty boxes.
var faces = []face{
	{"Public Sans", "public-sans-latin-wght-normal.woff2", "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-200B,U+2010-2065,U+206A-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD", "font-display:swap;"},
	{"Public Sans", "public-sans-latin-ext-wght-normal.woff2", "U+0100-0130,U+0132-0151,U+0154-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF", "font-display:swap;"},
	{"Noto Sans Thaana", "noto-sans-thaana-thaana-wght-normal.woff2", "U+060C,U+061B-061C,U+061F,U+0660-066C,U+0780-07B1,U+25CC,U+FDF2,U+FDFD", "font-display:block;size-adjust:116%;"},
}

// preloaded is the font that a page in a language needs at once.
func preloaded(lang string) string {
	if lang == "dv" {
		return "noto-sans-thaana-thaana-wght-normal.woff2"
	}
	return "public-sans-latin-wght-normal.woff2"
}

// file is something that never changes under its name.
type file struct {
	kind  string
	plain []byte
	gzip  []byte // nil where it does not pay
}

// assets are the style, script, icon and fonts, named by their content.
type assets struct {
	fixed  map[string]*file // by the name they are served under
	names  map[string]string
	sheet  string // the stylesheet without the brand
	script string // name

	mu     sync.RWMutex
	brands map[Brand]look
	made   map[string]*file
}

// look is what depends on the brand.
type look struct{ style, icon string }

// maxLooks bounds how many brands are kept: one, and those that a changed
// instance left behind.
const maxLooks = 8

func loadAssets() (*assets, error) {
	a := &assets{fixed: map[string]*file{}, names: map[string]string{}, brands: map[Brand]look{}, made: map[string]*file{}}
	var sheet strings.Builder
	for _, f := range faces {
		b, err := fontFiles.ReadFile("fonts/" + f.file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		name := a.keep(f.file, &file{kind: "font/woff2", plain: b})
		fmt.Fprintf(&sheet, "@font-face{font-family:%q;font-weight:100 900;%ssrc:url(%q) format(\"woff2\");unicode-range:%s}\n", f.family, f.more, name, f.chars)
	}
	css, err := assetFiles.ReadFile("assets/portico.css")
	if err != nil {
		return nil, fmt.Errorf("read stylesheet: %w", err)
	}
	sheet.Write(tidy(css))
	a.sheet = sheet.String()
	js, err := assetFiles.ReadFile("assets/portico.js")
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	a.script = a.keep("portico.js", packed("text/javascript; charset=utf-8", js))
	return a, nil
}

// keep files f under a name that tells its content apart.
func (a *assets) keep(name string, f *file) string {
	hashed := hashName(name, f.plain)
	a.fixed[hashed], a.names[name] = f, hashed
	return hashed
}

func hashName(name string, b []byte) string {
	sum := sha256.Sum256(b)
	i := strings.LastIndexByte(name, '.')
	return name[:i] + "." + hex.EncodeToString(sum[:6]) + name[i:]
}

// packed returns a file with its compressed form.
func packed(kind string, b []byte) *file {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	_, _ = w.Write(b)
	_ = w.Close()
	return &file{kind: kind, plain: b, gzip: z.Bytes()}
}

// tidy drops comments and indentation from a stylesheet of ours.
func tidy(css []byte) []byte {
	var out bytes.Buffer
	for {
		i := bytes.Index(css, []byte("/*"))
		if i < 0 {
			break
		}
		out.Write(css[:i])
		j := bytes.Index(css[i:], []byte("*/"))
		if j < 0 {
			css = nil
			break
		}
		css = css[i+j+2:]
	}
	out.Write(css)
	var lines bytes.Buffer
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimSpace(line); line != "" {
			lines.WriteString(line)
			lines.WriteByte('\n')
		}
	}
	return lines.Bytes()
}

// of returns the names of what depends on the brand, making it the first time.
func (a *assets) of(b Brand) look {
	a.mu.RLock()
	l, ok := a.brands[b]
	a.mu.RUnlock()
	if ok {
		return l
	}
	style := packed("text/css; charset=utf-8", []byte(b.css()+a.sheet))
	icon := packed("image/svg+xml", fmt.Appendf(nil, emblem, b.primary))
	l = look{hashName("portico.css", style.plain), hashName("icon.svg", icon.plain)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.brands) >= maxLooks {
		clear(a.brands)
		clear(a.made)
	}
	a.brands[b] = l
	a.made[l.style], a.made[l.icon] = style, icon
	return l
}

// emblem is the icon: a portico, in the brand's colour.
const emblem = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="%s"/>` +
	`<path fill="#fff" d="M16 5 4.5 11v2.5h23V11zM7 15.5h3v8H7zm7.5 0h3v8h-3zm7.5 0h3v8h-3zM5 25h22v2.5H5z"/></svg>`

// find returns what is served under name.
func (a *assets) find(name string) *file {
	if f := a.fixed[name]; f != nil {
		return f
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.made[name]
}

// asset serves a file that never changes under its name.
func (r *Router) asset(q *Req) error {
	f := r.assets.find(q.R.PathValue("file"))
	if f == nil {
		return fault.New(fault.NotFound, "error.not-found")
	}
	h := q.W.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Del("Content-Language")
	if f.gzip != nil && acceptsGzip(q.R) {
		h.Set("Content-Encoding", "gzip")
		return q.Bytes(http.StatusOK, f.kind, f.gzip)
	}
	return q.Bytes(http.StatusOK, f.kind, f.plain)
}

// acceptsGzip reports whether the browser takes gzip.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(coding) == "gzip" {
			return strings.ReplaceAll(strings.TrimSpace(weight), " ", "") != "q=0"
		}
	}
	return false
}

// Thaana is the font of Thaana letters, empty if the program was built without
// fonts.
func Thaana() []byte {
	b, _ := fontFiles.ReadFile("fonts/noto-sans-thaana-thaana-wght-normal.woff2")
	return b
}
