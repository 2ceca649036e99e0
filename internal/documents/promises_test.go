package documents_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/documents"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services/paper"
)

func TestO18_ADocumentIsThereExactlyIfItsCaseWasIssued(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		row := w.approved(w.Citizen, with(nil))
		if got := w.of(row); len(got) != 0 {
			t.Fatalf("issued before it was paid: %v", got)
		}
		undone := errors.New("the step is undone")
		err := w.Vault.Update(t.Context(), func(tx *db.Tx) error {
			if _, err := w.Settle(tx, row.ID); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) || len(w.of(row)) != 0 {
			t.Fatalf("a step that was undone left %v (%v)", w.of(row), err)
		}
		if err := w.paid(row); err != nil {
			t.Fatal(err)
		}
		if err := w.paid(row); err == nil {
			t.Error("paid twice")
		}
		list := w.of(row)
		if len(list) != 1 || list[0].Number != row.Reference || list[0].At(w.Store.Clock.Now()) != documents.BeingMade {
			t.Fatalf("issued: %+v", list)
		}
		// The program died before the job: whoever opens it has it made, and the
		// job that comes late makes no second one. Many at once make one, too.
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := w.docs.Open(t.Context(), w.Citizen, list[0].ID); err != nil {
					t.Errorf("open: %v", err)
				}
			})
		}
		wg.Wait()
		w.work()
		made := 0
		for _, e := range w.Store.Events(t, w.Citizen.ID) {
			if e.Activity == "road-permit.issue" && slices.Contains(e.Fields, "road-permit.document") {
				made++
			}
		}
		if made != 1 {
			t.Errorf("made %d times", made)
		}
		p := w.open(w.Citizen, list[0].ID)
		if at := p.Expires.Format(time.RFC3339); at != "2026-11-30T13:00:00Z" {
			t.Errorf("it ends %s, not with the closure", at)
		}
		for lang, want := range map[string]string{"en": "the area must be cleared of debris", "dv": "ސާފުކުރަންޖެހޭނެއެވެ"} {
			if said := words(p.Content[lang]); !strings.Contains(said, want) || !strings.Contains(said, "Dhigu Magu") || !strings.Contains(said, "Aishath Mohamed") {
				t.Errorf("%s: it says %s", lang, said)
			}
		}
		if said := words(p.Content["en"]); strings.Contains(said, "for whom") || strings.Contains(said, "A123456") {
			t.Errorf("it names a company that there is none, or more than it needs: %s", said)
		}
	})
}

// words is everything that a document says.
func words(c paper.Content) string {
	all := []string{c.Office, c.Name, c.Title}
	for _, p := range c.Parts {
		all = append(append(all, p.Heading), p.Lines...)
		for _, f := range p.Facts {
			all = append(all, f.Label, f.Value)
		}
	}
	return strings.Join(all, "\n")
}

func TestO18_WhatWasIssuedStaysAsItWas(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		doc := w.issued(w.Citizen, with(nil))
		before := words(w.open(w.Citizen, doc.ID).Content["en"])
		changed := *w.Service
		template := *w.Service.Document
		template.Title = map[string]string{"en": "A licence", "dv": "ލައިސަންސް"}
		changed.Document = &template
		w.Catalogue.Set("two", &changed)
		if after := words(w.open(w.Citizen, doc.ID).Content["en"]); after != before {
			t.Errorf("it said %q, and now %q", before, after)
		}
	})
}

func TestO6_ADocumentIsItsHoldersAndEachViewIsRecorded(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		doc := w.issued(w.Citizen, with(nil))
		w.open(w.Citizen, doc.ID)
		events := w.Store.Events(t, w.Citizen.ID)
		if last := events[len(events)-1]; last.Activity != "road-permit.apply" || !slices.Contains(last.Fields, "road-permit.document") {
			t.Errorf("the view is recorded as %+v", last)
		}
		i := slices.IndexFunc(events, func(e audit.Event) bool {
			return e.Activity == "road-permit.issue" && e.Actor.Kind == policy.System.String()
		})
		if i < 0 {
			t.Error("that the portal used the answers is not recorded")
		}
		stranger := w.Person("Hawwa Ibrahim")
		for _, id := range []string{doc.ID, "nobodys", ""} {
			if _, err := w.docs.Open(t.Context(), stranger, id); fault.KindOf(err) != fault.NotFound {
				t.Errorf("a stranger opens %q: %v", id, err)
			}
		}
		if got := w.Denials(w.Citizen.ID); !slices.Contains(got, policy.ReasonNotOwnData.String()) {
			t.Errorf("the attempt is recorded as %v", got)
		}
	})
}

