package drafts_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestO18_ALongFormIsAListOfTasks goes through the list from nothing to the
// check, and tries a page before its time.
func TestO18_ALongFormIsAListOfTasks(t *testing.T) {
	w := worldOn(t, db.SQLite)
	b := w.browse()
	list := func(want ...string) testkit.Nodes {
		t.Helper()
		page, status, path := b.Get(apply)
		var got []string
		for task := range page.Find("main .task").All() {
			got = append(got, task.One("div > a, div > span").Text()+": "+task.One(".tag").Text())
		}
		if status != http.StatusOK || path != apply || !slices.Equal(got, want) {
			t.Fatalf("%d at %s: %q, not %q", status, path, got, want)
		}
		return page
	}
	w.revise("tasks", "", "declaration:", "task-list: true\ndeclaration:", "  - id: work\n", "  - id: work\n    after: [applicant]\n")
	page := list("About you: In progress", "About the work: Cannot begin yet") // the profile has begun it
	if !page.Has(`main a[href="`+apply+`/applicant"]`) || page.Has(`main a[href="`+apply+`/work"]`) || !strings.Contains(page.One("main").Text(), "First: About you") || !page.Has(`main a[href="/en/privacy"]`) {
		t.Errorf("the list: %s", page.One("main").Text())
	}
	if _, _, path := b.Get(apply + "/work"); path != apply {
		t.Errorf("a page before its time is at %s", path)
	}
	page, _, _ = b.Get(apply + "/applicant")
	if page.One("a.back").Attr("href") != apply {
		t.Error("a page does not lead back to the list")
	}
	if _, status, path := fill(b, page, answers("applicant")); status != http.StatusOK || path != apply {
		t.Fatalf("after a page: %d at %s", status, path)
	}
	if page = list("About you: Done", "About the work: Not started"); page.Has(`main a[href="` + apply + `/check"]`) {
		t.Error("it can be checked before it is whole")
	}
	page, _, _ = b.Get(apply + "/work")
	fill(b, page, answers("work"))
	if page = list("About you: Done", "About the work: Done"); !page.Has(`main a.button[href="`+apply+`/check"]`) || !page.Has(`main a[href="`+apply+`/delete"]`) {
		t.Errorf("the list of a whole form: %s", page.One("main").Text())
	}
	// Without the list, a page before its time leads to the one that it waits for.
	w.revise("pages", "", "  - id: work\n", "  - id: work\n    after: [applicant]\n")
	w.typed("applicant", with(answers("applicant"), "phone", "none"))
	if _, _, path := b.Get(apply + "/work"); path != apply+"/applicant" {
		t.Errorf("a page before its time is at %s", path)
	}
}
