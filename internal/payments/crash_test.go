package payments_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/payments"
	"portico/internal/testkit"
)

// mortal is a provider at whose so-manieth call the program dies: before the
// call leaves, or after it was answered. From then on nothing is stored.
type mortal struct {
	payments.Provider
	mu    sync.Mutex
	left  int
	after bool
	die   context.CancelFunc
}

func through[T any](m *mortal, call func() (T, error)) (v T, err error) {
	m.mu.Lock()
	m.left--
	last := m.left == 0
	m.mu.Unlock()
	if last && !m.after {
		m.die()
		return v, context.Canceled
	}
	v, err = call()
	if last {
		m.die()
	}
	return v, err
}

func (m *mortal) Create(ctx context.Context, r payments.Request) (payments.Payment, error) {
	return through(m, func() (payments.Payment, error) { return m.Provider.Create(ctx, r) })
}

func (m *mortal) Get(ctx context.Context, id string) (payments.Payment, error) {
	return through(m, func() (payments.Payment, error) { return m.Provider.Get(ctx, id) })
}

func (m *mortal) Find(ctx context.Context, reference string) (payments.Payment, error) {
	return through(m, func() (payments.Payment, error) { return m.Provider.Find(ctx, reference) })
}

func (m *mortal) Cancel(ctx context.Context, id string) error {
	_, err := through(m, func() (bool, error) { return true, m.Provider.Cancel(ctx, id) })
	return err
}

func (m *mortal) Refund(ctx context.Context, id string, amount int64) error {
	_, err := through(m, func() (bool, error) { return true, m.Provider.Refund(ctx, id, amount) })
	return err
}

func (m *mortal) Refunds(ctx context.Context, id string) ([]payments.Refund, error) {
	return through(m, func() ([]payments.Refund, error) { return m.Provider.Refunds(ctx, id) })
}

// theirs is one payment in the provider's books.
type theirs struct {
	ID        string `json:"payment_id"`
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"`
	State     struct {
		Status string `json:"status"`
	} `json:"state"`
	Refunds struct {
		Submitted int64 `json:"amount_submitted"`
	} `json:"refund_summary"`
	Links struct {
		Next struct {
			Href string `json:"href"`
		} `json:"next_url"`
	} `json:"_links"`
}

// books are the provider's books about an order.
func (w *world) books(o *payments.Order) []theirs {
	w.T.Helper()
	r, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, w.provider.URL()+"/v1/payments?reference="+url.QueryEscape(o.Reference), nil)
	if err != nil {
		w.T.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.provider.Token())
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		w.T.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing was written
	var found struct {
		Results []theirs `json:"results"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		w.T.Fatal(err)
	}
	return found.Results
}

// message is what the provider says of a payment, signed.
func (w *world) message(p theirs) (body []byte, signature string) {
	body = []byte(fmt.Sprintf(`{"resource_type":"payment","resource_id":%q,"resource":{"reference":%q}}`, p.ID, p.Reference))
	return body, hex.EncodeToString(payments.Sign(w.provider.Signing(), body))
}

// TestO18_WhereverTheProgramDiesNoPaymentIsLostOrDoubled has people pay, be
// declined, wait and give up, officials cancel, messages come twice or never,
// and the program die between any two steps. In the end the provider's books
// hold the fee of each case that was issued, once, and nothing of any other.
func TestO18_WhereverTheProgramDiesNoPaymentIsLostOrDoubled(t *testing.T) {
	onEachEngine(t, func(w *world) {
		chance := testkit.Chance(w.T)
		issued, deaths := 0, 0
		for round := range 12 {
			row, o := w.approved()
			mortally := func(do func(ctx context.Context) error) {
				ctx, die := context.WithCancel(context.Background())
				defer die()
				m := &mortal{Provider: w.gov, left: 1 + chance.IntN(4), after: chance.IntN(2) == 0, die: die}
				w.pay.Provider = m
				err := do(ctx)
				if ctx.Err() != nil {
					deaths++
				} else if err != nil && !errors.Is(err, payments.ErrUnavailable) && !cases.Moved(err) {
					w.T.Logf("round %d: %v", round, err) // such as a payment that was paid in the meantime
				}
				w.restart()
			}
			for range 6 + chance.IntN(8) {
				switch books := w.books(o); chance.IntN(8) {
				case 0, 1, 2:
					mortally(func(ctx context.Context) error { _, err := w.pay.Pay(ctx, w.Citizen, o.ID, "en"); return err })
				case 3, 4:
					if len(books) > 0 {
						if p := books[chance.IntN(len(books))]; p.Links.Next.Href != "" {
							w.press(p.Links.Next.Href, []string{"pay", "pay", "slow", "decline", "cancel"}[chance.IntN(5)])
						}
					}
				case 5:
					if len(books) > 0 {
						body, signature := w.message(books[chance.IntN(len(books))])
						mortally(func(ctx context.Context) error { _, err := w.pay.Heard(ctx, body, signature); return err })
					}
				case 6:
					w.Store.Clock.Advance(lookAgain)
					mortally(func(ctx context.Context) error { _, err := w.pay.Poll(ctx); return err })
				case 7:
					if chance.IntN(3) == 0 {
						if _, err := w.Act(w.T.Context(), w.Official, row.ID, "approved", "cancel", "The road is closed."); err != nil && !cases.Moved(err) {
							w.T.Logf("round %d: the official: %v", round, err)
						}
					}
				}
			}
			for range 12 { // the program stays alive, and nobody does anything
				if err := w.poll(); err != nil {
					w.T.Fatalf("round %d: %v", round, err)
				}
			}
			w.account(round, row, o, &issued)
		}
		if issued == 0 || deaths == 0 {
			w.T.Errorf("%d cases were issued and the program died %d times: this shows nothing", issued, deaths)
		}
	})
}

// account compares what the provider holds for an order with its case.
func (w *world) account(round int, row *cases.Case, o *payments.Order, issued *int) {
	w.T.Helper()
	var holds int64
	books := w.books(o)
	for _, p := range books {
		if p.State.Status == "success" {
			holds += p.Amount - p.Refunds.Submitted
		}
	}
	state, _ := w.state(row)
	now := w.order(row)
	want, fits := int64(0), map[string][]payments.State{
		"issued": {payments.Paid}, "approved": {payments.Due}, "cancelled": {payments.Void, payments.Refunded},
	}[state]
	if state == "issued" {
		want = o.Amount
		*issued++
	}
	ok := false
	for _, s := range fits {
		ok = ok || s == now.State
	}
	if holds != want || !ok {
		w.T.Errorf("round %d: the case is %s, the order %s, and the provider holds %d: %+v", round, state, now.State, holds, books)
	}
	a, err := w.Application(w.T.Context(), w.Citizen, row.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	paid := 0
	for _, step := range a.Steps {
		if step.Action == "paid" {
			paid++
		}
	}
	if paid != map[bool]int{true: 1}[state == "issued"] {
		w.T.Errorf("round %d: the case was paid %d times", round, paid)
	}
}
