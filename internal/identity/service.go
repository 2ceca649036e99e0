package identity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/identity/credential"
	"portico/internal/identity/factor"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Sender is how messages leave: mail.SMTP and mail.SMS together are one.
type Sender interface {
	SendMail(ctx context.Context, m mail.Message) error
	SendSMS(ctx context.Context, to, text string) error
}

// Members knows which roles officials have; package staff is one. An official
// who has none now cannot be signed in.
type Members interface {
	Roles(tx *db.Tx, subject string) (roles []string, party string, err error)
}

// Config is what identity needs.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Log       *audit.Log
	Jobs      *jobs.Queue
	Sender    Sender
	Codes     credential.Codes // keys.Ring
	Catalogue *i18n.Catalogue
	Portal    func() *web.Portal
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Address   func() string    // of the portal, which passkeys are bound to; nil: http://localhost
	Demo      bool             // officials need no second factor
	Agreement func() Agreement // nil: nothing is asked
	// Left is told of an account that closes for good; nil: nobody is.
	Left     func(tx *db.Tx, subject string) error
	Disposer holdings.Disposer
	Hashes   int // how many passwords are hashed at once; 0: see credential.NewHasher
}

// Service makes accounts and sessions.
type Service struct {
	Config
	Proofs   *factor.Keeper
	hasher   *credential.Hasher
	throttle *credential.Throttle
	limits   credential.Limits
	known    func() (*credential.Known, error)

	mu      sync.RWMutex
	members Members
	levels  Levels

	arrivals Arrivals
	login    Login
}

// New returns the service and registers its jobs.
func New(c Config) *Service {
	if c.Address == nil {
		c.Address = func() string { return "http://localhost" }
	}
	s := &Service{
		Config: c, Proofs: factor.New(factor.Config{Vault: c.Vault, Codes: c.Codes, Clock: c.Clock, Address: c.Address}), hasher: credential.NewHasher(c.Hashes), throttle: credential.NewThrottle(c.Clock), limits: credential.StandardLimits(),
		known: sync.OnceValues(credential.LoadKnown),
	}
	// Somebody waits for a code: should this node die, another soon tries again.
	s.Jobs.Register(jobCode, s.sendCode, jobs.Options{Attempts: 5, Timeout: 30 * time.Second})
	s.Jobs.Register(jobNotice, s.sendNotice, jobs.Options{})
	return s
}

// SetMembers says who knows the officials' roles. Until then no official is
// signed in.
func (s *Service) SetMembers(m Members) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = m
}

// From is where a request comes from.
type From struct {
	Network string // see web.Req.Network
	Browser string // see credential.BrowserLabel
}

// Entry is a browser's next step: a token for its cookie, and whether more is
// asked before it is signed in.
type Entry struct {
	Token  string
	Second bool // the code of the second factor
	Enrol  bool // a second factor must be set up first
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// lifeOf is how long a session of a realm lasts at the most.
func lifeOf(realm string) time.Duration {
	if realm == web.RealmStaff {
		return StaffLife
	}
	return PersonLife
}

// CookieOf is the cookie of a realm.
func CookieOf(realm string) string {
	if realm == web.RealmStaff {
		return web.StaffCookie
	}
	return web.SessionCookie
}

// self is a person or an official who uses their own data.
func self(realm, subject string, strong bool) policy.Actor {
	if realm == web.RealmStaff {
		return policy.Actor{Kind: policy.Staff, ID: subject, Strong: strong}
	}
	return policy.Actor{Kind: policy.Person, ID: subject, Strong: strong}
}

// System is the program itself.
func system() policy.Actor { return policy.Actor{Kind: policy.System, ID: "portico"} }

// note writes an event about an account that its holder caused.
func (s *Service) note(tx *db.Tx, kind, realm, subject, reason string, facts audit.Facts) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: kind, Subject: subject, Reason: reason, Facts: facts, Policy: s.Policy().Hash(),
		Actor: audit.Actor{ID: subject, Kind: self(realm, subject, false).Kind.String()},
	})
}

// entering is a browser that comes a step further in.
type entering struct {
	Subject  string
	Realm    string
	Stage    stage
	Means    string
	Browser  string
	Seasoned time.Time // of what it proved; zero: now
}

// enter begins a session and returns its token. A full one is an event, and
// makes the oldest give way when there are too many. One that sets a second
// factor up ends those that were about to: each is shown a key of its own, so
// that nobody confirms one which somebody else has seen.
func (s *Service) enter(tx *db.Tx, in entering) (string, error) {
	now := s.Clock.Now()
	token := id.Token()
	life := lifeOf(in.Realm)
	switch in.Stage {
	case stageRegister:
		life = registerLife
	case stageSecond, stageEnrol:
		life = wayLife
	}
	row := session{
		Subject: in.Subject, ID: id.New(now), Realm: in.Realm, Stage: in.Stage, Hash: hashToken(token),
		Means: in.Means, Created: now, Expires: now.Add(life), Stepped: now, SteppedBy: in.Means, Seasoned: in.Seasoned,
	}
	if row.Seasoned.IsZero() {
		row.Seasoned = now
	}
	if in.Stage == stageEnrol {
		if err := endEnrolments(tx, in.Subject, now); err != nil {
			return "", fmt.Errorf("end an enrolment: %w", err)
		}
		if err := s.Proofs.DropApp(tx, in.Subject); err != nil {
			return "", fmt.Errorf("end an enrolment: %w", err)
		}
	}
	if err := insertSession(tx, row); err != nil {
		return "", fmt.Errorf("begin a session: %w", err)
	}
	if in.Stage != stageFull {
		return token, nil
	}
	list, err := selectSessions(tx, in.Subject, now)
	if err != nil {
		return "", err
	}
	for _, old := range list[min(sessionsMax, len(list)):] {
		if _, err := endSession(tx, in.Subject, old.ID, now); err != nil {
			return "", err
		}
	}
	if in.Realm == web.RealmPerson {
		if err := s.putBrowser(tx, row, in.Browser); err != nil {
			return "", err
		}
		if s.arrivals != nil {
			if err := s.arrivals.Arrived(tx, in.Subject); err != nil {
				return "", err
			}
		}
	}
	return token, s.note(tx, audit.KindSignIn, in.Realm, in.Subject, in.Means, audit.Facts{"session": row.ID})
}

