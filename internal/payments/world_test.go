package payments_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/demo"
	"portico/internal/payments"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// world is a portal in which the road permit is paid for, through the demo's
// provider, with a wire in between that a test can bend.
type world struct {
	*casestest.World
	pay      *payments.Service
	provider *demo.Provider
	gov      *payments.GovPay
	wire     *wire
	Finance  policy.Actor
	told     told
}

// told is what people were told of their money, by order.
type told map[string][]string

// Paid and Returned are payments.Notices'.
func (n told) Paid(_ *db.Tx, o *payments.Order) error {
	n[o.ID] = append(n[o.ID], "paid")
	return nil
}

func (n told) Returned(_ *db.Tx, o *payments.Order, a *payments.Attempt) error {
	n[o.ID] = append(n[o.ID], fmt.Sprintf("returned %d", a.N))
	return nil
}

// wire is what lies between the portal and its provider.
type wire struct {
	mu    sync.Mutex
	asked []string                                    // method and path of each request that was let through
	stop  func(r *http.Request) bool                  // true: it never arrives
	bend  func(r *http.Request, answer []byte) []byte // what comes back instead; nil breaks the answer off
}

func (w *wire) set(stop func(*http.Request) bool, bend func(*http.Request, []byte) []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop, w.bend = stop, bend
}

func (w *wire) count(call string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.asked {
		if strings.HasPrefix(a, call) {
			n++
		}
	}
	return n
}

func (w *wire) handler(to *url.URL) http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(resp *http.Response) error {
		w.mu.Lock()
		bend := w.bend
		w.mu.Unlock()
		if bend == nil {
			return nil
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		if b = bend(resp.Request, b); b == nil {
			return io.ErrUnexpectedEOF
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		resp.Header.Del("Content-Length")
		return nil
	}
	proxy.ErrorHandler = func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) }
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		stop := w.stop
		if stop == nil || !stop(r) {
			w.asked = append(w.asked, r.Method+" "+r.URL.Path)
			stop = nil
		}
		w.mu.Unlock()
		if stop != nil {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(rw, r)
	})
}

func onEachEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	casestest.OnEachEngine(t, func(c *casestest.World) { run(newWorld(c)) }, payments.Migrations())
}

func newWorld(c *casestest.World) *world {
	t := c.T
	t.Helper()
	w := &world{World: c, wire: &wire{}, told: told{}, Finance: c.Staff("finance", "finance-officer")}
	w.Finance.Party = "operator"
	var err error
	if w.provider, err = demo.TakePayments(c.Store.Clock, "MVR"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.provider.Close(); err != nil {
			t.Error(err)
		}
	})
	to, err := url.Parse(w.provider.URL())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.wire.handler(to))
	t.Cleanup(server.Close)
	w.gov, err = payments.NewGovPay(payments.GovPayConfig{
		URL: server.URL, Pages: w.provider.URL(), Token: w.provider.Token(), Signing: w.provider.Signing(), Currency: "MVR", Demo: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.restart()
	return w
}

// restart builds the payments anew, as after the program ended.
func (w *world) restart() {
	w.pay = payments.New(payments.Config{
		DB: w.DB, Vault: w.Vault, Cases: w.Cases, Provider: w.gov, Policy: w.Policy, Clock: w.Store.Clock,
		Currency: func() string { return "MVR" }, Address: func() string { return "https://portal.example" },
		Notices: w.told,
	})
	w.Followers = []cases.Follower{w.pay.Follow}
}

// approved is a case that waits for its fee, with its order.
func (w *world) approved() (*cases.Case, *payments.Order) {
	w.T.Helper()
	row := w.Applied(w.Citizen)
	for _, act := range [][2]string{{"submitted", "take"}, {"in-review", "approve"}} {
		if _, err := w.Act(w.T.Context(), w.Official, row.ID, act[0], act[1], ""); err != nil {
			w.T.Fatal(err)
		}
	}
	return row, w.order(row)
}

// order is the last order of a case, nil if there is none.
func (w *world) order(row *cases.Case) *payments.Order {
	w.T.Helper()
	list, err := w.pay.Of(w.T.Context(), w.Citizen, row.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// state is where a case stands, and how many steps led there.
func (w *world) state(row *cases.Case) (string, int) {
	w.T.Helper()
	a, err := w.Application(w.T.Context(), w.Citizen, row.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return a.Case.State, len(a.Steps)
}

// begin begins to pay, and returns where the person pays.
func (w *world) begin(o *payments.Order) string {
	w.T.Helper()
	next, err := w.pay.Pay(w.T.Context(), w.Citizen, o.ID, "en")
	if err != nil || next == "" {
		w.T.Fatalf("pay: %q, %v", next, err)
	}
	return next
}

// press presses a button of the provider's page.
func (w *world) press(page, how string) {
	w.T.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(page, url.Values{"how": {how}})
	if err != nil {
		w.T.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusSeeOther {
		w.T.Fatalf("%s: %d, %v", how, resp.StatusCode, err)
	}
}

// poll lets time pass, and looks after what is not done.
func (w *world) poll() error {
	w.Store.Clock.Advance(lookAgain)
	_, err := w.pay.Poll(context.WithoutCancel(w.T.Context()))
	return err
}
