package rights_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/consent"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/rights"
	"portico/internal/staysout"
	"portico/internal/testkit"
)

// consenting is a portal with a newsletter that rests on consent.
func consenting(t *testing.T, run func(t *testing.T, w *world, c *consent.Service)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		declared := policytest.WithNewsletter(declarations())
		declared.Activities = append(declared.Activities, policy.Activity{
			ID: staysout.Activity, Purpose: "access", Name: text("Staying out"), Who: []string{"system"}, Operations: []policy.OperationName{"use"},
			Fields: []string{policy.FieldEmail, rights.FieldContact}, Relation: policy.RelationSystem, Parties: []string{"operator"}, WhileRestricted: true,
		})
		declared.Retention = append(declared.Retention, policy.Retention{
			ID: "stays-out", Keeps: []string{"stays-out"}, Name: text("Opt-outs"), Event: "opt-out", Trigger: text("the opt-out"), Period: "P10Y", Review: "2027-11-22",
		})
		w := openAs(t, d, declared)
		c := consent.New(consent.Config{
			DB: d, Vault: w.vault, Ring: w.store.Ring, Policy: w.Policy, Clock: w.store.Clock,
			Kept: func(_ *i18n.Printer, r policy.Retention) string { return string(r.Period) },
			About: func() consent.About {
				return consent.About{Operator: text("Agency"), URL: "https://one.gov.mv", Lang: "en"}
			},
		})
		w.out = staysout.New(staysout.Config{
			DB: d, Vault: w.vault, Jobs: w.jobs, Keys: w.store.Ring, Policy: w.Policy, Clock: w.store.Clock, Disposer: w.keeps,
			Lists: func() []string { return []string{"newsletter"} }, Wants: c.Granted,
		})
		c.Reached, w.Consents = w.out.Reached, c
		run(t, w, c)
	}, append(schema(), consent.Migrations(), staysout.Migrations())...)
}

func agree(t *testing.T, w *world, c *consent.Service, subject string) {
	t.Helper()
	asked, _ := w.Policy().AskedFor("newsletter")
	if err := c.Say(t.Context(), subject, "newsletter", consent.Given, asked.Terms); err != nil {
		t.Fatal(err)
	}
}

func agrees(t *testing.T, w *world, c *consent.Service, subject string) (granted bool) {
	t.Helper()
	if err := w.DB.View(t.Context(), func(tx *db.Tx) (err error) { granted, err = c.Granted(tx, subject, "newsletter"); return err }); err != nil {
		t.Fatal(err)
	}
	return granted
}

func TestN9_AnOptOutOfWhatRestsOnConsentWithdrawsIt(t *testing.T) {
	consenting(t, func(t *testing.T, w *world, c *consent.Service) {
		me, b := w.person("aishath@example.mv")
		const at, choice = "/en/cabinet/rights/opt-out", `input[value="purpose newsletter"]`
		if b.Page(at, http.StatusOK).Has(choice) {
			t.Error("somebody opts out of what they never consented to")
		}
		agree(t, w, c, me)
		if !b.Page(at, http.StatusOK).Has(choice) {
			t.Fatal("one cannot opt out of what one consented to")
		}
		w.asks(b, "opt-out", "", "purpose newsletter")
		if agrees(t, w, c, me) {
			t.Error("the consent lasts after the opt-out")
		}
		if main := b.Page("/en/cabinet/rights", http.StatusOK).One("main").Text(); strings.Contains(main, "You object to: Newsletter") {
			t.Error("an objection stands beside the withdrawal, so that a new consent would begin nothing")
		}
		agree(t, w, c, me)
		if !agrees(t, w, c, me) {
			t.Error("a new consent does not begin it anew")
		}
	})
}

func TestN9_AnObjectionThatAnOfficialGrantsWithdrawsTheConsent(t *testing.T) {
	consenting(t, func(t *testing.T, w *world, c *consent.Service) {
		me, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		agree(t, w, c, me)
		request := w.asks(b, "objection", "I never wanted this.", "purpose newsletter")
		press(official, "/staff/rights/"+request, "take", http.StatusOK)
		press(official, "/staff/rights/"+request, "decide", http.StatusOK, "item-1", "granted", "text", "So be it.")
		if agrees(t, w, c, me) {
			t.Error("the consent lasts after the objection was granted")
		}
		events, err := c.Events(t.Context(), me)
		if err != nil || !slices.ContainsFunc(events, func(e consent.Event) bool { return e.Act == consent.Withdrawn && len(e.Receipt) > 0 }) {
			t.Errorf("no withdrawal with a receipt among %+v (%v)", events, err)
		}
	})
}

// staysOut reports whether nothing of the newsletter goes to an address.
func (w *world) staysOut(address string) (out bool) {
	w.t.Helper()
	if err := w.DB.View(w.t.Context(), func(tx *db.Tx) (err error) { out, err = w.out.Out(tx, "newsletter", address); return err }); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestN9_WhoeverOptsOutWithoutAnAccountIsOutByTheAddressTheyShowed(t *testing.T) {
	consenting(t, func(t *testing.T, w *world, _ *consent.Service) {
		b := testkit.Browse(t, w.router)
		w.visits(b, "moosa@example.mv")
		w.visitorAsks(b, "opt-out", "", "purpose newsletter")
		w.work()
		if !w.staysOut("moosa@example.mv") || w.staysOut("ahmed@example.mv") {
			t.Error("the newsletter still goes to an address whose reader opted out, or not to another")
		}
	})
}

func TestN14_AnOptOutByMailIsOneOnceItIsKnownWhoAsks(t *testing.T) {
	consenting(t, func(t *testing.T, w *world, _ *consent.Service) {
		who, official := w.official("shifa@example.mv")
		var r *rights.Request
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			subject, err := w.vault.NewSubject(tx)
			if err != nil {
				return err
			}
			r, err = w.Enter(tx, who, rights.Entered{
				Subject: subject, Right: "opt-out", Source: rights.Mail, Text: "No more newsletters.", Language: "en", Received: w.store.Clock.Now(),
				Contact: credential.Contact{Field: policy.FieldEmail, Value: "moosa@example.mv"},
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		at := "/staff/rights/" + r.ID
		press(official, at, "take", http.StatusOK)
		w.work()
		if w.staysOut("moosa@example.mv") {
			t.Error("it acts before it is known who asks")
		}
		press(official, at, "known", http.StatusOK)
		press(official, at, "decide", http.StatusOK, "item-1", "granted", "text", "It has ended.")
		w.work()
		if !w.staysOut("moosa@example.mv") {
			t.Error("the newsletter goes on after the opt-out was granted")
		}
	})
}
