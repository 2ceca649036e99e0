package mandates_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/mandates"
	"portico/internal/platform/web"
)

func TestO18_AnOfficialVerifiesAClaimOnAGround(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person(t, "nashida@example.mv")
		b.Submit("/en/cabinet/companies/add", form("company-name", " ", "company-number", ""), 422).One("#company-number-error")
		page := b.Submit("/en/cabinet/companies/add", form("company-name", "Fua Mulaku Builders", "company-number", "c-0123/2019"), 200)
		if text := page.One("main").Text(); !strings.Contains(text, "Claimed until verified") || !strings.Contains(text, "C-0123/2019") {
			t.Errorf("the list says %s", text)
		}
		m := w.mine(t, me)
		o := w.official(t, "registrar")
		if list := o.Page("/staff/companies", 200).One("table.grid").Text(); !strings.Contains(list, m.Reference) || strings.Contains(list, "Fua") {
			t.Errorf("the queue says %s", list)
		}
		at := w.check(t, o, m)
		// Only somebody who is known by their card.
		if page := o.Page(at, 200); page.Has("[name=ground]") || !strings.Contains(page.One("main").Text(), "First verify who this person is") {
			t.Error("a company is verified for somebody whom nobody knows")
		}
		if resp := o.Post(at, form("do", "verify", "ground", "document")); resp.StatusCode != 422 {
			t.Errorf("a company is verified for somebody whom nobody knows: %d", resp.StatusCode)
		}
		w.known[me] = web.LevelOfficial
		if text := o.Page(at, 200).One("main").Text(); !strings.Contains(text, "Fua Mulaku Builders") || !strings.Contains(text, "Aishath Nasreena") {
			t.Errorf("the official sees %s", text)
		}
		o.Submit(at, form("do", "verify", "ground", "rumour"), 422).One("#ground-error")
		o.Submit(at, form("do", "verify", "ground", "document", "until-day", "1", "until-month", "1", "until-year", "2020"), 422).One("#until-error")
		o.Submit(at, form("do", "verify", "ground", "document", "until-day", "31", "until-month", "12", "until-year", "2026"), 200).One(".notice")
		m = w.mine(t, me)
		if holds, verified := w.holds(t, me, m.Company, "road-permit"); !holds || !verified {
			t.Errorf("verified, it holds %v, verified %v", holds, verified)
		}
		if got := w.reasons(t, me); !slices.Contains(got, "company-looked-at") || !slices.Contains(got, "company-verified") {
			t.Errorf("the person's events are %v", got)
		}
		seen := 0
		for _, e := range w.Events(t, me) {
			if e.Kind == audit.KindAccess && e.Activity == mandates.ActivityCheck && e.Actor.Role == "registrar" {
				seen++
			}
		}
		if seen == 0 {
			t.Error("I3: what the official saw is no event")
		}
		found := o.Submit("/staff/companies", form("do", "find", "number", "C-0123 / 2019"), 200)
		if !strings.Contains(found.One("main").Text(), m.Reference) {
			t.Error("a verified company is not found by its number")
		}
		if got := w.reasons(t, me); !slices.Contains(got, "company-found") {
			t.Errorf("a search is no event: %v", got)
		}
		o.Submit("/staff/companies", form("do", "find", "number", "C-9"), 422).One("#number-error")
		w.Store.Clock.Advance(60 * 24 * time.Hour) // its last day is over
		if holds, _ := w.holds(t, me, m.Company, "road-permit"); holds {
			t.Error("it holds after its last day")
		}
		if list, err := w.Options(t.Context(), me, "road-permit", w.Store.Clock.Now()); err != nil || len(list) != 0 {
			t.Errorf("a form offers %v, %v", list, err)
		}
	})
}

