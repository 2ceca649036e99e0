package demo

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
)

const (
	codeLives  = time.Minute
	tokenLives = 5 * time.Minute
	codesMax   = 10_000 // that wait at once
)

// Login is a national login where everybody is who they say they are. It speaks
// OpenID Connect, and gives wrong answers to whoever asks for them.
type Login struct {
	clock     clock.Clock
	words     *i18n.Catalogue
	key       *ecdsa.PrivateKey
	client    string
	everybody []Known
	secret    string
	listener  net.Listener
	server    *http.Server
	done      sync.WaitGroup

	mu     sync.Mutex
	back   string           // the one address that it leads back to
	codes  map[string]grant // that were not used yet
	tokens map[string]grant // that open what there is to know
}

// grant is what somebody allowed.
type grant struct {
	person                              Known
	nonce, challenge, redirect, lie, id string
	at                                  time.Time
}

// lies are the wrong answers that it gives.
func lies() []string {
	return []string{"nonce", "audience", "issuer", "expired", "unsigned", "key", "subject", "unconfirmed", "broken"}
}

// Known is somebody whom the login knows.
type Known struct{ Name, BirthDate, IdentityNumber, Email string }

// TakeLogins starts the login of these people on a free port of this machine.
func TakeLogins(c clock.Clock, client string, everybody []Known) (l *Login, err error) {
	words, err := i18n.Load(Locales())
	if err != nil {
		return nil, fmt.Errorf("load the sentences of the demo's login: %w", err)
	}
	l = &Login{clock: c, words: words, client: client, everybody: everybody, secret: rand.Text(), codes: map[string]grant{}, tokens: map[string]grant{}}
	if l.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("make a key for the demo's login: %w", err)
	}
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for the demo's login: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", l.about)
	mux.HandleFunc("GET /keys", l.keys)
	mux.HandleFunc("GET /authorize", l.page)
	mux.HandleFunc("POST /authorize", l.chosen)
	mux.HandleFunc("POST /token", l.token)
	mux.HandleFunc("GET /userinfo", l.userinfo)
	mux.HandleFunc("GET /pay.css", styles)
	mux.HandleFunc("GET /thaana.woff2", letters)
	l.server = &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	l.done.Go(func() { _ = l.server.Serve(l.listener) })
	return l, nil
}

// Close stops the login.
func (l *Login) Close() error {
	ending, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	err := l.server.Shutdown(ending)
	_ = l.listener.Close() // a server that had not begun does not know its listener
	l.done.Wait()
	return err
}

// Issuer is where the login is, Secret what proves the portal to it.
func (l *Login) Issuer() string { return "http://" + l.listener.Addr().String() }

// Secret proves the portal to it.
func (l *Login) Secret() string { return l.secret }

// Leads says to which address it leads back.
func (l *Login) Leads(back string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.back = back
}

func (l *Login) about(w http.ResponseWriter, _ *http.Request) {
	at := l.Issuer()
	answer(w, http.StatusOK, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "userinfo_endpoint": at + "/userinfo",
		"jwks_uri": at + "/keys", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"}, "code_challenge_methods_supported": []string{"S256"},
		"scopes_supported": []string{"openid", "profile", "email"}, "authorization_response_iss_parameter_supported": true,
	})
}

func (l *Login) keys(w http.ResponseWriter, _ *http.Request) {
	public, err := l.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		http.Error(w, "the key is none", http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": b64(public[1:33]), "y": b64(public[33:]),
	}}})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// asked is what a portal asks for; nil if it is not as it should be: then
// nobody is led anywhere.
func (l *Login) asked(r *http.Request) url.Values {
	v := r.URL.Query()
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.Get("client_id") != l.client || l.back == "" || v.Get("redirect_uri") != l.back || v.Get("response_type") != "code" || v.Get("state") == "" ||
		v.Get("nonce") == "" || v.Get("code_challenge") == "" || v.Get("code_challenge_method") != "S256" || !slices.Contains(strings.Fields(v.Get("scope")), "openid") {
		return nil
	}
	return v
}

