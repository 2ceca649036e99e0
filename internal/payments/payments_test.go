package payments_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/payments"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
)

// lookAgain is longer than the provider is left alone at the most.
const lookAgain = 11 * time.Minute

// wants compares how an order and its case stand.
func (w *world) wants(what string, o *payments.Order, state payments.State, at string) {
	w.T.Helper()
	now, _, err := w.pay.Mine(w.T.Context(), w.Citizen, o.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	row, _, err := w.Row(w.T.Context(), w.Citizen, o.Case)
	if err != nil {
		w.T.Fatal(err)
	}
	if now.State != state || row.State != at {
		w.T.Errorf("%s: the order is %s and the case %s, not %s and %s", what, now.State, row.State, state, at)
	}
}

func TestO18_PaidMeansIssuedOnce(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row, o := w.approved()
		if o.Amount != 104000 || o.Currency != "MVR" || o.State != payments.Due {
			w.T.Fatalf("the order is %+v", o)
		}
		page := w.begin(o)
		if again := w.begin(o); again != page {
			w.T.Errorf("a second click leads to %s", again)
		}
		w.wants("before it is paid", o, payments.Paying, "approved")
		w.press(page, "pay")
		// The browser closed and no message came: the portal asks by itself.
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wants("after it was paid", o, payments.Paid, "issued")
		for range 2 {
			if err := w.poll(); err != nil {
				w.T.Fatal(err)
			}
		}
		if _, n := w.state(row); n != 4 {
			w.T.Errorf("the case took %d steps", n)
		}
		if n := w.wire.count("POST /v1/payments"); n != 1 {
			w.T.Errorf("%d payments were made", n)
		}
		if got := w.told[o.ID]; !slices.Equal(got, []string{"paid"}) {
			w.T.Errorf("the payer is told %v", got)
		}
		if _, err := w.pay.Pay(w.T.Context(), w.Citizen, o.ID, "en"); fault.KindOf(err) != fault.Conflict {
			w.T.Errorf("paid again: %v", err)
		}
	})
}

func TestO18_WhatIsDeclinedOrRunsOutCanBePaidAgain(t *testing.T) {
	onEachEngine(t, func(w *world) {
		_, o := w.approved()
		w.press(w.begin(o), "decline")
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wants("declined", o, payments.Due, "approved")
		w.begin(o)
		w.Store.Clock.Advance(91 * time.Minute)
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wants("expired", o, payments.Due, "approved")
		w.press(w.begin(o), "slow")
		if _, err := w.pay.Poll(w.T.Context()); err != nil {
			w.T.Fatal(err)
		}
		w.wants("while the bank takes its time", o, payments.Paying, "approved")
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wants("in the end", o, payments.Paid, "issued")
	})
}

func TestO18_WhatIsPaidForACaseThatLeftGoesBack(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		// It is cancelled while nobody has paid: the payment is cancelled too.
		row, o := w.approved()
		page := w.begin(o)
		cancel := func() {
			if _, err := w.Act(ctx, w.Official, row.ID, "approved", "cancel", "The road is closed."); err != nil {
				w.T.Fatal(err)
			}
		}
		cancel()
		w.wants("cancelled", o, payments.Void, "cancelled")
		for range 2 {
			if err := w.poll(); err != nil {
				w.T.Fatal(err)
			}
		}
		w.press(page, "pay") // too late
		w.wants("after that", o, payments.Void, "cancelled")
		if w.wire.count("POST /v1/payments/") != 1 {
			w.T.Errorf("the payment was not cancelled: %v", w.wire.asked)
		}
		// It is cancelled while somebody pays: the money goes back, once.
		row, o = w.approved()
		w.press(w.begin(o), "pay")
		cancel()
		for range 3 {
			if err := w.poll(); err != nil {
				w.T.Fatal(err)
			}
		}
		w.wants("paid too late", o, payments.Refunded, "cancelled")
		refunds := 0
		for _, a := range w.wire.asked {
			if strings.HasPrefix(a, "POST") && strings.HasSuffix(a, "/refunds") {
				refunds++
			}
		}
		if refunds != 1 {
			w.T.Errorf("%d refunds", refunds)
		}
		if got := w.told[o.ID]; !slices.Equal(got, []string{"returned 1"}) {
			w.T.Errorf("the payer is told %v", got)
		}
	})
}

