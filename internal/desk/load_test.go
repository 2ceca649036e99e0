package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/policy"
)

// supervisor leads the permit officers and decides on nothing.
func (w *world) supervisor() policy.Actor { return w.Leader }

func TestO18_SupervisorSeesLoadAgesAndDeadlines(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		late := w.Applied(w.Citizen)
		w.Taken(late, w.Colleague)
		w.Store.Clock.Advance(9 * 24 * time.Hour)
		for range 3 {
			w.Taken(w.Applied(w.Citizen), w.Official)
		}
		w.Applied(w.Citizen)
		lead := w.supervisor()
		b := w.Browse(w.router, lead)
		page, status, _ := b.Get("/staff/load")
		if status != http.StatusOK {
			t.Fatalf("the load: %d", status)
		}
		text := page.One("main").Text()
		for _, name := range []string{"Aishath", "Dhigu", "A123456"} {
			if strings.Contains(text, name) {
				t.Errorf("the load says what a case is about: %q", name)
			}
		}
		// What is overdue comes first; each picture shows the numbers beside it.
		rows := map[string][]string{}
		for row := range page.Find("main table:first-of-type tbody tr").All() {
			var cells []string
			for cell := range row.Find("td").All() {
				cells = append(cells, strings.TrimSpace(cell.Text()))
			}
			rows[cells[0]] = cells[2:]
			if n := row.Find("svg rect").Len(); (n > 0) != (cells[5] != "0") {
				t.Errorf("%s: %d parts of a picture for %s cases", cells[0], n, cells[5])
			}
		}
		for who, want := range map[string]string{"ST-colleague": "[1 0 0 1 9 days]", "ST-official": "[0 0 0 3 0 days]", "Nobody": "[0 0 0 1 0 days]"} {
			if got := fmt.Sprint(rows[who]); got != want {
				t.Errorf("%s: %s, want %s", who, got, want)
			}
		}
		if strings.Contains(text, "do not work now") {
			t.Error("somebody who works is said not to")
		}

		// What is overdue has come to the supervisor's list.
		list, _, _ := b.Get(page.One("main .tally .k-bad a").Attr("href"))
		if rows := list.Find("main tbody tr"); rows.Len() != 1 || !strings.Contains(list.One("main tbody").Text(), late.Reference) {
			t.Errorf("the overdue cases are %s", list.One("main table").Text())
		}

		// Whoever is suspended leaves cases behind: they are named, and taken over.
		w.Away[w.Colleague.ID] = true
		page, _, _ = b.Get("/staff/load")
		if text := page.One("main .notice").Text(); !strings.Contains(text, "ST-colleague holds 1 case") {
			t.Errorf("the cases of a suspended official: %s", text)
		}
		page, _, _ = b.Get(page.One("main .notice a").Attr("href"))
		if page.One("main input[name=case]").Attr("value") != late.ID {
			t.Error("the case of a suspended official cannot be chosen")
		}
		// Supervising opens no case.
		page, status, _ = b.Get("/staff/cases/" + late.ID)
		if status != http.StatusOK || strings.Contains(page.One("main").Text(), "Dhigu") || page.Has("main form[method=post]") {
			t.Errorf("who supervises opens a case: %d %s", status, page.One("main").Text())
		}
		if denials := w.Denials(w.Citizen.ID); len(denials) > 0 {
			t.Errorf("looking at the row is recorded as denied: %v", denials)
		}
		page, _, _ = b.Get("/staff/cases/hand-over?case=" + late.ID)
		f := page.One("main form[method=post]")
		sent := f.Values()
		sent.Set("to", "ST-official")
		page, status, _ = b.Post(f.Attr("action"), sent)
		if status != http.StatusOK || !strings.Contains(page.One("main").Text(), "1 of 1 cases") {
			t.Errorf("taken over: %d %s", status, page.One("main").Text())
		}
		if a, err := w.View(t.Context(), w.Official, late.ID); err != nil || a.Answers["road"] == "" {
			t.Errorf("the new holder: %v", err)
		}
	})
}

func TestO10_LoadIsForThoseWhoSupervise(t *testing.T) {
	w := onSQLite(t)
	w.Applied(w.Citizen)
	lead := w.supervisor()
	for name, c := range map[string]struct {
		who  policy.Actor
		path string
		want int
	}{
		"an official":      {w.Official, "/staff/load", http.StatusForbidden},
		"of a colleague":   {w.Official, "/staff/load/ST-colleague", http.StatusForbidden},
		"an administrator": {w.Staff("clerk", "administrator"), "/staff/load", http.StatusForbidden},
		"another party":    {w.Staff("dewatering", "dewatering-officer"), "/staff/load", http.StatusForbidden},
		"who supervises":   {lead, "/staff/load", http.StatusOK},
		"nobody's":         {lead, "/staff/load/ST-unknown", http.StatusNotFound},
		"somebody's":       {lead, "/staff/load/ST-official", http.StatusOK},
	} {
		if _, status, _ := w.Browse(w.router, c.who).Get(c.path); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	if list, err := w.Load(t.Context(), w.Official, time.Hour); err != nil || len(list) > 0 {
		t.Errorf("the load of who supervises nothing: %v %v", list, err)
	}
	if page, err := w.Queue(t.Context(), lead, cases.Filter{}); err != nil || len(page.Rows) != 1 {
		t.Errorf("the queue of who supervises: %d (%v)", len(page.Rows), err)
	}
}
