package contact_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/contact"
	"portico/internal/testkit"
)

func TestO14_ARequestBecomesOneAboutDataInOneStep(t *testing.T) {
	w := one(t)
	who, official := w.official("contact-officer", "shifa@example.mv")
	w.asks(w.visitor(), "question", "Please delete what you have of me.", "moosa@example.mv")
	r := w.waiting(who)
	at := "/staff/requests/" + r.ID
	if err := w.Take(t.Context(), who, r.ID); err != nil {
		t.Fatal(err)
	}
	official.Submit(at, form("do", "rights"), http.StatusUnprocessableEntity)
	official.Submit(at, form("do", "rights", "right", "nothing"), http.StatusUnprocessableEntity)
	page := official.Submit(at, form("do", "rights", "right", "delete"), http.StatusOK)
	if !strings.Contains(page.One("main").Text(), "It is a request about data now.") {
		t.Error("the page does not say so")
	}
	if want := []string{r.Reference, "delete", "Please delete what you have of me.", "moosa@example.mv"}; !slices.Equal(w.passed, want) {
		t.Errorf("passed on: %q, not %q", w.passed, want)
	}
	if closed, err := w.Find(t.Context(), who, r.Reference); err != nil || closed.State != contact.Closed {
		t.Errorf("%+v, %v", closed, err)
	}
	official.Submit(at, form("do", "rights", "right", "delete"), http.StatusForbidden) // nobody holds it any more
	if len(w.passed) != 4 {
		t.Errorf("it was passed on twice: %q", w.passed)
	}
}

// TestO14_AllThatWasWrittenGoesOverHoweverLongItIs: what is asked may stand at its
// end.
func TestO14_AllThatWasWrittenGoesOverHoweverLongItIs(t *testing.T) {
	w := one(t)
	who, official := w.official("contact-officer", "shifa@example.mv")
	long := strings.Repeat("ހ", contact.MaxText)
	b := w.visitor()
	at := w.asks(b, "question", long, "moosa@example.mv")
	more := b.Page(at, http.StatusOK).One("form:has(textarea)").Values()
	more.Set("text", "Please delete it.")
	more.Set("do", "add")
	w.store.Clock.Advance(time.Minute)
	b.Submit(at, more, http.StatusOK)
	r := w.waiting(who)
	if err := w.Take(t.Context(), who, r.ID); err != nil {
		t.Fatal(err)
	}
	official.Submit("/staff/requests/"+r.ID, form("do", "rights", "right", "delete"), http.StatusOK)
	if len(w.passed) != 4 || w.passed[2] != long+"\n\nPlease delete it." {
		t.Errorf("of what was written %d characters went over", len([]rune(strings.Join(w.passed[2:3], ""))))
	}
}

// TestO14_TheTimeOfALetterRunsFromTheDayOnWhichItCame, not from when somebody
// found the time to write it down.
func TestO14_TheTimeOfALetterRunsFromTheDayOnWhichItCame(t *testing.T) {
	w := one(t)
	who, official := w.official("contact-officer", "shifa@example.mv")
	now := w.store.Clock.Now()
	write := func(day time.Time, status int) testkit.Nodes {
		t.Helper()
		sent := official.Page("/staff/requests/new", http.StatusOK).One("main form").Values()
		for name, value := range map[string]string{
			"do": "send", "source": "letter", "kind": "question", "text": "What do you have of me?",
			"received-day": day.Format("2"), "received-month": day.Format("1"), "received-year": day.Format("2006"),
		} {
			sent.Set(name, value)
		}
		return official.Submit("/staff/requests/new", sent, status)
	}
	for _, day := range []time.Time{now.AddDate(0, 0, 1), now.AddDate(-2, 0, 0)} {
		if page := write(day, http.StatusUnprocessableEntity); !strings.Contains(page.One("main").Text(), "Enter a day") || page.One("#received-year, [name=received-year]").Attr("value") != day.Format("2006") {
			t.Error("a day on which nothing came is taken, or what was typed is gone")
		}
	}
	came := now.AddDate(0, 0, -5)
	write(came, http.StatusOK)
	r := w.waiting(who)
	if want := time.Date(came.Year(), came.Month(), came.Day(), 0, 0, 0, 0, time.UTC); !r.Created.Equal(want) || !r.Since.Equal(want) {
		t.Errorf("received %s, its time runs from %s; it came on %s", r.Created, r.Since, want)
	}
	if err := w.Take(t.Context(), who, r.ID); err != nil {
		t.Fatal(err)
	}
	write(now, http.StatusOK) // today is now
	if r := w.waiting(who); !r.Created.Equal(now) {
		t.Errorf("what comes today came at %s", r.Created)
	}
}