func TestO18_AProviderThatLiesIssuesNothing(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for name, lie := range map[string]func(p map[string]any){
			"amount":    func(p map[string]any) { p["amount"] = 1 },
			"currency":  func(p map[string]any) { p["currency"] = "USD" },
			"reference": func(p map[string]any) { p["reference"] = "PAY-0000-0000-1" },
		} {
			_, o := w.approved()
			w.press(w.begin(o), "pay")
			w.wire.set(nil, func(_ *http.Request, b []byte) []byte {
				var p map[string]any
				if json.Unmarshal(b, &p) != nil {
					return b
				}
				lie(p)
				b, err := json.Marshal(p)
				if err != nil {
					return nil
				}
				return b
			})
			if err := w.poll(); err != nil {
				w.T.Fatal(err)
			}
			w.wants(name, o, payments.Held, "approved")
			_, list, err := w.pay.Mine(w.T.Context(), w.Citizen, o.ID)
			if err != nil || list[0].State != payments.Differs || list[0].Code != name {
				w.T.Errorf("%s: the attempt is %+v, %v", name, list[0], err)
			}
			if _, err := w.pay.Pay(w.T.Context(), w.Citizen, o.ID, "en"); fault.KindOf(err) != fault.Conflict {
				w.T.Errorf("%s: paid while it is looked into: %v", name, err)
			}
			w.wire.set(nil, nil)
			if err := w.pay.Retry(w.T.Context(), w.Finance, o.Reference); err != nil {
				w.T.Fatal(err)
			}
			w.wants(name+", once it is mended", o, payments.Paid, "issued")
		}
	})
}

func TestO18_AProviderThatTalksNonsenseChangesNothing(t *testing.T) {
	onEachEngine(t, func(w *world) {
		_, o := w.approved()
		w.press(w.begin(o), "pay")
		for name, answer := range map[string][]byte{
			"garbage": []byte("<html>"), "too much": append([]byte(`{"x":"`), make([]byte, 1<<20)...), "nothing": {}, "a list": []byte("[1,2,3]"),
			"no payment":     []byte(`{"amount":104000,"state":{"status":"success","finished":true}}`),
			"an odd state":   []byte(`{"payment_id":"x","amount":104000,"state":{"status":"paid-really","finished":true}}`),
			"half a success": []byte(`{"payment_id":"x","amount":104000,"state":{"status":"success","finished":false}}`),
			"cut off":        nil,
		} {
			w.wire.set(nil, func(*http.Request, []byte) []byte { return answer })
			if err := w.poll(); err == nil {
				w.T.Errorf("%s: no error", name)
			}
			w.wants(name, o, payments.Paying, "approved")
		}
		w.wire.set(nil, nil)
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wants("once it talks sense", o, payments.Paid, "issued")
	})
}

func TestO18_AMessageIsAReasonToAskAndNoMore(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		row, o := w.approved()
		page := w.begin(o)
		_, list, err := w.pay.Mine(ctx, w.Citizen, o.ID)
		if err != nil {
			w.T.Fatal(err)
		}
		body := []byte(`{"resource_id":"` + list[0].Payment + `","resource_type":"payment","event_type":"card_payment_succeeded",
			"resource":{"amount":104000,"reference":"` + list[0].Reference + `","state":{"status":"success","finished":true}}}`)
		signed := hex.EncodeToString(payments.Sign(w.provider.Signing(), body))
		for name, signature := range map[string]string{
			"none": "", "forged": hex.EncodeToString(payments.Sign("another secret", body)), "of another body": hex.EncodeToString(payments.Sign(w.provider.Signing(), body[1:])), "no hex": "zz",
		} {
			if ok, err := w.pay.Heard(ctx, body, signature); ok || err != nil {
				w.T.Errorf("a signature that is %s: %v, %v", name, ok, err)
			}
		}
		// The provider signs that it is paid, and says otherwise when asked.
		if ok, err := w.pay.Heard(ctx, body, signed); !ok || err != nil {
			w.T.Errorf("the message: %v, %v", ok, err)
		}
		w.wants("though it was not paid", o, payments.Paying, "approved")
		w.press(page, "pay")
		for range 3 { // it comes twice, and late
			if ok, err := w.pay.Heard(ctx, body, signed); !ok || err != nil {
				w.T.Errorf("the message: %v, %v", ok, err)
			}
		}
		w.wants("once it was paid", o, payments.Paid, "issued")
		if _, n := w.state(row); n != 4 {
			w.T.Errorf("the case took %d steps", n)
		}
	})
}