func TestO18_AVerifiedDelegateAppointsOthersAndEndsItAtOnce(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person(t, "nashida@example.mv")
		them, other := w.person(t, "hassan@example.mv")
		m := w.claim(t, me)
		at := "/en/cabinet/companies/" + m.ID
		if resp := b.Get(at + "/appoint"); resp.StatusCode != 403 {
			t.Errorf("who only claims appoints: %d", resp.StatusCode)
		}
		o := w.official(t, "registrar")
		w.verify(t, o, m, "until-day", "31", "until-month", "12", "until-year", "2027")
		m = w.mine(t, me)
		b.Submit(at+"/appoint", form("email", "hassan"), 422).One("#email-error")
		b.Submit(at+"/appoint", form("email", "nashida@example.mv", "until-day", "1", "until-month", "3", "until-year", "2027"), 422).One("#email-error")
		page := b.Submit(at+"/appoint", form("email", "hassan@example.mv", "services", "road-permit"), 422) // longer than one's own
		page.One("#until-error")
		if page.One("#email").Attr("value") != "hassan@example.mv" || !page.Has("[name=services][value=road-permit][checked]") {
			t.Error("what was typed is lost")
		}
		b.Submit(at+"/appoint", form("email", "hassan@example.mv", "services", "made-up"), 422).One("#services-error")
		day := []string{"until-day", "30", "until-month", "6", "until-year", "2027", "services", "road-permit"}
		known := b.Submit(at+"/appoint", form(append([]string{"email", "hassan@example.mv"}, day...)...), 200).One(".notice").Text()
		unknown := b.Submit(at+"/appoint", form(append([]string{"email", "nobody@example.mv"}, day...)...), 200).One(".notice").Text()
		if known != unknown {
			t.Errorf("an address with an account is told apart: %q %q", known, unknown)
		}
		mail := w.work(t, "hassan@example.mv")
		if strings.Contains(mail, "Fua") || strings.Contains(mail, "Nasreena") {
			t.Errorf("the message says %s", mail)
		}
		link := anyLink.FindStringSubmatch(mail)[1]
		if resp := b.Get(link); resp.StatusCode != 403 {
			t.Errorf("somebody else follows the link: %d", resp.StatusCode)
		}
		if holds, _ := w.holds(t, them, m.Company, "road-permit"); holds {
			t.Error("it holds before it is accepted")
		}
		page = other.Page(link, 200)
		if text := page.One("main").Text(); !strings.Contains(text, "Fua Mulaku Builders") || !strings.Contains(text, "Road permit") || !strings.Contains(text, "30 June 2027") {
			t.Errorf("the invitation says %s", text)
		}
		action := page.One("main form").Attr("action")
		if resp := b.Post(action, form("answer", "accept")); resp.StatusCode != 404 {
			t.Errorf("somebody else accepts: %d", resp.StatusCode)
		}
		other.Submit(action, form("answer", "accept"), 200).One(".notice")
		if resp := other.Post(action, form("answer", "accept")); resp.StatusCode != 404 {
			t.Errorf("accepted twice: %d", resp.StatusCode)
		}
		for service, want := range map[string]bool{"road-permit": true, "dewatering-permit": false} {
			if holds, verified := w.holds(t, them, m.Company, service); holds != want || verified != want {
				t.Errorf("%s: holds %v, verified %v", service, holds, verified)
			}
		}
		list, err := w.Options(t.Context(), them, "road-permit", w.Store.Clock.Now())
		if err != nil || len(list) != 1 || list[0].Name != "Fua Mulaku Builders" || !list[0].Verified || list[0].ID != m.Company {
			t.Errorf("the form offers %v, %v", list, err)
		}
		if resp := other.Get("/en/cabinet/companies/" + w.mine(t, them).ID + "/appoint"); resp.StatusCode != 403 {
			t.Errorf("an appointed delegate appoints: %d", resp.StatusCode)
		}
		for _, who := range []string{me, them} {
			if got := w.reasons(t, who); !slices.Contains(got, "mandate-accepted") {
				t.Errorf("the events of one concerned: %v", got)
			}
		}

		page = b.Page(at+"/delegates", 200)
		if text := page.One("main").Text(); !strings.Contains(text, "hassan@example.mv") || !strings.Contains(text, "Not answered yet") {
			t.Errorf("the delegates: %s", text)
		}
		for item := range page.Find("main li.item form").All() {
			b.Submit(item.Attr("action"), item.Values(), 200)
		}
		if holds, _ := w.holds(t, them, m.Company, "road-permit"); holds {
			t.Error("what was ended holds at the next request")
		}
		if got := w.reasons(t, them); !slices.Contains(got, "mandate-ended") {
			t.Errorf("the delegate is not told: %v", got)
		}
		other.Page(anyLink.FindStringSubmatch(w.work(t, "nobody@example.mv"))[1], 404) // withdrawn
	})
}

