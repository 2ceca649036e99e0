package drafts_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/drafts"
	"portico/internal/forms/answer"
	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
)

// entered begins an entry and returns where the official goes on.
func (w *world) entered(e drafts.Entry) drafts.Place {
	w.T.Helper()
	row, err := w.d.Enter(w.T.Context(), w.Official, "road-permit", e)
	if err != nil {
		w.T.Fatal(err)
	}
	return drafts.Place{Actor: w.Official, Service: row.Service, Variant: row.Variant, Draft: row.ID}
}

func TestO3_WhatAnOfficialEntersSaysSoAndIsThePersons(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		if err := w.Vault.Update(ctx, func(tx *db.Tx) error {
			return w.Vault.Index(tx, policy.FieldIdentityNumber, w.Citizen.ID, "A123456")
		}); err != nil {
			w.T.Fatal(err)
		}
		w.place = w.entered(drafts.Entry{Channel: cases.Phone, Person: "a 123456"})
		if again := w.entered(drafts.Entry{Channel: cases.Phone, Person: "A123456"}); again.Draft != w.place.Draft {
			w.T.Error("begun twice it is two drafts")
		}
		if e := w.Store.Events(w.T, w.Citizen.ID); !slices.ContainsFunc(e, func(e audit.Event) bool {
			return e.Kind == audit.KindSearch && e.Activity == "road-permit.enter" && e.Actor.ID == w.Official.ID && e.Actor.Role == "permit-officer"
		}) {
			w.T.Error("looking for somebody is no event of theirs")
		}
		if filled := w.open().Filled(); len(filled) > 0 {
			w.T.Errorf("somebody's profile answers for an official: %v", filled)
		}
		work := w.whole()
		if _, err := w.d.Open(ctx, drafts.Place{Actor: w.Citizen, Service: "road-permit", Draft: w.place.Draft}); err != nil {
			w.T.Errorf("the person cannot begin one of their own: %v", err)
		}
		other := w.place
		other.Actor = w.Colleague
		if _, err := w.d.Open(ctx, other); fault.KindOf(err) != fault.NotFound {
			w.T.Errorf("a colleague opens it: %v", err)
		}
		if !slices.Contains(w.Denials(w.Citizen.ID), policy.ReasonTaskOfAnother.String()) {
			w.T.Errorf("and that is not recorded: %v", w.Denials(w.Citizen.ID))
		}
		row, err := w.send(ctx, work)
		if err != nil || row.Channel != cases.Phone || row.Subject != w.Citizen.ID {
			w.T.Fatalf("sent: %+v (%v)", row, err)
		}
		if twice, err := w.send(ctx, work); err != nil || twice.ID != row.ID {
			w.T.Errorf("sent twice: %+v (%v)", twice, err)
		}
		a, err := w.Application(ctx, w.Citizen, row.ID)
		if err != nil || a.Answers["road"] != "Dhigu Magu" || a.Steps[0].Actor != w.Official.ID {
			w.T.Fatalf("the person sees %+v (%v)", a, err)
		}
		for key, source := range a.Sources {
			f, _ := w.Service.Form.Field(key)
			if want := map[bool]string{true: policy.SourceSystem, false: policy.SourceStaff}[f.Computed]; source != want {
				w.T.Errorf("%s comes from %s", key, source)
			}
		}
		page, _, _ := w.Browse(w.router, w.Citizen).Get("/en/cabinet/applications/" + row.ID)
		for _, says := range []string{"Entered by an official", "By telephone", "Written down by an official"} {
			if !strings.Contains(page.One("main").Text(), says) {
				w.T.Errorf("the person's page does not say %q", says)
			}
		}
	})
}

func TestO2_SomebodyWithoutAnAccountIsKnownByTheirApplicationAlone(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.place = w.entered(drafts.Entry{Channel: cases.Counter})
		row, err := w.send(w.T.Context(), w.whole())
		if err != nil || row.Subject == w.Official.ID || row.Subject == w.Citizen.ID {
			w.T.Fatalf("sent: %+v (%v)", row, err)
		}
		var scopes []string
		if err := w.DB.View(w.T.Context(), func(tx *db.Tx) error {
			return tx.Select(func(r *db.Rows) error {
				var scope string
				err := r.Scan(&scope)
				scopes = append(scopes, scope)
				return err
			}, `SELECT DISTINCT scope FROM vault_value WHERE subject = $1`, row.Subject)
		}); err != nil || !slices.Equal(scopes, []string{row.Scope()}) {
			w.T.Errorf("kept of them: %v (%v)", scopes, err)
		}
		// By the reference of that, they are the same person the next time.
		again, err := w.d.Enter(w.T.Context(), w.Official, "road-permit", drafts.Entry{Channel: cases.Counter, Person: strings.ToLower(row.Reference)})
		if err != nil || again.Subject != row.Subject || again.ID == row.ID {
			w.T.Errorf("found by their reference: %+v (%v)", again, err)
		}
	})
}