func TestO18_AnybodyVerifiesADocumentAndNobodyGuessesOne(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		row := w.approved(w.Citizen, with(nil))
		if err := w.paid(row); err != nil {
			t.Fatal(err)
		}
		doc := w.of(row)[0]
		other := w.issued(w.Citizen, with(nil))
		w.work()
		token, others := w.open(w.Citizen, doc.ID).Token, w.open(w.Citizen, other.ID).Token
		if len(token) != 26 || token == others {
			t.Errorf("tokens %q and %q", token, others)
		}
		if got := w.verdict(strings.ToLower(doc.Number), strings.ToUpper(token)); got != documents.Valid {
			t.Errorf("a document that is valid is %s", got)
		}
		for name, try := range map[string][2]string{
			"another's token": {doc.Number, others}, "no token": {doc.Number, ""}, "half a token": {doc.Number, token[:13]},
			"a number of nobody": {"RP-0000-0000", token}, "the next number": {doc.Number + "-2", token}, "markup": {"<b>", "<b>"},
		} {
			if got := w.verdict(try[0], try[1]); got != documents.Unknown {
				t.Errorf("%s: %s", name, got)
			}
		}
		var stored []byte
		err := w.Store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT token FROM documents_document WHERE id = $1`, doc.ID).Scan(&stored)
		})
		if err != nil || len(stored) != 32 || strings.Contains(string(stored), token) {
			t.Errorf("the token is stored as %x (%v)", stored, err)
		}
		w.Store.Clock.Advance(8*24*time.Hour + 4*time.Hour)
		if got := w.verdict(doc.Number, token); got != documents.Expired {
			t.Errorf("after its end it is %s", got)
		}
		// Right ones are never counted; wrong ones are.
		for range 100 {
			w.verdict(doc.Number, token)
		}
		tried := 0
		for ; tried < 100; tried++ {
			if _, err := w.docs.Verify(t.Context(), doc.Number, "abcdefghijklmnopqrstuvwxyz", "another network"); fault.KindOf(err) == fault.TooMany {
				break
			}
		}
		if tried != 60 {
			t.Errorf("refused after %d tries", tried)
		}
	})
}

func TestO10_ARevokedDocumentSaysWhyToItsHolderAndThatToEverybody(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		ctx, doc := t.Context(), w.issued(w.Citizen, with(nil))
		token := w.open(w.Citizen, doc.ID).Token
		const because = "The road is needed for an ambulance station."
		if err := w.docs.Revoke(ctx, w.Official, doc.Number, because, false); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an officer who may not: %v", err)
		}
		if err := w.docs.Revoke(ctx, w.Leader, doc.Number, " too  few ", false); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		results := make(chan error, 3)
		for range 3 {
			go func() { results <- w.docs.Revoke(ctx, w.Leader, doc.Number, because, false) }()
		}
		won := 0
		for range 3 {
			switch err := <-results; {
			case err == nil:
				won++
			case fault.KindOf(err) != fault.Conflict:
				t.Errorf("whoever was late is told %v", err)
			}
		}
		p := w.open(w.Citizen, doc.ID)
		if won != 1 || p.At(w.Store.Clock.Now()) != documents.IsRevoked || p.Because != because {
			t.Errorf("%d revoked it; the person reads %s and %q", won, p.At(w.Store.Clock.Now()), p.Because)
		}
		if got := w.verdict(doc.Number, token); got != documents.IsRevoked {
			t.Errorf("everybody is told %s", got)
		}
		i := slices.IndexFunc(w.Store.Events(t, w.Citizen.ID), func(e audit.Event) bool {
			return e.Activity == "road-permit.revoke" && e.Actor.ID == w.Leader.ID && e.Facts["because"] == because
		})
		if i < 0 {
			t.Error("the reason is in no event")
		}
	})
}

func TestN13_WhoWouldEndADocumentReadsThatItsHolderRestrictedItsUse(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, doc := w.t, w.issued(w.Citizen, with(nil))
		if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error { return w.Vault.SetRestricted(tx, w.Citizen.ID, true) }); err != nil {
			t.Fatal(err)
		}
		_, correct := w.docs.Correct(t.Context(), w.Leader, doc.Number, "The road was written wrong.", forms.Answers{"section": "All of it"})
		for _, err := range []error{w.docs.Revoke(t.Context(), w.Leader, doc.Number, "The road is closed for good.", false), correct} {
			if f := fault.From(err); f.Code != "policy.denied.restricted" {
				t.Errorf("it is refused as %s (%v)", f.Code, err)
			}
		}
		if got := w.verdict(doc.Number, w.open(w.Citizen, doc.ID).Token); got != documents.Valid {
			t.Errorf("the document is %s", got)
		}
	})
}

// TestN13_ADocumentIsMadeOnceItsHolderHasNothingRestricted, however long that
// lasts: nobody has to find out that it was given up.
func TestN13_ADocumentIsMadeOnceItsHolderHasNothingRestricted(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		restrict := func(on bool) {
			t.Helper()
			if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error { return w.Vault.SetRestricted(tx, w.Citizen.ID, on) }); err != nil {
				t.Fatal(err)
			}
		}
		row := w.approved(w.Citizen, with(nil))
		if err := w.paid(row); err != nil {
			t.Fatal(err)
		}
		restrict(true)
		for range 40 {
			w.work() // nothing is given up
			w.Store.Clock.Advance(24 * time.Hour)
		}
		if got := w.of(row)[0].At(w.Store.Clock.Now()); got != documents.BeingMade {
			t.Errorf("while it is restricted the document is %s", got)
		}
		restrict(false)
		w.Store.Clock.Advance(24 * time.Hour)
		w.work()
		if got := w.of(row)[0].At(w.Store.Clock.Now()); got == documents.BeingMade {
			t.Error("it is not made although nothing is restricted any more")
		}
	})
}

func TestO18_ACorrectedDocumentReplacesTheOneBefore(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		ctx, doc := t.Context(), w.issued(w.Citizen, with(nil))
		old := w.open(w.Citizen, doc.ID)
		const because = "The road was written wrong."
		out, err := w.docs.Correct(ctx, w.Leader, doc.Number, because, forms.Answers{
			"road": "Magu Dhigu", "section": "All of it", "start": "2026-12-01T09:00:00+05:00", "hours": "90", "kind": "community",
		})
		if err != nil || len(out.Errors) > 0 {
			t.Fatalf("corrected: %+v (%v)", out, err)
		}
		w.work()
		list, err := w.docs.Of(ctx, w.Citizen.ID, "")
		if err != nil || len(list) != 2 || list[0].Number != doc.Number+"-2" {
			t.Fatalf("there are %+v (%v)", list, err)
		}
		now := w.open(w.Citizen, list[0].ID)
		said := words(now.Content["en"])
		if !strings.Contains(said, "Magu Dhigu") || !strings.Contains(said, "All of it") || strings.Contains(said, "Dhigu Magu") {
			t.Errorf("the new one says %s", said)
		}
		if at := now.Expires.Format(time.RFC3339); at != "2026-12-01T13:00:00Z" {
			t.Errorf("what was paid for was corrected: it ends %s", at)
		}
		if before := w.open(w.Citizen, doc.ID); words(before.Content["en"]) != words(old.Content["en"]) || before.Because != because {
			t.Errorf("the old one says another thing, or not why: %q", before.Because)
		}
		if was, is := w.verdict(doc.Number, old.Token), w.verdict(now.Number, now.Token); was != documents.IsReplaced || is != documents.Valid {
			t.Errorf("the old one is %s, the new one %s", was, is)
		}
		if _, err := w.docs.Correct(ctx, w.Leader, doc.Number, because, nil); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the old one is corrected again: %v", err)
		}
		wrong, err := w.docs.Correct(ctx, w.Leader, now.Number, because, forms.Answers{"road": "", "section": "x"})
		if err != nil || len(wrong.Errors) == 0 || w.count(doc.Case) != 2 {
			t.Errorf("corrected into nothing: %+v (%v)", wrong, err)
		}
	})
}

// told is what people were told of their documents.
type told struct{ of []string }

func (n *told) Ended(_ *db.Tx, d *documents.Document) error {
	n.of = append(n.of, d.Number+" "+string(d.Ending))
	return nil
}

func (n *told) Expiring(_ *db.Tx, d *documents.Document) error {
	n.of = append(n.of, d.Number+" expires")
	return nil
}

func TestO18_WhoseDocumentExpiresOrEndsIsToldOnce(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t, ctx := w.t, w.t.Context()
		n := &told{}
		w.docs.Notices = n
		doc, revoked := w.issued(w.Citizen, with(nil)), w.issued(w.Citizen, with(nil))
		if err := w.docs.Revoke(ctx, w.Leader, revoked.Number, "The road is closed for good.", false); err != nil {
			t.Fatal(err)
		}
		for _, days := range []time.Duration{0, 6, 1, 0, 2} { // it ends eight days after, and is told of two before
			w.Store.Clock.Advance(days * 24 * time.Hour)
			if err := w.docs.Remind(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{revoked.Number + " revoked", doc.Number + " expires"}; !slices.Equal(n.of, want) {
			t.Errorf("told %v, not %v", n.of, want)
		}
	})
}
