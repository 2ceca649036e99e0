package web

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificate writes a self-signed certificate for localhost with the
// serial number n and returns its files.
func writeCertificate(t *testing.T, dir string, n int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(n),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		NotBefore:    day.AddDate(-10, 0, 0),
		NotAfter:     day.AddDate(50, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		// Two files written within the clock's grain still differ in time.
		at := day.Add(time.Duration(n) * time.Second)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// start serves until the test ends.
func start(t *testing.T, s *Server) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestO9_PlainHTTPListensOnLoopbackOnly(t *testing.T) {
	cert, key := writeCertificate(t, t.TempDir(), 1)
	proxy := &Proxy{Listen: "127.0.0.1:0", Authority: cert}
	for _, tc := range []struct {
		name string
		cfg  ServerConfig
		want string // of the error; empty: allowed
	}{
		{"loopback", ServerConfig{Listen: "127.0.0.1:0"}, ""},
		{"localhost", ServerConfig{Listen: "localhost:0"}, ""},
		{"everywhere", ServerConfig{Listen: "0.0.0.0:0"}, "plain HTTP"},
		{"everywhere, unsaid", ServerConfig{Listen: ":0"}, "plain HTTP"},
		{"everywhere with TLS", ServerConfig{Listen: "0.0.0.0:0", Cert: cert, Key: key}, ""},
		{"everywhere behind a proxy, in clear", ServerConfig{Listen: "0.0.0.0:0", Proxy: proxy}, "plain HTTP"},
		{"a proxy in clear", ServerConfig{Listen: "127.0.0.1:0", Proxy: proxy}, "the proxy's listener speaks TLS"},
		{"a proxy that anybody could be", ServerConfig{Listen: "127.0.0.1:0", Cert: cert, Key: key, Proxy: &Proxy{Listen: "127.0.0.1:0", Authority: key}}, "no certificate in"},
		{"a proxy", ServerConfig{Listen: "127.0.0.1:0", Cert: cert, Key: key, Proxy: proxy}, ""},
		{"a demo everywhere", ServerConfig{Listen: "0.0.0.0:0", Cert: cert, Key: key, Demo: true}, "a demo"},
		{"metrics everywhere", ServerConfig{Listen: "127.0.0.1:0", Metrics: "0.0.0.0:0"}, "plain HTTP"},
		{"half of TLS", ServerConfig{Listen: "127.0.0.1:0", Cert: cert}, "one of them is missing"},
		{"no such certificate", ServerConfig{Listen: "127.0.0.1:0", Cert: cert + "x", Key: key}, "certificate"},
		{"no address", ServerConfig{Listen: "nonsense"}, "listen on"},
	} {
		s, err := Listen(tc.cfg)
		if err == nil {
			_ = s.Close()
		}
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestO9_TLSIsAtLeast13AndTheCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := writeCertificate(t, dir, 1)
	s, err := Listen(ServerConfig{Listen: "127.0.0.1:0", Cert: cert, Key: key, Handler: mounted(t, nil), Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if !strings.HasPrefix(s.URL(), "https://localhost:") {
		t.Errorf("URL %s", s.URL())
	}
	serial := func(maxVersion uint16) (int64, error) {
		c, err := tls.Dial("tcp", s.Addr(), &tls.Config{InsecureSkipVerify: true, MaxVersion: maxVersion, MinVersion: tls.VersionTLS12})
		if err != nil {
			return 0, err
		}
		defer func() { _ = c.Close() }()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	if _, err := serial(tls.VersionTLS12); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	if n, err := serial(tls.VersionTLS13); err != nil || n != 1 {
		t.Fatalf("certificate %d: %v", n, err)
	}
	writeCertificate(t, dir, 2)
	if changed, err := s.cert.reload(); !changed || err != nil {
		t.Fatalf("reload: %v, %v", changed, err)
	}
	if n, err := serial(tls.VersionTLS13); err != nil || n != 2 {
		t.Errorf("certificate %d: %v", n, err)
	}
	if changed, err := s.cert.reload(); changed || err != nil {
		t.Errorf("an unchanged certificate: %v, %v", changed, err)
	}
	if err := os.WriteFile(key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.cert.reload(); err == nil {
		t.Error("a broken key was taken")
	}
	if n, err := serial(tls.VersionTLS13); err != nil || n != 2 {
		t.Errorf("after a broken key: certificate %d: %v", n, err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Get(s.URL() + "/en/open")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("status %d, HSTS %q", res.StatusCode, res.Header.Get("Strict-Transport-Security"))
	}
}

func TestRequestsThatHaveBegunAreFinished(t *testing.T) {
	r := newRouter(t, nil)
	begun, finish := make(chan struct{}), make(chan struct{})
	r.Handle(Route{Method: "GET", Path: "/slow", Activity: "public", Handler: func(q *Req) error {
		close(begun)
		<-finish
		return ok(q)
	}})
	s, err := Listen(ServerConfig{Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", Handler: r, Measures: r.MetricsHandler(), Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	client := &http.Client{}
	type result struct {
		status int
		err    error
	}
	answered := make(chan result, 1)
	go func() {
		res, err := client.Get("http://" + s.Addr() + "/en/slow")
		if err != nil {
			answered <- result{err: err}
			return
		}
		answered <- result{res.StatusCode, res.Body.Close()}
	}()
	<-begun
	stop()
	// New connections are refused once the shutdown has begun.
	for {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(finish)
	if got := <-answered; got.status != 200 || got.err != nil {
		t.Errorf("%+v", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestComplaintsOfTheServerNameNobody(t *testing.T) {
	var out bytes.Buffer
	w := quiet{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, s := range []string{"http: TLS handshake error from 203.0.113.9:55: EOF\n", "http: superfluous call by /home/aminath/x.go 203.0.113.9 and much more than sixty characters"} {
		_, _ = w.Write([]byte(s))
	}
	if strings.Contains(out.String(), "203.0.113") || strings.Count(out.String(), "\n") != 2 {
		t.Error(out.String())
	}
}

func TestTheProxyIsBelievedByItsCertificateOnItsOwnListener(t *testing.T) {
	cert, key := writeCertificate(t, t.TempDir(), 1)
	proxyCert, proxyKey := writeCertificate(t, t.TempDir(), 2)
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/whence", Activity: "public", Handler: func(q *Req) error {
		return q.Bytes(200, "text/plain", []byte(q.Network()))
	}})
	s, err := Listen(ServerConfig{
		Listen: "127.0.0.1:0", Cert: cert, Key: key, Handler: r, Log: discard(),
		Proxy: &Proxy{Listen: "127.0.0.1:0", Authority: proxyCert},
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, s)
	ask := func(address string, shown ...tls.Certificate) (string, error) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: shown}}}
		defer client.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/en/whence", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "203.0.113.9")
		req.Header.Set("X-Forwarded-Proto", "https")
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	}
	of := func(certFile, keyFile string) tls.Certificate {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	forwarded, direct := r.network(netip.MustParseAddr("203.0.113.9")), r.network(netip.MustParseAddr("127.0.0.1"))
	if got, err := ask(s.proxied.Addr().String(), of(proxyCert, proxyKey)); err != nil || got != forwarded {
		t.Errorf("the proxy's word is %q (%v), want %q", got, err, forwarded)
	}
	if got, err := ask(s.Addr(), of(proxyCert, proxyKey)); err != nil || got != direct {
		t.Errorf("on the other listener its word is %q (%v), want %q", got, err, direct)
	}
	for name, shown := range map[string][]tls.Certificate{"no certificate": nil, "a certificate of somebody else": {of(cert, key)}} {
		if got, err := ask(s.proxied.Addr().String(), shown...); err == nil {
			t.Errorf("with %s the proxy's listener answers %q", name, got)
		}
	}
}
