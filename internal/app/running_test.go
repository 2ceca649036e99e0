package app_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// folders are fresh ones for a store.
func folders(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	return []string{"--data", filepath.Join(dir, "data"), "--keys", filepath.Join(dir, "keys")}
}

// TestARequestUnderWayIsFinishedBeforeTheEnd asks the program to end in the
// middle of a form: it takes no new connection, answers this one, and ends well.
func TestARequestUnderWayIsFinishedBeforeTheEnd(t *testing.T) {
	p := testkit.Serve(t, append([]string{filepath.Join(testkit.Root(), "instances", "onegov"), "--demo"}, folders(t)...)...)
	p.Person("permit-officer") // it has begun whole
	at, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := url.Values{"contact": {"late@demo.example"}}.Encode()
	if _, err := fmt.Fprintf(conn, "POST /en/register HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Sec-Fetch-Site: same-origin\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", at.Host, len(body)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the handler does not wait for the form: %q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; {
		another, err := net.DialTimeout("tcp", at.Host, time.Second)
		if err != nil {
			break
		}
		_ = another.Close()
		if time.Now().After(end) {
			t.Fatal("it still takes connections")
		}
	}
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the request under way was not answered: %v", err)
	}
	_ = resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || to != "/en/register/code" {
		t.Errorf("it was answered with %d, %q", resp.StatusCode, to)
	}
	_ = conn.Close()
	if said := p.Log(); strings.Contains(said, `"level":"ERROR"`) || strings.Contains(said, "portico: ") {
		t.Errorf("it did not end well:\n%s", said)
	}
}

// health is what an address answers as JSON.
func health(t *testing.T, b *testkit.Browser, path string) (int, map[string]any) {
	t.Helper()
	resp := b.Get(path)
	var v map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return resp.StatusCode, v
}

func TestReadinessFollowsTheDatabaseAndHealthDoesNot(t *testing.T) {
	address := testkit.Address(t, db.Postgres)
	p := testkit.Serve(t, append([]string{filepath.Join(testkit.Root(), "instances", "onegov"), "--demo", "--database", address}, folders(t)...)...)
	p.Person("permit-officer")
	b := p.Browse()
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, v := health(t, b, path); status != http.StatusOK {
			t.Errorf("%s answers %d: %v", path, status, v)
		} else if checks, _ := v["checks"].(map[string]any); path == "/readyz" && (checks["store"] != "ok" || checks["log"] != "ok" || checks["jobs"] != "ok") {
			t.Errorf("/readyz examined %v", checks)
		}
	}
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(at.Path, "/")
	server, err := db.Open(t.Context(), os.Getenv(testkit.Variable))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	open := func(yes bool) {
		t.Helper()
		if err := server.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(fmt.Sprintf("ALTER DATABASE %s WITH ALLOW_CONNECTIONS %t", name, yes))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	open(false)
	if err := server.View(t.Context(), func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error { var gone bool; return r.Scan(&gone) },
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
	}); err != nil {
		t.Fatal(err)
	}
	status, v := health(t, b, "/readyz")
	if checks, _ := v["checks"].(map[string]any); status != http.StatusServiceUnavailable || checks["store"] != "failing" {
		t.Errorf("without a database /readyz answers %d: %v", status, v)
	}
	if status, v := health(t, b, "/healthz"); status != http.StatusOK {
		t.Errorf("without a database /healthz answers %d: %v", status, v)
	}
	open(true)
	for end := time.Now().Add(20 * time.Second); ; {
		if status, v = health(t, b, "/readyz"); status == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("with the database back /readyz answers %d: %v", status, v)
		}
	}
}

func TestMetricsAreOnTheirOwnListenerOnly(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	p := testkit.Serve(t, append([]string{filepath.Join(testkit.Root(), "instances", "onegov"), "--demo", "--metrics", address}, folders(t)...)...)
	b, metrics := p.Browse(), testkit.BrowseURL(t, "http://"+address)
	b.Page("/en/", http.StatusOK)
	b.Get("/en/qzxpathqv?q=qzxqueryqv")
	if resp := b.Get("/metrics"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the portal's /metrics answers %d", resp.StatusCode)
	}
	resp := metrics.Get("/metrics")
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(text), `portico_http_requests_total{class="2xx",method="GET",route="/"}`) {
		t.Errorf("the metrics are (%v): %s", err, text)
	}
	if strings.Contains(string(text), "qzx") {
		t.Error("an address stands in the metrics")
	}
	if resp := metrics.Get("/en/"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the metrics' listener serves the portal: %d", resp.StatusCode)
	}
}

// certificate makes one for localhost, in two files.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, cert, string(public))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return cert, key, pool
}

// TestO9_TLSIs13WithHSTSAndBoundCookies serves with certificate files.
func TestO9_TLSIs13WithHSTSAndBoundCookies(t *testing.T) {
	cert, key, pool := certificate(t)
	dir, sms := onegov(t), texting(t)
	write(t, filepath.Join(dir, "environment.yaml"), sms.environment(t)+"tls: {certificate: \"file:"+cert+"\", key: \"file:"+key+"\"}\n")
	p := testkit.Serve(t, append([]string{dir, "--listen", "0.0.0.0:0"}, folders(t)...)...)
	if !strings.HasPrefix(p.URL, "https://") {
		t.Fatalf("it serves %s", p.URL)
	}
	at, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	old := tls.Dialer{Config: &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS12}}
	if conn, err := old.DialContext(t.Context(), "tcp", at.Host); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.2 is spoken")
	}
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	ask := func(method, path string, form url.Values) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	resp := ask(http.MethodGet, "/en/", nil)
	if resp.StatusCode != http.StatusOK || resp.TLS.Version != tls.VersionTLS13 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d over %s with HSTS %q", resp.StatusCode, tls.VersionName(resp.TLS.Version), resp.Header.Get("Strict-Transport-Security"))
	}
	resp = ask(http.MethodPost, "/en/register", url.Values{"contact": {"+9607771234"}})
	set := resp.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-session=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("the session's cookie is %q, without %s", set, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.Host+"/en/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.Do(r); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("plain HTTP is answered with %d", resp.StatusCode)
		}
	}
}

func TestThePortalListensWhereTheEnvironmentSays(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	dir := onegov(t)
	name := filepath.Join(dir, "environment.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, strings.Replace(string(text), "listen: 127.0.0.1:8080", "listen: "+address, 1))
	p := testkit.Serve(t, append([]string{dir, "--demo", "--listen="}, folders(t)...)...)
	at, err := url.Parse(p.URL)
	if _, port, _ := net.SplitHostPort(address); err != nil || at.Port() != port {
		t.Errorf("it listens at %s, not %s", p.URL, address)
	}
}