func TestO10_OnlyWhoIsDeclaredEntersAndSaysHowItCame(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		weak := w.Official
		weak.Strong = false
		for name, who := range map[string]policy.Actor{"a clerk": w.Staff("clerk", "administrator"), "a citizen": w.Citizen, "without a second factor": weak} {
			if _, err := w.d.Enter(ctx, who, "road-permit", drafts.Entry{Channel: cases.Counter}); fault.KindOf(err) != fault.Denied {
				w.T.Errorf("%s: %v", name, err)
			}
		}
		b := w.Browse(w.router, w.Official)
		drafted := func() int {
			list, err := w.d.Entered(ctx, w.Official)
			if err != nil {
				w.T.Fatal(err)
			}
			return len(list)
		}
		for name, form := range map[string]url.Values{
			"no button":   {"channel": {"counter"}},
			"no channel":  {"begin": {"yes"}},
			"the portal":  {"begin": {"yes"}, "channel": {"portal"}},
			"nobody":      {"begin": {"yes"}, "channel": {"phone"}, "person": {"nobody@example.mv"}},
			"a name":      {"begin": {"yes"}, "channel": {"phone"}, "person": {"Aishath"}},
			"two persons": {"begin": {"yes"}, "channel": {"phone"}, "person": {"a", "b"}},
			"much":        {"begin": {"yes"}, "channel": {"phone"}, "person": {strings.Repeat("x", 300)}},
		} {
			page, status, _ := b.Post("/staff/apply/road-permit", form)
			if status != http.StatusUnprocessableEntity && status != http.StatusBadRequest || drafted() != 0 {
				w.T.Errorf("%s: %d, %d drafts", name, status, drafted())
			}
			if person := form.Get("person"); len(form["person"]) == 1 && len(person) < 254 && page.One(`[name="person"]`).Attr("value") != person {
				w.T.Errorf("%s: what was typed is gone", name)
			}
		}
		page, status, at := b.Post("/staff/apply/road-permit", url.Values{"begin": {"yes"}, "channel": {"letter"}})
		if status != http.StatusOK || !strings.HasPrefix(at, "/staff/apply/road-permit/applicant") || !strings.Contains(page.One("main").Text(), "By letter") {
			w.T.Errorf("begun: %d at %s", status, at)
		}
		if _, status, _ := b.Get("/staff/apply/road-permit/applicant"); status != http.StatusOK { // led to the list
			w.T.Errorf("without a draft: %d", status)
		}
		page, _, _ = b.Get("/staff/apply")
		if !strings.Contains(page.One("main").Text(), "By letter") {
			w.T.Error("what was begun is not listed")
		}
	})
}

func TestO2_OfSomebodyNewWhoseEntryIsDeletedNothingIsLeft(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		left := func(subject string) (gone bool, scopes int) {
			if err := w.DB.View(ctx, func(tx *db.Tx) error {
				return tx.QueryRow(`SELECT (SELECT COUNT(*) FROM vault_gate WHERE subject = $1 AND erased_at IS NOT NULL) > 0,
					(SELECT COUNT(*) FROM vault_scope WHERE subject = $1 AND scope <> 'evidence')`, subject).Scan(&gone, &scopes)
			}); err != nil {
				w.T.Fatal(err)
			}
			return gone, scopes
		}
		w.place = w.entered(drafts.Entry{Channel: cases.Counter})
		w.whole()
		fresh := w.open().Draft.Subject
		if err := w.d.Delete(ctx, w.place, w.place.Draft); err != nil {
			w.T.Fatal(err)
		}
		if gone, scopes := left(fresh); !gone || scopes != 0 {
			w.T.Errorf("of somebody new %d scopes are left, forgotten %v", scopes, gone)
		}
		// Somebody of whom more is known stays.
		row := w.Applied(w.Citizen)
		w.place = w.entered(drafts.Entry{Channel: cases.Counter, Person: row.Reference})
		if err := w.d.Delete(ctx, w.place, w.place.Draft); err != nil {
			w.T.Fatal(err)
		}
		if gone, scopes := left(w.Citizen.ID); gone || scopes != 2 {
			w.T.Errorf("of a person with an application %d scopes are left, forgotten %v", scopes, gone)
		}
	})
}

