package account_test

import (
	"strings"
	"testing"

	"portico/internal/account"
	"portico/internal/audit"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/vault"
)

func use(me, scope string) vault.Use {
	return vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: "road-permit.apply", Scope: scope}
}

// find looks somebody up and returns the address of the visit.
func find(b *testkit.Browser, t *testing.T, who string) string {
	t.Helper()
	resp := b.Post("/staff/identity", form("who", who))
	if resp.StatusCode != 303 {
		t.Fatalf("looking %s up answers %d", who, resp.StatusCode)
	}
	return resp.Header.Get("Location")
}

func TestO10_AnOfficialWhoSawTheCardVerifiesTheNumber(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		mine := p.browse(t)
		p.signIn(mine, old, 200)
		if got := p.level(t, me); got != web.LevelConfirmed {
			t.Errorf("who confirmed a contact is known as %s", got)
		}
		reference := mine.Page("/en/cabinet/level", 200).One("main .ident").Text()
		b := p.official(t, "identity-officer")
		b.Submit("/staff/identity", form("who", "A123456"), 422).One("#who-error") // a declared number finds nobody
		b.Submit("/staff/identity", form("who", "ID-0000-0000"), 422).One("#who-error")
		visit := find(b, t, strings.ToLower(reference))
		text := b.Page(visit, 200).One("main").Text()
		if !strings.Contains(text, "Aishath Nasreena") || strings.Contains(text, "A123456") || strings.Contains(text, "Finihiyaa") {
			t.Errorf("the official sees %s", text)
		}
		b.Submit(visit, form("do", "verify"), 422).One("#same-error")
		b.Submit(visit, form("do", "verify", "number", "A654321", "same", "yes"), 422).One("#number-error")
		if got := p.level(t, me); got != web.LevelConfirmed {
			t.Errorf("another number makes %s", got)
		}
		b.Submit(visit, form("do", "verify", "number", "a 123456", "same", "yes"), 200).One(".notice")
		if got := p.level(t, me); got != web.LevelOfficial {
			t.Errorf("verified is %s", got)
		}
		facts := mine.Page("/en/cabinet/level", 200).One("main").Text()
		if !strings.Contains(facts, "Identity officer, The operator") || !strings.Contains(facts, "22 November 2026") {
			t.Errorf("the person is told: %s", facts)
		}
		history := mine.Page("/en/cabinet/history?show=changes", 200).One("main").Text()
		for _, want := range []string{"Your identity card number was verified", "An official looked you up", "Identity officer"} {
			if !strings.Contains(history, want) {
				t.Errorf("the history lacks %q: %s", want, history)
			}
		}
		var seen int
		for _, e := range p.Events(t, me) {
			if e.Kind == audit.KindAccess && e.Activity == account.ActivityCheck && e.Actor.Role == "identity-officer" {
				seen++
			}
		}
		if seen == 0 {
			t.Error("I3: what the official saw is no event")
		}

		// A verified number is one person's, and a second is not told whose.
		them := p.person(t, fresh, "A123456")
		if got := p.level(t, them); got != web.LevelConfirmed {
			t.Errorf("a declared number makes %s", got)
		}
		page := b.Submit(find(b, t, fresh), form("do", "verify", "number", "A123456", "same", "yes"), 422)
		if text := page.One("main").Text(); !strings.Contains(text, "Verify nothing") || strings.Contains(text, old) || strings.Contains(text, reference) {
			t.Errorf("the official is told %s", text)
		}
		find(b, t, "A123456") // it finds its holder now

		// What was compared and is changed is compared no more.
		values := mine.Page(settings+"/details", 200).One("form[action$=details]").Values()
		values.Set("address", "Elsewhere")
		mine.Submit(settings+"/details", values, 200)
		if got := p.level(t, me); got != web.LevelOfficial {
			t.Errorf("an address was never compared, and changing it makes %s", got)
		}
		values.Set("identity-number", "A111111")
		mine.Submit(settings+"/details", values, 200)
		if got := p.level(t, me); got != web.LevelConfirmed {
			t.Errorf("a number that nobody compared makes %s", got)
		}
		b.Submit(find(b, t, fresh), form("do", "verify", "number", "A123456", "same", "yes"), 200).One(".notice")
		b.Submit(find(b, t, fresh), form("do", "take-back"), 200).One(".notice")
		if got := p.level(t, them); got != web.LevelConfirmed {
			t.Errorf("taken back makes %s", got)
		}
	})
}

func TestO10_NobodyElseComparesCards(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		b, other := p.official(t, "identity-officer"), p.official(t, "permit-officer")
		visit := find(b, t, old)
		for _, path := range []string{"/staff/identity", visit} {
			if resp := other.Get(path); resp.StatusCode != 403 {
				t.Errorf("another official opens %s: %d", path, resp.StatusCode)
			}
		}
		if resp := other.Post("/staff/identity", form("who", old)); resp.StatusCode != 403 {
			t.Errorf("another official looks up: %d", resp.StatusCode)
		}
		if resp := other.Post(visit, form("do", "verify", "number", "A123456", "same", "yes")); resp.StatusCode != 403 {
			t.Errorf("another official verifies: %d", resp.StatusCode)
		}
		p.Store.Clock.Advance(account.VisitTime)
		if resp := b.Get(visit); resp.StatusCode != 303 {
			t.Errorf("a visit that is over: %d", resp.StatusCode)
		}
		if resp := b.Post(visit, form("do", "verify", "number", "A123456", "same", "yes")); resp.StatusCode != 303 && resp.StatusCode != 409 {
			t.Errorf("a visit that is over verifies: %d", resp.StatusCode)
		}
		if got := p.level(t, me); got != web.LevelConfirmed {
			t.Errorf("the level is %s", got)
		}
	})
}

// TestWhatIsChangedWhileItIsComparedIsNotVerified: the person corrects their
// details while the official looks at them.
func TestWhatIsChangedWhileItIsComparedIsNotVerified(t *testing.T) {
	p := one(t)
	me := p.person(t, old, "A123456")
	b := p.official(t, "identity-officer")
	visit := find(b, t, old)
	d, err := p.Details(t.Context(), me)
	if err != nil {
		t.Fatal(err)
	}
	d.Name = "Somebody Else"
	if _, err := p.ChangeDetails(t.Context(), me, d); err != nil {
		t.Fatal(err)
	}
	b.Post(visit, form("do", "verify", "number", "A123456", "same", "yes"))
	if got := p.level(t, me); got != web.LevelConfirmed {
		t.Errorf("a name that nobody compared makes %s", got)
	}
}
