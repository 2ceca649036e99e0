package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"portico/internal/platform/fault"
)

// peer is who speaks to us, as far as it can be believed.
type peer struct {
	addr   netip.Addr
	secure bool
}

type peerKey struct{}

// proxyKey marks the connections that came in by the proxy's listener.
type proxyKey struct{}

// byProxy marks a connection as the declared proxy's.
func byProxy(ctx context.Context) context.Context { return context.WithValue(ctx, proxyKey{}, true) }

func peerOf(r *http.Request) peer {
	p, _ := r.Context().Value(peerKey{}).(peer)
	return p
}

// forwarding lists the headers with which a proxy speaks for somebody else.
// A prefix ends with a dash.
var forwarding = []string{"Forwarded", "X-Forwarded-", "X-Real-Ip", "X-Client-", "X-Ssl-", "X-Road-", "X-Original-", "X-Rewrite-Url", "Client-Cert", "Via", "True-Client-Ip", "Cf-Connecting-Ip"}

// isForwarding reports whether a canonical header name is one of those.
func isForwarding(name string) bool {
	for _, f := range forwarding {
		if name == f || strings.HasSuffix(f, "-") && strings.HasPrefix(name, f) || strings.HasPrefix(name, f+"-") {
			return true
		}
	}
	return false
}

// admit decides whether to talk at all, and to whom: it removes forwarding
// headers, believing only those on the listener where the declared proxy has
// shown its certificate. Whoever is not on this machine needs TLS, up to the
// proxy too: in clear a password would travel, and come back as a cookie that
// travels so again. Only the proxy's own probes have nobody to protect. In a
// demo nothing but this machine is served, so that a demo never ends up on a
// network by accident.
func (r *Router) admit(req *http.Request) (peer, error) {
	ap, _ := netip.ParseAddrPort(req.RemoteAddr)
	p := peer{addr: ap.Addr().Unmap(), secure: req.TLS != nil}
	_, proxied := req.Context().Value(proxyKey{}).(bool)
	if proxied {
		p.secure = strings.EqualFold(last(req.Header.Values("X-Forwarded-Proto")), "https")
		if a, err := netip.ParseAddr(last(req.Header.Values("X-Forwarded-For"))); err == nil {
			p.addr = a.Unmap()
		}
	}
	forwarded := false
	for name := range req.Header {
		if isForwarding(name) {
			forwarded = true
			req.Header.Del(name)
		}
	}
	switch {
	case r.cfg.Demo && (forwarded || !loopbackHost(req.Host)):
		return p, fault.New(fault.Denied, codeDemo)
	case !p.secure && (proxied || !p.addr.IsLoopback()) && !(proxied && probe(req)):
		return p, fault.New(fault.Denied, codePlain)
	}
	return p, nil
}

// probe reports whether a request only asks how the program does.
func probe(req *http.Request) bool { return req.URL.Path == "/healthz" || req.URL.Path == "/readyz" }

// last returns the last element of a list header: what the nearest proxy
// added; all before it is hearsay.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	parts := strings.Split(values[len(values)-1], ",")
	return strings.TrimSpace(parts[len(parts)-1])
}

// loopbackHost reports whether a Host header names this machine.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// network names the network of an address by a keyed hash: an IPv4 address,
// or the /64 that an IPv6 host can choose addresses from.
func (r *Router) network(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	m := hmac.New(sha256.New, r.networkKey[:])
	m.Write(a.AsSlice())
	return hex.EncodeToString(m.Sum(nil)[:16])
}
