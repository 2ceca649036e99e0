package desk_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
)

// submit sends the only form of the page that posts to an address which begins
// with action, with these values changed.
func (w *world) submit(t *testing.T, who policy.Actor, page testkit.Nodes, action string, change url.Values) (testkit.Nodes, int, string) {
	t.Helper()
	f := page.One(`main form[method=post][action^="` + action + `"]`)
	sent := f.Values()
	for name, values := range change {
		sent[name] = values
	}
	return w.Browse(w.router, who).Post(f.Attr("action"), sent)
}

func TestO18_QueueByStateDeadlineAndAssignee(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		late := w.Applied(w.Citizen)
		w.Taken(late, w.Official)
		w.Store.Clock.Advance(9 * 24 * time.Hour)
		var rest [3]*cases.Case
		for i := range rest {
			w.Store.Clock.Advance(time.Minute)
			rest[i] = w.Applied(w.Citizen)
		}
		mine, others, free := rest[0], rest[1], rest[2]
		w.Taken(mine, w.Official)
		w.Taken(others, w.Colleague)
		b := w.Browse(w.router, w.Official)
		for look, want := range map[string][]*cases.Case{
			"":                                 {late, mine, others, free},
			"?holder=me":                       {late, mine},
			"?holder=none":                     {free},
			"?due=overdue":                     {late},
			"?due=soon":                        {},
			"?state=in-review":                 {late, mine, others},
			"?state=in-review&holder=me":       {late, mine},
			"?state=submitted&due=overdue":     {},
			"?service=road-permit&holder=me":   {late, mine},
			"?service=unknown&state=unknown":   {late, mine, others, free},
			"?closed=yes":                      {},
			"?show=mine":                       {late, mine},
			"?holder=" + url.QueryEscape("x'"): {late, mine, others, free},
		} {
			page, status, _ := b.Get("/staff/cases" + look)
			var got []string
			for a := range page.Find("main tbody a").All() {
				got = append(got, a.Text())
			}
			var references []string
			for _, row := range want {
				references = append(references, row.Reference)
			}
			if status != http.StatusOK || strings.Join(got, " ") != strings.Join(references, " ") {
				t.Errorf("%s: %d %v, want %v", look, status, got, references)
			}
			if len(want) == 0 && !page.Has("main .nothing") {
				t.Errorf("%s: an empty list says nothing", look)
			}
		}
		page, _, _ := b.Get("/staff/cases")
		text := page.One("main").Text()
		for _, personal := range []string{"Aishath", "Dhigu", "A123456", "7771234"} {
			if strings.Contains(text, personal) {
				t.Errorf("the queue says %q", personal)
			}
		}
		if tag := page.One("main tbody tr:first-child .k-bad").Text(); !strings.Contains(tag, "Overdue: 29 November 2026") {
			t.Errorf("overdue is said as %q", tag)
		}
		tabs := page.One("main .filters").Text()
		for _, want := range []string{"Open (4)", "Mine (2)", "Nobody's (1)", "Overdue (1)", "Decided (0)"} {
			if !strings.Contains(tabs, want) {
				t.Errorf("the tabs do not say %q: %s", want, tabs)
			}
		}
		if n := page.Find("main tbody input[name=case]").Len(); n != 2 {
			t.Errorf("%d cases can be chosen, of two that are held", n)
		}
	})
}

func TestQueueOfThousandsIsPagedAndSmall(t *testing.T) {
	w := onSQLite(t)
	for range 2*cases.PageSize + 1 {
		w.Taken(w.Applied(w.Citizen), w.Official)
	}
	server := httptest.NewServer(w.router)
	t.Cleanup(server.Close)
	seen := map[string]bool{}
	at := "/staff/cases?lang=dv&holder=me"
	for pages := 1; ; pages++ {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: web.StaffCookie, Value: w.Official.ID})
		req.AddCookie(&http.Cookie{Name: web.LangCookie, Value: "dv"})
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) > 30<<10 {
			t.Errorf("page %d has %d bytes", pages, len(body))
		}
		resp.Body = io.NopCloser(strings.NewReader(string(body)))
		page := testkit.Page(t, resp)
		for a := range page.Find("main tbody a").All() {
			if seen[a.Attr("href")] {
				t.Errorf("page %d shows a case again", pages)
			}
			seen[a.Attr("href")] = true
		}
		if !page.Has("main .next") {
			if len(seen) != 2*cases.PageSize+1 || pages != 3 {
				t.Errorf("%d cases on %d pages", len(seen), pages)
			}
			return
		}
		at = page.One("main .next").Attr("href")
	}
}

func TestTakeNextTakesTheMostUrgentOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		first := w.Applied(w.Citizen)
		w.Store.Clock.Advance(48 * time.Hour)
		for range 7 {
			w.Applied(w.Citizen)
		}
		page, _, _ := w.Browse(w.router, w.Official).Get("/staff/cases")
		page, _, at := w.submit(t, w.Official, page, "/staff/cases/next", url.Values{"take": {"yes"}})
		if at != "/staff/cases/"+first.ID || !strings.Contains(page.One("main").Text(), "Dhigu Magu") {
			t.Errorf("the most urgent is %s, and %s was taken", first.ID, at)
		}
		for name, wrong := range map[string]url.Values{"nothing": {}, "something else": {"take": {"all"}}, "twice": {"take": {"yes", "yes"}}} {
			if _, status, _ := w.Browse(w.router, w.Colleague).Post("/staff/cases/next", wrong); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
				t.Errorf("%s takes a case: %d", name, status)
			}
		}
		// Seven officials press at the same time: each has another case.
		var mu sync.Mutex
		var wg sync.WaitGroup
		taken := map[string]bool{}
		var seven []*casestest.Browser
		for i := range 7 {
			seven = append(seven, w.Browse(w.router, w.Staff("official"+strconv.Itoa(i), "permit-officer")))
		}
		for _, b := range seven {
			wg.Go(func() {
				_, _, at := b.Post("/staff/cases/next", url.Values{"take": {"yes"}})
				mu.Lock()
				defer mu.Unlock()
				taken[at] = true
			})
		}
		wg.Wait()
		if len(taken) != 7 || taken["/staff/cases"] {
			t.Errorf("seven officials have %v", taken)
		}
		page, _, at = w.Browse(w.router, w.Colleague).Post("/staff/cases/next", url.Values{"take": {"yes"}})
		if at != "/staff/cases" || !strings.Contains(page.One("main .notice").Text(), "no case that nobody holds") {
			t.Errorf("with none left one is at %s", at)
		}
		if denials := w.Denials(w.Citizen.ID); len(denials) > 0 {
			t.Errorf("being slower is recorded as denied: %v", denials)
		}
	})
}

func TestO10_HandedOverTogetherSaysWhichWorked(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		moved, given, gone := w.Applied(w.Citizen), w.Applied(w.Citizen), w.Applied(w.Citizen)
		for _, row := range []*cases.Case{moved, given, gone} {
			w.Taken(row, w.Official)
		}
		third := w.Staff("third", "permit-officer")
		w.Staff("clerk", "administrator")
		w.Away[w.Staff("away", "permit-officer").ID] = true
		w.staff.names = true
		b := w.Browse(w.router, w.Official)
		page, status, _ := b.Get("/staff/cases/hand-over?case=" + moved.ID + "&case=" + given.ID + "&case=" + gone.ID + "&case=" + given.ID + "&case=nothing")
		if n := page.Find("main tbody tr").Len(); status != http.StatusOK || n != 3 {
			t.Fatalf("%d: %d cases are to be handed over", status, n)
		}
		options := page.One("main select[name=to]").Text()
		if !strings.Contains(options, "Name of colleague (ST-colleague)") || !strings.Contains(options, "Nobody") ||
			strings.Contains(options, "clerk") || strings.Contains(options, "away") || strings.Contains(options, "ST-official") {
			t.Errorf("to whom: %s", options)
		}
		for name, to := range map[string]string{"nobody chosen": "", "unknown": "ST-x", "of another role": "ST-clerk", "not working": "ST-away"} {
			if again, status, _ := w.submit(t, w.Official, page, "/staff/cases/hand-over", url.Values{"to": {to}}); status != http.StatusUnprocessableEntity || !again.Has("#to-error") {
				t.Errorf("%s: %d", name, status)
			}
		}
		// In the meantime one is decided and one changes hands.
		if _, err := w.Act(t.Context(), w.Official, gone.ID, "in-review", "refuse", "The road is closed."); err != nil {
			t.Fatal(err)
		}
		if _, err := w.HandOver(t.Context(), w.Official, given.ID, given.Revision+1, third.ID, ""); err != nil {
			t.Fatal(err)
		}
		page, status, _ = w.submit(t, w.Official, page, "/staff/cases/hand-over", url.Values{"to": {"ST-colleague"}, "word": {"The harbour was asked already."}})
		text := page.One("main").Text()
		if status != http.StatusConflict || !strings.Contains(text, "1 of 3 cases") {
			t.Errorf("%d: %s", status, text)
		}
		for reference, want := range map[string]string{moved.Reference: "Handed over", given.Reference: "Not yours", gone.Reference: "Not yours"} {
			row := ""
			for tr := range page.Find("main tbody tr").All() {
				if strings.Contains(tr.Text(), reference) {
					row = tr.Text()
				}
			}
			if !strings.Contains(row, want) {
				t.Errorf("%s: %s, want %s", reference, row, want)
			}
		}
		seen, err := w.View(t.Context(), w.Colleague, moved.ID)
		if err != nil || len(seen.Notes) != 1 || seen.Notes[0].Text != "The harbour was asked already." {
			t.Errorf("the word that went with it: %v %v", seen, err)
		}
		// Given back to nobody, and taken again by somebody.
		page, _, _ = w.Browse(w.router, w.Colleague).Get("/staff/cases/hand-over?case=" + moved.ID)
		if _, status, _ = w.submit(t, w.Colleague, page, "/staff/cases/hand-over", url.Values{"to": {"nobody"}}); status != http.StatusOK {
			t.Errorf("given back: %d", status)
		}
		page, _, _ = w.Browse(w.router, third).Get("/staff/cases/" + moved.ID)
		page, status, _ = w.submit(t, third, page, "/staff/cases/"+moved.ID, url.Values{"action": {"claim"}})
		if status != http.StatusOK || !strings.Contains(page.One("main").Text(), "Dhigu Magu") {
			t.Errorf("taken again: %d", status)
		}
	})
}
