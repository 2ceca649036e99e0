package account_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/account"
	"portico/internal/account/reach"
	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

const (
	old   = "aishath@example.mv"
	fresh = "nasreena@example.mv"
)

func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	cat, err := i18n.Load(account.Locales())
	if err != nil {
		t.Fatal(err)
	}
	if missing := i18n.Missing(cat, "en", "dv"); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
}

func TestM21_WhatAPersonEnteredTheyChangeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		b := p.browse(t)
		p.signIn(b, old, 200)
		page := b.Page(settings+"/details", 200)
		values := page.One("form[action$=details]").Values()
		if values.Get("name") != "Aishath Nasreena" || values.Get("birth-date-year") != "1990" {
			t.Errorf("the form does not hold what there is: %v", values)
		}
		values.Set("name", "Aishath Nasreena Rasheed")
		values.Set("birth-date-day", "31")
		values.Set("birth-date-month", "2")
		values.Set("address", "  Finihiyaa  \n Malé ")
		page = b.Submit(settings+"/details", values, 422)
		page.One("#birth-date-error")
		if got := page.One("#name").Attr("value"); got != "Aishath Nasreena Rasheed" {
			t.Errorf("what was typed is lost: %q", got)
		}
		if d, err := p.Details(t.Context(), me); err != nil || d.Name != "Aishath Nasreena" {
			t.Errorf("something wrong is stored: %v %v", d, err)
		}
		values.Set("birth-date-month", "3")
		b.Submit(settings+"/details", values, 200).One(".notice")
		d, err := p.Details(t.Context(), me)
		if err != nil || d.Name != "Aishath Nasreena Rasheed" || d.BirthDate != "1990-03-31" || d.Address != "Finihiyaa\nMalé" || d.IdentityNumber != "A123456" {
			t.Errorf("the details are %+v, %v", d, err)
		}
		kept, err := p.Vault.Read(t.Context(), vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Scope: vault.Profile, Operation: policy.Use,
			Fields: []string{policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber},
		})
		if err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]string{policy.FieldName: "Aishath Nasreena", policy.FieldBirthDate: "1990-03-27", policy.FieldIdentityNumber: ""} {
			was := ""
			for _, v := range kept.Items(field) {
				was += v.Text
			}
			if was != want {
				t.Errorf("the history of %s holds %q, not %q", field, was, want)
			}
		}
		var changed []string
		for _, e := range p.Events(t, me) {
			if e.Reason == "details-changed" {
				changed = e.Fields
			}
		}
		if strings.Join(changed, " ") != "person.name person.birth-date person.address" {
			t.Errorf("the event says that %v changed", changed)
		}
		before := len(p.reasons(t, me))
		if page := b.Submit(settings+"/details", values, 200); page.Has(".notice") || len(p.reasons(t, me)) != before {
			t.Error("sending the same again counts as a change")
		}
	})
}

func TestM5_ANewContactCountsWhenItsCodeCameBack(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		b := p.browse(t)
		p.signIn(b, old, 200)
		p.work(t)
		b.Submit(settings+"/contact/email", form("contact", "7771234"), 422).One("#contact-error")
		b.Submit(settings+"/contact/email", form("contact", old), 422).One("#contact-error")
		b.Submit(settings+"/contact/email", form("contact", fresh), 200).One("input[name=code]")
		code := sixFigures.FindString(to(t, p.work(t), fresh))
		if page := b.Page(settings, 200); !strings.Contains(page.One("main").Text(), old) || strings.Contains(page.One("main").Text(), fresh) {
			t.Error("the new contact counts before its code")
		}
		p.signIn(p.browse(t), fresh, 422)
		wrong := "000000"
		if code == wrong {
			wrong = "111111"
		}
		b.Submit(settings+"/contact/email/code", form("code", wrong), 422).One("#code-error")
		b.Submit(settings+"/contact/email/code", form("code", code), 200).One(".notice")
		if resp := b.Post(settings+"/contact/email/code", form("code", code)); resp.StatusCode != 404 {
			t.Errorf("a code opens twice: %d", resp.StatusCode)
		}
		p.signIn(p.browse(t), fresh, 200)
		p.signIn(p.browse(t), old, 422)
		told := to(t, p.work(t), old)
		link := stopLink.FindStringSubmatch(told)
		if link == nil || strings.Contains(told, fresh) {
			t.Fatalf("the old contact is told %q", told)
		}

		// Whoever has the old one stops it: what was there before counts again.
		elsewhere := p.browse(t)
		elsewhere.Page(link[1], 200).One("main form")
		elsewhere.Submit(link[1], form(), 200).One(".panel")
		if resp := b.Get(settings); resp.StatusCode != 303 {
			t.Errorf("somebody stays signed in: %d", resp.StatusCode)
		}
		p.signIn(p.browse(t), fresh, 422)
		p.signIn(p.browse(t), old, 200)
		to(t, p.work(t), old)
		if resp := elsewhere.Get(link[1]); resp.StatusCode != 404 {
			t.Errorf("a link stops twice: %d", resp.StatusCode)
		}
		if got := strings.Join(p.formers(t, me, policy.FieldEmail), " "); !strings.Contains(got, old) || !strings.Contains(got, fresh) {
			t.Errorf("the history holds %q", got) // what was stopped is in it, too
		}
		for _, want := range []string{"account contact-change-begun", "account contact-changed", "account contact-change-stopped"} {
			if err := has(p.reasons(t, me), want); err != nil {
				t.Error(err)
			}
		}
	})
}

