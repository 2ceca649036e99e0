package mail_test

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/platform/mail"
)

// provider answers with handler over TLS; the SMS sender trusts it.
func provider(t *testing.T, handler http.HandlerFunc) (*mail.SMS, string) {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	out, err := mail.NewSMS(mail.SMSConfig{URL: s.URL + "/send", Token: "secret", From: "onegov", Roots: roots, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return out, s.URL
}

func TestATextMessageReachesTheProvider(t *testing.T) {
	var got map[string]string
	var header http.Header
	out, address := provider(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		if r.Method != http.MethodPost || r.URL.Path != "/send" {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	if err := out.SendSMS(t.Context(), "+9607771234", "ކޯޑު: 123456"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"to": "+9607771234", "text": "ކޯޑު: 123456", "from": "onegov"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if header.Get("Authorization") != "Bearer secret" || header.Get("Content-Type") != "application/json" {
		t.Errorf("the headers are %v", header)
	}
	if "https://"+out.Destination() != address {
		t.Errorf("the destination is %s, not %s", out.Destination(), address)
	}
}

func TestATextMessageIsToOneNumber(t *testing.T) {
	called := false
	out, _ := provider(t, func(http.ResponseWriter, *http.Request) { called = true })
	for _, to := range []string{"", "+", "7771234", "+0960777123", "+960 777 1234", "+9607771234,+9607771235", "+960777123456789012", "+960777123\n", "+٩٦٠٧٧٧١٢٣٤"} {
		if err := out.SendSMS(t.Context(), to, "x"); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%q: %v", to, err)
		}
	}
	for _, message := range []string{"", "a\x00b", "a\u202eb", "\xff", strings.Repeat("x", 481)} {
		if err := out.SendSMS(t.Context(), "+9607771234", message); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("the text %q: %v", message, err)
		}
	}
	if called {
		t.Error("the provider was asked")
	}
}

// TestO3TextMessagesGoToTheDeclaredDestinationOnly: neither a redirect nor the
// environment leads them elsewhere.
func TestO3TextMessagesGoToTheDeclaredDestinationOnly(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the message went elsewhere")
	}))
	t.Cleanup(elsewhere.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, elsewhere.URL)
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		out, _ := provider(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, status)
		})
		if err := out.SendSMS(t.Context(), "+9607771234", "x"); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("a redirect with %d: %v", status, err)
		}
	}
}

func TestAProvidersAnswerIsBoundedAndNotRepeated(t *testing.T) {
	sent := 0
	out, _ := provider(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for range 4096 { // four megabytes, unless the reader leaves
			n, err := io.WriteString(w, strings.Repeat("+9607771234 ", 85))
			if sent += n; err != nil {
				return
			}
		}
	})
	err := out.SendSMS(t.Context(), "+9607771234", "x")
	if !errors.Is(err, mail.ErrRefused) || strings.Contains(fmt.Sprint(err), "777") {
		t.Errorf("the error is %v", err)
	}
	slow, _ := provider(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done() // until the sender hangs up
	})
	config := mail.SMSConfig{URL: "https://" + slow.Destination(), Timeout: 50 * time.Millisecond}
	impatient, err := mail.NewSMS(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := impatient.SendSMS(t.Context(), "+9607771234", "x"); !errors.Is(err, mail.ErrUnreachable) {
		t.Errorf("a provider nobody vouches for: %v", err)
	}
}

func TestADeclarationOfAProviderIsChecked(t *testing.T) {
	for _, address := range []string{
		"", "sms.example.org", "http://sms.example.org/", "http://127.0.0.1:80/", "ftp://sms.example.org/",
		"https://user:secret@sms.example.org/", "https:///send", "https://sms.example.org/#x", "https://sms.example.org/%zz",
	} {
		_, err := mail.NewSMS(mail.SMSConfig{URL: address})
		if err == nil {
			t.Errorf("%q was accepted", address)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("the error repeats a secret: %v", err)
		}
	}
	for address, ok := range map[string]bool{
		"http://127.0.0.1:8025/sms": true, "http://[::1]:8025/": true, "http://10.0.0.1/": false, "http://sms.example.org/": false,
	} {
		if _, err := mail.NewSMS(mail.SMSConfig{URL: address, Demo: true}); (err == nil) != ok {
			t.Errorf("in a demo %q: %v", address, err)
		}
	}
}
