package desk_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// files stand in for package uploads: states by id.
type files map[string]*uploads.File

func (f files) States(context.Context, string, string) (map[string]*uploads.File, error) {
	return f, nil
}

// mandates stand in for package mandates: whether one is verified, by company.
type mandates map[string]bool

func (m mandates) Holds(_ *db.Tx, _, company, _ string, _ time.Time) (holds, verified bool, err error) {
	verified, holds = m[company]
	return holds, verified, nil
}

func TestO18_DocumentsStandBesideTheDataAndClaimsSaySo(t *testing.T) {
	w := onSQLite(t)
	d := servicestest.Compile(t, servicestest.Folder(t, "services/dewatering-permit"), "dewatering-permit")
	p := servicestest.Policy(t, w.Service, d)
	w.Catalogue.Set("two", w.Service, d)
	w.Cases.Policy = func() *policy.Policy { return p }
	w.Cases.Vault = vault.New(vault.Config{DB: w.Store.DB, Ring: w.Store.Ring, Log: w.Store.Log, Clock: w.Store.Clock, Policy: w.Cases.Policy})
	w.desk.Documents = files{
		"clean":    {State: uploads.Clean, Kind: uploads.PNG},
		"paper":    {State: uploads.Clean, Kind: uploads.PDF},
		"checking": {State: uploads.Checking},
	}
	list := func(ids ...string) string {
		var out []answer.File
		for _, id := range ids {
			out = append(out, answer.File{ID: id, Name: "plan of " + id + ".x", Size: 204800, Type: "application/pdf"})
		}
		return answer.FilesText(out)
	}
	row := w.AppliedFor(w.Citizen, d, forms.Answers{
		"days": "12", "start": "2026-12-01", "name": "Aishath Mohamed", "applicant": answer.Party{As: answer.Company, Company: "c-1", Name: "Dhigu Builders"}.Text(),
		"site-plan": list("clean", "paper"), "water-test": list("checking", "gone"),
	})
	officer := w.Staff("officer", "dewatering-officer")
	w.Sessions[officer.ID].Party = "utility-regulatory-authority"
	officer.Party = "utility-regulatory-authority"
	b := w.Browse(w.router, officer)
	state, _ := d.Workflow.State(row.State)
	for _, a := range state.Actions {
		if a.Take {
			if _, err := w.Act(t.Context(), officer, row.ID, row.State, a.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		held mandates
		want string
	}{
		"nobody knows": {nil, "claimed"},
		"claimed":      {mandates{"c-1": false}, "claimed"},
		"verified":     {mandates{"c-1": true}, "An official has verified"},
		"another's":    {mandates{"c-2": true}, "claimed"},
	} {
		w.desk.Mandates = c.held
		page, status, _ := b.Get("/staff/cases/" + row.ID)
		text := page.One("main table").Text()
		if status != http.StatusOK || !strings.Contains(text, "Dhigu Builders") || !strings.Contains(strings.ToLower(text), strings.ToLower(c.want)) {
			t.Errorf("%s (%d): the claim to act for a company is said as %s", name, status, text)
		}
	}
	page, _, _ := b.Get("/staff/cases/" + row.ID)
	if !page.Has("input[name=keys][value=water-test]") {
		t.Error("a file cannot be asked for again")
	}
	document := func(id string) testkit.Nodes {
		for f := range page.Find("main figure.document").All() {
			if strings.Contains(f.Text(), "plan of "+id) {
				return f
			}
		}
		t.Fatalf("the document %s is not there", id)
		return testkit.Nodes{}
	}
	if f := document("clean"); f.One("img").Attr("src") != "/staff/files/clean/picture" || f.One("img").Attr("alt") == "" || f.One("a").Attr("href") != "/staff/files/clean" {
		t.Errorf("a picture: %s", f.Text())
	}
	if f := document("paper"); f.Has("img") || f.One("a").Attr("href") != "/staff/files/paper" {
		t.Errorf("a paper: %s", f.Text())
	}
	for _, id := range []string{"checking", "gone"} {
		if f := document(id); f.Has("a") || f.Has("img") {
			t.Errorf("%s can be opened", id)
		}
	}
	if text := page.One("main table").Text(); strings.Contains(text, "plan of") {
		t.Errorf("documents stand among the answers too: %s", text)
	}
}

// told stands in for package notify: how many notices went, by what they are
// about.
type told map[string]int

func (n told) Deliveries(_ *web.Req, subject, about string) (rows []ui.Row, err error) {
	for i := range n[subject+" "+about] {
		rows = append(rows, ui.Row{Key: fmt.Sprintf("Notice %d, by e-mail", i+1), Value: "today", Tag: &ui.Label{Text: "Did not arrive", Kind: ui.Warn}})
	}
	return rows, nil
}

func TestO18_TheCaseSaysWhetherNoticesReachedTheApplicant(t *testing.T) {
	w := onSQLite(t)
	row, other := w.Applied(w.Citizen), w.Applied(w.Citizen)
	w.Taken(row, w.Official)
	w.desk.Notices = told{w.Citizen.ID + " case:" + row.ID: 6}
	b := w.Browse(w.router, w.Official)
	page, _, _ := b.Get("/staff/cases/" + row.ID)
	text := page.One("main").Text()
	for _, want := range []string{"Notices to the applicant", "Notice 1, by e-mail", "Did not arrive", "Earlier notices", "Notice 6, by e-mail"} {
		if !strings.Contains(text, want) {
			t.Errorf("the case does not say %q", want)
		}
	}
	if page, _, _ := b.Get("/staff/cases/" + other.ID); strings.Contains(page.One("main").Text(), "Notices to the applicant") {
		t.Error("another case tells of them too")
	}
	// It is asked most once the case is decided.
	if _, err := w.Act(t.Context(), w.Official, row.ID, "in-review", "refuse", "Choose another day."); err != nil {
		t.Fatal(err)
	}
	if page, _, _ := b.Get("/staff/cases/" + row.ID); !strings.Contains(page.One("main").Text(), "Did not arrive") {
		t.Error("once it is decided nothing is said of the notices")
	}
}
