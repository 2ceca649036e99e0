package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/testkit/chromium"
)

// crowd puts n open cases beside those that there are, due at many times and
// held by a few officials or by nobody: rows only, without anything in them.
func (w *world) crowd(t testing.TB, n int, holders ...string) {
	t.Helper()
	row := w.Applied(w.Citizen)
	now := w.Store.Clock.Now()
	for done := 0; done < n; {
		batch := min(n-done, 500)
		if err := w.Store.DB.Update(t.Context(), func(tx *db.Tx) error {
			for i := done; i < done+batch; i++ {
				counted := now.Add(-time.Duration(i*7%(14*24*60)) * time.Minute)
				var holder any
				state := "submitted"
				if h := holders[i%len(holders)]; h != "" {
					holder, state = h, "in-review"
				}
				if _, err := tx.Exec(`INSERT INTO cases_case (subject, id, service, variant, reference, state, revision, holder, channel, instance, policy,
						changed_at, submitted_at, entered_at, clock_at, counted_at, days, news, unread)
					VALUES ($1, $2, $3, '', $4, $5, 1, $6, 'portal', $7, $8, $9, $9, $9, $9, $9, 5, '', 0)`,
					w.Citizen.ID, id.New(now), row.Service, fmt.Sprintf("RP-%04d-%04d", i/10000, i%10000), state, holder, row.Instance, row.Policy, clock.Micros(counted)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		done += batch
	}
}

// TestAnOfficeOfTwoThousandCasesIsStillReadable looks at the queue and at the
// load with 2,000 open cases, at every width in one of the languages.
func TestAnOfficeOfTwoThousandCasesIsStillReadable(t *testing.T) {
	w := onSQLite(t)
	w.crowd(t, 1999, w.Official.ID, w.Colleague.ID, "", w.Official.ID)
	s := w.site(t)
	browser := chromium.Start(t)
	for i, lang := range []string{"en", "dv"} {
		s.tab = browser.Tab(t, chromium.Look{Width: 768})
		s.signIn(w.Official, lang)
		s.tab.Open(s.url + "/staff/cases")
		if text := s.tab.Text("main .filters"); !strings.Contains(text, "2,000") {
			t.Errorf("%s: the tabs say %s", lang, text)
		}
		if n := chromium.Value[int](s.tab, "document.querySelectorAll('main tbody tr').length"); n != cases.PageSize {
			t.Errorf("%s: %d rows on a page", lang, n)
		}
		widths := [][]int64{{768}, {360, 1280}}[i]
		for _, width := range widths {
			s.tab.See(width, i == 1)
			s.shot(lang + "-crowd")
		}
		s.tab.Forced()
		if !chromium.Value[bool](s.tab, `(() => { const [here, other] = ['[aria-current]', ':not([aria-current])'].map(s => getComputedStyle(document.querySelector('main .filters a' + s)).backgroundColor); return here !== other })()`) {
			t.Errorf("%s: in forced colours nothing shows which look is chosen", lang)
		}
		s.shot(lang + "-crowd-forced")
		s.signIn(w.Leader, lang)
		s.tab.Open(s.url + "/staff/load")
		for _, width := range widths {
			s.tab.See(width, i == 0)
			s.shot(lang + "-crowd-load")
		}
	}
}

// TestManyCasesAreHandedOverWithoutAMouse chooses with single keys and turns
// the page, narrow and wide.
func TestManyCasesAreHandedOverWithoutAMouse(t *testing.T) {
	w := onSQLite(t)
	w.crowd(t, 60, w.Official.ID)
	s := w.site(t)
	s.tab = chromium.Start(t).Tab(t, chromium.Look{Width: 360})
	s.signIn(w.Official, "en")
	s.tab.Open(s.url + "/staff/keys")
	s.tab.Press("button[value=on]")
	for _, width := range []int64{360, 1280} {
		s.tab.See(width, false)
		s.tab.Open(s.url + "/staff/cases?holder=me")
		first := s.tab.Text("main tbody a")
		s.tab.Turn("l")
		if again := s.tab.Text("main tbody a"); again == first {
			t.Errorf("%d: the page does not turn from %s", width, first)
		}
		for range 3 {
			s.tab.Keys("j")
			s.tab.Keys("x")
		}
		s.tab.Keys("h")
		s.tab.Enter()
		if n := chromium.Value[int](s.tab, "document.querySelectorAll('main tbody tr').length"); n != 3 || s.tab.Path() != "/staff/cases/hand-over" {
			t.Errorf("%d: %d cases are to be handed over, at %s", width, n, s.tab.Path())
		}
		s.tab.Judge()

		s.tab.Open(s.url + "/staff/cases?holder=me")
		s.tab.Turn("a")
		if n := chromium.Value[int](s.tab, "document.querySelectorAll('main tbody :checked').length"); n != cases.PageSize {
			t.Errorf("%d: %d cases are chosen", width, n)
		}
		s.tab.Judge()
		s.shot(fmt.Sprintf("en-chosen-%d", width))
		s.tab.Keys("h")
		s.tab.Enter()
		if n := chromium.Value[int](s.tab, "document.querySelectorAll('main tbody tr').length"); n != cases.PageSize || s.tab.Path() != "/staff/cases/hand-over" {
			t.Errorf("%d: %d of all cases are to be handed over, at %s", width, n, s.tab.Path())
		}
	}
}

// TestAllCasesOfAPageAreChosenWithoutAScript follows the link that chooses
// them, keeps how the queue is looked at, and chooses none again.
func TestAllCasesOfAPageAreChosenWithoutAScript(t *testing.T) {
	w := onSQLite(t)
	w.crowd(t, 60, w.Official.ID, w.Colleague.ID)
	for at, who := range map[string]policy.Actor{"/staff/cases?holder=me": w.Official, "/staff/load/ST-official": w.supervisor()} {
		b := w.Browse(w.router, who)
		chosen := func(page nodes, want int) {
			t.Helper()
			form := page.One("form[action='/staff/cases/hand-over']")
			if got := len(form.Values()["case"]); got != want {
				t.Errorf("%s: %d of %d cases are chosen, want %d", at, got, page.Find("main tbody tr").Len(), want)
			}
		}
		page, _, _ := b.Get(at)
		chosen(page, 0)
		if at == "/staff/cases?holder=me" {
			page, _, _ = b.Get(page.One("nav.pages a").Attr("href"))
		}
		n := page.Find("main tbody input").Len()
		page, _, _ = b.Get(page.One("#choose a").Attr("href"))
		chosen(page, n)
		if to, _, _ := b.Get("/staff/cases/hand-over?" + page.One("form[action='/staff/cases/hand-over']").Values().Encode()); to.Find("main tbody tr").Len() != n {
			t.Errorf("%s: not all of them are to be handed over", at)
		}
		page, _, _ = b.Get(page.One("#choose a").Attr("href"))
		chosen(page, 0)
	}
}
