package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// ServerConfig says where and how to serve.
type ServerConfig struct {
	Listen   string // such as 127.0.0.1:8080; port 0 takes a free one
	Metrics  string // address of the metrics' own listener; empty: none
	Cert     string // PEM file of the certificate chain; empty: plain HTTP
	Key      string // PEM file of its private key
	Proxy    *Proxy // the declared proxy, if there is one
	Demo     bool   // a demo listens on loopback only
	Handler  http.Handler
	Measures http.Handler // answers on the metrics' listener
	Log      *slog.Logger
}

// Proxy is a reverse proxy that ends TLS for browsers. Its word about them is
// believed on a listener of its own, where it shows its certificate.
type Proxy struct {
	Listen    string // host:port, only for the proxy; needs Cert and Key
	Authority string // PEM file of the authority that signed the proxy's certificate
}

// Times and sizes that bound what a client can hold on to.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	graceTimeout  = 15 * time.Second
	maxHeader     = 32 << 10
	certInterval  = 10 * time.Second
)

// Server serves the portal, and the metrics beside it.
type Server struct {
	cfg     ServerConfig
	cert    *certificate // nil: plain HTTP
	ln      net.Listener
	proxied net.Listener // nil: none
	metrics net.Listener // nil: none
}

// Check refuses an address on which the portal may not speak with whoever can
// reach it. It opens nothing.
func (c *ServerConfig) Check() error {
	addrs := []string{c.Listen}
	if c.Proxy != nil {
		addrs = append(addrs, c.Proxy.Listen)
	}
	if c.Metrics != "" {
		addrs = append(addrs, c.Metrics)
	}
	for _, addr := range addrs {
		if _, err := c.resolve(addr); err != nil {
			return err
		}
	}
	return nil
}

func (c *ServerConfig) resolve(addr string) (*net.TCPAddr, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	switch {
	case err != nil:
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	case tcp.IP.IsLoopback():
		return tcp, nil
	case c.Demo:
		return nil, fmt.Errorf("listen on %s: a demo is for this machine only: use 127.0.0.1", addr)
	case c.Cert == "":
		return nil, fmt.Errorf("listen on %s: plain HTTP is served on loopback only: give a certificate", addr)
	}
	return tcp, nil
}

// Listen checks the configuration and opens the listeners; nothing is served
// before Serve.
func Listen(cfg ServerConfig) (*Server, error) {
	s := &Server{cfg: cfg}
	if (cfg.Cert == "") != (cfg.Key == "") {
		return nil, errors.New("TLS needs a certificate and a key: one of them is missing")
	}
	if cfg.Cert != "" {
		s.cert = &certificate{certFile: cfg.Cert, keyFile: cfg.Key}
		if _, err := s.cert.reload(); err != nil {
			return nil, err
		}
	}
	if err := s.openAll(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) openAll() (err error) {
	if s.ln, err = s.open(s.cfg.Listen, nil); err != nil {
		return err
	}
	if p := s.cfg.Proxy; p != nil {
		signed, err := authority(p.Authority)
		if err != nil {
			return err
		}
		if s.cert == nil {
			return errors.New("the proxy's listener speaks TLS: give a certificate and a key")
		}
		if s.proxied, err = s.open(p.Listen, signed); err != nil {
			return err
		}
	}
	if s.cfg.Metrics != "" {
		s.metrics, err = s.open(s.cfg.Metrics, nil)
	}
	return err
}

// Close closes listeners that are not served.
func (s *Server) Close() (err error) {
	for _, ln := range []net.Listener{s.ln, s.proxied, s.metrics} {
		if ln != nil {
			err = errors.Join(err, ln.Close())
		}
	}
	return err
}

// authority reads who signs the proxy's certificate.
func authority(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the operator's own declaration names it
	if err != nil {
		return nil, fmt.Errorf("the proxy's authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the proxy's authority: no certificate in %s", file)
	}
	return pool, nil
}

// open opens one listener if it may speak with whoever can reach it. With
// signed, it speaks with nobody who shows no certificate of that authority.
func (s *Server) open(addr string, signed *x509.CertPool) (net.Listener, error) {
	tcp, err := s.cfg.resolve(addr)
	if err != nil {
		return nil, err
	}
	ln, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if s.cert == nil {
		return ln, nil
	}
	c := &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: s.cert.get,
	}
	if signed != nil {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, signed
	}
	return tls.NewListener(ln, c), nil
}

// Addr returns the address that the portal is served on.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// URL returns the address to open in a browser on this machine.
func (s *Server) URL() string {
	scheme := "http"
	if s.cert != nil {
		scheme = "https"
	}
	_, port, _ := net.SplitHostPort(s.Addr())
	return scheme + "://localhost:" + port
}

// Serve answers requests until ctx ends, then finishes those that have begun.
func (s *Server) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	servers := []*http.Server{s.server(s.cfg.Handler)}
	listeners := []net.Listener{s.ln}
	if s.proxied != nil {
		srv := s.server(s.cfg.Handler)
		srv.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { return byProxy(ctx) }
		servers, listeners = append(servers, srv), append(listeners, s.proxied)
	}
	if s.metrics != nil {
		servers = append(servers, s.server(s.cfg.Measures))
		listeners = append(listeners, s.metrics)
	}
	if s.cert != nil {
		go s.cert.watch(ctx, s.cfg.Log)
	}
	failed := make(chan error, len(servers))
	for i, srv := range servers {
		go func() { failed <- srv.Serve(listeners[i]) }()
	}
	var errs []error
	select {
	case <-ctx.Done():
	case err := <-failed:
		errs = append(errs, fmt.Errorf("serve: %w", err))
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTimeout)
	defer cancel()
	for _, srv := range servers {
		if err := srv.Shutdown(grace); err != nil {
			errs = append(errs, fmt.Errorf("shut down: %w", err), srv.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Server) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(quiet{s.cfg.Log}, "", 0),
	}
}

// quiet logs what net/http complains about without the addresses it names.
type quiet struct{ log *slog.Logger }

func (q quiet) Write(b []byte) (int, error) {
	what, _, _ := strings.Cut(string(b), " from ")
	if len(what) > 60 || strings.ContainsAny(what, "\n") {
		what = "http: connection error"
	}
	q.log.Debug("connection", "what", what)
	return len(b), nil
}

// certificate is a certificate that is read again when its files change.
type certificate struct {
	certFile, keyFile string
	seen              string // size and time of both files
	current           atomic.Pointer[tls.Certificate]
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// reload reads the files if they changed since the last time and reports
// whether they did. A pair that does not fit leaves the old one in use.
func (c *certificate) reload() (changed bool, err error) {
	var seen string
	for _, name := range []string{c.certFile, c.keyFile} {
		st, err := os.Stat(name)
		if err != nil {
			return false, fmt.Errorf("certificate: %w", err)
		}
		seen += fmt.Sprint(st.Size(), st.ModTime().UnixNano(), " ")
	}
	if seen == c.seen {
		return false, nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return false, fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current.Store(&pair)
	c.seen = seen
	return true, nil
}

// watch looks for a new certificate until ctx ends.
func (c *certificate) watch(ctx context.Context, log *slog.Logger) {
	t := time.NewTicker(certInterval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		switch changed, err := c.reload(); {
		case err != nil:
			log.Error("the new certificate cannot be used, the old one stays", "error", err)
		case changed:
			log.Info("certificate reloaded")
		}
	}
}
