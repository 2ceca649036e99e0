package desk_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/cases/find"
	"portico/internal/policy"
)

// held is an application that the official took.
func (w *world) held(t *testing.T) *cases.Case {
	t.Helper()
	row := w.Applied(w.Citizen)
	w.Taken(row, w.Official)
	return row
}

// written are the remarks that stand on the page of a case.
func written(page nodes) string {
	return page.One(`main form[method=post][action^="/staff/cases/"]`).Values().Get("remarks")
}

func TestO18_FromOneDecisionStraightToTheNext(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		first, second := w.held(t), w.held(t)
		w.Store.Clock.Advance(time.Hour)
		free := w.Applied(w.Citizen)
		b := w.Browse(w.router, w.Official)
		page, _, _ := b.Get("/staff/cases/" + first.ID)
		onward := url.Values{"action": {"approve"}, "next": {"yes"}}
		for i, want := range []*cases.Case{second, free, nil} {
			at := "/staff/cases"
			if want != nil {
				at += "/" + want.ID
			}
			var path string
			page, _, path = w.submit(t, w.Official, page, "/staff/cases/", onward)
			if path != at {
				t.Fatalf("after decision %d one is at %s, want %s", i+1, path, at)
			}
			if notice := page.One("main .notice").Text(); !strings.Contains(notice, "Approved") {
				t.Errorf("what was decided is told as %q", notice)
			}
			if want != nil && !page.One("#next").HasAttr("checked") {
				t.Error("going on is not kept")
			}
		}
		// Who does not want that stays at the case.
		last := w.held(t)
		page, _, _ = b.Get("/staff/cases/" + last.ID)
		if page.One("#next").HasAttr("checked") {
			t.Error("going on is chosen for everybody")
		}
		if _, _, path := w.submit(t, w.Official, page, "/staff/cases/", url.Values{"action": {"approve"}}); path != "/staff/cases/"+last.ID {
			t.Errorf("without it one is at %s", path)
		}
	})
}

func TestO18_LetterIsSeenBeforeItIsSent(t *testing.T) {
	w := onSQLite(t)
	row := w.held(t)
	b := w.Browse(w.router, w.Official)
	page, _, _ := b.Get("/staff/cases/" + row.ID)
	const reason = "Choose <b>another</b> day.\nThe road is closed."
	page, status, _ := w.submit(t, w.Official, page, "/staff/cases/", url.Values{"preview": {"letter"}, "remarks": {reason}})
	text := page.One("main").Text()
	for _, want := range []string{"Nothing is decided yet", "Fuvahmulah City Council", row.Reference, "Choose <b>another</b> day.", "within 30 days", "1,040"} {
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("the preview (%d) does not say %q: %s", status, want, text)
		}
	}
	if a, err := w.Glance(t.Context(), row.ID); err != nil || a.Case.State != "in-review" {
		t.Errorf("looking at the letter decided: %v %v", a, err)
	}
	back, _, _ := w.submit(t, w.Official, page, "/staff/cases/", url.Values{"preview": {"back"}})
	if got := written(back); got != reason {
		t.Errorf("back at the case the remarks are %q", got)
	}
	sent, _, _ := w.submit(t, w.Official, page, "/staff/cases/", url.Values{"action": {"refuse"}})
	if !strings.Contains(sent.One("main").Text(), "Refused") {
		t.Errorf("refused from the preview: %s", sent.One("main").Text())
	}
	mine, err := w.Application(t.Context(), w.Citizen, row.ID)
	if err != nil || mine.Remarks != reason {
		t.Errorf("the applicant reads %q (%v)", mine.Remarks, err)
	}

	row = w.held(t)
	page, _, _ = b.Get("/staff/cases/" + row.ID)
	page, _, _ = w.submit(t, w.Official, page, "/staff/cases/", url.Values{"preview": {"letter"}})
	if page.Has("button[value=refuse]") || !page.Has("button[value=approve]") || !page.Has(".warning") {
		t.Error("a refusal without a reason can be sent from its preview")
	}
}