// formers are what stood in a field of somebody's profile, each with until when.
func (p *portal) formers(t *testing.T, subject, field string) (list []string) {
	t.Helper()
	kept, err := p.Vault.Read(t.Context(), vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Scope: vault.Profile,
		Operation: policy.Use, Fields: []string{field},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range kept.Former(field) {
		list = append(list, v.At.UTC().Format("15:04 ")+v.Text)
	}
	return list
}

// TestO14_AContactThatWasReplacedStaysAsHistoryAndServesNothing: its owner reads
// until when it was theirs. Nobody is found by it or written to there, in a store
// that was restored neither; and somebody else may have it now.
func TestO14_AContactThatWasReplacedStaysAsHistoryAndServesNothing(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		b := p.browse(t)
		change := func(contact string) {
			t.Helper()
			p.work(t)
			b.Submit(settings+"/contact/email", form("contact", contact), 200).One("input[name=code]")
			b.Submit(settings+"/contact/email/code", form("code", sixFigures.FindString(to(t, p.work(t), contact))), 200).One(".notice")
			p.work(t) // whoever had it is told, and can stop it
		}
		p.signIn(b, old, 200)
		start := p.Store.Clock.Now().UTC()
		p.Store.Clock.Advance(time.Minute)
		change(fresh)
		p.Store.Clock.Advance(time.Minute)
		change("third@example.mv")
		at := func(minutes int, contact string) string {
			return start.Add(time.Duration(minutes)*time.Minute).Format("15:04 ") + contact
		}
		if got, want := p.formers(t, me, policy.FieldEmail), []string{at(1, old), at(2, fresh)}; !slices.Equal(got, want) {
			t.Errorf("the history is %q, not %q", got, want)
		}
		p.Store.Clock.Advance(account.StopTime + time.Minute)
		if err := p.Store.DB.Update(t.Context(), func(tx *db.Tx) error { _, _, err := p.Reindex(tx); return err }); err != nil {
			t.Fatal(err)
		}
		for _, former := range []string{old, fresh} {
			p.signIn(p.browse(t), former, 422)
			if err := p.Store.DB.View(t.Context(), func(tx *db.Tx) error { _, err := p.Vault.Find(tx, policy.FieldEmail, former); return err }); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s finds somebody: %v", former, err)
			}
		}
		p.work(t)
		if err := p.Store.DB.Update(t.Context(), func(tx *db.Tx) error { return p.id.Notify(tx, me, "account.message.stopped", "en") }); err != nil {
			t.Fatal(err)
		}
		sent := p.work(t)
		to(t, sent, "third@example.mv")
		if len(sent) != 1 {
			t.Errorf("a former contact is written to: %q", sent)
		}
		them := p.person(t, old, "A654321")
		p.signIn(p.browse(t), old, 200)
		if got := p.formers(t, them, policy.FieldEmail); len(got) > 0 {
			t.Errorf("somebody else's history holds %q", got)
		}
	})
}

