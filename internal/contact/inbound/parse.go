package inbound

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the scripts that mails are written in
	"github.com/emersion/go-message/mail"
	"golang.org/x/net/html"

	sender "portico/internal/platform/mail"
)

// The bounds on a mail.
const (
	MaxBytes    = 20 << 20
	maxHeader   = 64 << 10
	maxDepth    = 6
	maxParts    = 40
	maxText     = 256 << 10 // bytes read of one text
	maxReceived = 30        // servers that it came through
)

// Mail is what a mail says.
type Mail struct {
	ID      string // its Message-ID; of one without, what its bytes are
	From    string // the address that it says it is from; may be empty
	Subject string
	Text    string
	Auto    bool    // a program wrote it, or it went to a list
	Loop    bool    // it has been through too many servers
	Report  *Report // it is a report of a delivery
	Files   int     // how many files it has: see EachFile

	raw []byte
}

// Report says what became of a mail that was sent.
type Report struct {
	MessageID string // of the mail; may be empty
	Action    string // failed, delayed, delivered, relayed, expanded
}

// Refusal is why a mail is not taken, as a mail server is told.
type Refusal struct {
	Code     int
	Enhanced [3]int
	Text     string
}

// Error says it in a line.
func (r *Refusal) Error() string { return r.Text }

// The refusals of a mail that nobody can read.
var (
	errBroken = &Refusal{550, [3]int{5, 6, 0}, "The message is broken"}
	errParts  = &Refusal{552, [3]int{5, 3, 4}, "The message has too many parts"}
)

// Parse reads a mail.
func Parse(raw []byte) (*Mail, error) {
	root, err := open(raw)
	if err != nil {
		return nil, err
	}
	h := mail.Header{Header: root.Header}
	m := &Mail{raw: raw, Auto: automatic(h), Loop: len(root.Header.Values("Received")) > maxReceived}
	if m.ID, _ = h.MessageID(); m.ID == "" || len(m.ID) > 998 {
		sum := sha256.Sum256(raw)
		m.ID = hex.EncodeToString(sum[:])
	}
	if list, err := h.AddressList("From"); err == nil && len(list) == 1 && sender.ValidAddress(list[0].Address) {
		m.From = strings.ToLower(list[0].Address)
	}
	if subject, err := h.Subject(); err == nil {
		m.Subject = strings.Join(strings.Fields(clean(subject)), " ")
	}
	if kind, params, _ := h.ContentType(); kind == "multipart/report" && strings.EqualFold(params["report-type"], "delivery-status") {
		m.Report = &Report{}
	}
	var words, marked strings.Builder
	err = walk(root, func(e *message.Entity, kind string, file bool) error {
		switch {
		case m.Report != nil:
			return m.Report.read(e, kind)
		case file:
			m.Files++
			_, err := io.Copy(io.Discard, e.Body) // whether it is whole
			return err
		case kind == "text/html":
			return add(&marked, e.Body)
		}
		return add(&words, e.Body)
	})
	if err != nil {
		return nil, refused(err)
	}
	m.Text = clean(words.String())
	if m.Text == "" {
		m.Text = clean(unmarked(marked.String()))
	}
	return m, nil
}

// EachFile reads the files of a mail, in order.
func (m *Mail) EachFile(fn func(n int, name string, body io.Reader) error) error {
	root, err := open(m.raw)
	if err != nil {
		return err
	}
	n := 0
	return walk(root, func(e *message.Entity, kind string, file bool) error {
		if !file {
			return nil
		}
		h := mail.AttachmentHeader{Header: e.Header}
		name, err := h.Filename()
		if err != nil || name == "" {
			_, name, _ = strings.Cut(kind, "/")
		}
		n++
		return fn(n-1, clean(name), e.Body)
	})
}

// refused is an error of reading as a refusal.
func refused(err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return errBroken
}

func open(raw []byte) (*message.Entity, error) {
	e, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if err != nil && !readable(err) {
		return nil, errBroken
	}
	return e, nil
}

