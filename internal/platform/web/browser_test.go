package web

import (
	"maps"
	"net/http/httptest"
	"slices"
	"testing"

	"portico/internal/platform/fault"
	"portico/internal/testkit/chromium"
)

// TestTheGalleryHoldsInARealBrowser looks at every component and every error
// page in both languages, narrow and wide, light and dark.
func TestTheGalleryHoldsInARealBrowser(t *testing.T) {
	r := newRouter(t, nil)
	mountGallery(r)
	site := httptest.NewServer(r)
	defer site.Close()
	paths := slices.Sorted(maps.Keys(galleryPages(r.cfg.Catalogue.Printer("en", nil))))
	paths = append(paths, "/accessibility", "/gallery/signed-in", "/gallery/fault/"+fault.SignIn.String())
	browser := chromium.Start(t)
	for _, look := range []chromium.Look{{Width: 320}, {Width: 1280, Dark: true}} {
		tab := browser.Tab(t, look)
		for _, lang := range r.cfg.Langs {
			for _, path := range paths {
				tab.Open(site.URL + "/" + lang + path)
				tab.Judge()
			}
		}
	}
}

// TestTheScriptHelps holds the module to what it is for.
func TestTheScriptHelps(t *testing.T) {
	r := newRouter(t, nil)
	mountGallery(r)
	site := httptest.NewServer(r)
	defer site.Close()
	browser := chromium.Start(t)

	tab := browser.Tab(t, chromium.Look{Width: 360})
	tab.Open(site.URL + "/en/gallery/wrong")
	if !chromium.Value[bool](tab, `document.activeElement.matches(".summary")`) {
		t.Error("the error summary has no focus")
	}
	tab.Type("work", "four")
	if got := tab.Text("#work-count"); got != "Characters left: 496" {
		t.Errorf("count: %q", got)
	}
	chromium.Value[bool](tab, `(() => { const a = document.getElementById("work"); a.value = "x".repeat(501); a.dispatchEvent(new Event("input")); return true })()`)
	if got := tab.Text("#work-count.over"); got != "Characters too many: 1" {
		t.Errorf("count: %q", got)
	}

	// What reaches the window undisturbed would be sent; it is held back here.
	sent := chromium.Value[int](tab, `(() => { let n = 0; addEventListener("submit", e => { if (!e.defaultPrevented) n++; e.preventDefault() });
		const b = document.querySelector("main form button"); b.click(); b.click(); b.click(); return n })()`)
	if sent != 1 {
		t.Errorf("three clicks send the form %d times", sent)
	}
}