// TestAChangeIsStoppedForThreeDaysOnly: the time that security gives whoever
// has an old contact, and no longer.
func TestAChangeIsStoppedForThreeDaysOnly(t *testing.T) {
	p := one(t)
	p.person(t, old, "A123456")
	b := p.browse(t)
	p.signIn(b, old, 200)
	p.work(t)
	b.Submit(settings+"/contact/phone", form("contact", "777 1234"), 200).One("input[name=code]")
	b.Submit(settings+"/contact/phone/code", form("code", sixFigures.FindString(to(t, p.work(t), "+9607771234"))), 200).One(".notice")
	link := stopLink.FindStringSubmatch(to(t, p.work(t), old))
	p.Store.Clock.Advance(account.StopTime - time.Second)
	p.browse(t).Page(link[1], 200)
	p.Store.Clock.Advance(time.Second)
	p.browse(t).Page(link[1], 404)
	p.signIn(p.browse(t), "777 1234", 200)
}

// TestAThiefWhoChangesBothIsToldOfToBoth: the contact of before hears of what
// is changed next, too.
func TestAThiefWhoChangesBothIsToldOfToBoth(t *testing.T) {
	p := one(t)
	me := p.person(t, old, "A123456")
	b := p.browse(t)
	p.signIn(b, old, 200)
	p.work(t)
	change := func(kind, contact, sent string) []string {
		t.Helper()
		b.Submit(settings+"/contact/"+kind, form("contact", contact), 200).One("input[name=code]")
		b.Submit(settings+"/contact/"+kind+"/code", form("code", sixFigures.FindString(to(t, p.work(t), sent))), 200).One(".notice")
		return p.work(t)
	}
	first := stopLink.FindStringSubmatch(to(t, change("email", fresh, fresh), old))
	told := change("phone", "777 1234", "+9607771234")
	to(t, told, old)
	to(t, told, fresh)
	p.Store.Clock.Advance(time.Hour)
	b = p.browse(t)
	p.signIn(b, fresh, 200)
	change("email", "third@example.mv", "third@example.mv")
	// The first link undoes the last change of the same kind as well.
	p.browse(t).Submit(first[1], form(), 200)
	p.signIn(p.browse(t), old, 200)
	p.signIn(p.browse(t), "third@example.mv", 422)
	p.signIn(p.browse(t), fresh, 422)
	if err := has(p.reasons(t, me), "account contact-change-stopped"); err != nil {
		t.Error(err)
	}
}

func TestAContactOfSomebodyElseIsNotTold(t *testing.T) {
	p := one(t)
	p.person(t, old, "A123456")
	them := p.person(t, fresh, "A654321")
	b := p.browse(t)
	p.signIn(b, old, 200)
	p.work(t)
	known := b.Submit(settings+"/contact/email", form("contact", fresh), 200).One("main").Text()
	message := to(t, p.work(t), fresh)
	if sixFigures.MatchString(message) || !strings.Contains(message, "another account") {
		t.Errorf("the owner is told %q", message)
	}
	unknown := b.Submit(settings+"/contact/email", form("contact", "nobody@example.mv"), 200).One("main").Text()
	if known != unknown {
		t.Errorf("the pages differ:\n%s\n%s", known, unknown)
	}
	if err := has(p.reasons(t, them), "account contact-wanted-elsewhere"); err != nil {
		t.Error(err)
	}
}

