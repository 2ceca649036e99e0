package login

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portico/internal/platform/clock"
	"portico/internal/platform/outbound"
)

const (
	answerMax  = 256 << 10       // bytes of an answer that are read
	knownFor   = time.Hour       // what the login says of itself
	clockApart = 2 * time.Minute // how far its clock may be from ours
)

// ProviderConfig is what the environment says of the login.
type ProviderConfig struct {
	Issuer  string
	Client  string
	Secret  string
	Plain   bool // allows http, to loopback: a demo
	Timeout time.Duration
	Clock   clock.Clock
}

// Provider speaks OpenID Connect with the login. It is safe for concurrent use.
type Provider struct {
	c      ProviderConfig
	client *http.Client

	mu    sync.Mutex
	known *oidc.Provider
	until time.Time
}

// NewProvider checks the declaration. It connects to nothing.
func NewProvider(c ProviderConfig) (*Provider, error) {
	client, _, err := outbound.New(outbound.Config{URL: c.Issuer, Plain: c.Plain, Timeout: c.Timeout})
	if err != nil {
		return nil, fmt.Errorf("login: issuer: %w", err)
	}
	if c.Client == "" || c.Secret == "" {
		return nil, errors.New("login: the client or its secret is missing")
	}
	client.Transport = bounded{client.Transport}
	return &Provider{c: c, client: client}, nil
}

// bounded reads answers to answerMax and no further.
type bounded struct{ next http.RoundTripper }

// RoundTrip answers for http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, answerMax), resp.Body}
	}
	return resp, err
}

// What goes wrong with the login. What it wrote is not repeated: it may hold a
// secret or a datum.
var (
	errDown    = failure{whyDown}
	errRefused = failure{whyRefused}
)

// here reports whether an address is at the issuer's own host.
func (p *Provider) here(address string) bool {
	own, err := url.Parse(p.c.Issuer)
	at, also := url.Parse(address)
	return err == nil && also == nil && at.Scheme == own.Scheme && at.Host == own.Host && at.User == nil
}

// discovered is what the login says of itself. All of it must be at its own
// host: what it says later comes from nowhere else.
func (p *Provider) discovered(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.c.Clock.Now(); p.known != nil && now.Before(p.until) {
		return p.known, nil
	}
	known, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.c.Issuer)
	if err != nil && strings.Contains(err.Error(), "did not match") {
		return nil, errRefused // it says that it is somebody else
	}
	if err != nil {
		return nil, errDown
	}
	var also struct {
		Keys string `json:"jwks_uri"`
	}
	if err := known.Claims(&also); err != nil {
		return nil, errRefused
	}
	for _, address := range []string{known.Endpoint().AuthURL, known.Endpoint().TokenURL, also.Keys} {
		if !p.here(address) {
			return nil, errRefused
		}
	}
	if about := known.UserInfoEndpoint(); about != "" && !p.here(about) {
		return nil, errRefused
	}
	p.known, p.until = known, p.c.Clock.Now().Add(knownFor)
	return known, nil
}

func (p *Provider) flow(known *oidc.Provider, t trip) *oauth2.Config {
	at := known.Endpoint()
	at.AuthStyle = oauth2.AuthStyleInHeader // a code is tried once
	return &oauth2.Config{
		ClientID: p.c.Client, ClientSecret: p.c.Secret, Endpoint: at, RedirectURL: t.Back,
		Scopes: append([]string{oidc.ScopeOpenID}, t.Scopes...),
	}
}

// trip is one way to the login and back.
type trip struct {
	State, Nonce, Verifier string
	Back                   string // the address that it leads back to
	Lang                   string
	Scopes                 []string // besides openid
	Fresh                  bool     // the person proves anew who they are
}

// leave is the address at which somebody signs in.
func (p *Provider) leave(ctx context.Context, t trip) (string, error) {
	known, err := p.discovered(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{
		oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier), oauth2.SetAuthURLParam("ui_locales", t.Lang),
	}
	if t.Fresh {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return p.flow(known, t).AuthCodeURL(t.State, options...), nil
}

// redeem gives the code back for what the login says of the person: their
// identifier, and the claims by name. Begun is when they left.
func (p *Provider) redeem(ctx context.Context, code string, t trip, begun time.Time, wanted []string) (identifier string, claims map[string]any, err error) {
	known, err := p.discovered(ctx)
	if err != nil {
		return "", nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.flow(known, t).Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return "", nil, blame(err)
	}
	raw, _ := token.Extra("id_token").(string)
	now := p.c.Clock.Now
	id, err := known.Verifier(&oidc.Config{
		ClientID: p.c.Client, SupportedSigningAlgs: []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.EdDSA}, Now: now,
	}).Verify(ctx, raw)
	if err != nil {
		return "", nil, blame(err)
	}
	if err := id.Claims(&claims); err != nil {
		return "", nil, errRefused
	}
	party, _ := claims["azp"].(string)
	switch {
	case id.Subject == "" || len(id.Subject) > 255:
		return "", nil, errRefused
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1:
		return "", nil, errRefused
	case len(id.Audience) > 1 && party != p.c.Client, party != "" && party != p.c.Client:
		return "", nil, errRefused
	case id.IssuedAt.After(now().Add(clockApart)):
		return "", nil, errRefused
	}
	if at, _ := claims["auth_time"].(float64); t.Fresh && time.Unix(int64(at), 0).Before(begun.Add(-clockApart)) {
		return "", nil, errRefused // it did not ask anew
	}
	if known.UserInfoEndpoint() == "" || !slices.ContainsFunc(wanted, func(claim string) bool { return claims[claim] == nil }) {
		return id.Subject, claims, nil
	}
	about, err := known.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return "", nil, blame(err)
	}
	var more map[string]any
	if about.Subject != id.Subject || about.Claims(&more) != nil {
		return "", nil, errRefused
	}
	for name, value := range more {
		if _, has := claims[name]; !has {
			claims[name] = value
		}
	}
	return id.Subject, claims, nil
}

// blame tells whether the login did not answer, or answered what cannot be
// believed.
func blame(err error) error {
	var lost *url.Error
	var answered *oauth2.RetrieveError
	var broken *json.SyntaxError
	switch {
	case errors.As(err, &answered) && answered.Response != nil && answered.Response.StatusCode >= 500:
		return errDown
	case errors.As(err, &answered), errors.As(err, &broken):
		return errRefused
	case errors.As(err, &lost), errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "fetching keys"):
		return errDown
	}
	return errRefused
}
