package contact_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/contact"
	"portico/internal/platform/fault"
)

func TestO17_WhoAsksWithoutACabinetGetsANumberAtOnceAndTheAnswerByMail(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		officer, desk := w.official("contact-officer", "officer@one.gov.mv")
		b := w.visitor()
		at := w.asks(b, "complaint", "The <b>road</b> is closed for a month.", "Moosa@Example.mv")
		page := b.Page(at+"?done=sent", http.StatusOK)
		r := w.waiting(officer)
		if got := page.One(".panel").Text(); !strings.Contains(got, r.Reference) {
			t.Errorf("the page does not say the number %s: %q", r.Reference, got)
		}
		if strings.Contains(page.One("main").Text(), "road") {
			t.Error("the page, which an address alone opens, says what was asked")
		}
		mails := w.work()
		if len(mails) != 1 || mails[0].To != "moosa@example.mv" || !strings.Contains(mails[0].Text, r.Reference) || strings.Contains(mails[0].Text, "road") {
			t.Fatalf("whoever asked was sent %+v", mails)
		}
		if !strings.HasPrefix(mails[0].ReplyTo, "help+") || !strings.HasSuffix(mails[0].ReplyTo, "@one.gov.mv") {
			t.Errorf("answers to it go to %q", mails[0].ReplyTo)
		}

		if got := desk.Page("/staff/requests", http.StatusOK).One("main").Text(); !strings.Contains(got, r.Reference) || strings.Contains(got, "road") || strings.Contains(got, "moosa") {
			t.Errorf("the queue shows %q", got)
		}
		place := "/staff/requests/" + r.ID
		if got := desk.Page(place, http.StatusOK).One("main").Text(); strings.Contains(got, "road") {
			t.Error("an official sees what it is about before they took it")
		}
		got := desk.Submit(place, form("do", "take"), http.StatusOK).One("main").Text()
		if !strings.Contains(got, "The <b>road</b> is closed") || !strings.Contains(got, "moosa@example.mv") {
			t.Errorf("the official who holds it sees %q", got)
		}
		desk.Submit(place, form("do", "answer", "text", "It opens on Sunday."), http.StatusOK)
		if mails = w.work(); len(mails) != 1 || !strings.Contains(mails[0].Text, "It opens on Sunday.") {
			t.Fatalf("the answer was sent as %+v", mails)
		}
		if got := b.Page(at, http.StatusOK).One("main").Text(); !strings.Contains(got, "Answered") || strings.Contains(got, "Sunday") {
			t.Errorf("the page says %q", got)
		}
		if got := desk.Page(place, http.StatusOK).One("main").Text(); strings.Contains(got, "road") {
			t.Error("an official sees an answered request, which nobody works on")
		}
	})
}

func TestO17_WhoAsksWithACabinetReadsTheAnswerThere(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		_, desk := w.official("contact-officer", "officer@one.gov.mv")
		subject, b := w.person("aishath@example.mv")
		_, other := w.person("ahmed@example.mv")
		at := w.asks(b, "question", "When is it open?", "")
		if !strings.HasPrefix(at, "/en/cabinet/requests/") {
			t.Fatalf("it leads to %q", at)
		}
		id := strings.TrimPrefix(at, "/en/cabinet/requests/")
		if resp := other.Get(at); resp.StatusCode != http.StatusNotFound {
			t.Errorf("somebody else's request answers %d", resp.StatusCode)
		}
		if got := b.Page("/en/cabinet/requests", http.StatusOK).One("main").Text(); strings.Contains(got, "open?") {
			t.Error("the list shows what was asked")
		}
		desk.Submit("/staff/requests/"+id, form("do", "take"), http.StatusOK)
		desk.Submit("/staff/requests/"+id, form("do", "answer", "text", "From nine to three."), http.StatusOK)
		if mails := w.work(); len(mails) != 0 || !slices.Equal(w.told, []string{subject + " received " + id, subject + " answered " + id}) {
			t.Errorf("whoever has a cabinet is told %v, and written %+v", w.told, mails)
		}
		if got := b.Page(at, http.StatusOK).One("main").Text(); !strings.Contains(got, "From nine to three.") || !strings.Contains(got, "When is it open?") {
			t.Errorf("the cabinet shows %q", got)
		}
		roles := map[string]bool{}
		for _, e := range w.store.Events(t, subject) {
			roles[e.Actor.Kind+" "+e.Activity] = true
		}
		for _, want := range []string{"person inquiry", "staff contact-answer"} {
			if !roles[want] {
				t.Errorf("no event %q among %v", want, roles)
			}
		}
	})
}

