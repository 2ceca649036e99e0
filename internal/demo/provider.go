package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
)

const (
	payments      = 100_000          // that are kept at the most
	paymentLives  = 90 * time.Minute // until it expires
	slowly        = 20 * time.Second // what a slow bank takes
	deliveryPause = 2 * time.Second
	deliveries    = 5
)

// Provider takes payments that nobody makes. It speaks the interface of GOV.UK
// Pay, and has a page on which to pay, to be declined or to wait.
type Provider struct {
	clock    clock.Clock
	words    *i18n.Catalogue
	currency string
	token    string
	signing  string
	listener net.Listener
	server   *http.Server
	client   *http.Client
	ctx      context.Context // ends what waits or is delivered
	stop     context.CancelFunc
	done     sync.WaitGroup

	mu       sync.Mutex
	notify   string // where messages go
	payments map[string]*payment
	keys     map[string]string // idempotency key → payment
	pages    map[string]string // token of a page → payment
}

// payment is one of the provider's.
type payment struct {
	ID, Reference, Description, Return, Language, Page string

	Amount   int64
	Created  time.Time
	Status   string
	Code     string
	Settles  time.Time // when the bank of a slow one says yes
	Refunded int64
	Refunds  []refund
}

type refund struct {
	ID     string `json:"refund_id"`
	Amount int64  `json:"amount"`
	Status string `json:"status"`
}

func (p *payment) finished() bool {
	return p.Status == "success" || p.Status == "failed" || p.Status == "cancelled"
}

// TakePayments starts the provider on a free port of this machine.
func TakePayments(c clock.Clock, currency string) (*Provider, error) {
	words, err := i18n.Load(Locales())
	if err != nil {
		return nil, fmt.Errorf("load the sentences of the demo's payments: %w", err)
	}
	v := &Provider{
		clock: c, words: words, currency: currency, token: rand.Text(), signing: rand.Text(),
		client: &http.Client{
			Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: nil, MaxConnsPerHost: 64, MaxIdleConnsPerHost: 64},
		},
		payments: map[string]*payment{}, keys: map[string]string{}, pages: map[string]string{},
	}
	if v.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for the demo's payments: %w", err)
	}
	v.ctx, v.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	for pattern, answer := range map[string]http.HandlerFunc{
		"POST /v1/payments":              v.create,
		"GET /v1/payments":               v.search,
		"GET /v1/payments/{id}":          v.about(v.show),
		"POST /v1/payments/{id}/cancel":  v.about(v.cancel),
		"POST /v1/payments/{id}/refunds": v.about(v.refund),
		"GET /v1/payments/{id}/refunds":  v.about(v.refunds),
	} {
		mux.Handle(pattern, v.known(answer))
	}
	mux.HandleFunc("GET /pay/{page}", v.page)
	mux.HandleFunc("POST /pay/{page}", v.paid)
	mux.HandleFunc("GET /pay.css", styles)
	mux.HandleFunc("GET /thaana.woff2", letters)
	v.server = &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 8 << 10}
	v.done.Go(func() { _ = v.server.Serve(v.listener) })
	return v, nil
}

// Close stops the provider and forgets what was paid.
func (v *Provider) Close() error {
	v.stop()
	ending, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	err := v.server.Shutdown(ending) // what is being answered may still send a message
	_ = v.listener.Close()           // a server that had not begun does not know its listener
	v.done.Wait()
	v.client.CloseIdleConnections()
	return err
}

// URL is where the provider is, Token what opens its interface, Signing what it
// signs its messages with.
func (v *Provider) URL() string { return "http://" + v.listener.Addr().String() }

// Token opens the interface.
func (v *Provider) Token() string { return v.token }

// Signing is the secret that messages are signed with.
func (v *Provider) Signing() string { return v.signing }

// Notify says where messages about payments go, empty for nowhere.
func (v *Provider) Notify(url string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.notify = url
}

// known lets in whoever has the token.
func (v *Provider) known(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+v.token)) != 1 {
			problem(w, http.StatusUnauthorized, "P0900", "Credentials are required")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, messageMax)
		v.mu.Lock()
		defer v.mu.Unlock()
		next(w, r)
	})
}

// about finds the payment that a request is about.
func (v *Provider) about(next func(w http.ResponseWriter, r *http.Request, p *payment)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := v.payments[r.PathValue("id")]
		if p == nil {
			problem(w, http.StatusNotFound, "P0200", "Not found")
			return
		}
		v.age(p)
		next(w, r, p)
	}
}

// age does what time does to a payment.
func (v *Provider) age(p *payment) {
	now := v.clock.Now()
	switch {
	case p.finished():
	case p.Status == "submitted" && !now.Before(p.Settles):
		p.Status = "success"
	case p.Status != "submitted" && now.Sub(p.Created) >= paymentLives:
		p.Status, p.Code = "failed", "P0020"
	}
}

