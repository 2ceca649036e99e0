package contact_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"portico/internal/contact"
	"portico/internal/contact/inbound"
	"portico/internal/testkit"
)

// listen takes mails for a world, by SMTP or LMTP.
func (w *world) listen(lmtp bool) (address string) {
	w.t.Helper()
	server, err := inbound.Listen(inbound.Config{
		Listen: "127.0.0.1:0", LMTP: lmtp, Domain: "one.gov.mv", Taker: w, Clock: w.store.Clock, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Run(w.t.Context()) }()
	w.t.Cleanup(func() {
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	return server.Addr()
}

// carrier brings mails.
type carrier struct {
	t    *testing.T
	at   string
	conn *smtp.Client
}

// bring hands a mail over and returns the code of the answer.
func (c *carrier) bring(from, to, raw string) int {
	c.t.Helper()
	err := c.conn.SendMail(from, []string{to}, strings.NewReader(raw))
	if err == nil {
		return 250
	}
	if e, ok := err.(*smtp.SMTPError); ok { //nolint:errorlint // it is never wrapped
		if c.conn.Reset() != nil {
			c.dial()
		}
		return e.Code
	}
	c.t.Fatalf("the server hung up: %v", err)
	return 0
}

func (c *carrier) dial() {
	c.t.Helper()
	var err error
	if c.conn, err = smtp.Dial(c.at); err != nil {
		c.t.Fatal(err)
	}
}

func (w *world) carrier() *carrier {
	c := &carrier{t: w.t, at: w.listen(false)}
	c.dial()
	w.t.Cleanup(func() { _ = c.conn.Close() })
	return c
}

// letter is a mail of one text.
func letter(id, from, subject, words string, more ...string) string {
	return strings.Join(append(append([]string{}, more...), "Message-ID: <"+id+"@example.mv>", "From: "+from, "Subject: "+subject, "", words), "\r\n") + "\r\n"
}

// withFiles is a mail with files, by name and content.
func withFiles(id, from string, files ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Message-ID: <%s@example.mv>\r\nFrom: %s\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n\r\nSee the files.\r\n", id, from)
	for i := 0; i < len(files); i += 2 {
		fmt.Fprintf(&b, "--zz\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
			files[i], base64.StdEncoding.EncodeToString([]byte(files[i+1])))
	}
	return b.String() + "--zz--\r\n"
}

func picture(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestO17_AMailIsARequestAndItsAnswersFindIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		c := w.carrier()
		officer, desk := w.official("contact-officer", "officer@one.gov.mv")
		first := withFiles("one", "Moosa <moosa@example.mv>", "plan.png", picture(t), "run.exe", "MZ\x90\x00"+strings.Repeat("\x00", 200))
		for range 2 { // whoever brings it did not hear the answer
			if code := c.bring("moosa@example.mv", inbox, first); code != 250 {
				t.Fatalf("a mail is answered with %d", code)
			}
		}
		r := w.waiting(officer)
		if r.Source != contact.Mail || w.rows("contact_request") != 1 || w.rows("contact_mail") != 1 || w.rows("uploads_file") != 2 {
			t.Errorf("%d requests, %d mails, %d files", w.rows("contact_request"), w.rows("contact_mail"), w.rows("uploads_file"))
		}
		told := w.work()
		if len(told) != 1 || told[0].To != "moosa@example.mv" {
			t.Fatalf("whoever wrote was told %+v", told)
		}
		reply := told[0].ReplyTo
		if code := c.bring("moosa@example.mv", strings.ToUpper(reply), letter("two", "moosa@example.mv", "Re: it", "And on Friday?")); code != 250 {
			t.Fatalf("an answer to it is answered with %d", code)
		}
		place := "/staff/requests/" + r.ID
		page := desk.Submit(place, form("do", "take"), http.StatusOK)
		text := page.One("main").Text()
		for _, want := range []string{"See the files.", "And on Friday?", "plan.png", "run.exe"} {
			if !strings.Contains(text, want) {
				t.Errorf("the official does not see %q in %q", want, text)
			}
		}
		var links []string
		for a := range page.Find(`main a[href^="/staff/files/"]`).All() {
			links = append(links, a.Attr("href"))
		}
		if len(links) != 1 { // the program is refused
			t.Fatalf("files that can be opened: %q", links)
		}
		if resp := desk.Get(links[0]); resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "image/png") {
			t.Errorf("the file answers %d", resp.StatusCode)
		}
		_, other := w.official("contact-officer", "other@one.gov.mv")
		if resp := other.Get(links[0]); resp.StatusCode == http.StatusOK {
			t.Error("an official who does not hold the request opens its file")
		}
		desk.Submit(place, form("do", "answer", "text", "Also on Friday."), http.StatusOK)
		w.work()
		if code := c.bring("moosa@example.mv", reply, letter("three", "moosa@example.mv", "Re: it", "That is wrong.")); code != 250 {
			t.Fatalf("an answer to the answer is answered with %d", code)
		}
		if again := w.waiting(officer); again.ID != r.ID {
			t.Error("an answer to the answer does not open the request again")
		}
	})
}

