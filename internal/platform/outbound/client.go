// Package outbound makes the HTTP clients by which the portal reaches a
// provider that the instance declares. It knows no domain.
//
// It promises: one client connects to one HOST:PORT, by https (to this machine
// plain http may be allowed), through no proxy of the environment, follows no
// redirect, and waits no longer than it was told.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Config says where to, and how.
type Config struct {
	URL     string
	Plain   bool           // allows http, to loopback
	Roots   *x509.CertPool // who may vouch for the other side; nil is the machine's list
	Timeout time.Duration  // of one request: 10 seconds
	Conns   int            // at once: 8
}

// ErrAddress says that an address is not fit to connect to. It does not repeat
// it: it may hold a secret.
var ErrAddress = errors.New("the address must be https://HOST without a name or a fragment")

// New returns the client and the HOST:PORT that it connects to.
func New(c Config) (*http.Client, string, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, "", ErrAddress
	}
	port := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if port == "" || u.Scheme == "http" && !(c.Plain && loopback(u.Hostname())) {
		return nil, "", ErrAddress
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Conns == 0 {
		c.Conns = 8
	}
	host := net.JoinHostPort(u.Hostname(), port)
	dialer := &net.Dialer{Timeout: c.Timeout}
	return &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != host {
					return nil, errors.New("this is not the declared destination")
				}
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 16 << 10,
			MaxConnsPerHost:        c.Conns,
			MaxIdleConnsPerHost:    c.Conns,
			IdleConnTimeout:        time.Minute,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
	}, host, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
