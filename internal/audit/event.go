package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/platform/clock"
)

// The kinds of event.
const (
	KindAccess       = "access"         // fields were read
	KindCollect      = "collect"        // fields were written
	KindDenied       = "denied"         // somebody signed in asked and was refused
	KindSearch       = "search"         // an official looked for somebody's cases
	KindSignIn       = "sign-in"        // a session began
	KindSignOut      = "sign-out"       // a session ended
	KindSignInFailed = "sign-in-failed" // somebody tried to sign in to an account that exists
	KindAccount      = "account"        // an account or its credentials changed
	KindStaff        = "staff"          // somebody's roles or standing changed
	KindPolicy       = "policy"         // a policy version came into force
	KindDisposed     = "disposed"       // something of theirs was destroyed
	KindRevealed     = "revealed"       // what the law let be kept from them until now (I15)
	KindSystem       = "system"         // what concerns the store as a whole
)

// Moment reports whether an event is a moment of an account (a sign-in, a
// change) and not a use of data.
func (e *Event) Moment() bool {
	switch e.Kind {
	case KindSignIn, KindSignOut, KindSignInFailed, KindAccount, KindStaff:
		return true
	}
	return false
}

// Own reports whether an event is the person's own use of an application.
func (e *Event) Own() bool {
	return (e.Kind == KindAccess || e.Kind == KindCollect) && e.Actor.ID == e.Subject && strings.HasPrefix(e.Scope, "case:")
}

// The facts of an event that was kept from a person, and of the one that reveals
// it: that has the original's actor, activity and fields, and a time of its own.
const (
	FactPerson   = "person"   // of the original: whom it is about; its subject is the series
	FactHappened = "happened" // when the original happened, in microseconds since the Unix epoch
	FactWas      = "was"      // its kind
	FactLeaf     = "leaf"     // its leaf in the log, as hex
	FactSeries   = "series"   // whose number it has
	FactNumber   = "number"   // which
)

// Happened is when an event happened: of one that was revealed, the original.
func (e *Event) Happened() time.Time {
	if at, err := strconv.ParseInt(e.Facts[FactHappened], 10, 64); err == nil && e.Kind == KindRevealed {
		return clock.FromMicros(at)
	}
	return clock.FromMicros(e.At)
}

// System is the subject of events that concern nobody in particular.
const System = "system"

// eventVersion is the version of the event's form; leafDomain that of the leaf.
const (
	eventVersion = 1
	leafDomain   = "portico audit leaf 1\n"
	saltSize     = 32
)

