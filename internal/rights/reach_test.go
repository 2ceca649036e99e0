package rights_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/takeout"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// names has what somebody left name a value of theirs in a field.
func (w *world) names(subject, field, value string) {
	w.t.Helper()
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		return w.visitors.Names(tx, subject, "request:left", field, value)
	}); err != nil {
		w.t.Fatal(err)
	}
}

// people are those whom a request is about.
func (w *world) people(request string) (list []string) {
	w.t.Helper()
	if err := w.store.DB.View(w.t.Context(), func(tx *db.Tx) error {
		r, err := w.Row(tx, request)
		if err == nil {
			list = r.People()
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestN13_ACabinetsRequestIsAlsoAboutWhatIsTheirsOutsideIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		_, official := w.official("shifa@example.mv")
		me, b := w.person("moosa@example.mv")
		mine, asked := w.left("moosa@example.mv", "an application"), w.left("moosa@example.mv", "a question")
		son, stranger := w.left("moosa@example.mv", "of my son"), w.left("other@example.mv", "of a stranger")
		w.names(mine, policy.FieldIdentityNumber, "a123456") // as in the account
		w.names(son, policy.FieldIdentityNumber, "A654321")
		w.work()
		if list := w.people(w.asks(b, "access", "")); slices.Contains(list, mine) || !slices.Contains(list, asked) {
			t.Errorf("with a number that nobody verified it is about %v", list)
		}
		w.work()
		if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.vault.Index(tx, policy.FieldIdentityNumber, me, "A123456") }); err != nil {
			t.Fatal(err)
		}
		request := w.asks(b, "restriction", "Stop it.")
		list := w.people(request)
		for who, want := range map[string]bool{me: true, mine: true, asked: true, son: false, stranger: false} {
			if slices.Contains(list, who) != want {
				t.Errorf("the request is about %q: %v", who, !want)
			}
		}
		press(official, "/staff/rights/"+request, "take", http.StatusOK)
		press(official, "/staff/rights/"+request, "decide", http.StatusOK, "item-1", "granted", "text", "Done.")
		for who, want := range map[string]int{me: 1, mine: 1, asked: 1, son: 0, stranger: 0} {
			if lasting, err := w.Suspensions(t.Context(), who); err != nil || len(lasting) != want {
				t.Errorf("of %q %d suspensions last, %v", who, len(lasting), err)
			}
		}
		for who, want := range map[string]bool{mine: true, son: false} {
			events, err := w.store.Log.Events(t.Context(), who, 0, 50)
			if found := slices.ContainsFunc(events, func(e audit.Event) bool { return e.Reason == "right-found" }); err != nil || found != want {
				t.Errorf("the log of %q says that they were found: %v, %v", who, found, err)
			}
		}
	})
}