// chosen leads back as whoever was chosen, or with an error.
func (l *Login) chosen(w http.ResponseWriter, r *http.Request) {
	v := l.asked(r)
	if v == nil {
		http.Error(w, "this portal is not known here, or asks in another way", http.StatusBadRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, messageMax)
	back := url.Values{"state": {v.Get("state")}, "iss": {l.Issuer()}}
	if r.PostFormValue("as") == "" {
		back.Set("error", "access_denied")
	} else {
		all := l.everybody
		i := slices.IndexFunc(all, func(p Known) bool { return p.Email == r.PostFormValue("as") })
		if i < 0 {
			http.Error(w, "nobody is called so", http.StatusUnprocessableEntity)
			return
		}
		code := rand.Text()
		l.mu.Lock()
		if len(l.codes) >= codesMax {
			clear(l.codes)
		}
		l.codes[code] = grant{
			person: all[i], nonce: v.Get("nonce"), challenge: v.Get("code_challenge"), redirect: v.Get("redirect_uri"),
			lie: r.PostFormValue("lie"), id: "demo|" + all[i].IdentityNumber, at: l.clock.Now(),
		}
		l.mu.Unlock()
		back.Set("code", code)
	}
	http.Redirect(w, r, v.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

// token gives an ID token for a code, once, to the portal alone.
func (l *Login) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, messageMax)
	client, secret, _ := r.BasicAuth()
	if client != url.QueryEscape(l.client) || subtle.ConstantTimeCompare([]byte(secret), []byte(url.QueryEscape(l.secret))) != 1 {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	l.mu.Lock()
	g, known := l.codes[r.PostFormValue("code")]
	delete(l.codes, r.PostFormValue("code"))
	l.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != g.redirect ||
		b64(sum[:]) != g.challenge || l.clock.Now().Sub(g.at) > codeLives {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	access := rand.Text()
	l.mu.Lock()
	if len(l.tokens) >= codesMax {
		clear(l.tokens)
	}
	l.tokens[access] = g
	l.mu.Unlock()
	if g.lie == "broken" {
		answer(w, http.StatusOK, "no object")
		return
	}
	id, err := l.idToken(g)
	if err != nil {
		http.Error(w, "the token cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLives.Seconds()), "id_token": id})
}

// idToken says who signed in, signed; or lies, as it was told to.
func (l *Login) idToken(g grant) (string, error) {
	now := l.clock.Now()
	header := map[string]any{"alg": "ES256", "kid": "1", "typ": "JWT"}
	claims := map[string]any{
		"iss": l.Issuer(), "sub": g.id, "aud": l.client, "nonce": g.nonce, "iat": now.Unix(), "auth_time": now.Unix(), "exp": now.Add(tokenLives).Unix(),
		"name": g.person.Name, "birthdate": g.person.BirthDate,
	}
	key := l.key
	switch g.lie {
	case "nonce":
		claims["nonce"] = rand.Text()
	case "audience":
		claims["aud"] = "another-portal"
	case "issuer":
		claims["iss"] = "https://login.example"
	case "expired":
		claims["exp"] = now.Add(-time.Hour).Unix()
	case "unsigned":
		header["alg"] = "none"
	case "key":
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return "", err
		}
	}
	var parts []string
	for _, part := range []any{header, claims} {
		b, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		parts = append(parts, b64(b))
	}
	text := strings.Join(parts, ".")
	if g.lie == "unsigned" {
		return text + ".", nil
	}
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + b64(signature), nil
}

// userinfo is the rest of what there is to know.
func (l *Login) userinfo(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	l.mu.Lock()
	g, known := l.tokens[token]
	l.mu.Unlock()
	if !known || l.clock.Now().Sub(g.at) > tokenLives {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	if g.lie == "subject" {
		g.id = "demo|somebody-else"
	}
	answer(w, http.StatusOK, map[string]any{
		"sub": g.id, "idnumber": g.person.IdentityNumber, "email": g.person.Email, "email_verified": g.lie != "unconfirmed",
	})
}
