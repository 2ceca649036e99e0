package payments

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"portico/internal/platform/outbound"
)

// SignatureHeader carries the HMAC of a message's body.
const SignatureHeader = "Pay-Signature"

const answerMax = 256 << 10 // bytes of an answer that are read

// GovPayConfig is what the instance says of a provider that speaks the
// interface of GOV.UK Pay (API version 1).
type GovPayConfig struct {
	URL      string // the API's address, before /v1/payments
	Pages    string // the origin of the pages on which people pay
	Token    string
	Signing  string // the secret that messages are signed with
	Currency string // of the account: an account has one
	Demo     bool   // allows http, to loopback
	Timeout  time.Duration
	Conns    int // connections at once
}

// GovPay is a Provider.
type GovPay struct {
	c      GovPayConfig
	client *http.Client
	pages  *url.URL
}

// NewGovPay checks the declaration. It connects to nothing.
func NewGovPay(c GovPayConfig) (*GovPay, error) {
	client, _, err := outbound.New(outbound.Config{URL: c.URL, Plain: c.Demo, Timeout: c.Timeout, Conns: max(c.Conns, 16)})
	if err != nil {
		return nil, fmt.Errorf("payments: url: %w", err)
	}
	if _, _, err := outbound.New(outbound.Config{URL: c.Pages, Plain: c.Demo}); err != nil {
		return nil, fmt.Errorf("payments: pages: %w", err)
	}
	pages, err := url.Parse(c.Pages)
	if err != nil {
		return nil, errors.New("payments: pages: no address")
	}
	if c.Token == "" || len(c.Signing) < 16 {
		return nil, errors.New("payments: the token is missing, or the signing secret has less than 16 characters")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	return &GovPay{c, client, pages}, nil
}

// The shapes of the interface, as far as they are used.
type (
	payJSON struct {
		PaymentID string `json:"payment_id"`
		Amount    int64  `json:"amount"`
		Currency  string `json:"currency"` // GOV.UK Pay says none: an account has one
		Reference string `json:"reference"`
		State     struct {
			Status   string `json:"status"`
			Finished bool   `json:"finished"`
			Code     string `json:"code"`
		} `json:"state"`
		Links struct {
			Next *struct {
				Href string `json:"href"`
			} `json:"next_url"`
		} `json:"_links"`
	}
	createJSON struct {
		Amount      int64  `json:"amount"`
		Reference   string `json:"reference"`
		Description string `json:"description"`
		ReturnURL   string `json:"return_url"`
		Language    string `json:"language"`
	}
	refundJSON struct {
		Amount    int64 `json:"amount"`
		Available int64 `json:"refund_amount_available"`
	}
)

var (
	paymentForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	codeForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{0,32}$`)
)

// Create makes a payment. The reference is the idempotency key too, so that
// asking again finds the payment that there is.
func (g *GovPay) Create(ctx context.Context, r Request) (Payment, error) {
	if r.Currency != g.c.Currency {
		return Payment{}, fmt.Errorf("the provider's account is in %s", g.c.Currency)
	}
	var p payJSON
	err := g.call(ctx, http.MethodPost, "", r.Reference, createJSON{r.Amount, r.Reference, r.Description, r.Return, r.Language}, &p)
	if err != nil {
		return Payment{}, err
	}
	return g.payment(p)
}

// Get returns a payment by the provider's name for it.
func (g *GovPay) Get(ctx context.Context, payment string) (Payment, error) {
	var p payJSON
	if err := g.call(ctx, http.MethodGet, "/"+url.PathEscape(payment), "", nil, &p); err != nil {
		return Payment{}, err
	}
	return g.payment(p)
}

// Find returns the payment with a reference of ours.
func (g *GovPay) Find(ctx context.Context, reference string) (Payment, error) {
	var found struct {
		Results []payJSON `json:"results"`
	}
	if err := g.call(ctx, http.MethodGet, "?reference="+url.QueryEscape(reference), "", nil, &found); err != nil {
		return Payment{}, err
	}
	for _, p := range found.Results { // the provider also finds what begins alike
		if p.Reference == reference {
			return g.payment(p)
		}
	}
	return Payment{}, ErrUnknown
}

// Cancel ends a payment that was not made yet. One that was made, or has ended,
// stays as it is.
func (g *GovPay) Cancel(ctx context.Context, payment string) error {
	err := g.call(ctx, http.MethodPost, "/"+url.PathEscape(payment)+"/cancel", "", nil, nil)
	var status statusError
	if errors.As(err, &status) && (status == http.StatusBadRequest || status == http.StatusConflict) {
		return nil // it is too late for that: whoever asks next sees how it ended
	}
	return err
}

// Refund gives all of a payment back: the provider refuses if not all of it is
// there any more.
func (g *GovPay) Refund(ctx context.Context, payment string, amount int64) error {
	return g.call(ctx, http.MethodPost, "/"+url.PathEscape(payment)+"/refunds", "", refundJSON{amount, amount}, nil)
}

// Refunds lists what was given back of a payment.
func (g *GovPay) Refunds(ctx context.Context, payment string) (list []Refund, err error) {
	var found struct {
		Embedded struct {
			Refunds []struct {
				Amount int64  `json:"amount"`
				Status string `json:"status"`
			} `json:"refunds"`
		} `json:"_embedded"`
	}
	if err := g.call(ctx, http.MethodGet, "/"+url.PathEscape(payment)+"/refunds", "", nil, &found); err != nil {
		return nil, err
	}
	for _, r := range found.Embedded.Refunds {
		list = append(list, Refund{Amount: r.Amount, Done: r.Status == "success", Failed: r.Status == "error"})
	}
	return list, nil
}

// Verify checks the signature over a message as it came, byte by byte, and only
// then reads which payment it is about.
func (g *GovPay) Verify(body []byte, signature string) (Hint, bool) {
	given, err := hex.DecodeString(signature)
	if err != nil || !hmac.Equal(given, Sign(g.c.Signing, body)) {
		return Hint{}, false
	}
	var m struct {
		Type     string `json:"resource_type"`
		ID       string `json:"resource_id"`
		Resource struct {
			Reference string `json:"reference"`
		} `json:"resource"`
	}
	if json.Unmarshal(body, &m) != nil || !strings.EqualFold(m.Type, "payment") || !paymentForm.MatchString(m.ID) {
		return Hint{}, false
	}
	return Hint{Payment: m.ID, Reference: m.Resource.Reference}, true
}

// Sign is the HMAC of a message.
func Sign(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}

// payment reads what the provider says. What it does not say right is no
// answer at all.
func (g *GovPay) payment(p payJSON) (Payment, error) {
	out := Payment{ID: p.PaymentID, Reference: p.Reference, Amount: p.Amount, Currency: p.Currency, Code: p.State.Code}
	if out.Currency == "" {
		out.Currency = g.c.Currency
	}
	if !paymentForm.MatchString(out.ID) || !codeForm.MatchString(out.Code) {
		return Payment{}, errors.New("the provider's answer is no payment")
	}
	switch status := p.State.Status; {
	case status == "success" && p.State.Finished:
		out.Status = Success
	case (status == "failed" || status == "cancelled" || status == "error") && p.State.Finished:
		out.Status = Failure
	case !p.State.Finished && (status == "created" || status == "started" || status == "submitted" || status == "capturable"):
		if p.Links.Next != nil {
			out.Next = p.Links.Next.Href
		}
		if out.Next != "" && !g.page(out.Next) {
			return Payment{}, errors.New("the provider's page is not where it was declared")
		}
	default:
		return Payment{}, errors.New("the provider's answer has no state that there is")
	}
	return out, nil
}

// page reports whether an address is of the provider's declared pages.
func (g *GovPay) page(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) < 1000 && u.Scheme == g.pages.Scheme && u.Host == g.pages.Host && u.User == nil && !strings.ContainsAny(address, " \"'<>\\")
}

// statusError is an answer that is no success.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the provider answers %d", int(s)) }

// call asks the provider. What goes wrong on the way is not repeated: it may
// hold an address with a secret in it.
func (g *GovPay) call(ctx context.Context, method, path, key string, send, receive any) error {
	var body io.Reader
	if send != nil {
		b, err := json.Marshal(send)
		if err != nil {
			return fmt.Errorf("write to the provider: %w", err)
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, g.c.URL+"/v1/payments"+path, body)
	if err != nil {
		return errors.New("the provider's address is none")
	}
	r.Header.Set("Authorization", "Bearer "+g.c.Token)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Portico")
	if send != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := g.client.Do(r)
	if err != nil {
		return errors.New("the provider does not answer")
	}
	defer resp.Body.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerMax+1))
	switch {
	case err != nil:
		return errors.New("the provider's answer breaks off")
	case len(b) > answerMax:
		return errors.New("the provider's answer is too long")
	case resp.StatusCode == http.StatusNotFound:
		return ErrUnknown
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return statusError(resp.StatusCode)
	case receive == nil:
		return nil
	}
	if json.Unmarshal(b, receive) != nil {
		return errors.New("the provider's answer cannot be read")
	}
	return nil
}
