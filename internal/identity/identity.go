package identity

import (
	"embed"
	"io/fs"
	"slices"
	"time"

	"portico/internal/platform/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS { return sub(migrations, "migrations") }

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

func sub(files embed.FS, dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // a path that is not valid in the program's own text
	}
	return f
}

// State is where an account stands.
type State string

// The states of an account.
const (
	Pending   State = "pending"   // a contact was given and waits for its code
	Confirmed State = "confirmed" // the contact is theirs
	Described State = "described" // and they said who they are
	Open      State = "open"      // and have a password: they can sign in
	Suspended State = "suspended" // cannot sign in for now
	Closed    State = "closed"    // never again
)

// next are the states that may follow each.
var next = map[State][]State{
	Pending:   {Confirmed, Closed},
	Confirmed: {Described, Closed},
	Described: {Open, Closed},
	Open:      {Suspended, Closed, Confirmed}, // to Confirmed: an official who gets a new link
	Suspended: {Open, Closed},
}

// May reports whether an account in state s may go to another.
func (s State) May(to State) bool { return slices.Contains(next[s], to) }

// unfinished reports whether an account is one that somebody began and cannot
// sign in to.
func (s State) unfinished() bool { return s == Pending || s == Confirmed || s == Described }

// stage is how far a browser is on its way in.
type stage string

const (
	stageRegister stage = "register" // an account is being made
	stageSecond   stage = "second"   // the password was right, the second factor is awaited
	stageEnrol    stage = "enrol"    // the password was right, a second factor must be set up
	stageFull     stage = "full"     // signed in
)

// How long things last.
const (
	CodeLife     = 10 * time.Minute // of a code
	CodeTries    = 5                // at a code
	CodeSends    = 3                // of codes to one contact in one registration
	registerLife = time.Hour        // of a registration under way
	wayLife      = 10 * time.Minute // between password and second factor
	secondTries  = 5                // at a second factor before the password is asked again
	IdleLife     = 30 * time.Minute // of a session nobody uses
	PersonLife   = 12 * time.Hour   // of any session of a person
	StaffLife    = 8 * time.Hour    // of any session of an official
	touchEvery   = time.Minute      // how exactly the last use of a session is known
	sessionsMax  = 20               // sessions of one person at once; the oldest ends
)

// Means are how somebody signed in, as events say it.
const (
	MeansPassword = "password"
	MeansSecond   = "password-and-code"
	MeansRecovery = "password-and-recovery-code"
	MeansPasskey  = "passkey"
	MeansRegister = "registration"
	MeansInvited  = "invitation"
	// Who forgot a password comes in so: with a second factor or a recovery
	// code, or after waiting with neither.
	MeansRecovered       = "recovered-with-factor"
	MeansRecoveredWaited = "recovered-after-waiting"
	// Another login vouched for them (see Login).
	MeansLogin = "login"
)

// strong reports whether means are two factors.
func strong(means string) bool {
	switch means {
	case MeansSecond, MeansRecovery, MeansPasskey, MeansRecovered, MeansLogin:
		return true
	}
	return false
}

// Faults that people see.
var (
	ErrSignIn    = fault.New(fault.SignIn, "identity.signed-out")
	errTooMany   = fault.New(fault.TooMany, "identity.too-many")
	errGuessed   = fault.New(fault.TooMany, "identity.sign-in.too-many")
	errLost      = fault.New(fault.Conflict, "identity.register.lost")
	errNoSession = fault.New(fault.NotFound, "identity.session.unknown")
)