func TestAContactIsChangedAfterProvingAnewWhoOneIs(t *testing.T) {
	p := one(t)
	p.person(t, old, "A123456")
	b := p.browse(t)
	p.signIn(b, old, 200)
	p.Store.Clock.Advance(web.StepUpAge + time.Second)
	for _, path := range []string{"/en/cabinet/settings/contact/email", "/en/cabinet/settings/contact/phone", "/en/cabinet/close/confirm"} {
		if resp := b.Get(path); resp.StatusCode != 303 || !strings.HasPrefix(resp.Header.Get("Location"), "/en/step-up?next=") {
			t.Errorf("%s answers %d to %q", path, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	if resp := b.Get(settings + "/details"); resp.StatusCode != 200 {
		t.Errorf("one's own details are not shown: %d", resp.StatusCode)
	}
	if resp := b.Get(settings + "/contact/fax"); resp.StatusCode != 404 {
		t.Errorf("a contact that is none: %d", resp.StatusCode)
	}
}

func TestN18_PeopleAreAskedOnceASessionWhetherTheyAreStillReached(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		b := p.browse(t)
		p.signIn(b, old, 200).One("#cabinet") // nothing to ask yet
		p.Store.Clock.Advance(366 * 24 * time.Hour)
		b = p.browse(t)
		page := p.signIn(b, old, 200)
		if page.Has("#cabinet") || !strings.Contains(page.One("main").Text(), old) {
			t.Fatalf("nobody asks: %s", page.One("main").Text())
		}
		b.Page("/en/cabinet/welcome?next=/en/cabinet/", 200).One("#cabinet") // once
		b = p.browse(t)
		p.Store.Clock.Advance(time.Minute)
		page = p.signIn(b, old, 200) // the next session, which answers
		b.Submit("/en/cabinet/welcome", page.One("main form").Values(), 200).One("#cabinet")
		if err := has(p.reasons(t, me), "account contacts-confirmed"); err != nil {
			t.Error(err)
		}
		p.Store.Clock.Advance(time.Minute)
		p.signIn(p.browse(t), old, 200).One("#cabinet")

		if err := p.Store.Update(t.Context(), func(tx *db.Tx) error { return p.Bounced(tx, me, policy.FieldEmail, p.Store.Clock.Now()) }); err != nil {
			t.Fatal(err)
		}
		since := p.Store.Clock.Now()
		c, err := reach.Look(t.Context(), p.Store.DB, since, "P6M", func(_ *db.Tx, subject, field string, at time.Time) (int64, error) {
			if subject != me || field != policy.FieldEmail || !at.Equal(since) {
				t.Errorf("asked what was sent to %s of %s since %v", field, subject, at)
			}
			return 2, nil
		})
		if err != nil || c.Marked != 1 || c.Used != 2 || c.People != 1 || c.Right != 1 || c.Asked == "" {
			t.Errorf("of the contacts is known %+v, %v", c, err)
		}
		p.Store.Clock.Advance(time.Minute)
		b = p.browse(t)
		page = p.signIn(b, old, 200)
		if page.Has("main form") || !page.Has("main .tag.k-warn") {
			t.Error("what bounces can be called right")
		}
		b.Page(settings, 200).One("main .tag.k-warn")
		if got := b.Page(settings+"/contact/email", 200).One("input[name=contact]").Attr("value"); got != old {
			t.Errorf("to be confirmed again stands %q", got)
		}
		if got := b.Page(settings+"/contact/phone", 200).One("input[name=contact]").Attr("value"); got != "" {
			t.Errorf("a contact that is not there yet is %q", got)
		}
		p.work(t)
		p.Store.Clock.Advance(time.Hour) // more than a few codes an hour go to nobody
		p.signIn(b, old, 200)
		b.Submit(settings+"/contact/email", form("contact", old), 200).One("input[name=code]")
		code := sixFigures.FindString(to(t, p.work(t), old))
		page = b.Submit(settings+"/contact/email/code", form("code", code), 200)
		if page.Has("main .tag.k-warn") || !strings.Contains(page.One(".notice").Text(), "confirmed again") {
			t.Errorf("after its code came back: %s", page.One("main").Text())
		}
		if err := has(p.reasons(t, me), "account contact-confirmed-again"); err != nil {
			t.Error(err)
		}
		if sent := p.work(t); len(sent) != 0 {
			t.Errorf("nothing has changed and %v is told", sent)
		}
		b.Submit(settings+"/contact/email", form("contact", old), 422).One("#contact-error")

		if err := p.Store.Update(t.Context(), func(tx *db.Tx) error { return p.Bounced(tx, me, policy.FieldEmail, p.Store.Clock.Now()) }); err != nil {
			t.Fatal(err)
		}
		p.months = ""
		p.Store.Clock.Advance(time.Minute)
		p.signIn(p.browse(t), old, 200).One("main .tag.k-warn") // what bounces is asked about without a rule
	})
}

func TestACabinetThatIsClosedOpensBySigningInUntilItsGraceIsOver(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		p.apps = []account.Application{
			{Title: "Road permit", Reference: "RP-1", Href: "/en/cabinet/applications/1", Open: true, Service: "road-permit"},
			{Title: "Road permit", Href: "/en/services/road-permit/apply", Draft: true, Service: "road-permit"},
		}
		p.also = []account.Also{{Kind: "request", Activity: policy.ActivityAccount}} // its fields are kept as long as the account
		b, other := p.browse(t), p.browse(t)
		p.signIn(b, old, 200)
		p.signIn(other, old, 200)
		text := b.Page("/en/cabinet/close", 200).One("main").Text()
		for _, want := range []string{"RP-1", "It goes on because of: Road act", "have not sent", "22 December 2026", "5 years", "2 years", "eu-gdpr:A6-1-b"} {
			if !strings.Contains(text, want) {
				t.Errorf("before closing nobody says %q: %s", want, text)
			}
		}
		b.Submit("/en/cabinet/close/confirm", form(), 422).One("#read-error")
		b.Submit("/en/cabinet/close/confirm", form("read", "yes"), 200).One(".panel")
		if b.Get("/en/cabinet/").StatusCode != 303 || other.Get("/en/cabinet/").StatusCode != 303 {
			t.Error("a session goes on")
		}
		if m := to(t, p.work(t), old); !strings.Contains(m, "22 December 2026") {
			t.Errorf("the person is told %q", m)
		}

		p.Store.Clock.Advance(29 * 24 * time.Hour)
		p.signIn(b, old, 200).One(".panel") // it is open again, and says so
		p.Store.Clock.Advance(2 * 24 * time.Hour)
		p.work(t)
		p.signIn(p.browse(t), old, 200)
		if err := has(p.reasons(t, me), "account cabinet-reopened"); err != nil {
			t.Error(err)
		}

		p.Store.Clock.Advance(time.Hour)
		b = p.browse(t)
		p.signIn(b, old, 200)
		b.Submit("/en/cabinet/close/confirm", form("read", "yes"), 200).One(".panel")
		p.Store.Clock.Advance(30*24*time.Hour + time.Minute)
		p.work(t)
		closed := p.signIn(p.browse(t), old, 422).One("main").Text()
		unknown := p.signIn(p.browse(t), "nobody@example.mv", 422).One("main").Text()
		if closed != unknown {
			t.Errorf("a closed cabinet is told apart:\n%s\n%s", closed, unknown)
		}
		if err := has(p.reasons(t, me), "account cabinet-closed"); err != nil {
			t.Error(err)
		}
		p.person(t, old, "A123456") // the address is free again
	})
}