func TestWhatIsNotWantedIsRefusedWithACode(t *testing.T) {
	w := one(t)
	c := w.carrier()
	at := w.asks(w.visitor(), "question", "Hello?", "moosa@example.mv")
	reply := w.work()[0].ReplyTo
	for what, try := range map[string]struct {
		from, to, raw string
		code          int
	}{
		"to nobody":                       {"a@example.mv", "boss@one.gov.mv", letter("a", "a@example.mv", "x", "x"), 550},
		"to a request, guessed":           {"a@example.mv", "help+" + strings.Split(at, "/")[4] + ".00000000000000000000000000@one.gov.mv", letter("a", "a@example.mv", "x", "x"), 550},
		"to the page's token":             {"a@example.mv", "help+" + strings.Split(at, "/")[4] + "." + strings.Split(at, "/")[5] + "@one.gov.mv", letter("a", "a@example.mv", "x", "x"), 550},
		"to another domain":               {"a@example.mv", strings.Replace(reply, "one.gov.mv", "two.gov.mv", 1), letter("a", "a@example.mv", "x", "x"), 550},
		"an automatic answer":             {"a@example.mv", reply, letter("a", "a@example.mv", "Away", "x", "Auto-Submitted: auto-replied"), 550},
		"nobody's":                        {"", inbox, letter("a", "a@example.mv", "x", "x"), 550},
		"without a sender":                {"a@example.mv", inbox, letter("a", "", "x", "x"), 550},
		"of two senders":                  {"a@example.mv", inbox, letter("a", "a@example.mv, b@example.mv", "x", "x"), 550},
		"our own":                         {"no-reply@one.gov.mv", reply, letter("a", "no-reply@one.gov.mv", "x", "x"), 554},
		"our own request's":               {"a@example.mv", inbox, letter("a", reply, "x", "x"), 554},
		"round and round":                 {"a@example.mv", inbox, letter("a", "a@example.mv", "x", "x", strings.TrimSuffix(strings.Repeat("Received: from here\r\n", 40), "\r\n")), 554},
		"a header in the sender":          {"a@example.mv", inbox, letter("a", "\"x\r\nBcc: all@example.mv\" <a@example.mv>", "x", "x"), 550},
		"empty":                           {"a@example.mv", inbox, letter("a", "a@example.mv", "", " "), 550},
		"10 MB of text":                   {"a@example.mv", inbox, letter("a", "a@example.mv", "x", strings.Repeat("long lines of text\r\n", 10<<20/20)), 552},
		"30 MB":                           {"a@example.mv", inbox, letter("a", "a@example.mv", "x", strings.Repeat("long lines of text\r\n", 30<<20/20)), 552},
		"twenty files":                    {"a@example.mv", inbox, withFiles("a", "a@example.mv", strings.Split(strings.Repeat("a.png,x,", 20), ",")[:40]...), 552},
		"broken":                          {"a@example.mv", inbox, "Content-Type: multipart/mixed; boundary=a\r\nFrom: a@example.mv\r\n\r\n--a\r\n\r\nx", 550},
		"to the address that mails leave": {"a@example.mv", "no-reply@one.gov.mv", letter("a", "a@example.mv", "x", "x"), 550},
	} {
		if code := c.bring(try.from, try.to, try.raw); code != try.code {
			t.Errorf("%s is answered with %d, not with %d", what, code, try.code)
		}
	}
	if n := w.rows("contact_request"); n != 1 || w.rows("contact_mail") != 0 || w.rows("uploads_file") != 0 {
		t.Errorf("%d requests, %d mails, %d files", n, w.rows("contact_mail"), w.rows("uploads_file"))
	}
	if told := w.work(); len(told) != 0 {
		t.Errorf("somebody was written to: %+v", told)
	}
}

func TestAReportOfADeliveryIsHandedOnAndMakesNoRequest(t *testing.T) {
	w := one(t)
	report := strings.Join([]string{"From: MAILER-DAEMON@mx.example", "Content-Type: multipart/report; report-type=delivery-status; boundary=a", "", "--a", "", "Sorry.",
		"--a", "Content-Type: message/delivery-status", "", "Final-Recipient: rfc822; a@example.mv", "Action: failed", "Status: 5.1.1",
		"--a", "Content-Type: message/rfc822", "", "Message-ID: <abc@one.gov.mv>", "", "words", "--a--", ""}, "\r\n")
	if code := w.carrier().bring("", "no-reply@one.gov.mv", report); code != 250 {
		t.Errorf("a report is answered with %d", code)
	}
	if got := strings.Join(w.reports, ";"); got != "abc@one.gov.mv" || w.rows("contact_request") != 0 {
		t.Errorf("handed on: %q; %d requests", got, w.rows("contact_request"))
	}
}

