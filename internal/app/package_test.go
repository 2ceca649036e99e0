package app_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/id"
	"portico/internal/testkit"
)

// TestO7_APackageIsThereForAsLongAsItIsPromised: what looks for files that belong
// to nobody leaves what was made for somebody who asked for their data.
func TestO7_APackageIsThereForAsLongAsItIsPromised(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	portal := testkit.Serve(t, filepath.Join(testkit.Root(), "instances", "onegov"), "--demo", "--data", data, "--keys", filepath.Join(t.TempDir(), "keys"))
	citizen := func() *testkit.Browser {
		b := portal.Browse()
		b.Submit("/en/sign-in", url.Values{"contact": {portal.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
		return b
	}
	until := func(what string, so func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	b := citizen()
	made, _, _ := strings.Cut(sends(t, b, "/en/cabinet/rights/see", "send", url.Values{}), "?")
	until("no package is made", func() bool { return b.Page(made, http.StatusOK).Has(`main a[href$="/package"]`) })
	portal.Stop()

	nobodys := id.New(time.Now())
	nobodys = filepath.Join(data, "files", nobodys[len(nobodys)-2:], nobodys)
	if err := os.MkdirAll(filepath.Dir(nobodys), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, nobodys, "of a node that died")
	old := time.Now().Add(-2 * 24 * time.Hour)
	for name := range files(t, filepath.Join(data, "files")) {
		if err := os.Chtimes(filepath.Join(data, "files", name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	portal.Start()
	until("nothing is swept", func() bool { _, err := os.Stat(nobodys); return errors.Is(err, fs.ErrNotExist) })
	resp := citizen().Get(made + "/package")
	whole, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(packaged(t, whole), "index") {
		t.Errorf("after two days the package is answered with %d, %v", resp.StatusCode, err)
	}
}