// Event is one line of the log. It says who, when, why and which fields, never
// a value. The JSON names are in alphabetical order, as RFC 8785 wants them.
type Event struct {
	Activity  string   `json:"activity,omitempty"`
	Actor     Actor    `json:"actor"`
	At        int64    `json:"at"` // microseconds since the Unix epoch
	Basis     string   `json:"basis,omitempty"`
	Facts     Facts    `json:"facts,omitempty"`
	Fields    []string `json:"fields,omitempty"`
	Instance  string   `json:"instance"`
	Kind      string   `json:"kind"`
	N         int64    `json:"n"`                // the subject's own number: 1, 2, 3 …
	Policy    string   `json:"policy,omitempty"` // hash of the policy that decided
	Purpose   string   `json:"purpose,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Reference string   `json:"reference,omitempty"` // what people call the case
	Scope     string   `json:"scope,omitempty"`
	Subject   string   `json:"subject"`
	V         int      `json:"v"`
}

// Actor is who did it.
type Actor struct {
	ID    string `json:"id,omitempty"`
	Kind  string `json:"kind"` // person | staff | system
	Party string `json:"party,omitempty"`
	Role  string `json:"role,omitempty"`
}

// Facts are what the decision saw beyond the rest of the event, enough to
// make it again (I4), or what else an event of another kind needs to say.
// Keys are lower-case words with hyphens. No value of a field belongs here.
type Facts map[string]string

// canonical appends the event as RFC 8785 writes it: members sorted, nothing
// empty, no space. Strings must be valid UTF-8 (see valid).
func (e *Event) canonical(b []byte) []byte {
	o := object{b: append(b, '{')}
	o.text("activity", e.Activity)
	o.name("actor")
	a := object{b: append(o.b, '{')}
	a.text("id", e.Actor.ID)
	a.always("kind", e.Actor.Kind)
	a.text("party", e.Actor.Party)
	a.text("role", e.Actor.Role)
	o.b = append(a.b, '}')
	o.number("at", e.At)
	o.text("basis", e.Basis)
	if len(e.Facts) > 0 {
		o.name("facts")
		f := object{b: append(o.b, '{')}
		var room [16]string
		names := room[:0]
		for name := range e.Facts {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			f.always(name, e.Facts[name])
		}
		o.b = append(f.b, '}')
	}
	if len(e.Fields) > 0 {
		o.name("fields")
		o.b = append(o.b, '[')
		for i, f := range e.Fields {
			if i > 0 {
				o.b = append(o.b, ',')
			}
			o.b = quote(o.b, f)
		}
		o.b = append(o.b, ']')
	}
	o.always("instance", e.Instance)
	o.always("kind", e.Kind)
	o.number("n", e.N)
	o.text("policy", e.Policy)
	o.text("purpose", e.Purpose)
	o.text("reason", e.Reason)
	o.text("reference", e.Reference)
	o.text("scope", e.Scope)
	o.always("subject", e.Subject)
	o.number("v", int64(e.V))
	return append(o.b, '}')
}

// object writes the members of a JSON object.
type object struct {
	b    []byte
	some bool
}

func (o *object) name(name string) {
	if o.some {
		o.b = append(o.b, ',')
	}
	o.some = true
	o.b = append(quote(o.b, name), ':')
}

func (o *object) always(name, text string) {
	o.name(name)
	o.b = quote(o.b, text)
}

func (o *object) text(name, text string) {
	if text != "" {
		o.always(name, text)
	}
}

func (o *object) number(name string, n int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, n, 10)
}

// quote appends s as RFC 8785 writes a string.
func quote(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		}
	}
	return append(b, '"')
}

// valid reports an event that could not be written canonically.
func (e *Event) valid() error {
	for _, s := range []string{e.Activity, e.Actor.ID, e.Actor.Kind, e.Actor.Party, e.Actor.Role, e.Basis, e.Instance, e.Kind,
		e.Policy, e.Purpose, e.Reason, e.Reference, e.Scope, e.Subject} {
		if !utf8.ValidString(s) {
			return fmt.Errorf("an event of kind %q holds a text that is not UTF-8", e.Kind)
		}
	}
	for _, s := range e.Fields {
		if !utf8.ValidString(s) {
			return fmt.Errorf("an event of kind %q names a field that is not UTF-8", e.Kind)
		}
	}
	for name, s := range e.Facts {
		if !plainName(name) || !utf8.ValidString(s) {
			return fmt.Errorf("an event of kind %q holds a fact %q that is not a plain name with a text", e.Kind, name)
		}
	}
	return nil
}

func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return s != ""
}

// leafOf is the leaf of a canonical event and its salt.
func leafOf(salt, canonical []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte(leafDomain))
	h.Write(salt)
	h.Write(canonical)
	return [32]byte(h.Sum(nil))
}

// encode returns what is sealed (salt, then the canonical event) and the leaf.
func (e *Event) encode() (plain []byte, leaf [32]byte, err error) {
	if err := e.valid(); err != nil {
		return nil, leaf, err
	}
	plain = make([]byte, saltSize, 768)
	_, _ = rand.Read(plain)
	plain = e.canonical(plain)
	return plain, leafOf(plain[:saltSize], plain[saltSize:]), nil
}

// decode is the inverse of encode.
func decode(plain []byte) (e Event, salt []byte, leaf [32]byte, err error) {
	if len(plain) < saltSize {
		return e, nil, leaf, fmt.Errorf("a sealed event of %d bytes", len(plain))
	}
	salt = plain[:saltSize]
	if err := json.Unmarshal(plain[saltSize:], &e); err != nil {
		return e, nil, leaf, fmt.Errorf("read an event: %w", err)
	}
	return e, salt, leafOf(salt, plain[saltSize:]), nil
}