func TestM25_TheHistoryTellsMeansServicesChangesAndSignOuts(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		b := p.browse(t)
		p.signIn(b, "nobody@example.mv", 422)
		b.Submit("/en/sign-in", form("contact", old, "password", "wrong wrong wrong"), 422)
		p.signIn(b, old, 200)
		b.Post("/en/sign-out", form())
		p.signIn(b, old, 200)
		const scope = "case:0190a000-0000-7000-8000-000000000001"
		if err := p.Store.DB.Update(t.Context(), func(tx *db.Tx) error { return p.NewScope(tx, me, scope) }); err != nil {
			t.Fatal(err)
		}
		for range 3 { // one application, one line
			p.Collect(t, use(me, scope), map[string]string{"road-permit.road": "Hiriyaa Magu"})
		}
		const seen = "case:0190a000-0000-7000-8000-000000000002" // one that was only looked at
		if err := p.Store.DB.Update(t.Context(), func(tx *db.Tx) error { return p.NewScope(tx, me, seen) }); err != nil {
			t.Fatal(err)
		}
		look := use(me, seen)
		look.Operation, look.Fields = policy.Use, []string{"road-permit.road"}
		if _, err := p.Read(t.Context(), look); err != nil {
			t.Fatal(err)
		}
		rows := func(show string) []string {
			return b.Page("/en/cabinet/history?show="+show, 200).Find("table.grid tbody tr").Texts()
		}
		if got := rows("services"); len(got) != 2 || !strings.Contains(got[1], "Applying for a road permit") {
			t.Errorf("services: %v", got)
		}
		got := rows("sign-ins")
		want := []string{"Signed in", "Signed out", "Signed in", "failed"}
		for i, w := range want {
			if len(got) != len(want) || !strings.Contains(strings.ToLower(got[i]), strings.ToLower(w)) {
				t.Fatalf("sign-ins: %v", got)
			}
		}
		if all := rows("all"); len(all) != len(got)+2+len(rows("changes")) {
			t.Errorf("the parts are not the whole: %v", all)
		}
		if strings.Contains(strings.Join(rows("all"), ""), "Hiriyaa") {
			t.Error("the history shows a value")
		}
		for _, bad := range []string{"?before=x", "?before=-1", "?show=everything"} {
			if resp := b.Get("/en/cabinet/history" + bad); resp.StatusCode != 404 {
				t.Errorf("%s answers %d", bad, resp.StatusCode)
			}
		}
	})
}

