package mandates_test

import (
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/mandates"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
)

func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	cat, err := i18n.Load(mandates.Locales())
	if err != nil {
		t.Fatal(err)
	}
	if missing := i18n.Missing(cat, "en", "dv"); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
}

func TestO18_ACompanyIsClaimedUntilVerified(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, them := w.Subject(t), w.Subject(t)
		m, err := w.Add(t.Context(), me, mandates.Claim{Name: "  Fua  Mulaku Builders Pvt Ltd ", Number: "c-0123 / 2019"})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.Options(t.Context(), me, "road-permit", w.Store.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].ID != m.Company || list[0].Name != "Fua Mulaku Builders Pvt Ltd" || list[0].Verified {
			t.Errorf("the form offers %+v", list)
		}
		if holds, verified := w.holds(t, me, m.Company, "road-permit"); !holds || verified {
			t.Errorf("the claim holds %v, verified %v", holds, verified)
		}
		if holds, _ := w.holds(t, them, m.Company, "road-permit"); holds {
			t.Error("somebody else may act for my company")
		}
		if list, err := w.Options(t.Context(), them, "road-permit", w.Store.Clock.Now()); err != nil || len(list) != 0 {
			t.Errorf("somebody else is offered %+v, %v", list, err)
		}
		var said, opened bool
		for _, e := range w.Events(t, me) {
			said = said || e.Kind == audit.KindAccount && e.Reason == "company-claimed" && e.Reference == m.Reference
			opened = opened || e.Kind == audit.KindAccess && e.Activity == mandates.ActivityOwn && e.Scope == m.Scope()
		}
		if !said || !opened {
			t.Errorf("I3: claimed %v, opened %v: no event", said, opened)
		}
	})
}

func TestAClaimThatCannotBeOneIsToldBesideWhatIsWrong(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.Subject(t)
		for _, c := range []mandates.Claim{{}, {Name: strings.Repeat("ކ", 201), Number: strings.Repeat("1", 41)}} {
			_, err := w.Add(t.Context(), me, c)
			if f := fault.From(err); f.Kind != fault.Invalid || len(f.Fields) != 2 {
				t.Errorf("%v is answered with %v", c, err)
			}
		}
		if n := len(w.Events(t, me)); n != 0 {
			t.Errorf("%d events of what was refused", n)
		}
	})
}

func TestO18_ACompanyThatIsNamedByItsNumberIsClaimedUntilTheMandateIsVerified(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, them := w.Subject(t), w.Subject(t)
		named, err := mandates.Claim{Name: " Fua Mulaku  Builders", Number: "c-0123 / 2019"}.Named()
		if err != nil || named.Name != "Fua Mulaku Builders, C-0123/2019" {
			t.Fatalf("named %+v: %v", named, err)
		}
		sure := func(subject string) bool {
			holds, verified := w.holds(t, subject, named.ID, "road-permit")
			return holds && verified
		}
		m := w.claim(t, me)
		if sure(me) {
			t.Error("a claim is sure by itself")
		}
		w.verify(t, w.official(t, "registrar"), m)
		if !sure(me) || sure(them) {
			t.Errorf("once it is verified: mine %v, somebody else's %v", sure(me), sure(them))
		}
		for _, c := range []mandates.Claim{{Name: "Fua Mulaku Builders"}, {Number: "C-0123/2019"}, {Name: strings.Repeat("x", 201), Number: "1"}} {
			if _, err := c.Named(); len(fault.From(err).Fields) != 1 {
				t.Errorf("%+v is answered with %v", c, err)
			}
		}
	})
}