func TestTheSlowerOfTwoIsToldAndKeepsTheRemarks(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.held(t)
		b := w.Browse(w.router, w.Official)
		page, _, _ := b.Get("/staff/cases/" + row.ID)
		const remarks = "A long explanation that nobody wants to write twice."
		if _, err := w.Act(t.Context(), w.Official, row.ID, "in-review", "refuse", "From the other window."); err != nil {
			t.Fatal(err)
		}
		page, status, _ := w.submit(t, w.Official, page, "/staff/cases/", url.Values{"action": {"approve"}, "remarks": {remarks}, "note": {"A note."}})
		text := page.One("main").Text()
		if status != http.StatusConflict || !strings.Contains(text, "has changed") || !strings.Contains(text, "A note.") || !strings.Contains(text, remarks) || !strings.Contains(text, "Refused") {
			t.Errorf("%d: %s", status, text)
		}
		// A case that was handed over in the meantime is another's: denied, and recorded.
		row = w.held(t)
		page, _, _ = b.Get("/staff/cases/" + row.ID)
		if _, err := w.HandOver(t.Context(), w.Official, row.ID, row.Revision+1, w.Colleague.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, status, _ = w.submit(t, w.Official, page, "/staff/cases/", url.Values{"action": {"approve"}, "remarks": {remarks}}); status != http.StatusForbidden {
			t.Errorf("decided after it was handed over: %d", status)
		}
		if got := w.Denials(w.Citizen.ID); len(got) != 1 || got[0] != policy.ReasonTaskOfAnother.String() {
			t.Errorf("recorded: %v", got)
		}
	})
}

func TestAskingForInformationPausesAndSaysSo(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.held(t)
		b := w.Browse(w.router, w.Official)
		page, _, _ := b.Get("/staff/cases/" + row.ID)
		if text := page.One("main").Text(); !strings.Contains(text, "the deadline of the office stands still") || !strings.Contains(text, "10 working days") {
			t.Errorf("asking does not say what it does to the clock: %s", text)
		}
		page, status, _ := w.submit(t, w.Official, page, "/staff/cases/"+row.ID, url.Values{"action": {"ask"}, "keys": {"road"}})
		if status != http.StatusUnprocessableEntity || !page.Has("#message-error") || !page.Has("input[name=keys][value=road][checked]") {
			t.Errorf("asked without a word: %d", status)
		}
		if _, status, _ := w.submit(t, w.Official, page, "/staff/cases/"+row.ID, url.Values{"action": {"ask"}, "message": {"Which part?"}, "keys": {"remarks"}}); status != http.StatusUnprocessableEntity {
			t.Errorf("a question that the form does not ask is asked anew: %d", status)
		}
		page, status, _ = w.submit(t, w.Official, page, "/staff/cases/"+row.ID, url.Values{"action": {"ask"}, "message": {"Which part?"}, "keys": {"section"}})
		text := page.One("main").Text()
		if status != http.StatusOK || !strings.Contains(text, "Information requested") || !strings.Contains(text, "Which part?") {
			t.Errorf("asked: %d %s", status, text)
		}
		w.Store.Clock.Advance(30 * 24 * time.Hour)
		page, _, _ = b.Get("/staff/cases?due=overdue")
		if strings.Contains(page.One("main").Text(), row.Reference) {
			t.Error("a case that waits for the applicant is overdue for the office")
		}
		mine, err := w.Application(t.Context(), w.Citizen, row.ID)
		if err != nil || len(mine.Messages) != 1 || len(mine.Changeable()) != 1 || mine.Changeable()[0] != "section" {
			t.Errorf("the applicant sees %+v (%v)", mine.Messages, err)
		}
	})
}

