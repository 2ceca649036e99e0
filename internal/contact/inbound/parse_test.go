package inbound_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"portico/internal/contact/inbound"
)

// mail joins the lines of a mail.
func mail(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

// files are the names and contents of a mail's files.
func files(t *testing.T, m *inbound.Mail) (list []string) {
	t.Helper()
	if err := m.EachFile(func(_ int, name string, body io.Reader) error {
		b, err := io.ReadAll(body)
		list = append(list, name+"="+string(b))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAMailIsReadAsPlainTextWithItsFiles(t *testing.T) {
	for what, c := range map[string]struct {
		raw         []byte
		text, files string
	}{
		"plain": {mail("From: Moosa <Moosa@Example.mv>", "Subject: Road", "", "Is it open?"), "Is it open?", ""},
		"thaana in base64": {mail("From: moosa@example.mv", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
			"3oXeqN6E3rDes94D"), "\u0785\u07a8\u0784\u07b0\u07b3\ufffd", ""},
		"latin":   {mail("From: moosa@example.mv", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable", "", "Mal=E9"), "Malé", ""},
		"unknown": {mail("From: moosa@example.mv", "Content-Type: text/plain; charset=x-nobody", "", "Open?"), "Open?", ""},
		"both ways, then a file": {mail("From: moosa@example.mv", "Content-Type: multipart/mixed; boundary=a", "", "--a", "Content-Type: multipart/alternative; boundary=b", "",
			"--b", "Content-Type: text/plain", "", "Plain", "--b", "Content-Type: text/html", "", "<p>Marked</p>", "--b--", "--a",
			"Content-Type: application/pdf; name=\"../../plan.pdf\"", "Content-Disposition: attachment", "", "%PDF", "--a--"), "Plain", "../../plan.pdf=%PDF"},
		"marks alone": {mail("From: moosa@example.mv", "Content-Type: text/html", "",
			"<head><title>No</title><style>p{}</style></head><p>One</p><script>alert(1)</script><p>Two &amp; three</p>"), "One\n\nTwo & three", ""},
		"a message within": {mail("From: moosa@example.mv", "Content-Type: multipart/mixed; boundary=a", "", "--a", "", "See it", "--a",
			"Content-Type: message/rfc822", "", "From: x@example.mv", "", "inner", "--a--"), "See it", "rfc822=From: x@example.mv\r\n\r\ninner"},
		"what turns the reading": {mail("From: moosa@example.mv", "", "a\u202eb\x07c"), "abc", ""},
	} {
		m, err := inbound.Parse(c.raw)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got := strings.Join(files(t, m), "; "); m.From != "moosa@example.mv" || m.Text != c.text || got != c.files || m.ID == "" {
			t.Errorf("%s: from %q, text %q, files %q", what, m.From, m.Text, got)
		}
	}
}

func TestAutomaticMailsAndListsAreRecognised(t *testing.T) {
	for _, header := range []string{"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated (vacation)", "Precedence: bulk", "precedence: LIST", "List-Id: <x.example>", "X-Loop: us"} {
		if m, err := inbound.Parse(mail("From: a@example.mv", header, "", "Away")); err != nil || !m.Auto {
			t.Errorf("%s: %v, %v", header, m, err)
		}
	}
	if m, err := inbound.Parse(mail("From: a@example.mv", "Auto-Submitted: no", "", "Here")); err != nil || m.Auto {
		t.Errorf("a person's mail is automatic: %v", err)
	}
}

func TestAReportOfADeliveryIsRead(t *testing.T) {
	m, err := inbound.Parse(mail("From: MAILER-DAEMON@example.mv", "Content-Type: multipart/report; report-type=delivery-status; boundary=a", "", "--a", "", "Sorry.",
		"--a", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx", "", "Final-Recipient: rfc822; a@example.mv", "Action: failed", "Status: 5.1.1 (no such user)",
		"--a", "Content-Type: text/rfc822-headers", "", "From: no-reply@one.gov.mv", "Message-ID: <abc@one.gov.mv>", "--a--"))
	if err != nil || m.Report == nil || *m.Report != (inbound.Report{MessageID: "abc@one.gov.mv", Action: "failed"}) {
		t.Errorf("%+v, %v", m.Report, err)
	}
}

func TestABrokenMailIsRefused(t *testing.T) {
	deep := "Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
	for n := range 20 {
		deep += "--b" + string(rune('0'+n)) + "\r\nContent-Type: multipart/mixed; boundary=b" + string(rune('1'+n)) + "\r\n\r\n"
	}
	for what, raw := range map[string][]byte{
		"no header":           []byte("\x00\xff\xfe hello"),
		"an endless header":   []byte("From: a@example.mv\r\nX: " + strings.Repeat("a ", 100_000) + "\r\n\r\nHello"),
		"no boundary":         mail("From: a@example.mv", "Content-Type: multipart/mixed", "", "--a", "", "Hello"),
		"an end that is cut":  mail("From: a@example.mv", "Content-Type: multipart/mixed; boundary=a", "", "--a", "", "Hello"),
		"broken base64":       mail("From: a@example.mv", "Content-Transfer-Encoding: base64", "", "a==="),
		"parts within parts":  []byte(deep),
		"a hundred parts":     mail("From: a@example.mv", "Content-Type: multipart/mixed; boundary=a", "", strings.Repeat("--a\r\n\r\nHello\r\n", 100)+"--a--"),
		"a boundary of parts": mail("From: a@example.mv", "Content-Type: multipart/mixed; boundary=\"\"", "", "--", "", "Hello", "----"),
	} {
		var no *inbound.Refusal
		if m, err := inbound.Parse(raw); !errors.As(err, &no) || no.Code < 500 {
			t.Errorf("%s: %+v, %v", what, m, err)
		}
	}
}

// FuzzParse holds that any bytes are read or refused, and that what is read is
// plain text and can be read again.
func FuzzParse(f *testing.F) {
	f.Add(mail("From: a@example.mv", "Subject: =?utf-8?q?Mal=C3=A9?=", "", "Hello"))
	f.Add(mail("From: a@example.mv", "Content-Type: multipart/mixed; boundary=a", "", "--a", "Content-Type: text/html", "", "<p>x", "--a", "Content-Disposition: attachment; filename*=utf-8''%41", "", "x", "--a--"))
	f.Add(mail("Content-Type: multipart/report; report-type=delivery-status; boundary=a", "", "--a", "Content-Type: message/delivery-status", "", "Action: failed", "--a--"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := inbound.Parse(raw)
		var no *inbound.Refusal
		if err != nil {
			if !errors.As(err, &no) || no.Code < 400 || no.Code > 599 {
				t.Fatalf("refused without a code: %v", err)
			}
			return
		}
		n := 0
		if err := m.EachFile(func(_ int, _ string, body io.Reader) error { n++; _, err := io.Copy(io.Discard, body); return err }); err != nil || m.Report == nil && n != m.Files {
			t.Fatalf("%d files, then %d: %v", m.Files, n, err)
		}
		for _, s := range []string{m.Text, m.Subject, m.From} {
			if strings.ContainsAny(s, "\r\x00\u202e") {
				t.Fatalf("%q is no plain text", s)
			}
		}
	})
}
