package chromium

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

const form = `<!doctype html><html lang="en"><head><title>A form</title><meta name="viewport" content="width=device-width">
<style>:focus-visible{outline:3px solid}</style></head><body><main><h1>A form</h1><form method="post">
<label for="n">Name</label><input id="n" name="name">
<input type="radio" name="kind" value="a" id="ka"><label for="ka">A</label>
<button>Send</button></form></main></body></html>`

func TestATabFillsAFormAsAPersonDoes(t *testing.T) {
	var got []string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			got = append(got, r.PostFormValue("name")+" "+r.PostFormValue("kind"))
		}
		w.Header().Set("Content-Security-Policy", "script-src 'self'")
		_, _ = w.Write([]byte(form))
	}))
	defer site.Close()
	c := Start(t)
	for _, look := range []Look{{Width: 360}, {Width: 1280, NoScript: true}, {Width: 768, Dark: true}} {
		t.Run(look.String(), func(t *testing.T) {
			got = nil
			tab := c.Tab(t, look)
			tab.Open(site.URL + "/form")
			tab.Type("name", "Aishath")
			tab.Choose("kind", "a")
			tab.Submit()
			tab.Judge()
			tab.Reach("[name=name]")
			tab.Keys("Hawwa")
			tab.Enter()
			if len(got) != 2 || got[0] != "Aishath a" || got[1] != "Hawwa " {
				t.Errorf("the form arrived as %q", got)
			}
			tab.Picture(filepath.Join(t.TempDir(), tab.Name()))
		})
	}
}

func TestATabSavesWhatItDownloads(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			w.Header().Set("Content-Disposition", "attachment")
			_, _ = w.Write([]byte("saved"))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><a href="/file">Download</a>`))
	}))
	defer site.Close()
	tab := Start(t).Tab(t, Look{Width: 360})
	tab.Open(site.URL)
	for range 2 {
		if got := tab.Download("a"); string(got) != "saved" {
			t.Errorf("the file holds %q", got)
		}
	}
}

func TestJudgeSeesWhatIsWrong(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`<!doctype html><html><body><img src="/x"><div style="width:900px">wide</div></body></html>`))
	}))
	defer site.Close()
	tab := Start(t).Tab(t, Look{Width: 360})
	tab.Open(site.URL)
	if found := tab.Axe(); len(found) < 2 {
		t.Errorf("axe finds %q in a page with no language, title or alternative text", found)
	}
}