func TestO6_SomebodyElsesPaymentIsNotFound(t *testing.T) {
	onEachEngine(t, func(w *world) {
		_, o := w.approved()
		other := w.Person("Hassan Ali")
		if _, _, err := w.pay.Mine(w.T.Context(), other, o.ID); fault.KindOf(err) != fault.NotFound {
			w.T.Errorf("somebody else sees it: %v", err)
		}
		if _, err := w.pay.Pay(w.T.Context(), other, o.ID, "en"); fault.KindOf(err) != fault.NotFound {
			w.T.Errorf("somebody else pays it: %v", err)
		}
	})
}

func TestO10_O18_WhatIsHeldIsPaidAnewOnlyOnceFinanceSaysSoAndThePayerSeesWho(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		row, o := w.approved()
		w.press(w.begin(o), "pay")
		w.wire.set(nil, func(_ *http.Request, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`"amount":104000`), []byte(`"amount":1`))
		})
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wire.set(nil, nil)
		w.wants("it differs", o, payments.Held, "approved")
		before := len(w.Store.Events(w.T, w.Citizen.ID))
		if err := w.pay.Release(ctx, w.Official, o.Reference); fault.KindOf(err) != fault.Denied {
			w.T.Errorf("an officer of permits settles money: %v", err)
		}
		w.wants("nobody of finance said so", o, payments.Held, "approved")
		if err := w.pay.Release(ctx, w.Finance, "PAY-0000-0000"); fault.KindOf(err) != fault.NotFound {
			w.T.Errorf("what is not there: %v", err)
		}
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- w.pay.Release(ctx, w.Finance, o.Reference) }()
		}
		one, other := <-results, <-results
		if (one == nil) == (other == nil) || fault.KindOf(errors.Join(one, other)) != fault.Conflict {
			w.T.Errorf("released twice at once: %v, %v", one, other)
		}
		w.wants("released", o, payments.Due, "approved")
		var uses []audit.Event
		for _, e := range w.Store.Events(w.T, w.Citizen.ID)[before:] {
			if e.Kind == audit.KindAccess {
				uses = append(uses, e)
			}
		}
		if len(uses) != 1 || uses[0].Actor.ID != w.Finance.ID || uses[0].Actor.Role != "finance-officer" || uses[0].Activity != payments.ActivityAccounts || uses[0].Reference != row.Reference {
			w.T.Errorf("the payer sees %+v", uses)
		}
		w.press(w.begin(o), "pay") // anew
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		w.wants("paid anew", o, payments.Paid, "issued")
		if err := w.pay.Release(ctx, w.Finance, o.Reference); fault.KindOf(err) != fault.Conflict {
			w.T.Errorf("what is paid is released: %v", err)
		}
	})
}

func TestO18_WhatWasPaidForWhatIsRevokedGoesBackOnce(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.T.Context()
		row, o := w.approved()
		give := func() error {
			return w.DB.Update(ctx, func(tx *db.Tx) error { return w.pay.GiveBack(tx, row.ID) })
		}
		if paid, err := w.pay.PaidFor(ctx, row.ID); err != nil || paid || give() != nil {
			w.T.Errorf("before it is paid: %t, %v", paid, err)
		}
		w.press(w.begin(o), "pay")
		if err := w.poll(); err != nil {
			w.T.Fatal(err)
		}
		if paid, err := w.pay.PaidFor(ctx, row.ID); err != nil || !paid {
			w.T.Errorf("once it is paid: %t, %v", paid, err)
		}
		for range 2 {
			if err := give(); err != nil {
				w.T.Fatal(err)
			}
		}
		for range 3 {
			if err := w.poll(); err != nil {
				w.T.Fatal(err)
			}
		}
		w.wants("given back", o, payments.Refunded, "issued")
		if got := w.told[o.ID]; !slices.Equal(got, []string{"paid", "returned 1"}) {
			w.T.Errorf("the payer is told %v", got)
		}
		if paid, err := w.pay.PaidFor(ctx, row.ID); err != nil || paid {
			w.T.Errorf("once it is given back: %t, %v", paid, err)
		}
	})
}