func TestNothingIsDecidedOverWhatIsNotSent(t *testing.T) {
	w := onSQLite(t)
	row := w.held(t)
	b := w.Browse(w.router, w.Official)
	all := url.Values{"remarks": {"As agreed."}, "message": {"Which part?"}, "keys": {"road"}, "reply": {"We look at it."}, "note": {"The harbour agrees."}}
	stays := func(page nodes) {
		t.Helper()
		for name := range all {
			if name != "keys" && page.One("#"+name).Text() != all.Get(name) {
				t.Errorf("the %s is %q", name, page.One("#"+name).Text())
			}
		}
		if !page.Has("input[name=keys][value=road][checked]") {
			t.Error("the question that was chosen is lost")
		}
		if a, err := w.Glance(t.Context(), row.ID); err != nil || a.Case.State != "in-review" {
			t.Errorf("it was decided: %v", err)
		}
	}
	for action, with := range map[string]string{"approve": "remarks", "refuse": "remarks", "ask": "message"} {
		page, _, _ := b.Get("/staff/cases/" + row.ID)
		all.Set("action", action)
		page, status, _ := w.submit(t, w.Official, page, "/staff/cases/", all)
		all.Del("action")
		for name := range all {
			if wrong := name != with && name != "keys"; page.Has("#"+name+"-error") != wrong || status != http.StatusUnprocessableEntity {
				t.Errorf("%s (%d): an error beside %s: %t", action, status, name, !wrong)
			}
		}
		stays(page)
	}
	// A case is not handed over either; only a note goes along with it.
	page, _, _ := b.Get("/staff/cases/" + row.ID)
	all.Set("hand", "yes")
	page, status, _ := w.submit(t, w.Official, page, "/staff/cases/", all)
	all.Del("hand")
	for name := range all {
		if wrong := name != "note" && name != "keys"; page.Has("#"+name+"-error") != wrong || status != http.StatusUnprocessableEntity {
			t.Errorf("hand over (%d): an error beside %s: %t", status, name, !wrong)
		}
	}
	stays(page)
	page, status, _ = w.submit(t, w.Official, page, "/staff/cases/", url.Values{"hand": {"yes"}, "remarks": {""}, "message": {""}, "keys": {}, "reply": {""}})
	if word := page.One("#word").Text(); status != http.StatusOK || word != all.Get("note") {
		t.Errorf("handed over with the word %q (%d)", word, status)
	}
	if a, err := w.Glance(t.Context(), row.ID); err != nil || a.Holder != w.Official.ID {
		t.Errorf("asking to whom handed it over: %v", err)
	}
	// The preview of the letter and the way back lose nothing either.
	page, _, _ = b.Get("/staff/cases/" + row.ID)
	all.Set("preview", "letter")
	page, _, _ = w.submit(t, w.Official, page, "/staff/cases/", all)
	all.Del("preview")
	refused, _, _ := w.submit(t, w.Official, page, "/staff/cases/", url.Values{"action": {"refuse"}})
	stays(refused)
	page, _, _ = w.submit(t, w.Official, page, "/staff/cases/", url.Values{"preview": {"back"}})
	stays(page)
	// Blanks are nothing that is written.
	page, _, _ = w.submit(t, w.Official, page, "/staff/cases/", url.Values{"action": {"approve"}, "message": {" "}, "reply": {"\n"}, "note": {""}})
	if a, err := w.Glance(t.Context(), row.ID); err != nil || !strings.HasPrefix(a.Case.State, "approved") || !strings.Contains(page.One("main").Text(), "As agreed.") {
		t.Errorf("with nothing else written it is not approved: %v, %s", err, page.One("main").Text())
	}
}