// readable reports whether a part can be read as it is: nobody knows its
// charset, or how it is encoded.
func readable(err error) bool { return message.IsUnknownCharset(err) || message.IsUnknownEncoding(err) }

// walk calls fn for each part that has no parts.
func walk(root *message.Entity, fn func(e *message.Entity, kind string, file bool) error) error {
	parts := 0
	var in func(e *message.Entity, depth int) error
	in = func(e *message.Entity, depth int) error {
		if parts++; parts > maxParts || depth > maxDepth {
			return errParts
		}
		kind, params, err := e.Header.ContentType()
		if err != nil {
			kind = "text/plain"
			if e.Header.Get("Content-Type") != "" {
				kind = "application/octet-stream"
			}
		}
		kind = strings.ToLower(kind)
		if !strings.HasPrefix(kind, "multipart/") {
			how, _, _ := e.Header.ContentDisposition()
			text := (kind == "text/plain" || kind == "text/html") && !strings.EqualFold(how, "attachment")
			return fn(e, kind, !text)
		}
		if params["boundary"] == "" {
			return errBroken
		}
		list := e.MultipartReader()
		for list != nil {
			part, err := list.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && (part == nil || !readable(err)) {
				return errBroken
			}
			if err := in(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return in(root, 0)
}

// add reads a text. One that is longer than anybody writes is read no further:
// whoever takes the mail counts what is there.
func add(to *strings.Builder, from io.Reader) error {
	left := maxText - to.Len()
	if left <= 0 {
		return nil
	}
	if to.Len() > 0 {
		to.WriteString("\n\n")
	}
	_, err := io.CopyN(to, from, int64(left))
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// automatic reports whether a program wrote a mail, or it went to a list
// (RFC 3834): an answer to it could be answered for ever.
func automatic(h mail.Header) bool {
	if auto := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); auto != "" && auto != "no" {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "list", "junk", "auto_reply":
		return true
	}
	return h.Has("List-Id") || h.Has("X-Autoreply") || h.Has("X-Autorespond") || h.Has("X-Loop")
}

// read reads a part of a report: its own, or the mail that it is about.
func (r *Report) read(e *message.Entity, kind string) error {
	b, err := io.ReadAll(io.LimitReader(e.Body, maxHeader))
	if err != nil {
		return err
	}
	switch kind {
	case "message/delivery-status":
		for line := range strings.Lines(string(b)) {
			name, value, _ := strings.Cut(line, ":")
			if strings.EqualFold(strings.TrimSpace(name), "action") {
				r.Action = strings.ToLower(strings.TrimSpace(value))
			}
		}
	case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers":
		about, err := message.Read(io.MultiReader(bytes.NewReader(b), strings.NewReader("\r\n\r\n")))
		if err == nil || about != nil && readable(err) {
			h := mail.Header{Header: about.Header}
			r.MessageID, _ = h.MessageID()
		}
	}
	return nil
}

// clean is a text as people read it: valid, with plain line ends, without
// characters that nobody sees.
func clean(s string) string {
	s = strings.ToValidUTF8(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ").Replace(s), string(utf8.RuneError))
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\t' || c == '\n':
			return c
		case c < ' ', c >= 0x7f && c < 0xa0, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == 0x2028, c == 0x2029, c == 0xfeff, c&0xfffe == 0xfffe:
			return -1
		}
		return c
	}, s)
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return strings.TrimSpace(s)
}

// unmarked is the text of an HTML page.
func unmarked(page string) string {
	var out strings.Builder
	hidden := 0
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return strings.ReplaceAll(out.String(), " \n", "\n")
		case html.TextToken:
			if hidden == 0 {
				out.WriteString(strings.Join(strings.Fields(string(z.Text())), " ") + " ")
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style", "head", "title":
				if kind == html.StartTagToken {
					hidden++
				} else if kind == html.EndTagToken && hidden > 0 {
					hidden--
				}
			case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote":
				out.WriteByte('\n')
			}
		}
	}
}
