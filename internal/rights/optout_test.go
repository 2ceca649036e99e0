package rights_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/internal/consent"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
)

// consenting is a portal with a newsletter that rests on consent.
func consenting(t *testing.T, run func(t *testing.T, w *world, c *consent.Service)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		w := openAs(t, d, policytest.WithNewsletter(declarations()))
		c := consent.New(consent.Config{
			DB: d, Vault: w.vault, Ring: w.store.Ring, Policy: w.Policy, Clock: w.store.Clock,
			Kept: func(_ *i18n.Printer, r policy.Retention) string { return string(r.Period) },
			About: func() consent.About {
				return consent.About{Operator: text("Agency"), URL: "https://one.gov.mv", Lang: "en"}
			},
		})
		w.Consents = c
		run(t, w, c)
	}, append(schema(), consent.Migrations())...)
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
