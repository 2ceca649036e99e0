package app_test

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestO18_APreviewStoresNothing tries answers in the preview of a service, and
// counts the rows of every table and the files of every folder before and
// after. What the program keeps of its own running is counted when it rests.
func TestO18_APreviewStoresNothing(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	portal := testkit.Serve(t, filepath.Join(testkit.Root(), "instances/onegov"), "--demo", "--data", data, "--keys", filepath.Join(t.TempDir(), "keys"))
	officer := portal.Browse()
	officer.Submit("/staff/sign-in", url.Values{"email": {portal.Person("permit-officer")}, "password": {demo.Password}}, http.StatusOK)
	store := testkit.Open(t, "file:"+filepath.Join(data, "portico.db"))
	before := resting(t, store, data)

	const preview = "/staff/services/road-permit/preview?part="
	for _, part := range []string{"start", "form", "workflow", "tests"} {
		officer.Page(preview+part, http.StatusOK)
	}
	given := answers()
	given.Set("road", "Qzxpreviewqv Magu")
	page := testkit.Page(t, officer.Post(preview+"form", given))
	if tried := page.One("main").Text(); page.One("input[name=road]").Attr("value") != "Qzxpreviewqv Magu" || page.Has(".summary") {
		t.Fatalf("nothing was tried: %s", tried)
	}
	if after := resting(t, store, data); !maps.Equal(before, after) {
		t.Errorf("the preview stored something:\nbefore %v\nafter  %v", before, after)
	}
}

// resting counts what is stored, once nothing is added to it any more.
func resting(t *testing.T, d *db.DB, data string) map[string]string {
	t.Helper()
	last := map[string]string{}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Second) {
		now := stored(t, d, data)
		if maps.Equal(now, last) {
			return now
		}
		last = now
	}
	t.Fatalf("the program never rests: %v", last)
	return nil
}

// stored is how many rows each table has, and how large each file is that is
// none of the database's.
func stored(t *testing.T, d *db.DB, data string) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := d.View(t.Context(), func(tx *db.Tx) error {
		var tables []string
		if err := tx.Select(func(r *db.Rows) error {
			var name string
			err := r.Scan(&name)
			tables = append(tables, name)
			return err
		}, "SELECT name FROM sqlite_schema WHERE type = 'table'"); err != nil {
			return err
		}
		for _, table := range tables {
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
				return err
			}
			out[table] = fmt.Sprint(n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(out) < 30 || out["staff_official"] == "0" {
		t.Fatalf("there are %d tables to count: %v", len(out), out)
	}
	if err := fs.WalkDir(os.DirFS(data), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Dir(name) == "." {
			return err
		}
		info, err := e.Info()
		if err == nil {
			out[name] = fmt.Sprint(info.Size())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}
