package app_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/demo"
	"portico/internal/testkit"
)

// TestO18_AServiceThatIsOnlyADirectoryIsCheckedAndRuns puts the example of
// docs/services.md beside the portal's services, as an operator would.
func TestO18_AServiceThatIsOnlyADirectoryIsCheckedAndRuns(t *testing.T) {
	dir := onegov(t)
	if err := os.CopyFS(filepath.Join(dir, "services/event-permit"), os.DirFS(filepath.Join(testkit.Root(), "internal/services/testdata/event-permit"))); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(testkit.Binary(t), "check", dir).Output()
	if err != nil || !strings.Contains(string(out), ": 3 services, 2 languages, version ") {
		t.Fatalf("check says %s (%v)", out, err)
	}
	data := t.TempDir()
	portal := testkit.Serve(t, dir, "--demo", "--data", filepath.Join(data, "data"), "--keys", filepath.Join(data, "keys"))
	b := portal.Browse()
	if found := b.Page("/en/services?q=festval", http.StatusOK).Find(".item-title").Texts(); len(found) != 1 || found[0] != "Public event permit" {
		t.Errorf("searching finds %v", found)
	}
	fee := b.Page("/dv/services/event-permit/fee?_variant=repeat&_look=1&crowd=320", http.StatusOK).One(".inset").Text()
	if !strings.Contains(fee, "250.00") {
		t.Errorf("the fee of a repeat is %s", fee)
	}
	b.Submit("/en/sign-in", url.Values{"contact": {portal.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
	start := b.Page("/en/services/event-permit?variant=repeat", http.StatusOK)
	if got := start.Find(".task .tag").Texts(); len(got) != 1 || got[0] != "Not yet" {
		t.Errorf("of the earlier approval it says %v", got)
	}
	turned := b.Page("/en/services/event-permit/apply?variant=repeat", http.StatusConflict)
	if text := turned.One("main").Text(); !strings.Contains(text, "Something else comes first") || turned.Has("main form") {
		t.Errorf("a repeat without an earlier approval is begun: %s", text)
	}
	first := b.Page("/en/services/event-permit/apply?variant=first", http.StatusOK)
	if !first.Has("main input[name=title], main input[name=applicant], main a[href*='/apply/']") {
		t.Errorf("a first event is not begun: %s", first.One("main").Text())
	}
}