func TestMessagesAndNotesAreTheHoldersAlone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.held(t)
		b := w.Browse(w.router, w.Official)
		write := func(b *casestest.Browser, what, text string) (nodes, int) {
			page, status, _ := b.Post("/staff/cases/"+row.ID, url.Values{"write": {what}, what: {text}})
			return page, status
		}
		for what, text := range map[string]string{"reply": "We look at it.", "note": "The harbour agrees."} {
			page, status := write(b, what, text)
			if status != http.StatusOK || !strings.Contains(page.One("main").Text(), text) {
				t.Errorf("%s: %d", what, status)
			}
			if page, status = write(b, what, " "); status != http.StatusUnprocessableEntity || !page.Has("#"+what+"-error") {
				t.Errorf("an empty %s: %d", what, status)
			}
			long := strings.Repeat("x", cases.MaxText+1)
			if page, status = write(b, what, long); status != http.StatusUnprocessableEntity || page.One("#"+what).Text() != long {
				t.Errorf("a long %s: %d", what, status)
			}
			if _, status = write(w.Browse(w.router, w.Colleague), what, "Me too."); status != http.StatusForbidden {
				t.Errorf("a colleague's %s: %d", what, status)
			}
		}
		mine, err := w.Application(t.Context(), w.Citizen, row.ID)
		if err != nil || len(mine.Messages) != 1 || mine.Messages[0].Text != "We look at it." || len(mine.Notes) > 0 {
			t.Errorf("the applicant reads %+v and %+v (%v)", mine.Messages, mine.Notes, err)
		}
	})
}

func TestReusableRemarksAreBoundedAndInserted(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		lead := w.supervisor()
		add := func(who policy.Actor, text, whose string) (nodes, int) {
			page, status, _ := w.Browse(w.router, who).Post("/staff/remarks", url.Values{"service": {"road-permit"}, "text": {text}, "whose": {whose}})
			return page, status
		}
		for name, c := range map[string]struct {
			who         policy.Actor
			text, whose string
			want        int
		}{
			"empty":                     {w.Official, " ", "mine", 422},
			"long":                      {w.Official, strings.Repeat("x", 501), "mine", 422},
			"a number":                  {w.Official, "Call 777 1234.", "mine", 422},
			"an address":                {w.Official, "Write to ali@example.mv", "mine", 422},
			"an identity number":        {w.Official, "Like A123456", "mine", 422},
			"for all, by who decides":   {w.Official, "For everybody.", "all", 403},
			"by who decides on nothing": {w.Staff("clerk", "administrator"), "Mine.", "mine", 422},
		} {
			page, status := add(c.who, c.text, c.whose)
			if status != c.want {
				t.Errorf("%s: %d, want %d", name, status, c.want)
			}
			if status == 422 && strings.TrimSpace(page.One("#text").Text()) != strings.TrimSpace(c.text) {
				t.Errorf("%s: what was typed is lost", name)
			}
		}
		add(lead, "Close the road for 6 hours at most.", "all")
		add(w.Official, "Choose another day.", "mine")
		add(w.Colleague, "The colleague's own.", "mine")

		row := w.held(t)
		b := w.Browse(w.router, w.Official)
		page, _, _ := b.Get("/staff/cases/" + row.ID)
		if n := page.Find("button[name=insert]").Len(); n != 2 {
			t.Fatalf("%d remarks can be inserted, of everybody's and one's own", n)
		}
		for button := range page.Find("button[name=insert]").All() {
			page, _, _ = w.submit(t, w.Official, page, "/staff/cases/"+row.ID, url.Values{"insert": {button.Attr("value")}})
		}
		if got, want := written(page), "Close the road for 6 hours at most.\nChoose another day."; got != want {
			t.Errorf("the remarks are %q, want %q", got, want)
		}
		if a, err := w.Glance(t.Context(), row.ID); err != nil || a.Case.State != "in-review" {
			t.Errorf("inserting decided: %v", err)
		}

		list, err := w.desk.Remarks(t.Context(), w.Official, "road-permit")
		if err != nil || len(list) != 2 {
			t.Fatalf("%v %v", list, err)
		}
		remove := func(who policy.Actor) {
			w.Browse(w.router, who).Post("/staff/remarks", url.Values{"service": {"road-permit"}, "remove": {list[0].ID}})
		}
		remove(w.Official)
		if again, err := w.desk.Remarks(t.Context(), w.Official, "road-permit"); err != nil || len(again) != 2 {
			t.Errorf("everybody's remark was removed by somebody: %v", err)
		}
		remove(lead)
		if again, err := w.desk.Remarks(t.Context(), w.Official, "road-permit"); err != nil || len(again) != 1 {
			t.Errorf("who supervises cannot remove it: %v", err)
		}
	})
}

