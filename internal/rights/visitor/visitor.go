package visitor

import (
	"crypto/sha256"
	"embed"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS {
	f, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// MaxContacts is how many contacts somebody may name at once.
const MaxContacts = 4

// How long things last.
const (
	wayLife  = time.Hour        // from naming contacts to having asked
	seeLife  = 30 * time.Minute // from the codes, of seeing a request
	freshFor = 10 * time.Minute // from the codes, of downloading a package
)

// Visit is somebody on the way to show who they are.
type Visit struct {
	Subject string
	ID      string
	Request string // which is to be seen; empty: something is to be asked
	Created time.Time
	Proved  time.Time // zero: codes are outstanding
	Expires time.Time

	hash  []byte
	codes []code
}

// scope is where its contacts are sealed.
func (v *Visit) scope() string {
	if v.Request != "" {
		return "right:" + v.Request
	}
	return "visit:" + v.ID
}

// code is what was sent to one contact.
type code struct {
	n       int
	item    string // of the contact's value
	field   string
	salt    []byte
	tries   int64
	sends   int64
	expires time.Time
	proved  time.Time
}

// of is the code itself.
func (c *code) of(codes credential.Codes, v *Visit) string {
	return credential.CodeOf(codes, v.ID+":"+strconv.Itoa(c.n), c.salt)
}

// shown are the codes that came back.
func (v *Visit) shown() (list []code) {
	return slices.DeleteFunc(slices.Clone(v.codes), func(c code) bool { return c.proved.IsZero() })
}

// fresh is the code of a contact that is sent now.
func fresh(n int, item, field string, now time.Time) code {
	return code{n: n, item: item, field: field, salt: credential.NewSalt(), sends: 1, expires: now.Add(identity.CodeLife)}
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// The limits. A contact has its own, whoever names it.
var (
	perNetwork = credential.Limit{Times: 30, Within: time.Hour}
	perContact = credential.Limit{Times: 4, Within: 30 * time.Minute}
	perRequest = credential.Limit{Times: 6, Within: 30 * time.Minute}
	tries      = credential.Limit{Times: 60, Within: 15 * time.Minute}
)

// Faults that people see.
var (
	errOften   = fault.New(fault.TooMany, "visitor.often")
	errUnknown = fault.New(fault.NotFound, "visitor.unknown")
	// errOver says that there is no such way, or that its time is over.
	errOver = fault.New(fault.NotFound, "visitor.over")
)