func TestOneSenderIsToldSeldomAndTakenOnlySoOften(t *testing.T) {
	w := one(t)
	c := w.carrier()
	refused := 0
	for n := range 30 {
		switch code := c.bring("moosa@example.mv", inbox, letter(fmt.Sprint("n", n), "moosa@example.mv", "x", "x")); code {
		case 250:
		case 450:
			refused++
		default:
			t.Fatalf("the %d. mail is answered with %d", n, code)
		}
	}
	if told := w.work(); refused != 10 || len(told) != 3 {
		t.Errorf("%d of 30 refused, %d told", refused, len(told))
	}
	w.store.Clock.Advance(25 * time.Hour)
	if code := c.bring("moosa@example.mv", inbox, letter("later", "moosa@example.mv", "x", "x")); code != 250 {
		t.Errorf("the next day it is answered with %d", code)
	}
}

func TestMailIsTakenByLMTP(t *testing.T) {
	w := one(t)
	conn, err := net.Dial("tcp", w.listen(true))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	for _, step := range []string{
		"", "LHLO mx.example\r\n", "MAIL FROM:<moosa@example.mv>\r\n", "RCPT TO:<" + inbox + ">\r\n", "DATA\r\n", letter("a", "moosa@example.mv", "x", "x") + ".\r\n",
	} {
		if _, err := conn.Write([]byte(step)); err != nil {
			t.Fatal(err)
		}
		line := "----"
		for len(line) > 3 && line[3] == '-' { // an answer of several lines
			if line, err = answers.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if line[0] != '2' && line[0] != '3' {
			t.Fatalf("%q is answered with %q", step, line)
		}
	}
	if w.rows("contact_request") != 1 {
		t.Error("it was not taken")
	}
}

// TestAThousandBrokenMailsAreEachTakenOrRefused brings mails of which something
// is broken: each is stored or refused with a code, nothing falls over, and the
// memory that they need is bounded.
func TestAThousandBrokenMailsAreEachTakenOrRefused(t *testing.T) {
	worlds(t, aThousandBrokenMails)
}

func aThousandBrokenMails(t *testing.T, w *world) {
	c, chance := w.carrier(), testkit.Chance(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	taken, codes := int64(0), map[int]int{}
	for n := range 1000 {
		if n%250 == 249 {
			w.store.Clock.Advance(time.Minute) // the server takes so many a minute
		}
		code := c.bring(fmt.Sprintf("p%d@example.mv", n), inbox, broken(chance, n))
		codes[code]++
		switch {
		case code == 250:
			taken++
		case code < 400 || code > 599:
			t.Fatalf("the %d. mail is answered with %d", n, code)
		}
	}
	runtime.ReadMemStats(&after)
	t.Logf("answers: %v", codes)
	if got := w.rows("contact_mail"); got != taken || taken == 0 || taken == 1000 {
		t.Errorf("%d were taken, %d are there", taken, got)
	}
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("the memory has grown by %d MB", grown>>20)
	}
}

// broken is a mail of which something is broken.
func broken(r *rand.Rand, n int) string {
	from := fmt.Sprintf("p%d@example.mv", n)
	whole := []string{
		letter(fmt.Sprint(n), from, "Subject", "Some words."),
		withFiles(fmt.Sprint(n), from, "a.png", "\x89PNG\r\n\x1a\nxx", "b.pdf", "%PDF-1.7 broken"),
		"From: " + from + "\r\nContent-Type: multipart/alternative; boundary=\"b b\"\r\n\r\n--b b\r\nContent-Type: text/html; charset=windows-1252\r\n\r\n<p>x<br>\r\n--b b--\r\n",
		"From: " + from + "\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@example.mv\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nx\r\n",
	}[r.IntN(4)]
	b := []byte(whole)
	for range r.IntN(6) {
		at := r.IntN(len(b))
		switch r.IntN(5) {
		case 0: // a byte of noise
			b[at] = byte(r.IntN(256))
		case 1: // something is missing
			b = append(b[:at:at], b[min(len(b), at+r.IntN(40)):]...)
		case 2: // something stands there twice
			b = append(b[:at:at], append(bytes.Clone(b[at:min(len(b), at+r.IntN(60))]), b[at:]...)...)
		case 3: // a line of noise
			b = append(b[:at:at], append([]byte("\r\nContent-Type: multipart/x; boundary="+string(rune('a'+r.IntN(26)))+"\r\n"), b[at:]...)...)
		case 4: // the end is missing
			b = b[:at]
		}
		if len(b) == 0 {
			b = []byte("\r\n")
		}
	}
	return string(b)
}