func TestO10_LookedForByReferenceOrExactIdentifierIsAnEvent(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.Applied(w.Citizen)
		w.index(t, w.Citizen.ID, policy.FieldEmail, "aishath@example.mv")
		b := w.Browse(w.router, w.Official)
		look := func(typed string) (nodes, int, string) { return b.Post("/staff/cases/find", url.Values{"q": {typed}}) }
		searches := func() (n int) {
			for _, e := range w.Store.Events(t, w.Citizen.ID) {
				if e.Kind == audit.KindSearch {
					n++
				}
			}
			return n
		}
		if _, _, at := look(" " + strings.ToLower(row.Reference) + " "); at != "/staff/cases/"+row.ID {
			t.Errorf("by its reference one is at %s", at)
		}
		page, status, _ := look("Aishath@example.mv")
		if text := page.One("main").Text(); status != http.StatusOK || !strings.Contains(text, row.Reference) || strings.Contains(text, "Dhigu") {
			t.Errorf("by an address: %d %s", status, text)
		}
		w.index(t, w.Citizen.ID, policy.FieldIdentityNumber, "A123456") // an official has seen the card
		page, status, _ = look(" a 123456 ")
		if text := page.One("main").Text(); status != http.StatusOK || !strings.Contains(text, row.Reference) || strings.Contains(text, "Dhigu") {
			t.Errorf("by the number of the card: %d %s", status, text)
		}
		if n := searches(); n != 3 {
			t.Errorf("%d searches are recorded, of three", n)
		}
		holder := func(word string) {
			t.Helper()
			page, _, _ := look("aishath@example.mv")
			if text := page.One("main table").Text(); !strings.Contains(text, word) || page.Has("main table input") {
				t.Errorf("the case is said to be with %s", text)
			}
		}
		holder("Nobody")
		b.Post("/staff/cases/next", url.Values{"take": {"yes"}})
		holder("You")
		before := w.events(t)
		for _, unknown := range []string{"RP-0000-0000", "somebody@example.mv", "+9607770000", "aishath", "A123457", "A12345", "%"} {
			page, status, _ := look(unknown)
			if status != http.StatusOK || !page.Has("main .nothing") {
				t.Errorf("%q: %d", unknown, status)
			}
		}
		if after := w.events(t); after != before {
			t.Errorf("looking for nobody wrote %d events", after-before)
		}
		for _, wrong := range []string{"", strings.Repeat("x", 300)} {
			if page, status, _ := look(wrong); status != http.StatusUnprocessableEntity || !page.Has("#q-error") {
				t.Errorf("%.10q: %d", wrong, status)
			}
		}
		clerk := w.Browse(w.router, w.Staff("clerk", "administrator"))
		for _, typed := range []string{row.Reference, "aishath@example.mv"} {
			if page, _, _ := clerk.Post("/staff/cases/find", url.Values{"q": {typed}}); strings.Contains(page.One("main table, main .nothing").Text(), row.Reference) {
				t.Errorf("somebody who decides on nothing finds %s", typed)
			}
		}
		status = 0
		for range 40 {
			if _, status, _ = look("nobody@example.mv"); status == http.StatusTooManyRequests {
				break
			}
		}
		if status != http.StatusTooManyRequests {
			t.Error("one can look for as many as one likes")
		}
		weak := w.Official
		weak.Strong = false
		if _, err := find.ByReference(t.Context(), w.Cases, weak, row.Reference); err == nil {
			t.Error("without a second factor a case is found")
		}
	})
}

