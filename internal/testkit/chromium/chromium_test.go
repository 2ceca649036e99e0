package chromium

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
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

func TestALineIsSlowAndLostAndBackAgain(t *testing.T) {
	var got atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got.Add(n)
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><input type="file" name="plan">`))
	}))
	defer site.Close()
	file := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(file, make([]byte, 96<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := Start(t).Tab(t, Look{Width: 360})
	tab.Open(site.URL)
	tab.Pick("plan", file)
	send := func(l Line) string {
		tab.Connect(l)
		Value[bool](tab, `window.sent = ''; window.began = performance.now(); fetch('/', {method: 'POST', body: document.querySelector('input').files[0]})
			.then(() => { window.sent = performance.now() - window.began > 500 ? 'slowly' : 'sent' }, () => { window.sent = 'lost' }); true`)
		tab.Until("window.sent !== ''")
		return Value[string](tab, "window.sent")
	}
	for _, step := range []struct {
		line Line
		want []string // a busy machine may be slow by itself
		all  int64    // bytes that have arrived by then
	}{{ThreeG, []string{"slowly"}, 96 << 10}, {Lost, []string{"lost"}, 96 << 10}, {Fast, []string{"sent", "slowly"}, 192 << 10}} {
		if sent := send(step.line); !slices.Contains(step.want, sent) || got.Load() != step.all {
			t.Errorf("over %+v the file went %s, and %d bytes have arrived", step.line, sent, got.Load())
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