// scopeOf is the scope that a session's browser is sealed under.
func scopeOf(sessionID string) string { return "session:" + sessionID }

func (s *Service) putBrowser(tx *db.Tx, row session, browser string) error {
	if err := s.Vault.NewScope(tx, row.Subject, scopeOf(row.ID)); err != nil {
		return err
	}
	permit, err := s.Vault.Permit(tx, vault.Use{
		Actor: self(row.Realm, row.Subject, false), Subject: row.Subject, Activity: policy.ActivityAccount,
		Operation: policy.Collect, Scope: scopeOf(row.ID), Fields: []string{policy.FieldBrowser},
	})
	if err != nil {
		return err
	}
	return s.Vault.Put(tx, permit, []vault.Value{{Field: policy.FieldBrowser, Text: browser, Source: policy.SourceBrowser}})
}

// Session finds who is signed in with a token (web.Sessions). It reads the
// account's state and, for officials, the roles, each time.
func (s *Service) Session(ctx context.Context, token, realm string) (*web.Session, error) {
	if len(token) != tokenSize {
		return nil, nil
	}
	now := s.Clock.Now()
	var row session
	var out *web.Session
	// Not on one snapshot: each thing that is asked is a fact of its own.
	err := s.DB.Glance(ctx, func(tx *db.Tx) (err error) {
		if row, err = selectSession(tx, hashToken(token)); err != nil {
			return err
		}
		if row.ID == "" || row.Realm != realm || !row.alive(now) {
			return nil
		}
		if row.Stage != stageFull {
			return web.ErrUnderway
		}
		a, err := selectAccount(tx, row.Subject)
		if err != nil || a.State != Open {
			return err
		}
		found := &web.Session{
			ID: row.ID, Subject: row.Subject, Realm: realm, Strong: strong(row.Means), Signed: row.Created,
			Stepped: row.Stepped, SteppedBy: row.SteppedBy, Seasoned: latest(row.Seasoned, a.Seasoned),
		}
		if realm == web.RealmStaff {
			if found.Roles, found.Party, err = s.rolesOf(tx, row.Subject); err != nil || len(found.Roles) == 0 {
				return err
			}
		}
		if realm == web.RealmPerson {
			if found.Level, err = s.levelOf(tx, row.Subject); err != nil {
				return err
			}
		}
		out = found
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look a session up: %w", err)
	}
	if out != nil && now.Sub(row.Seen) >= touchEvery {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return touchSession(tx, row, now) }); err != nil {
			return nil, fmt.Errorf("keep a session: %w", err)
		}
	}
	return out, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earliest is from when on a session is seasoned that two things proved: the
// older of them would have done.
func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// tokenSize is the length of a token (id.Token).
const tokenSize = 43

func (s *Service) rolesOf(tx *db.Tx, subject string) ([]string, string, error) {
	s.mu.RLock()
	m := s.members
	s.mu.RUnlock()
	if m == nil {
		return nil, "", nil
	}
	return m.Roles(tx, subject)
}

// alive reports whether a session is neither ended nor too old nor left idle.
func (r session) alive(now time.Time) bool {
	return !r.Ended && now.Before(r.Expires) && (r.Stage != stageFull || now.Sub(r.Seen) < IdleLife)
}

// way returns the session behind a token that has reached one of the stages,
// or a fault: whoever comes without begins anew.
func (s *Service) way(tx *db.Tx, token, realm string, stages ...stage) (session, error) {
	if len(token) != tokenSize {
		return session{}, ErrSignIn
	}
	row, err := selectSession(tx, hashToken(token))
	if err != nil {
		return session{}, err
	}
	for _, st := range stages {
		if row.ID != "" && row.Realm == realm && row.Stage == st && row.alive(s.Clock.Now()) {
			return row, nil
		}
	}
	return session{}, ErrSignIn
}

// CheckPassword says what is wrong with a new password as a fault about the
// field "password", or nil.
func (s *Service) CheckPassword(password string, words ...string) error {
	known, err := s.known()
	if err != nil {
		return err
	}
	if code := known.CheckPassword(password, words...); code != "" {
		return fault.Input(fault.Field{Name: "password", Code: code, Args: []any{"min", credential.PasswordMin}})
	}
	return nil
}
