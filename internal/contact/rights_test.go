package contact_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/contact"
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
