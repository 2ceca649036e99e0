package rights_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/rights/fate"
	"portico/internal/rights/takeout"
	"portico/internal/testkit"
)

// certificate downloads the certificate of an erasure and verifies it.
func (w *world) certificate(b *testkit.Browser, at string) *fate.Certificate {
	w.t.Helper()
	resp := b.Get(at)
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s answers %d, %v", at, resp.StatusCode, err)
	}
	c, err := fate.Verify(file, w.store.Ring.Vkey())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := fate.Verify([]byte(strings.Replace(string(file), `kept`, `torn`, 1)), w.store.Ring.Vkey()); err == nil {
		w.t.Error("a certificate that was changed is verified")
	}
	return c
}

// TestN14_AnErasureSaysOfEachPartUntilWhenItIsKept, with its ground: to the
// person, to the official, and in a certificate.
func TestN14_AnErasureSaysOfEachPartUntilWhenItIsKept(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		declared := declarations()
		for _, r := range []policy.Retention{
			{ID: "accounts", Keeps: []string{"account"}, Event: "closing", Trigger: text("from the closing"), Period: "P1Y", Grace: "P30D"},
			{ID: "asked", Keeps: []string{"right"}, Event: "answer", Trigger: text("from the answer"), Period: "P3Y", Grace: "P30D"},
		} {
			r.Name, r.Review = text(r.ID), "2027-11-22"
			declared.Retention = append(declared.Retention, r)
		}
		w := openAs(t, d, declared)
		me, b := w.person("aishath@example.mv")
		who, official := w.official("shifa@example.mv")
		complaint := w.asks(b, "complaint", "Somebody told my neighbour.")
		w.places = append(w.places, takeout.Named{Scope: "right:" + complaint, Name: "What you complained of", Basis: "eu-gdpr:A6-1-b"})
		press(official, "/staff/rights/"+complaint, "take", http.StatusOK)
		press(official, "/staff/rights/"+complaint, "decide", http.StatusOK, "item-1", "granted", "text", "We spoke with them.")
		w.work()
		request := w.asks(b, "erasure", "", "place profile", "place right:"+complaint)
		at := "/staff/rights/" + request
		if page := press(official, at, "take", http.StatusOK).One("main").Text(); !strings.Contains(page, "Kept: 1 year, from the closing, and 30 days of grace. This time has not begun yet.") || !strings.Contains(page, "Kept until 23 December 2029") {
			t.Errorf("who decides does not read until when each part is kept: %s", page)
		}
		hold, err := w.keeps.Hold(t.Context(), retention.Hold{Person: me, Item: me, Ground: "legal-claim", Reason: "A court asks.", Review: w.store.Clock.Now().AddDate(0, 1, 0)}, who.ID)
		if err != nil {
			t.Fatal(err)
		}
		if resp := b.Get("/en/cabinet/rights/requests/" + request + "/certificate"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("before the answer the certificate is answered with %d", resp.StatusCode)
		}
		press(official, at, "decide", http.StatusOK, "item-1", "refused", "ground-1", "justifications:LegalObligationImpaired", "item-2", "granted", "text", "The account stays.")
		for _, page := range []testkit.Nodes{b.Page("/en/cabinet/rights/requests/"+request, http.StatusOK), official.Page(at, http.StatusOK)} {
			said := page.One("main").Text()
			for _, want := range []string{"A law says that this must be kept.", "This time has not begun yet.", "A hold keeps it until it is lifted: A legal claim.", "Erased on 23 November 2026."} {
				if !strings.Contains(said, want) {
					t.Errorf("nothing says %q: %s", want, said)
				}
			}
		}
		c := w.certificate(b, "/en/cabinet/rights/requests/"+request+"/certificate")
		if c.State != fate.Provisional || c.Request != request || c.Person != me || len(c.Parts) != 2 {
			t.Fatalf("the certificate says %+v", c)
		}
		kept, gone := c.Parts[0], c.Parts[1]
		if kept.Kind != "account" || kept.Answer != fate.Kept || kept.Ground != "justifications:LegalObligationImpaired" || kept.Until != "" || kept.Event != "closing" || len(kept.Holds) != 1 || kept.Holds[0] != (fate.Hold{Ground: "legal-claim"}) {
			t.Errorf("of the account it says %+v", kept)
		}
		if gone.Kind != "right" || gone.ID != complaint || gone.Answer != fate.Erased || gone.Disposal == "" || gone.At == "" {
			t.Errorf("of what is erased it says %+v", gone)
		}
		w.work()
		// The hold is lifted, the account is closed, and its time runs.
		if err := w.keeps.Lift(t.Context(), hold, "The court is done.", who.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error { return w.id.Close(tx, me, w.store.Clock.Now()) }); err != nil {
			t.Fatal(err)
		}
		c = w.certificate(official, at+"/certificate")
		if kept = c.Parts[0]; c.State != fate.Final || kept.Until == "" || kept.Event != "" || len(kept.Holds) != 0 {
			t.Errorf("in the end it says %s, %+v", c.State, kept)
		}
		if resp := b.Another().Get("/en/cabinet/rights/requests/" + request + "/certificate"); resp.StatusCode == http.StatusOK {
			t.Error("anybody gets the certificate")
		}
	}, schema()...)
}
