package mail

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/platform/fault"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Message is a mail to one person.
type Message struct {
	To        string // an address, nothing else
	Subject   string // one line
	Text      string // plain text
	MessageID string // of the work that asked for it, so that a repetition is recognised; made up if empty
	ReplyTo   string // an address, nothing else; empty: none
	From      string // the instance's address if empty; may have a name: Portal <portal@example.org>

	// Unsubscribe is the address at which one POST ends such messages (RFC
	// 8058); empty: they cannot be ended so.
	Unsubscribe string
}

// Mailer sends mail.
type Mailer interface {
	SendMail(ctx context.Context, m Message) error
}

// Texter sends text messages to a telephone number such as +9607771234.
type Texter interface {
	SendSMS(ctx context.Context, to, text string) error
}

// Faults of both senders.
var (
	ErrInvalid     = fault.New(fault.Invalid, "mail.invalid")         // the message is none that can be sent
	ErrRefused     = fault.New(fault.Unavailable, "mail.refused")     // the server answered and did not take it
	ErrUnreachable = fault.New(fault.Unavailable, "mail.unreachable") // no answer, or none that can be trusted
	ErrNobody      = fault.New(fault.Invalid, "mail.nobody")          // the server says that there is no such address
	ErrRejected    = fault.New(fault.Invalid, "mail.rejected")        // the server says that it will never take this message
)

// Final reports whether trying again would end the same way.
func Final(err error) bool {
	return errors.Is(err, ErrInvalid) || errors.Is(err, ErrNobody) || errors.Is(err, ErrRejected)
}

const (
	subjectMax = 200
	textMax    = 64 << 10
	smsMax     = 480

	unsubscribeMax = 800 // with its name on one line of a header, which has 998 at the most
)

// ValidAddress reports whether s is one plain mail address.
func ValidAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254 && !strings.ContainsFunc(s, unsafe) &&
		!strings.ContainsAny(s, " \"<>,;:()[]\\")
}

// ValidPhone reports whether s is a telephone number in the international
// form: + and 7 to 15 digits.
func ValidPhone(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

// line reports whether s can stand in a header; text, whether in a body.
func line(s string, limit int) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit && !strings.ContainsFunc(s, unsafe)
}

func text(s string, limit int) bool {
	return line(strings.NewReplacer("\n", " ", "\t", " ").Replace(s), limit)
}

// unsafe are the characters that end a line somewhere or reverse what is read.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// loopback reports whether a host can only be this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
