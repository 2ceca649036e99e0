package instance

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"portico/internal/platform/strict"
)

// Environment is environment.yaml: what differs from place to place.
type Environment struct {
	Address      Origin                 `yaml:"address,omitempty" doc:"The portal's address as people see it."`
	Listen       string                 `yaml:"listen,omitempty" doc:"host:port; --listen wins."`
	Proxy        *Proxy                 `yaml:"proxy,omitempty"`
	TLS          *TLS                   `yaml:"tls,omitempty"`
	Mail         *Mail                  `yaml:"mail,omitempty" doc:"The connection named mail."`
	Inbound      *Inbound               `yaml:"inbound,omitempty" doc:"Where mails of people come in."`
	SMS          *SMS                   `yaml:"sms,omitempty" doc:"The connection named sms."`
	Payment      *Payment               `yaml:"payment,omitempty" doc:"The connection named payment: who takes the fees."`
	Login        *LoginAt               `yaml:"login,omitempty" doc:"The connection named login: a login of somebody else, which accounts.login of portico.yaml describes."`
	Scanner      *Scanner               `yaml:"scanner,omitempty" doc:"What looks for malware in uploaded files."`
	Destinations map[string]Destination `yaml:"destinations,omitempty" doc:"Further connections, by name."`
}

// Proxy is a reverse proxy whose word about addresses is believed: on a
// listener of its own, where it shows a certificate.
type Proxy struct {
	Listen    string `yaml:"listen" doc:"host:port, for the proxy only; it speaks the portal's TLS."`
	Authority Ref    `yaml:"authority" doc:"The authority that signed the proxy's certificate, PEM."`
}

// TLS is the server's certificate and key, both PEM.
type TLS struct {
	Certificate Ref `yaml:"certificate"`
	Key         Ref `yaml:"key"`
}

// Mail is an SMTP submission server with STARTTLS or TLS.
type Mail struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"`
	From     string `yaml:"from" doc:"The address that letters come from."`
	Username Ref    `yaml:"username,omitempty"`
	Password Ref    `yaml:"password,omitempty"`
}

// Inbound is where a mail server of the operator hands over what people write.
type Inbound struct {
	Listen   string       `yaml:"listen" doc:"host:port. Where other machines can connect, tls is needed."`
	Address  string       `yaml:"address" doc:"The address that people write to. Answers come in at it too, with a + and more before its @."`
	Protocol MailProtocol `yaml:"protocol,omitempty" doc:"lmtp if left out."`
	TLS      *TLS         `yaml:"tls,omitempty" doc:"Offered by STARTTLS."`
}

// MailProtocol is how a mail server hands a mail over.
type MailProtocol string

// The protocols. The empty one is LMTP.
const (
	LMTP MailProtocol = "lmtp"
	SMTP MailProtocol = "smtp"
)

// Values lists the protocols.
func (MailProtocol) Values() []string { return []string{string(LMTP), string(SMTP)} }

// SMS is a provider that takes messages as JSON over HTTP.
type SMS struct {
	URL   WebURL `yaml:"url"`
	From  string `yaml:"from" doc:"The sender that people see."`
	Token Ref    `yaml:"token,omitempty"`
}

// Payment is a provider that speaks the interface of GOV.UK Pay.
type Payment struct {
	URL      WebURL `yaml:"url" doc:"The address of its interface, before /v1/payments."`
	Pages    Origin `yaml:"pages" doc:"Where its pages are on which people pay: scheme and host."`
	Currency string `yaml:"currency" doc:"What the account is in; it must be the portal's currency."`
	Token    Ref    `yaml:"token"`
	Signing  Ref    `yaml:"signing-secret" doc:"What its messages are signed with; they go to /payments/notify."`
}

// LoginAt is where an OpenID Connect provider is, and as what it knows the
// portal. It leads back to ADDRESS/sign-in/back and to no other address.
type LoginAt struct {
	Issuer WebURL `yaml:"issuer" doc:"Exactly as it names itself; all its addresses must be at this host."`
	Client string `yaml:"client" doc:"What it calls this portal."`
	Secret Ref    `yaml:"secret"`
}

// Scanner is ClamAV's daemon, on this machine: files travel to it in clear.
type Scanner struct {
	Address ScannerAddress `yaml:"address" doc:"unix:/PATH or tcp:127.0.0.1:PORT"`
}

// ScannerAddress is where the daemon listens.
type ScannerAddress string

// Pattern is the form of the address.
func (ScannerAddress) Pattern() string {
	return `^(unix:/\S+|tcp:(127(\.\d{1,3}){3}|\[::1\]):\d{1,5})$`
}

// UnmarshalText checks the form.
func (v *ScannerAddress) UnmarshalText(b []byte) error {
	*v = ScannerAddress(b)
	return form(string(b), v.Pattern(), "unix:/PATH or tcp:127.0.0.1:PORT, on this machine: files travel to the scanner in clear")
}

// Destination is a further system that the portal connects to.
type Destination struct {
	URL   WebURL `yaml:"url"`
	Token Ref    `yaml:"token,omitempty"`
}

// Connections returns the names of all outgoing connections, sorted.
func (e *Environment) Connections() []string {
	names := slices.Collect(maps.Keys(e.Destinations))
	if e.Mail != nil {
		names = append(names, "mail")
	}
	if e.SMS != nil {
		names = append(names, "sms")
	}
	if e.Login != nil {
		names = append(names, "login")
	}
	if e.Payment != nil {
		names = append(names, "payment")
	}
	return slices.Sorted(slices.Values(names))
}

// Origin is scheme and host of the portal.
type Origin string

// Pattern is the form of an origin.
func (Origin) Pattern() string { return `^https://[a-z0-9.-]+(:\d{1,5})?$` }

// UnmarshalText checks the form.
func (v *Origin) UnmarshalText(b []byte) error {
	*v = Origin(b)
	return form(string(b), v.Pattern(), "an address such as https://one.gov.mv, without a path")
}

// Ref says where a secret is: file:PATH or env:NAME. The zero Ref is none.
// A secret itself never stands in a declaration, and a Ref prints only itself.
type Ref struct{ source string }

// Pattern is the form of a reference.
func (Ref) Pattern() string { return `^(file:\S+|env:[A-Z][A-Z0-9_]*)$` }

// UnmarshalText checks the form. It does not repeat what stands there: it may
// be the secret itself.
func (r *Ref) UnmarshalText(b []byte) error {
	if form(string(b), r.Pattern(), "") != nil {
		return errors.New("a secret is a reference: file:PATH or env:NAME")
	}
	r.source = string(b)
	return nil
}

// String returns the reference, never the secret.
func (r Ref) String() string { return r.source }

// File returns the path of a file reference, for what reloads a file itself.
func (r Ref) File() (string, bool) { return strings.CutPrefix(r.source, "file:") }

// Read returns what the reference leads to, without the line end behind it.
func (r Ref) Read() (string, error) {
	if name, ok := strings.CutPrefix(r.source, "env:"); ok {
		v, set := os.LookupEnv(name)
		if !set || v == "" {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return v, nil
	}
	path, ok := r.File()
	if !ok {
		return "", nil
	}
	f, err := os.Open(path) //nolint:gosec // the operator's own declaration names it
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, strict.MaxSize))
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
