package desk_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"portico/internal/cases"
	"portico/internal/testkit/chromium"
)

// TestO18_SeveralCasesAreDecidedWithoutAMouse decides with Tab, Space and
// Enter only, and then with single keys, which are off until turned on and do
// nothing while somebody types (WCAG 2.1.4).
func TestO18_SeveralCasesAreDecidedWithoutAMouse(t *testing.T) {
	w := onSQLite(t)
	var rows []*cases.Case
	for range 4 {
		w.Store.Clock.Advance(time.Hour)
		rows = append(rows, w.Applied(w.Citizen))
	}
	s := w.site(t)
	s.tab = chromium.Start(t).Tab(t, chromium.Look{Width: 1280})
	s.signIn(w.Official, "en")
	decided := func(row *cases.Case, state, remarks string) {
		t.Helper()
		mine, err := w.Application(t.Context(), w.Citizen, row.ID)
		if err != nil || mine.Case.State != state || mine.Remarks != remarks {
			t.Fatalf("%s is %q with %q, want %q with %q (%v)", row.Reference, mine.Case.State, mine.Remarks, state, remarks, err)
		}
	}
	at := func(row *cases.Case) {
		t.Helper()
		if got := s.tab.Path(); got != "/staff/cases/"+row.ID {
			t.Fatalf("one is at %s, not at %s", got, row.Reference)
		}
	}

	// Single keys are off: nothing happens.
	s.tab.Open(s.url + "/staff/cases")
	s.tab.Keys("n")
	if chromium.Value[bool](s.tab, "document.activeElement.matches('button')") {
		t.Error("a single key works before it was turned on")
	}
	s.tab.Reach("main form[action='/staff/cases/next'] button")
	s.tab.Enter()
	at(rows[0])
	s.tab.Reach("#remarks")
	s.tab.Keys("Take care of the kerb.")
	s.tab.Reach("button[value=approve]")
	s.tab.Enter()
	at(rows[1]) // the next one, at once
	decided(rows[0], "approved", "Take care of the kerb.")

	s.tab.Reach("main a[href='/staff/keys']")
	s.tab.Enter()
	s.tab.Reach("button[value=on]")
	s.tab.Enter()
	s.tab.Open(s.url + "/staff/cases?holder=me")
	s.tab.Keys("j")
	if got := chromium.Value[string](s.tab, "document.activeElement.textContent.trim()"); got != rows[1].Reference {
		t.Fatalf("j goes to %q", got)
	}
	s.tab.Enter()
	at(rows[1])
	s.tab.Reach("#next")
	s.tab.Keys(" ")
	s.tab.Keys("r")
	if !chromium.Value[bool](s.tab, "document.activeElement.id === 'remarks'") {
		t.Fatal("r does not go to the remarks")
	}
	s.tab.Type("remarks", "1jknp are letters.") // and stay such while typing
	s.tab.Keys(kb.Escape)                       // ends it: two more keys to the next case
	s.tab.Keys("2")
	if !chromium.Value[bool](s.tab, "document.activeElement.value === 'refuse'") {
		t.Fatalf("2 goes to %s", chromium.Value[string](s.tab, "document.activeElement.outerHTML.slice(0, 80)"))
	}
	s.tab.Enter()
	at(rows[2])
	decided(rows[1], "refused", "1jknp are letters.")
	s.tab.Keys("1")
	s.tab.Enter()
	at(rows[3])
	decided(rows[2], "approved", "")
	s.tab.Keys("p")
	s.tab.Enter() // the letter, before the decision
	if s.tab.Text("main .letter") == "" {
		t.Fatal("no letter is shown")
	}
	s.tab.Judge()
	s.tab.Reach("button[value=approve]")
	s.tab.Enter()
	if got := s.tab.Path(); got != "/staff/cases" {
		t.Errorf("with none left one is at %s", got)
	}
	decided(rows[3], "approved", "")
}