func TestO10_WhoOnlyEntersFindsWhatWasEntered(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.place = w.entered(drafts.Entry{Channel: cases.Phone})
		row, err := w.send(w.T.Context(), w.whole())
		if err != nil {
			w.T.Fatal(err)
		}
		own := w.Applied(w.Citizen)
		page, _, _ := w.Browse(w.router, w.Official).Get("/staff/apply")
		if page.One(`table a[href="/staff/entered/`+row.ID+`"]`).Text() != row.Reference || strings.Contains(page.One("main").Text(), own.Reference) {
			w.T.Errorf("what the official entered is not listed, or more: %s", page.One("main").Text())
		}

		w.Service.Enter = append(w.Service.Enter, "front-desk")
		clerk := w.Staff("clerk", "front-desk") // decides on nothing
		b := w.Browse(w.router, clerk)
		page, _, _ = b.Get("/staff/apply")
		if page.Has("table a") {
			w.T.Error("what a colleague entered is listed")
		}
		find := func(reference string) (string, int, string) {
			page, status, at := b.Post("/staff/apply", url.Values{"find": {"yes"}, "reference": {reference}})
			return page.One("main").Text(), status, at
		}
		text, status, at := find(" " + strings.ToLower(row.Reference))
		if status != http.StatusOK || at != "/staff/entered/"+row.ID || !strings.Contains(text, "Received") || strings.Contains(text, "Dhigu") {
			w.T.Errorf("found (%d) at %s: %s", status, at, text)
		}
		if e := w.Store.Events(w.T, row.Subject); !slices.ContainsFunc(e, func(e audit.Event) bool {
			return e.Kind == audit.KindSearch && e.Activity == "road-permit.enter" && e.Actor.ID == clerk.ID && e.Reference == row.Reference
		}) {
			w.T.Error("that somebody looked is no event of the applicant")
		}
		for name, reference := range map[string]string{"sent by the person": own.Reference, "nobody's": "RP-0000-0000", "nothing": ""} {
			if text, status, _ := find(reference); status != http.StatusUnprocessableEntity {
				w.T.Errorf("%s: %d %s", name, status, text)
			}
		}
		if _, status, _ := b.Get("/staff/entered/" + own.ID); status != http.StatusNotFound {
			w.T.Errorf("what the person sent themselves opens to a clerk: %d", status)
		}
		other := w.Browse(w.router, w.Staff("stranger", "administrator"))
		if _, status, _ := other.Get("/staff/entered/" + row.ID); status != http.StatusNotFound {
			w.T.Errorf("it opens to who enters nothing: %d", status)
		}
	})
}

// companies stand in for package mandates.
type companies struct{ drafts.Mandates }

func (companies) Named(name, number string) (sent.Company, error) {
	if number == "" {
		return sent.Company{}, fault.Input(fault.Field{Name: "company-number", Code: "forms.error.required"})
	}
	return sent.Company{ID: "number:" + number, Name: name}, nil
}

func TestO18_AnOfficialEntersForACompanyThroughItsDelegate(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.d.Mandates = companies{}
		row := w.Applied(w.Citizen) // by which the delegate is known
		b := w.Browse(w.router, w.Official)
		form := url.Values{"begin": {"yes"}, "channel": {"counter"}, "person": {row.Reference}, "company-name": {"Dhigu Builders"}}
		page, status, _ := b.Post("/staff/apply/road-permit", form)
		if status != http.StatusUnprocessableEntity || page.One(`[name="company-name"]`).Attr("value") != "Dhigu Builders" || !page.Has("#company-number-error") {
			w.T.Errorf("without a number: %d", status)
		}
		form.Set("company-number", "C-77")
		page, _, at := b.Post("/staff/apply/road-permit", form)
		if chosen := page.One(`input[name="applicant"][checked]`); chosen.Attr("value") != "number:C-77" || !strings.Contains(page.One("main").Text(), "Dhigu Builders") {
			w.T.Errorf("the company is not chosen at %s", at)
		}
		list, err := w.d.Entered(w.T.Context(), w.Official)
		if err != nil || len(list) != 1 || list[0].Subject != w.Citizen.ID {
			w.T.Fatalf("begun: %v (%v)", list, err)
		}
		w.place = drafts.Place{Actor: w.Official, Service: "road-permit", Draft: list[0].ID}
		applicant := answers("applicant")
		applicant.Set("applicant", "number:C-77")
		w.typed("applicant", applicant)
		work := w.typed("work", answers("work"))
		made, err := w.send(w.T.Context(), work)
		if err != nil {
			w.T.Fatal(err)
		}
		a, err := w.Application(w.T.Context(), w.Citizen, made.ID)
		if party, _ := answer.PartyOf(a.Answers["applicant"]); err != nil || party.As != answer.Company || party.Company != "number:C-77" || party.Name != "Dhigu Builders" {
			w.T.Errorf("sent for %s (%v)", a.Answers["applicant"], err)
		}
	})
}
