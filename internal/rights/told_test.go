package rights_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/recipients"
	"portico/internal/testkit"
)

// telling is a portal whose mail provider declares where it is told.
func telling(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		declared := declarations()
		for i := range declared.Parties {
			if declared.Parties[i].ID == "mailer" {
				declared.Parties[i].Email = "privacy@mailer.example"
			}
		}
		run(t, openAs(t, d, declared))
	}, schema()...)
}

func TestN13_WhoeverReceivedSomethingIsToldThatItIsRestrictedAndAcknowledges(t *testing.T) {
	telling(t, func(t *testing.T, w *world) {
		me, b := w.person("aishath@example.mv")
		clerk, council := w.officialAs("clerk@example.mv", "permit-officer")
		_, officer := w.official("shifa@example.mv")
		if err := w.reads(me); err != nil { // the council gets a name
			t.Fatal(err)
		}
		if err := w.id.Write(t.Context(), me, "en", "once", "rights.mail.answered", "reference", "DR-1", "link", "x"); err != nil { // the provider an address
			t.Fatal(err)
		}
		request := w.asks(b, "restriction", "", "all ")
		own := "/en/cabinet/rights/requests/" + request
		press(officer, "/staff/rights/"+request, "take", http.StatusOK)
		if b.Page(own, http.StatusOK).Has("#told") || strings.Contains(b.Page(own, http.StatusOK).One("main").Text(), "Who was told") {
			t.Error("somebody was told before anything happened")
		}
		w.work()
		press(officer, "/staff/rights/"+request, "decide", http.StatusOK, "item-1", "granted", "text", "Nobody uses it any more.")
		if text := b.Page(own, http.StatusOK).One("main").Text(); !strings.Contains(text, "finding out who received") {
			t.Errorf("the person does not see that recipients are looked for: %s", text)
		}
		mails := w.work()
		mails = append(mails, w.work()...)
		list, _, searching, err := w.told.Of(t.Context(), request)
		if err != nil || searching || len(list) != 2 {
			t.Fatalf("%d are told, searching %v, %v", len(list), searching, err)
		}
		byParty := map[string]*recipients.Notice{}
		for _, n := range list {
			byParty[n.Party] = n
			if n.Kind != recipients.Restricted || n.State(w.store.Clock.Now()) != recipients.Told {
				t.Errorf("%s: %+v", n.Party, n)
			}
		}
		if byParty["council"] == nil || byParty["mailer"] == nil || strings.Join(byParty["council"].Fields, " ") != policy.FieldName {
			t.Fatalf("told: %+v", list)
		}

		// The mail holds nothing about the person, and a link that acknowledges.
		link := ""
		for _, m := range mails {
			if m.To == "privacy@mailer.example" {
				for _, about := range []string{"Aishath", "aishath@", "A123456", "Finihiyaa", me} {
					if strings.Contains(m.Subject+m.Text, about) {
						t.Errorf("the mail says %q: %s", about, m.Text)
					}
				}
				_, link, _ = strings.Cut(m.Text, "https://one.gov.mv")
				link = strings.Fields(link)[0]
			}
		}
		if link == "" {
			t.Fatalf("nothing was sent to the provider: %+v", mails)
		}
		stranger := testkit.Browse(t, w.router)
		if resp := stranger.Post(link[:len(link)-1]+"x", form("do", "acknowledge")); resp.StatusCode != http.StatusNotFound {
			t.Errorf("a link that is none answers %d", resp.StatusCode)
		}
		if resp := stranger.Post(link, form("do", "nothing")); resp.StatusCode != http.StatusBadRequest && resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("no button answers %d", resp.StatusCode)
		}
		press(stranger, link, "acknowledge", http.StatusOK)

		// O7 of what waits: it counts as overdue after a fortnight.
		w.store.Clock.Advance(15 * 24 * time.Hour)
		if overdue, unreachable, err := w.told.Standing(t.Context()); err != nil || overdue != 1 || unreachable != 0 {
			t.Errorf("%d overdue, %d unreachable, %v", overdue, unreachable, err)
		}

		// The council's officials see theirs and nobody else's, and acknowledge.
		if n, err := w.told.Notice(t.Context(), policy.Actor{Kind: policy.Staff, ID: clerk.ID, Roles: clerk.Roles, Party: "council"}, byParty["mailer"].ID); err == nil {
			t.Errorf("the council sees what the provider is told: %+v", n)
		}
		again := council.Another()
		again.Post("/staff/sign-in", form("email", "clerk@example.mv", "password", password))
		page := again.Page("/staff/told", http.StatusOK).One("main").Text()
		if !strings.Contains(page, byParty["council"].Reference) || strings.Contains(page, byParty["mailer"].Reference) || !strings.Contains(page, "Overdue") {
			t.Errorf("the council sees: %s", page)
		}
		press(again, "/staff/told/"+byParty["council"].ID, "acknowledge", http.StatusOK)
		b = b.Another()
		b.Post("/en/sign-in", form("contact", "aishath@example.mv", "password", password))
		if list, _, _, err = w.told.Of(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		for _, n := range list {
			if n.State(w.store.Clock.Now()) != recipients.Acknowledged || n.Party == "council" && (n.By != clerk.ID || n.Noted) || n.Party == "mailer" && n.By != "" {
				t.Errorf("%s: %+v", n.Party, n)
			}
		}
		if text := b.Page(own, http.StatusOK).One("main").Text(); !strings.Contains(text, "Fuvahmulah City Council") || !strings.Contains(text, "8 December 2026") {
			t.Errorf("the person sees: %s", text)
		}
		told, acknowledged := 0, 0
		for _, e := range w.store.Events(t, me) {
			switch e.Reason {
			case "recipient-told":
				told++
			case "recipient-acknowledged":
				acknowledged++
			}
		}
		if told != 2 || acknowledged != 2 {
			t.Errorf("the person's log tells of %d told and %d acknowledged", told, acknowledged)
		}
	})
}

func TestI8_AfterAnErasureItsRecipientsAreToldAndOneWithoutAnAddressIsShown(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) { // here the provider declares no address
		me, b := w.person("aishath@example.mv")
		_, officer := w.official("shifa@example.mv")
		if err := w.id.Write(t.Context(), me, "en", "once", "rights.mail.answered", "reference", "DR-1", "link", "x"); err != nil {
			t.Fatal(err)
		}
		request := w.asks(b, "erasure", "", "place profile")
		press(officer, "/staff/rights/"+request, "take", http.StatusOK)
		press(officer, "/staff/rights/"+request, "decide", http.StatusOK, "item-1", "granted", "text", "It is gone.")
		for range 3 {
			w.work()
		}
		list, _, _, err := w.told.Of(t.Context(), request)
		if err != nil || len(list) != 1 || list[0].Kind != recipients.Erased || list[0].State(w.store.Clock.Now()) != recipients.Unreachable {
			t.Fatalf("told: %+v, %v", list, err)
		}
		if text := officer.Page("/staff/rights/"+request, http.StatusOK).One("main").Text(); !strings.Contains(text, "declared no address") {
			t.Errorf("the privacy officer sees: %s", text)
		}
		// What came by another way is noted for it, once.
		press(officer, "/staff/told/"+list[0].ID, "acknowledge", http.StatusOK)
		press(officer, "/staff/told/"+list[0].ID, "acknowledge", http.StatusOK)
		if list, _, _, err = w.told.Of(t.Context(), request); err != nil || !list[0].Noted || list[0].By == "" {
			t.Errorf("noted: %+v, %v", list[0], err)
		}
	})
}
