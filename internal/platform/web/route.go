package web

import (
	"context"
	"errors"
	"time"
)

// Audience says for whom a route is.
type Audience uint8

// The audiences.
const (
	Public  Audience = iota // anybody
	Person                  // a citizen who is signed in
	Staff                   // an official who is signed in
	Machine                 // another system, which the handler authenticates; errors are problem details
)

// String returns the audience's name.
func (a Audience) String() string {
	return [...]string{"public", "person", "staff", "machine"}[a]
}

// Handler answers a request. A returned error is translated once at the edge:
// handlers do not write errors themselves.
type Handler func(q *Req) error

// Route is one address of the portal.
type Route struct {
	Method string // GET also answers HEAD
	// Path begins with a slash and may hold {wildcards} as in http.ServeMux.
	// A trailing slash means exactly that path; "{rest...}" matches all below.
	Path     string
	Audience Audience
	// Activity is the activity of the policy that this route serves, or
	// "public", or "none: REASON".
	Activity string
	// Roles limits a Staff route to holders of one of them; none: all staff.
	Roles []string
	// StepUp, on a route for people or officials, is how long ago they may
	// have proved who they are at the most; 0: at sign-in is enough. Whoever
	// did longer ago is led to prove it again, and back (see Req.NeedStepUp).
	StepUp time.Duration
	// Seasoned, on a route for people, says that it downloads what is theirs or
	// takes a consent: a way in that is new does not open it (see
	// Req.NeedSeasoned).
	Seasoned bool
	// Unprefixed routes have no language in their path: /staff/…, /audit/….
	Unprefixed bool
	// Limit bounds the body in bytes; 0 means DefaultLimit.
	Limit   int64
	Handler Handler
}

// DefaultLimit bounds the body of a request whose route states no limit.
const DefaultLimit = 64 << 10

// Session says who is signed in.
type Session struct {
	ID      string
	Subject string
	Realm   string // "person" or "staff"
	Name    string // how the header greets them; may be empty
	Roles   []string
	Party   string
	Strong  bool // a second factor was given
	Signed  time.Time
	// Level is how well the portal knows who this person is.
	Level Level
	// Stepped is when they last proved who they are, at sign-in or since, and
	// SteppedBy with what: identity's means.
	Stepped   time.Time
	SteppedBy string
	// Seasoned is from when on this session may authorise a download of data or
	// a consent: what proved it is older than the time in which its owner would
	// hear of somebody else's having added it (see Req.NeedSeasoned).
	Seasoned time.Time
}

// Level is how well the portal knows who a person is. Each includes those
// before it.
type Level uint8

// The levels.
const (
	LevelDeclared  Level = iota // they said so
	LevelConfirmed              // and a channel of theirs is confirmed
	LevelOfficial               // an official saw their card
	LevelRegister               // a register knows them
	LevelNational               // the national login vouches for them
)

// Levels are the names of the levels, in order, as declarations write them.
func Levels() []string { return []string{"declared", "confirmed", "official", "register", "national"} }

// String returns the level's name.
func (l Level) String() string { return Levels()[l] }

// Sessions finds the session behind a token from a cookie. An unknown, ended
// or expired token gives nil, nil; one of somebody who is on the way in gives
// ErrUnderway. The roles are read at each call.
type Sessions interface {
	Session(ctx context.Context, token, realm string) (*Session, error)
}

// ErrUnderway says that a token is of somebody who has not finished signing in
// or registering: it opens nothing, and the browser keeps it.
var ErrUnderway = errors.New("signing in is under way")

// The realms and their cookies.
const (
	RealmPerson   = "person"
	RealmStaff    = "staff"
	SessionCookie = "session"  // a person's session
	StaffCookie   = "staff"    // an official's session
	LangCookie    = "language" // the language chosen on pages without a language in their address
)

// Cookie declares a cookie that may be set.
type Cookie struct {
	Name  string
	Class string // Necessary, or a class that must be granted
}

// Necessary is the class of cookies that need no consent.
const Necessary = "necessary"
