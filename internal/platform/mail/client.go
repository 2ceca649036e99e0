package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const answerMax = 64 << 10 // bytes of a provider's answer that are read

// SMSConfig is what the instance says about its text message provider: an
// address that takes POST with {"to": …, "text": …, "from": …} as JSON and a
// bearer token, and answers with a status of 2xx once it has taken it.
type SMSConfig struct {
	URL     string
	Token   string
	From    string         // the name shown as the sender
	Demo    bool           // allows http, to loopback
	Roots   *x509.CertPool // who may vouch for the provider; nil is the machine's list
	Timeout time.Duration  // of one message: 10 seconds
}

// SMS is a Texter by way of a provider's HTTP interface.
type SMS struct {
	c      SMSConfig
	host   string
	client *http.Client
}

// NewSMS checks the declaration. It connects to nothing.
func NewSMS(c SMSConfig) (*SMS, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("text messages: the address of the provider is none") // it may hold a secret
	}
	port := u.Port()
	switch {
	case u.Scheme == "https":
		if port == "" {
			port = "443"
		}
	case u.Scheme == "http" && c.Demo && loopback(u.Hostname()):
		if port == "" {
			port = "80"
		}
	default:
		return nil, errors.New("text messages: the address of the provider must begin with https://")
	}
	if c.From != "" && !line(c.From, 32) {
		return nil, errors.New("text messages: the name of the sender has more than 32 characters, or strange ones")
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	s := &SMS{c: c, host: net.JoinHostPort(u.Hostname(), port)}
	dialer := &net.Dialer{Timeout: c.Timeout}
	s.client = &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != s.host {
					return nil, errors.New("this is not the declared destination")
				}
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 16 << 10,
			MaxConnsPerHost:        8,
			IdleConnTimeout:        time.Minute,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
	}
	return s, nil
}

// Destination is the one HOST:PORT that this sender connects to.
func (s *SMS) Destination() string { return s.host }

// SendSMS hands a text message to the provider and returns once it was taken.
func (s *SMS) SendSMS(ctx context.Context, to, message string) error {
	if !ValidPhone(to) || !text(message, smsMax) {
		return ErrInvalid
	}
	body, err := json.Marshal(map[string]string{"to": to, "text": message, "from": s.c.From})
	if err != nil {
		return ErrInvalid
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.c.URL, bytes.NewReader(body))
	if err != nil {
		return ErrUnreachable
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Portico")
	if s.c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.c.Token)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return ErrUnreachable // what err says may hold the address with a secret in it
	}
	_, _ = io.CopyN(io.Discard, resp.Body, answerMax) // so that the connection can be used again
	_ = resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return ErrRefused.Because(fmt.Errorf("status %d", resp.StatusCode))
	}
	return nil
}
