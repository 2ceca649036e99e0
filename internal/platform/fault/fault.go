// Package fault is the one error type that crosses features. A fault has a
// kind, which the edge translates to a status, and a code, which is the key
// of the sentence a person reads. Nothing personal belongs in either.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about a fault.
type Kind uint8

// The kinds. An error that is no Fault is Internal.
const (
	Internal    Kind = iota // our mistake: a reference number and an apology
	Invalid                 // the input is wrong: say where
	Denied                  // not allowed
	SignIn                  // nobody is signed in, or not strongly enough
	NotFound                // no such thing, or none that this person may know of
	Conflict                // somebody else was first
	TooMany                 // too often: wait
	Unavailable             // try again later
)

var names = [...]string{"internal", "invalid", "denied", "sign-in", "not-found", "conflict", "too-many", "unavailable"}

// String returns the kind's name, as used in logs and problem types.
func (k Kind) String() string { return names[k] }

// Fault is an error with a kind and a code.
type Fault struct {
	Kind   Kind
	Code   string  // catalogue key of the sentence, such as "case.taken"
	Fields []Field // for Invalid: what is wrong where
	err    error
}

// Field says that the input called Name is wrong, and why: Code is a
// catalogue key, Args its values (never what the person typed).
type Field struct {
	Name string
	Code string
	Args []any
}

// New returns a fault of the kind k with the catalogue key code.
func New(k Kind, code string) *Fault { return &Fault{Kind: k, Code: code} }

// Input returns an Invalid fault about fields.
func Input(fields ...Field) *Fault {
	return &Fault{Kind: Invalid, Code: "error.input", Fields: fields}
}

// Because returns a copy of f that wraps err.
func (f *Fault) Because(err error) *Fault {
	c := *f
	c.err = err
	return &c
}

// Error returns kind, code and cause, for logs.
func (f *Fault) Error() string {
	if f.err != nil {
		return fmt.Sprintf("%s (%s): %v", f.Kind, f.Code, f.err)
	}
	return fmt.Sprintf("%s (%s)", f.Kind, f.Code)
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.err }

// Is reports whether target is a fault of the same kind and code.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Kind == f.Kind && t.Code == f.Code
}

// From returns the fault in err's chain, or an Internal one that wraps err.
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New(Internal, "error.internal").Because(err)
}

// KindOf returns the kind of err.
func KindOf(err error) Kind { return From(err).Kind }