func (v *Provider) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Amount      int64  `json:"amount"`
		Reference   string `json:"reference"`
		Description string `json:"description"`
		ReturnURL   string `json:"return_url"`
		Language    string `json:"language"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Amount < 1 || in.Reference == "" || in.Description == "" || !strings.HasPrefix(in.ReturnURL, "http") {
		problem(w, http.StatusUnprocessableEntity, "P0102", "Invalid attribute value")
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if p := v.payments[v.keys[key]]; key != "" && p != nil {
		if p.Amount != in.Amount || p.Reference != in.Reference {
			problem(w, http.StatusConflict, "P0191", "The Idempotency-Key was used for another payment")
			return
		}
		v.age(p)
		answer(w, http.StatusOK, v.json(p))
		return
	}
	if len(v.payments) >= payments {
		problem(w, http.StatusServiceUnavailable, "P0999", "The demo is full")
		return
	}
	p := &payment{
		ID: strings.ToLower(rand.Text()), Reference: in.Reference, Description: in.Description, Return: in.ReturnURL, Language: in.Language,
		Page: rand.Text(), Amount: in.Amount, Created: v.clock.Now(), Status: "created",
	}
	v.payments[p.ID], v.pages[p.Page] = p, p.ID
	if key != "" {
		v.keys[key] = p.ID
	}
	answer(w, http.StatusCreated, v.json(p))
}

func (v *Provider) show(w http.ResponseWriter, _ *http.Request, p *payment) {
	answer(w, http.StatusOK, v.json(p))
}

func (v *Provider) search(w http.ResponseWriter, r *http.Request) {
	found := []any{}
	reference := r.URL.Query().Get("reference")
	for _, p := range v.payments {
		if strings.Contains(p.Reference, reference) {
			v.age(p)
			found = append(found, v.json(p))
		}
	}
	answer(w, http.StatusOK, map[string]any{"total": len(found), "count": len(found), "page": 1, "results": found})
}

func (v *Provider) cancel(w http.ResponseWriter, _ *http.Request, p *payment) {
	if p.finished() || p.Status == "submitted" {
		problem(w, http.StatusBadRequest, "P0501", "Cancellation of payment failed")
		return
	}
	p.Status, p.Code = "cancelled", "P0040"
	w.WriteHeader(http.StatusNoContent)
}

func (v *Provider) refund(w http.ResponseWriter, r *http.Request, p *payment) {
	var in struct {
		Amount    int64 `json:"amount"`
		Available int64 `json:"refund_amount_available"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil || in.Amount < 1:
		problem(w, http.StatusUnprocessableEntity, "P0602", "Invalid attribute value: amount")
	case p.Status != "success":
		problem(w, http.StatusBadRequest, "P0603", "The payment is not available for refund")
	case in.Available != p.Amount-p.Refunded || in.Amount > in.Available:
		problem(w, http.StatusPreconditionFailed, "P0604", "Refund amount available mismatch")
	default:
		p.Refunded += in.Amount
		p.Refunds = append(p.Refunds, refund{strings.ToLower(rand.Text()), in.Amount, "success"})
		answer(w, http.StatusAccepted, p.Refunds[len(p.Refunds)-1])
		v.tell(p, "card_payment_refunded")
	}
}

func (v *Provider) refunds(w http.ResponseWriter, _ *http.Request, p *payment) {
	answer(w, http.StatusOK, map[string]any{
		"payment_id": p.ID, "_embedded": map[string]any{"refunds": append([]refund{}, p.Refunds...)},
	})
}

// json is a payment as the interface shows it.
func (v *Provider) json(p *payment) map[string]any {
	state := map[string]any{"status": p.Status, "finished": p.finished()}
	if p.Code != "" {
		state["code"] = p.Code
	}
	links := map[string]any{"self": map[string]string{"href": v.URL() + "/v1/payments/" + p.ID, "method": "GET"}}
	if !p.finished() {
		links["next_url"] = map[string]string{"href": v.URL() + "/pay/" + p.Page, "method": "GET"}
		links["cancel"] = map[string]string{"href": v.URL() + "/v1/payments/" + p.ID + "/cancel", "method": "POST"}
	}
	return map[string]any{
		"payment_id": p.ID, "payment_provider": "sandbox", "amount": p.Amount, "currency": v.currency, "reference": p.Reference,
		"description": p.Description, "language": p.Language, "return_url": p.Return, "created_date": p.Created.Format(time.RFC3339Nano),
		"state": state, "_links": links,
		"refund_summary": map[string]any{"amount_available": p.Amount - p.Refunded, "amount_submitted": p.Refunded},
	}
}

// tell sends a message about a payment, again if it is not taken. The lock is
// held by whoever calls.
func (v *Provider) tell(p *payment, event string) {
	to := v.notify
	if to == "" {
		return
	}
	body, err := json.Marshal(map[string]any{
		"webhook_message_id": rand.Text(), "api_version": 1, "created_date": v.clock.Now().Format(time.RFC3339Nano),
		"resource_id": p.ID, "resource_type": "payment", "event_type": event, "resource": v.json(p),
	})
	if err != nil {
		return
	}
	mac := hmac.New(sha256.New, []byte(v.signing))
	_, _ = mac.Write(body)
	signature := hex.EncodeToString(mac.Sum(nil))
	v.done.Go(func() {
		for range deliveries {
			if v.deliver(to, body, signature) || !v.pause(deliveryPause) {
				return
			}
		}
	})
}

func (v *Provider) deliver(to string, body []byte, signature string) bool {
	r, err := http.NewRequestWithContext(v.ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return true
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Pay-Signature", signature)
	resp, err := v.client.Do(r)
	if err != nil {
		return false
	}
	_, _ = io.CopyN(io.Discard, resp.Body, messageMax)
	_ = resp.Body.Close()
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}

// pause waits, and reports false if the provider ends meanwhile.
func (v *Provider) pause(d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-v.ctx.Done():
		return false
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone if this fails
}

func problem(w http.ResponseWriter, status int, code, description string) {
	answer(w, status, map[string]string{"code": code, "description": description})
}