func TestAnOfficialWhoEndsAMandateEndsWhatRestsOnIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, b := w.person(t, "nashida@example.mv")
		them, other := w.person(t, "hassan@example.mv")
		m := w.claim(t, me)
		o := w.official(t, "registrar")
		w.verify(t, o, m)
		b.Submit("/en/cabinet/companies/"+m.ID+"/appoint", form("email", "hassan@example.mv"), 200)
		page := other.Page("/en/cabinet/companies", 200) // it stands in the cabinet too
		page = other.Page(page.One("main .items a").Attr("href"), 200)
		other.Submit(page.One("main form").Attr("action"), form("answer", "accept"), 200)
		b.Submit("/en/cabinet/companies/"+m.ID+"/appoint", form("email", "later@example.mv"), 200)
		late := anyLink.FindStringSubmatch(w.work(t, "later@example.mv"))[1]
		company := w.mine(t, me).Company
		o.Submit(w.check(t, o, m), form("do", "end"), 200).One(".notice")
		for _, who := range []string{me, them} {
			if holds, _ := w.holds(t, who, company, "road-permit"); holds {
				t.Error("a mandate holds that was ended")
			}
			if got := w.reasons(t, who); !slices.Contains(got, "mandate-ended") {
				t.Errorf("one concerned is not told: %v", got)
			}
		}
		_, third := w.person(t, "later@example.mv")
		third.Page(late, 404)
	})
}

func TestOneEndsOnesOwnMandateAndNobodyElses(t *testing.T) {
	w := one(t)
	me, b := w.person(t, "nashida@example.mv")
	_, other := w.person(t, "hassan@example.mv")
	m := w.claim(t, me)
	for _, path := range []string{"/delegates", "/appoint"} {
		if resp := other.Get("/en/cabinet/companies/" + m.ID + path); resp.StatusCode != 404 {
			t.Errorf("somebody else opens %s: %d", path, resp.StatusCode)
		}
	}
	if resp := other.Post("/en/cabinet/companies/"+m.ID+"/end", form()); resp.StatusCode != 404 {
		t.Errorf("somebody else ends it: %d", resp.StatusCode)
	}
	if holds, _ := w.holds(t, me, m.Company, "road-permit"); !holds {
		t.Error("it was ended")
	}
	b.Submit("/en/cabinet/companies/"+m.ID+"/end", form(), 200).One(".notice")
	if holds, _ := w.holds(t, me, m.Company, "road-permit"); holds {
		t.Error("it holds")
	}
	if resp := b.Post("/en/cabinet/companies/"+m.ID+"/end", form()); resp.StatusCode != 409 {
		t.Errorf("ended twice: %d", resp.StatusCode)
	}
}

func TestO10_NobodyElseVerifiesCompanies(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, _ := w.person(t, "nashida@example.mv")
		m := w.claim(t, me)
		o, clerk := w.official(t, "registrar"), w.official(t, "permit-officer")
		at := w.check(t, o, m)
		for _, path := range []string{"/staff/companies", at} {
			if resp := clerk.Get(path); resp.StatusCode != 403 {
				t.Errorf("another official opens %s: %d", path, resp.StatusCode)
			}
		}
		if resp := clerk.Post(at, form("do", "end")); resp.StatusCode != 403 {
			t.Errorf("another official ends it: %d", resp.StatusCode)
		}
		w.Store.Clock.Advance(mandates.CheckTime)
		w.known[me] = web.LevelOfficial
		o.Post(at, form("do", "verify", "ground", "register"))
		if _, verified := w.holds(t, me, m.Company, "road-permit"); verified {
			t.Error("verified after the time for looking was over")
		}
		o.Submit(w.check(t, o, m), form("do", "end"), 200).One(".notice") // a claim is refused
		if got := w.reasons(t, me); !slices.Contains(got, "company-refused") {
			t.Errorf("the person is not told: %v", got)
		}
	})
}

func TestTwoPeopleOfOneCompanyHaveTheSameCompany(t *testing.T) {
	w := one(t)
	me, _ := w.person(t, "nashida@example.mv")
	them, _ := w.person(t, "hassan@example.mv")
	a, b := w.claim(t, me), w.claim(t, them)
	if a.Company == b.Company {
		t.Error("a claim tells that somebody else made it too")
	}
	o := w.official(t, "registrar")
	w.verify(t, o, a)
	w.verify(t, o, b)
	if w.mine(t, me).Company != w.mine(t, them).Company {
		t.Error("one number is two companies")
	}
}