func TestO10_OpenedForAReasonThatTheApplicantReads(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.held(t)
		b := w.Browse(w.router, w.Colleague)
		page, status, _ := b.Get("/staff/cases/" + row.ID)
		if status != http.StatusForbidden || strings.Contains(page.One("main").Text(), "Dhigu") {
			t.Errorf("without a reason: %d", status)
		}
		page, status, _ = w.submit(t, w.Colleague, page, "/staff/cases/"+row.ID+"/look", url.Values{"because": {"short"}})
		if status != http.StatusUnprocessableEntity || !page.Has("#because-error") || page.One("#because").Text() != "short" {
			t.Errorf("with a short reason: %d", status)
		}
		const because = "The applicant complained in person about the delay."
		page, status, _ = w.submit(t, w.Colleague, page, "/staff/cases/"+row.ID+"/look", url.Values{"because": {because}})
		text := page.One("main").Text()
		if status != http.StatusOK || !strings.Contains(text, "Dhigu Magu") || !strings.Contains(text, because) {
			t.Errorf("with a reason: %d %s", status, text)
		}
		if page.Has("main button[name=action]") {
			t.Error("who looks into a case can decide on it")
		}
		events := w.Store.Events(t, w.Citizen.ID)
		if last := events[len(events)-1]; last.Activity != "road-permit.review" || last.Actor.ID != w.Colleague.ID || last.Facts["because"] != because {
			t.Errorf("recorded: %+v", last)
		}
		clerk := w.Browse(w.router, w.Staff("clerk", "administrator"))
		if page, status, _ := clerk.Post("/staff/cases/"+row.ID+"/look", url.Values{"because": {because}}); status != http.StatusForbidden || strings.Contains(page.One("main").Text(), "Dhigu") {
			t.Errorf("of another role, with a reason: %d", status)
		}

		// A decision goes out by post: the letter opens for a reason too.
		if _, err := w.Act(t.Context(), w.Official, row.ID, "in-review", "refuse", "Choose another day."); err != nil {
			t.Fatal(err)
		}
		page, _, _ = w.Browse(w.router, w.Official).Get("/staff/cases/" + row.ID)
		page, status, _ = w.submit(t, w.Official, page, "/staff/cases/"+row.ID+"/look", url.Values{"because": {"The decision goes to them by post."}, "letter": {"yes"}})
		text = page.One("main .letter[lang=en]").Text()
		for _, want := range []string{"Aishath Mohamed", "Choose another day.", "within 30 days", row.Reference, "Fuvahmulah City Council"} {
			if status != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("the letter (%d) does not say %q: %s", status, want, text)
			}
		}
	})
}

func TestKeysAreOffUntilTurnedOn(t *testing.T) {
	w := onSQLite(t)
	row := w.held(t)
	b := w.Browse(w.router, w.Official)
	on := func() bool {
		queue, _, _ := b.Get("/staff/cases")
		one, _, _ := b.Get("/staff/cases/" + row.ID)
		if queue.Has("[data-keys]") != one.Has("[data-keys]") {
			t.Error("keys are on here and off there")
		}
		return queue.Has("[data-keys]")
	}
	if on() {
		t.Error("single keys are on for everybody")
	}
	for i, want := range []string{"on", "on", "off", "off"} {
		page, _, _ := b.Get("/staff/keys")
		if text := page.One("main").Text(); !strings.Contains(text, "while you type") {
			t.Errorf("the page does not document the keys: %s", text)
		}
		b.Post("/staff/keys", url.Values{"keys": {want}})
		if on() != (want == "on") {
			t.Errorf("step %s: turned %s and it is not", strconv.Itoa(i), want)
		}
	}
}