func TestN13_OnlyWhatStandsThereNowReachesAndNeverAnAccount(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		account, _ := w.person("moosa@example.mv")
		left := w.left("typo@example.mv", "an application")
		w.names(left, policy.FieldPhone, "777 1234")
		w.names(account, policy.FieldEmail, "typo@example.mv")
		reached := func(field, value string) (list []string) {
			t.Helper()
			if err := w.store.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				list, _, err = w.visitors.Reached(tx, rights.Asker{Outside: true, Contacts: []credential.Contact{{Field: field, Value: value}}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := reached(policy.FieldEmail, "typo@example.mv"); !slices.Equal(got, []string{left}) {
			t.Errorf("an address reaches %v", got)
		}
		// A store that was restored has no hashes but makes them again.
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE visitor_reach SET mac = $1 WHERE field = $2`, []byte("nobody's"), rights.FieldContact)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := reached(policy.FieldEmail, "typo@example.mv"); len(got) > 0 {
			t.Errorf("without a hash an address reaches %v", got)
		}
		if err := w.vault.Update(t.Context(), w.visitors.Reindex); err != nil {
			t.Fatal(err)
		}
		if got := reached(policy.FieldEmail, "typo@example.mv"); !slices.Equal(got, []string{left}) {
			t.Errorf("after a restore an address reaches %v", got)
		}
		// What was corrected no longer reaches by what was wrong.
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			return w.visitors.Reach(tx, left, "request:left", rights.FieldContact, credential.Contact{Field: policy.FieldEmail, Value: "right@example.mv"})
		}); err != nil {
			t.Fatal(err)
		}
		if old, now := reached(policy.FieldEmail, "typo@example.mv"), reached(policy.FieldEmail, "right@example.mv"); len(old) > 0 || !slices.Equal(now, []string{left}) {
			t.Errorf("after a correction: %v and %v", old, now)
		}
	})
}

// TestN13_WhoSharesAnAddressSeesNothingOfTheOthers: a family has one address. Who
// enters its code gets what nothing but the address names; of whom an identity
// number is known, only who shows that to an official gets something.
func TestN13_WhoSharesAnAddressSeesNothingOfTheOthers(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		const family = "family@example.mv"
		who, official := w.official("shifa@example.mv")
		asked, mother, son := w.left(family, "my boat is blue"), w.left(family, "of the mother"), w.left(family, "of the son")
		w.names(mother, policy.FieldIdentityNumber, "A111111")
		w.names(son, policy.FieldIdentityNumber, "A654321")
		w.work()
		b := testkit.Browse(t, w.router)
		w.visits(b, family)
		about := w.visitorAsks(b, "access", "")
		if mails := w.work(); len(mails) != 1 || strings.Contains(mails[0].Subject, "package") {
			t.Fatalf("what the address reaches is handed out: %+v", mails)
		}
		list, err := w.Queue(t.Context(), who, false)
		if err != nil || len(list) != 1 || !list[0].Paused() || !w.Due(list[0]).IsZero() {
			t.Fatalf("it is not outstanding who asks: %+v, %v", list, err)
		}
		if text := testkit.Browse(t, w.router).Page(about, http.StatusOK).One("main").Text(); !strings.Contains(text, "An official first makes sure") {
			t.Errorf("it is not said what happens now: %s", text)
		}
		request := list[0].ID
		finds := func(request string, want ...string) {
			t.Helper()
			list := w.people(request)
			for name, who := range map[string]string{"asked": asked, "mother": mother, "son": son} {
				events, err := w.store.Log.Events(t.Context(), who, 0, 50)
				told := slices.ContainsFunc(events, func(e audit.Event) bool { return e.Reason == "right-found" })
				if found := slices.Contains(want, name); slices.Contains(list, who) != found || err != nil || found && !told {
					t.Errorf("the request is about %s: %v, and their log says it: %v, %v", name, !found, told, err)
				}
			}
		}
		finds(request, "asked")
		at := "/staff/rights/" + request
		press(official, at, "take", http.StatusOK)
		if page := press(official, at, "known", http.StatusUnprocessableEntity, "number", "no number"); page.One("#number").Attr("value") != "no number" {
			t.Error("what was typed is gone")
		}
		press(official, at, "known", http.StatusOK, "number", " a111111 ")
		finds(request, "asked", "mother")
		if mails := w.work(); len(mails) != 1 || !strings.Contains(mails[0].Subject, "package") {
			t.Fatalf("once it is known who asks: %+v", mails)
		}
		b.Submit(about, form("act", "codes"), http.StatusOK)
		b.Submit(about, form("act", "check", "code-1", codeTo(t, w.work(), family)), http.StatusOK)
		whole, err := io.ReadAll(b.Get(about + "/package").Body)
		if err != nil {
			t.Fatal(err)
		}
		if held := unzipped(t, whole); !strings.Contains(held, "my boat is blue") || !strings.Contains(held, "of the mother") || strings.Contains(held, "of the son") {
			t.Error("the package does not hold what is the mother's, or holds what is the son's")
		}

		// Somebody who comes with a card and names an address that was not shown
		// gets what names both, and nothing that the address alone reaches.
		var entered *rights.Request
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			subject, err := w.vault.NewSubject(tx)
			if err == nil {
				entered, err = w.Enter(tx, who, rights.Entered{
					Subject: subject, Right: "restriction", Source: rights.Desk, Text: "Stop it.", Contact: credential.Contact{Field: policy.FieldEmail, Value: family},
					Language: "en", Received: w.store.Clock.Now(),
				})
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		press(official, "/staff/rights/"+entered.ID, "take", http.StatusOK)
		press(official, "/staff/rights/"+entered.ID, "known", http.StatusOK, "number", "A654321")
		finds(entered.ID, "son")
	})
}

// TestN13_WhatNeedsANumberIsNotOfferedByName: a visitor chooses among what is
// theirs by the contact alone, and may ask for the rest without seeing what it is.
func TestN13_WhatNeedsANumberIsNotOfferedByName(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		who, official := w.official("shifa@example.mv")
		asked, son := w.left("family@example.mv", "my boat is blue"), w.left("family@example.mv", "of the son")
		w.names(son, policy.FieldIdentityNumber, "A654321")
		w.byPerson = map[string][]takeout.Named{
			asked: {{Scope: "request:left", Name: "A question", Basis: "eu-gdpr:A6-1-e"}}, son: {{Scope: "request:left", Name: "Of the son", Basis: "eu-gdpr:A6-1-e"}},
		}
		b := testkit.Browse(t, w.router)
		w.visits(b, "family@example.mv")
		text := b.Page("/en/rights/ask/about/erasure", http.StatusOK).One("main").Text()
		if !strings.Contains(text, "A question") || strings.Contains(text, "Of the son") || !strings.Contains(text, "once an official has made sure") {
			t.Errorf("what is offered: %s", text)
		}
		w.visitorAsks(b, "erasure", "Delete it.", "place request:left", "all ")
		list, err := w.Queue(t.Context(), who, false)
		if err != nil || len(list) != 1 || !list[0].Paused() {
			t.Fatalf("the queue: %+v, %v", list, err)
		}
		at := "/staff/rights/" + list[0].ID
		press(official, at, "take", http.StatusOK)
		press(official, at, "known", http.StatusOK)
		if list := w.people(list[0].ID); slices.Contains(list, son) {
			t.Errorf("without a number it is about %v", list)
		}
	})
}

// TestN13_WhatWasEnteredBeforeContactsWereNotedIsFoundOnceItWasGoneThrough: each
// application is read through the gate once, and nothing is read again.
func TestN13_WhatWasEnteredBeforeContactsWereNotedIsFoundOnceItWasGoneThrough(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		applied := func(n int, given map[string]string) (subject string) {
			t.Helper()
			subject = w.store.Subject(t)
			scope := "case:01a207d9-2100-754a-bf5f-adaaabf9530" + string(rune('0'+n))
			if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.vault.NewScope(tx, subject, scope) }); err != nil {
				t.Fatal(err)
			}
			w.store.Collect(t, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Scope: scope}, given)
			w.entered = append(w.entered, [2]string{subject, strings.TrimPrefix(scope, "case:")})
			return subject
		}
		asker := func(number string) (list []string, others bool) {
			t.Helper()
			if err := w.store.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				list, others, err = w.visitors.Reached(tx, rights.Asker{Outside: true, Number: number, Contacts: []credential.Contact{{Field: policy.FieldPhone, Value: "+9607771234"}}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return list, others
		}
		plain := applied(1, map[string]string{policy.FieldPhone: "+960 777 1234", policy.FieldName: "Moosa"})
		numbered := applied(2, map[string]string{policy.FieldPhone: "+9607771234", policy.FieldIdentityNumber: "A654321"})
		nameless := applied(3, map[string]string{policy.FieldName: "Moosa"})
		if list, others := asker("A654321"); len(list) > 0 || others {
			t.Fatalf("before, the number reaches %v, %v", list, others)
		}
		reads := func(subject string) (n int) {
			for _, e := range w.store.Events(t, subject) {
				if e.Kind == audit.KindAccess && e.Activity == takeout.Activity && !slices.Contains(e.Fields, policy.FieldName) {
					n++
				}
			}
			return n
		}
		for range 2 { // the second as if the first had been killed before its end
			if err := w.visitors.Fill(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := w.store.DB.Update(t.Context(), func(tx *db.Tx) error {
				n, err := tx.Exec(`UPDATE visitor_fill SET done_at = NULL WHERE done_at IS NOT NULL`)
				if n != 1 {
					t.Error("it is not noted that all was gone through")
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if list, others := asker(""); !slices.Equal(list, []string{plain}) || !others {
			t.Errorf("by the contact alone: %v, %v", list, others)
		}
		if list, _ := asker("A654321"); len(list) != 2 || !slices.Contains(list, numbered) {
			t.Errorf("with the number: %v", list)
		}
		for who, want := range map[string]int{plain: 1, numbered: 1, nameless: 0} {
			if n := reads(who); n != want {
				t.Errorf("it is read %d times, not %d", n, want)
			}
		}
	})
}
