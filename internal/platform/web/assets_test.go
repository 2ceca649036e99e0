package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// reference finds the addresses of style, script, icon and fonts in a page.
var reference = regexp.MustCompile(`(?:href|src)="(/_/[^"]+)"|url\("([^"]+)"\)`)

// transferred returns how many bytes an answer puts on the wire.
func transferred(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	res := fetch(t, h, with(get(path), "Accept-Encoding", "br, gzip;q=0.9"))
	if res.Code != 200 {
		t.Fatalf("%s: status %d", path, res.Code)
	}
	size, body := res.Body.Len(), io.Reader(res.Body)
	if res.Header().Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(res.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		body = z
	}
	plain, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return size, string(plain)
}

func TestTheFirstVisitIsSmall(t *testing.T) {
	r := newRouter(t, nil)
	mountGallery(r)
	for _, lang := range r.cfg.Langs {
		total, page := transferred(t, r, "/"+lang+"/gallery/blocks")
		if len(page) > 30<<10 {
			t.Errorf("%s: the page has %d bytes", lang, len(page))
		}
		seen := map[string]bool{}
		for _, m := range reference.FindAllStringSubmatch(page, -1) {
			if seen[m[1]] {
				continue
			}
			seen[m[1]] = true
			size, body := transferred(t, r, m[1])
			total += size
			switch {
			case strings.HasSuffix(m[1], ".css"):
				if size > 12<<10 {
					t.Errorf("the stylesheet takes %d bytes", size)
				}
				// Every font, although a page takes only those it shows.
				for _, f := range reference.FindAllStringSubmatch(body, -1) {
					if seen["/_/"+f[2]] {
						continue
					}
					seen["/_/"+f[2]] = true
					n, _ := transferred(t, r, "/_/"+f[2])
					total += n
				}
			case strings.HasSuffix(m[1], ".js"):
				if size > 8<<10 {
					t.Errorf("the script takes %d bytes", size)
				}
			}
		}
		if len(seen) < 3 {
			t.Errorf("%s: only %v was found", lang, seen)
		}
		if total > 100<<10 {
			t.Errorf("%s: a first visit takes %d bytes", lang, total)
		}
		t.Logf("%s: a first visit takes at most %d bytes", lang, total)
	}
}

func TestAssetsNeverChangeUnderTheirName(t *testing.T) {
	r := newRouter(t, nil)
	style := r.assets.of(r.cfg.Portal().Brand).style
	res := fetch(t, r, get("/_/"+style))
	if got := res.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control: %q", got)
	}
	if res.Header().Get("Content-Encoding") != "" || !strings.Contains(res.Body.String(), "--brand:#0b5394") {
		t.Error("a browser that takes no gzip does not get the plain stylesheet")
	}
	if res := fetch(t, r, with(get("/_/"+style), "Accept-Encoding", "gzip;q=0")); res.Header().Get("Content-Encoding") != "" {
		t.Error("gzip was refused and sent")
	}
	other, err := NewBrand("#00594c", "#ffb81c")
	if err != nil {
		t.Fatal(err)
	}
	if second := r.assets.of(other).style; second == style || r.assets.find(style) == nil {
		t.Error("another brand takes the first one's place")
	}
	for _, path := range []string{"/_/portico.css", "/_/..%2fassets%2fportico.css", "/_/README"} {
		if res := fetch(t, r, get(path)); res.Code != 404 {
			t.Errorf("%s: status %d", path, res.Code)
		}
	}
}

func TestPagesOfSomebodySignedInAreNotCompressed(t *testing.T) {
	r := mounted(t, nil)
	gz := func(path, cookie string) string {
		return fetch(t, r, with(with(get(path), "Accept-Encoding", "gzip"), "Cookie", cookie)).Header().Get("Content-Encoding")
	}
	if gz("/en/open", "") != "gzip" {
		t.Error("a public page is not compressed")
	}
	if gz("/en/open", "session=citizen") != "" || gz("/en/cabinet/", "session=citizen") != "" {
		t.Error("the length of a person's page tells what it holds")
	}
}

func TestNothingInThePagesComesFromElsewhere(t *testing.T) {
	r := newRouter(t, nil)
	css := r.assets.sheet
	js, err := assetFiles.ReadFile("assets/portico.js")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"stylesheet": css, "script": string(js)} {
		if strings.Contains(text, "//") && strings.Contains(text, "http") {
			t.Errorf("the %s names another place", name)
		}
	}
	for _, physical := range []string{"margin-left", "margin-right", "padding-left", "padding-right", "float:", "text-align: left", "text-align: right"} {
		if strings.Contains(css, physical) {
			t.Errorf("the stylesheet has a physical direction: %s", physical)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	t := &testing.T{}
	r := newRouter(t, nil)
	mountGallery(r)
	for b.Loop() {
		if res := fetch(t, r, get("/en/gallery/blocks")); res.Code != 200 {
			b.Fatal(res.Code)
		}
	}
}

func TestEachLanguagePreloadsTheFontItIsWrittenIn(t *testing.T) {
	r := newRouter(t, nil)
	mountGallery(r)
	for lang, font := range map[string]string{"en": "public-sans-latin-wght", "dv": "noto-sans-thaana"} {
		_, page := transferred(t, r, "/"+lang+"/gallery/blocks")
		preload := regexp.MustCompile(`<link rel="preload" href="/_/([^"]+)"`).FindStringSubmatch(page)
		if preload == nil || !strings.HasPrefix(preload[1], font) {
			t.Errorf("%s preloads %q, not %s", lang, preload, font)
		}
	}
}
