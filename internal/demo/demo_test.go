package demo_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portico/internal/demo"
	"portico/internal/platform/i18n"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

func catch(t *testing.T) *demo.Catcher {
	t.Helper()
	k, err := demo.Catch(testkit.Clock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func sendMail(t *testing.T, k *demo.Catcher, m mail.Message) {
	t.Helper()
	out, err := mail.NewSMTP(k.SMTP())
	if err == nil {
		err = out.SendMail(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestADemoCatchesWhatThePortalSends(t *testing.T) {
	k := catch(t)
	long := strings.Repeat("ކިޔާ ", 40) + "\n.\n= and a line of its own\n"
	sendMail(t, k, mail.Message{To: "aminath@demo.example", Subject: "ތިޔަ އެދުން", Text: long, MessageID: "one"})
	sms, err := mail.NewSMS(k.SMS())
	if err == nil {
		err = sms.SendSMS(t.Context(), "+9607771234", "ކޯޑު: 123456")
	}
	if err != nil {
		t.Fatal(err)
	}
	want := []demo.Message{
		{To: "+9607771234", Text: "ކޯޑު: 123456", Times: 1},
		{To: "aminath@demo.example", Subject: "ތިޔަ އެދުން", Text: long, ID: "<one@demo.example>", Times: 1},
	}
	got := k.Messages()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(demo.Message{}, "At")); diff != "" {
		t.Error(diff)
	}
	if got[0].At != testkit.Clock().Now() {
		t.Errorf("caught at %v", got[0].At)
	}
}

func TestADemoListensToThisMachineOnly(t *testing.T) {
	k := catch(t)
	for _, address := range []string{k.SMTP().Host, strings.TrimPrefix(k.SMS().URL, "http://")} {
		host, _, err := net.SplitHostPort(strings.TrimSuffix(address, "/messages"))
		if err != nil {
			host = address
		}
		if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
			t.Errorf("the demo listens on %s", address)
		}
	}
}

func TestADemoKeepsTheNewestHundred(t *testing.T) {
	k := catch(t)
	sms, err := mail.NewSMS(k.SMS())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 105 {
		if err := sms.SendSMS(t.Context(), "+9607771234", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	got := k.Messages()
	if len(got) != 100 || got[0].Text != "104" || got[99].Text != "5" {
		t.Errorf("%d are kept, from %s to %s", len(got), got[0].Text, got[len(got)-1].Text)
	}
}

func TestTheProviderOfADemoTakesOnlyThePortalsMessages(t *testing.T) {
	k := catch(t)
	for what, c := range map[string]struct{ token, body string }{
		"another token": {"x", `{"to":"+9607771234","text":"x"}`},
		"no message":    {k.SMS().Token, `{`},
		"no number":     {k.SMS().Token, `{"to":"aminath","text":"x"}`},
		"a long one":    {k.SMS().Token, `{"to":"+9607771234","text":"` + strings.Repeat("x", 64<<10) + `"}`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.SMS().URL, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode < 400 || resp.StatusCode > 499 {
			t.Errorf("%s: status %d", what, resp.StatusCode)
		}
	}
	if n := len(k.Messages()); n != 0 {
		t.Errorf("%d were taken", n)
	}
}

type nobody struct{}

func (nobody) Session(context.Context, string, string) (*web.Session, error) { return nil, nil }

func TestTheCaughtMessagesAreAPage(t *testing.T) {
	catalogue, err := i18n.Load(web.Locales(), demo.Locales(), mail.Locales())
	if err != nil {
		t.Fatal(err)
	}
	if missing := i18n.Missing(catalogue, "en", "dv"); len(missing) > 0 {
		t.Errorf("sentences are missing: %v", missing)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	portal := &web.Portal{Name: i18n.Text{"en": "A portal", "dv": "ޕޯޓަލް"}, Operator: i18n.Text{"en": "An office", "dv": "އޮފީސް"}, Brand: brand, Zone: time.UTC}
	r, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Portal: func() *web.Portal { return portal },
		Sessions: nobody{}, Cookies: func() []web.Cookie { return nil }, Clock: testkit.Clock(),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Demo: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	k := catch(t)
	k.Mount(r)
	b := testkit.Browse(t, r)

	empty := b.Page("/demo/mail", http.StatusOK)
	if got := empty.One("h1").Text(); got != "Caught messages" {
		t.Errorf("the page is %q", got)
	}
	if empty.Has("dl") || !strings.Contains(empty.One("main").Text(), "Nothing has been sent yet.") {
		t.Errorf("the empty page says %q", empty.One("main").Text())
	}

	sendMail(t, k, mail.Message{To: "aminath@demo.example", Subject: "First <b>", Text: "Follow " + b.URL() + "/staff/welcome?token=abc&x=1 now."})
	sendMail(t, k, mail.Message{To: "aminath@demo.example", Subject: "Second", Text: "Do not follow https://elsewhere.example/ now."})
	full := b.Page("/demo/mail", http.StatusOK)
	if diff := cmp.Diff([]string{"Second", "First <b>"}, full.Find("main h2").Texts()); diff != "" {
		t.Error(diff)
	}
	if got := full.One("main dl a").Attr("href"); got != "/staff/welcome?token=abc&x=1" {
		t.Errorf("the link leads to %s", got)
	}
	if before := b.Get("/demo/mail").Header.Get("X-Robots-Tag"); before != "noindex" {
		t.Errorf("search engines are told %q", before)
	}

	other, err := web.New(web.Config{
		Langs: []string{"en"}, Catalogue: catalogue, Portal: func() *web.Portal { return portal },
		Sessions: nobody{}, Cookies: func() []web.Cookie { return nil }, Clock: testkit.Clock(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if resp := testkit.Browse(t, other).Get("/demo/mail"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("without a demo the page answers %d", resp.StatusCode)
	}
}