func TestM25_EveryLineOfALongHistoryIsShownOnce(t *testing.T) {
	p := one(t)
	me := p.person(t, old, "A123456")
	for i := range 300 {
		kind := []string{audit.KindSignIn, audit.KindSignOut, audit.KindAccount}[i%3]
		if err := p.Store.Update(t.Context(), func(tx *db.Tx) error {
			return p.Append(tx, audit.Event{Kind: kind, Subject: me, Reason: "password", Actor: audit.Actor{Kind: "person", ID: me}})
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, filter := range account.Filters() {
		seen, last := map[int64]bool{}, int64(1<<62)
		var before int64
		for pages := 0; ; pages++ {
			list, next, err := p.History(t.Context(), me, filter, before)
			if err != nil || pages > 20 {
				t.Fatalf("%s: page %d: %v", filter, pages, err)
			}
			for _, m := range list {
				if seen[m.N] || m.N >= last {
					t.Fatalf("%s: event %d comes again or out of order", filter, m.N)
				}
				seen[m.N], last = true, m.N
			}
			if before = next; next == 0 {
				break
			}
		}
		want := map[string]int{"all": 301, "sign-ins": 200, "services": 0, "changes": 101}[filter]
		if len(seen) != want {
			t.Errorf("%s: %d lines, not %d", filter, len(seen), want)
		}
	}
}

// TestM25_AServiceUsedLongAgoIsReachedThroughWhatOthersDid has officials look
// more than two thousand times since, and has the older half from before uses were
// noted.
func TestM25_AServiceUsedLongAgoIsReachedThroughWhatOthersDid(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		append := func(n int, e audit.Event) {
			t.Helper()
			if err := p.Store.Update(t.Context(), func(tx *db.Tx) error {
				for range n {
					if err := p.Append(tx, e); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		uses := func(scope string) {
			append(2, audit.Event{Kind: audit.KindCollect, Subject: me, Scope: "case:" + scope, Activity: "road-permit.apply", Actor: audit.Actor{Kind: "person", ID: me}})
		}
		others := audit.Event{Kind: audit.KindAccess, Subject: me, Scope: "case:old", Activity: "road-permit.decide", Actor: audit.Actor{Kind: "staff", ID: "x"}}
		uses("old")
		append(10, others)
		if err := p.Store.DB.Update(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`INSERT INTO audit_unnoted (subject, n) SELECT subject, MAX(n) FROM audit_event WHERE subject = $1 GROUP BY subject`, me); err != nil {
				return err
			}
			_, err := tx.Exec(`DELETE FROM audit_use`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		uses("new")
		append(2100, others)
		for filter, want := range map[string]int{"services": 2, "all": 3, "sign-ins": 0, "changes": 1} {
			list, next, err := p.History(t.Context(), me, filter, 0)
			if err != nil || len(list) != want || next != 0 {
				t.Errorf("%s: %d lines on the first page, more from %d (%v)", filter, len(list), next, err)
			}
		}
	})
}

func TestASecondTryAtClosingChangesNothing(t *testing.T) {
	p := one(t)
	me := p.person(t, old, "A123456")
	p.signIn(p.browse(t), old, 200)
	if _, err := p.Close(t.Context(), me, "en"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Close(t.Context(), me, "en"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("closed twice: %v", err)
	}
}

func TestM5_WhoChoseALanguageGoesOnInItWithTheirPage(t *testing.T) {
	p := one(t)
	p.person(t, old, "A123456")
	for _, c := range []struct{ prefers, from, next, at string }{
		{"dv", "/en/sign-in", "/en/cabinet/history?show=changes", "/dv/cabinet/history?show=changes"},
		{"dv", "/en/sign-in", "", "/dv/cabinet/"},
		{"dv", "/dv/sign-in", "/dv/cabinet/history", "/dv/cabinet/history"},
		{"", "/en/sign-in", "/en/cabinet/history", "/en/cabinet/history"},
		{"dv", "/en/sign-in", "/dv/cabinet/history", "/dv/cabinet/history"},
		{"dv", "/en/sign-in", "//elsewhere.example/", "/dv/cabinet/"},
	} {
		p.prefers = c.prefers
		b := p.browse(t)
		at := c.from
		values := form("contact", old, "password", password)
		if c.next != "" {
			values.Set("next", c.next)
		}
		resp := b.Post(at, values)
		for hops := 0; resp.StatusCode == http.StatusSeeOther && hops < 5; hops++ {
			at = resp.Header.Get("Location")
			resp = b.Get(at)
		}
		if resp.StatusCode != http.StatusOK || at != c.at {
			t.Errorf("%+v leads to %s (%d)", c, at, resp.StatusCode)
		}
	}
}