func TestTheSameFormTwiceIsOneRequest(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		b := w.visitor()
		sent := b.Page("/en/help/ask", http.StatusOK).One("main form").Values()
		sent["kind"], sent["text"], sent["contact"], sent["do"] = []string{"question"}, []string{"Hello?"}, []string{"moosa@example.mv"}, []string{"send"}
		first, second := b.Post("/en/help/ask", sent).Header.Get("Location"), b.Post("/en/help/ask", sent).Header.Get("Location")
		if first == "" || first != second || w.rows("contact_request") != 1 || w.rows("vault_value") != 2 {
			t.Errorf("%q and %q, %d requests of %d values", first, second, w.rows("contact_request"), w.rows("vault_value"))
		}
		page := b.Page(first, http.StatusOK)
		more := page.One(`form:has(textarea)`).Values()
		more["text"], more["do"] = []string{"And on Friday?"}, []string{"add"}
		at, _, _ := strings.Cut(first, "?")
		b.Submit(at, more, http.StatusOK)
		b.Submit(at, more, http.StatusOK)
		if n := w.rows("vault_value"); n != 3 {
			t.Errorf("a further message that was sent twice makes %d values", n)
		}
	})
}

func TestAFormThatIsWrongKeepsWhatWasTypedAndStoresNothing(t *testing.T) {
	w := one(t)
	b := w.visitor()
	once := strings.Repeat("k", 43)
	for what, try := range map[string][]string{
		"no button":         {"kind", "question", "text", "Typed words", "contact", "moosa@example.mv", "once", once},
		"no kind":           {"do", "send", "text", "Typed words", "contact", "moosa@example.mv", "once", once},
		"another kind":      {"do", "send", "kind", "threat", "text", "Typed words", "contact", "moosa@example.mv", "once", once},
		"no contact":        {"do", "send", "kind", "question", "text", "Typed words", "once", once},
		"a contact of junk": {"do", "send", "kind", "question", "text", "Typed words", "contact", "moosa@example.mv\nBcc: all@example.mv", "once", once},
		"no text":           {"do", "send", "kind", "question", "text", "  \n ", "contact", "Typed words", "once", once},
		"a long text":       {"do", "send", "kind", "question", "text", "Typed words" + strings.Repeat("ހ", contact.MaxText), "contact", "moosa@example.mv", "once", once},
		"twice the text":    {"do", "send", "kind", "question", "text", "Typed words", "text", "b", "contact", "moosa@example.mv", "once", once},
		"an old page":       {"do", "send", "kind", "question", "text", "Typed words", "contact", "moosa@example.mv"},
	} {
		page := b.Submit("/en/help/ask", form(try...), http.StatusUnprocessableEntity)
		if !page.Has(".summary") || !strings.Contains(page.One("textarea").Text()+page.One("[name=contact]").Attr("value"), "Typed words") {
			t.Errorf("%s: nothing is said, or what was typed is lost", what)
		}
	}
	if resp := b.Post("/en/help/ask", form("do", "send", "text", strings.Repeat("a", 10<<20))); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB of text answer %d", resp.StatusCode)
	}
	if n := w.rows("contact_request") + w.rows("vault_value"); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
}

func TestSomebodyElsesReferenceOpensNothing(t *testing.T) {
	w := one(t)
	b := w.visitor()
	mine, theirs := w.asks(b, "question", "One?", "a@example.mv"), w.asks(b, "question", "Two?", "b@example.mv")
	reference := func(at string) string { return strings.Split(at, "/")[4] }
	token := func(at string) string { return strings.Split(at, "/")[5] }
	for what, path := range map[string]string{
		"somebody else's with one's own token": "/en/help/requests/" + reference(theirs) + "/" + token(mine),
		"one's own with a token of noise":      "/en/help/requests/" + reference(mine) + "/" + strings.Repeat("0", 26),
		"one that does not exist":              "/en/help/requests/hr-0000-0000/" + token(mine),
	} {
		if resp := b.Get(path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", what, resp.StatusCode)
		}
		if resp := b.Post(path, form("do", "add", "text", "Hello", "once", strings.Repeat("k", 43))); resp.StatusCode != http.StatusNotFound {
			t.Errorf("adding to %s answers %d", what, resp.StatusCode)
		}
	}
	// The page of a request in a cabinet has no address outside it.
	_, person := w.person("aishath@example.mv")
	at := w.asks(person, "question", "Three?", "")
	if resp := w.visitor().Get(at); resp.StatusCode != http.StatusSeeOther || !strings.Contains(resp.Header.Get("Location"), "sign-in") {
		t.Errorf("a request of a cabinet answers a stranger %d", resp.StatusCode)
	}
}

func TestAskingTooOftenIsRefused(t *testing.T) {
	w := one(t)
	ask := func(reach, network string) error {
		_, err := w.Ask(t.Context(), contact.Asking{Kind: "question", Text: "?", Contact: reach, Language: "en", Once: strings.Repeat(network, 30), Network: network})
		return err
	}
	var refused *fault.Fault
	for n := range 10 {
		if err := ask("moosa@example.mv", string(rune('a'+n))); errors.As(err, &refused) && refused.Kind == fault.TooMany {
			if n < 3 {
				t.Errorf("refused after %d", n)
			}
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused == nil {
		t.Error("one address can be written to without end")
	}
}
