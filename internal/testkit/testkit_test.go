package testkit_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

func TestEveryTestGetsAnEmptyMigratedDatabase(t *testing.T) {
	migrations := fstest.MapFS{"20261122000000_things.sql": {Data: []byte(`-- +goose Up
CREATE TABLE thing (id TEXT PRIMARY KEY, at BIGINT NOT NULL);
`)}}
	for round := range 2 {
		testkit.Databases(t, func(t *testing.T, d *db.DB) {
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				var n int
				if err := tx.QueryRow("SELECT COUNT(id) FROM thing").Scan(&n); err != nil {
					return err
				}
				if n != 0 {
					return fmt.Errorf("round %d finds %d rows of somebody else", round, n)
				}
				_, err := tx.Exec("INSERT INTO thing (id, at) VALUES ($1, $2)", "a", 1)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}, migrations)
	}
}

func TestOneAddressIsOneStore(t *testing.T) {
	migrations := fstest.MapFS{"20261122000000_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE thing (id TEXT PRIMARY KEY);\n")}}
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			address := testkit.Address(t, engine)
			one, two := testkit.Open(t, address, migrations), testkit.Open(t, address, migrations)
			if err := one.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec("INSERT INTO thing (id) VALUES ($1)", "a")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			var id string
			if err := two.View(t.Context(), func(tx *db.Tx) error {
				return tx.QueryRow("SELECT id FROM thing").Scan(&id)
			}); err != nil {
				t.Fatal(err)
			}
			if id != "a" {
				t.Errorf("the second node reads %q", id)
			}
		})
	}
}

func TestChanceCanBeRepeated(t *testing.T) {
	t.Setenv("PORTICO_TEST_SEED", "7")
	if a, b := testkit.Chance(t).Uint64(), testkit.Chance(t).Uint64(); a != b {
		t.Errorf("one seed gave %d and %d", a, b)
	}
}

const page = `<!doctype html><title>T</title><main><h1>Hello   <b>you</b></h1>
<form action="/send"><input type=hidden name=a value=1><input type=checkbox name=b value=x>
<input type=radio name=c value=1><input type=radio name=c value=2 checked>
<textarea name=d>two
lines</textarea><select name=e><option value=p>P<option value=q selected>Q</select>
<select name=f><option>first<option>second</select><input name=g value=no disabled></form>
<ul><li>one<li>two</ul></main>`

func TestPagesAreReadBySelector(t *testing.T) {
	doc := testkit.HTML(t, strings.NewReader(page))
	if got := doc.One("h1").Text(); got != "Hello you" {
		t.Errorf("h1 is %q", got)
	}
	if diff := cmp.Diff([]string{"one", "two"}, doc.Find("li").Texts()); diff != "" {
		t.Error(diff)
	}
	if got := doc.Find("form").Attr("action"); got != "/send" {
		t.Errorf("action is %q", got)
	}
	if doc.Has("table") || !doc.Has("main > form") {
		t.Error("Has tells the opposite")
	}
	want := url.Values{"a": {"1"}, "c": {"2"}, "d": {"two\nlines"}, "e": {"q"}, "f": {"first"}}
	if diff := cmp.Diff(want, doc.Find("form").Values()); diff != "" {
		t.Errorf("what a browser would send: %s", diff)
	}
}

func TestTheBrowserKeepsCookiesAndFollowsRedirects(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "who", Value: r.FormValue("who"), Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		who := "nobody"
		if c, err := r.Cookie("who"); err == nil {
			who = c.Value
		}
		_, _ = fmt.Fprintf(w, "<h1>%s</h1>", who)
	})
	b := testkit.Browse(t, mux)
	if got := b.Submit("/in", url.Values{"who": {"aminath"}}, http.StatusOK).One("h1").Text(); got != "aminath" {
		t.Errorf("after signing in the page says %q", got)
	}
	if got := b.Cookie("who"); got != "aminath" {
		t.Errorf("the cookie is %q", got)
	}
	if got := b.Another().Page("/", http.StatusOK).One("h1").Text(); got != "nobody" {
		t.Errorf("another browser is %q", got)
	}
}
