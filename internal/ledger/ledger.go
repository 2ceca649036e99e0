package ledger

import (
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/id"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the schema of the ledger.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Holding declares what the ledger's table holds (I1).
func Holding() []db.Table {
	return []db.Table{{Name: "ledger_act", Columns: map[string]db.Holds{
		"subject": db.Pseudonym, "id": db.Nothing, "kind": db.Nothing, "scope": db.Pseudonym, "ref": db.Pseudonym, "at": db.Nothing, "n": db.Nothing,
	}}}
}

// Kind is what an act took away.
type Kind string

// The kinds of acts. What Ref says of one is its owner's to read again when a
// restore replays it.
const (
	Erase    Kind = "erase"    // the keys of a scope, or of all scopes where none is named
	Dispose  Kind = "dispose"  // a thing that has no key of its own: Ref is its kind and its id
	Withdraw Kind = "withdraw" // a consent: Ref is the purpose
	Object   Kind = "object"   // a person objects to a purpose
	Restrict Kind = "restrict" // a person has processing restricted
	OptOut   Kind = "opt-out"  // a person does not want to be told of something
	Hold     Kind = "hold"     // a legal hold: nothing is destroyed
	StayOut  Kind = "stay-out" // a keyed hash of an address at which something is not wanted any more: Ref
	Revoke   Kind = "revoke"   // a credential, a role, a mandate, a document
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{Erase, Dispose, Withdraw, Object, Restrict, OptOut, StayOut, Hold, Revoke}
}

// Act is an act that takes something away.
type Act struct {
	ID      string // given by Record
	Kind    Kind
	Subject string // whom it concerns
	Scope   string // of the vault; empty for all
	Ref     string // ids: what exactly, as the owner of the kind says it
	At      time.Time
}

// Entry is an act and its line in the file.
type Entry struct {
	N int64
	Act
}

// Head is the last line of the file: how many acts there are, and the hash of
// the line.
type Head struct {
	N    int64
	Hash [32]byte
}

// String is the head as manifests and people write it: N:HASH.
func (h Head) String() string {
	return strconv.FormatInt(h.N, 10) + ":" + hex.EncodeToString(h.Hash[:])
}

// ids is what a scope and a reference may be: names and ids, no sentences.
var ids = regexp.MustCompile(`^[A-Za-z0-9:._/-]{0,400}$`)

func (a *Act) check() error {
	switch {
	case !slices.Contains(Kinds(), a.Kind):
		return fmt.Errorf("the ledger knows no act %q", a.Kind)
	case a.Subject == "" || !ids.MatchString(a.Subject) || !ids.MatchString(a.Scope) || !ids.MatchString(a.Ref):
		return fmt.Errorf("an act %q names what is no id", a.Kind)
	case a.At.IsZero() || !id.Valid(a.ID):
		return errors.New("an act has neither time nor id")
	}
	return nil
}
