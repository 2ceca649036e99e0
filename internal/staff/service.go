package staff

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
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

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// ActivityAdminister is the duty by which names and addresses of officials are
// seen and entered; the instance declares for which role.
const ActivityAdminister = "staff-administration"

// jobInvite sends an invitation. Its payload holds ids.
const jobInvite = "staff.invite"

// How long links last, and what a name may measure.
const (
	bootstrapLife  = 24 * time.Hour
	invitationLife = 72 * time.Hour
	nameMax        = 200
	pageSize       = 50
)

// Faults that people see.
var (
	errLink    = fault.New(fault.NotFound, "staff.link")
	errSelf    = fault.New(fault.Denied, "staff.self")
	errAllowed = fault.New(fault.Denied, "staff.denied")
	errUnknown = fault.New(fault.NotFound, "staff.unknown")
	errRaced   = fault.New(fault.Conflict, "staff.raced")
)

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Identity *identity.Service
	Jobs     *jobs.Queue
	Policy   func() *policy.Policy
	Clock    clock.Clock
	Address  func() string // of the portal, as links in mail begin: https://one.gov.mv
	Demo     bool
}

// Service owns officials and their roles.
type Service struct {
	Config
}

// New returns the service tells identity who knows the roles, and registers its job.
func New(c Config) *Service {
	s := &Service{Config: c}
	c.Identity.SetMembers(s)
	c.Jobs.Register(jobInvite, s.sendInvitation, jobs.Options{})
	return s
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Roles are the roles that an official has now, those that the policy in force
// declares, and the party of the first (identity.Members).
func (s *Service) Roles(tx *db.Tx, subject string) ([]string, string, error) {
	m, err := selectMember(tx, subject)
	if err != nil {
		return nil, "", fmt.Errorf("read roles: %w", err)
	}
	var roles []string
	party := ""
	for _, name := range m.Roles {
		if r, ok := s.Policy().Role(name); ok {
			if roles = append(roles, name); party == "" {
				party = r.Party
			}
		}
	}
	return roles, party, nil
}

// may refuses whoever does not administer people now, or not strongly, or was
// suspended since the session was looked up.
func (s *Service) may(tx *db.Tx, me *web.Session) error {
	roles, _, err := s.Roles(tx, me.Subject)
	if err != nil {
		return err
	}
	state, err := s.Identity.State(tx, web.RealmStaff, me.Subject)
	if err != nil {
		return err
	}
	if state != identity.Open || !s.Policy().May(roles, policy.AdministerPeople) || !me.Strong && !s.Demo {
		return errAllowed
	}
	return nil
}

// note writes an event of an official that somebody else caused.
func (s *Service) note(tx *db.Tx, by audit.Actor, subject, reason string, roles []string) error {
	e := audit.Event{Kind: audit.KindStaff, Subject: subject, Actor: by, Reason: reason, Policy: s.Policy().Hash()}
	if len(roles) > 0 {
		e.Facts = audit.Facts{"roles": strings.Join(roles, " ")}
	}
	return s.Vault.Append(tx, e)
}

func by(me *web.Session) audit.Actor {
	return audit.Actor{ID: me.Subject, Kind: policy.Staff.String(), Party: me.Party, Role: strings.Join(me.Roles, " ")}
}

func actor(me *web.Session) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: me.Subject, Roles: me.Roles, Strong: me.Strong}
}

func system() policy.Actor { return policy.Actor{Kind: policy.System, ID: "portico"} }

// Entry is an official as entered: a name, an address and roles.
type Entry struct {
	Name  string
	Email string
	Roles []string
}

// check returns what an entry is when it is sound.
func (s *Service) check(e Entry) (Entry, credential.Contact, error) {
	var wrong []fault.Field
	e.Name = strings.Join(strings.Fields(e.Name), " ")
	if e.Name == "" || utf8.RuneCountInString(e.Name) > nameMax {
		wrong = append(wrong, fault.Field{Name: "name", Code: "staff.name.wrong"})
	}
	c, ok := identity.StaffContact(e.Email)
	if !ok {
		wrong = append(wrong, fault.Field{Name: "email", Code: "staff.email.wrong"})
	}
	roles, err := s.sound(e.Roles)
	if err != nil {
		wrong = append(wrong, fault.Field{Name: "roles", Code: "staff.roles.wrong"})
	}
	if len(wrong) > 0 {
		return e, c, fault.Input(wrong...)
	}
	e.Roles = roles
	return e, c, nil
}

// sound returns roles in order, each once; there must be one, and the instance
// must declare it.
func (s *Service) sound(roles []string) ([]string, error) {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	for _, r := range roles {
		if _, ok := s.Policy().Role(r); !ok {
			return nil, fault.Input(fault.Field{Name: "roles", Code: "staff.roles.wrong"})
		}
	}
	if len(roles) == 0 {
		return nil, fault.Input(fault.Field{Name: "roles", Code: "staff.roles.wrong"})
	}
	return roles, nil
}

// add makes an official: subject, sealed name and address, account, roles.
func (s *Service) add(tx *db.Tx, e Entry, c credential.Contact, who policy.Actor, activity, source string) (Member, error) {
	subject, err := s.Vault.NewSubject(tx)
	if err != nil {
		return Member{}, err
	}
	permit, err := s.Vault.Permit(tx, vault.Use{
		Actor: who, Subject: subject, Activity: activity, Operation: policy.Collect,
		Scope: vault.Profile, Fields: []string{policy.FieldStaffName, policy.FieldStaffEmail},
	})
	if err != nil {
		return Member{}, err
	}
	if err := s.Vault.Put(tx, permit, []vault.Value{
		{Field: policy.FieldStaffName, Text: e.Name, Source: source},
		{Field: policy.FieldStaffEmail, Text: c.Value, Source: source},
	}); err != nil {
		return Member{}, err
	}
	if err := s.Identity.AddStaff(tx, subject, c); err != nil {
		return Member{}, err
	}
	now := s.Clock.Now()
	m := Member{Subject: subject, Reference: id.Reference("ST"), Roles: e.Roles, Since: now}
	return m, insertMember(tx, m, now)
}

// Bootstrap returns the path of the one-time link for the first administrator
// if there is no official yet, else nothing. Each call makes a new link and
// ends the one before.
func (s *Service) Bootstrap(ctx context.Context) (path string, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		path = ""
		n, err := countMembers(tx)
		if err != nil || n > 0 {
			return err
		}
		token := id.Token()
		path = "/staff/welcome/" + token
		return putBootstrap(tx, hashOf(token), s.Clock.Now().Add(bootstrapLife))
	})
	if err != nil {
		return "", fmt.Errorf("make the first administrator's link: %w", err)
	}
	return path, nil
}

// administrators are the roles that administer people.
func (s *Service) administrators() (roles []string) {
	for _, r := range s.Policy().Declarations().Roles {
		if slices.Contains(r.May, policy.AdministerPeople) {
			roles = append(roles, r.ID)
		}
	}
	return roles
}

// Create makes an official who can sign in at once, by the same rules as an
// invitation but for the mail: a demo's officials come from here.
func (s *Service) Create(ctx context.Context, e Entry, password string) (subject string, err error) {
	e, c, err := s.check(e)
	if err != nil {
		return "", err
	}
	hash, err := s.Identity.HashPassword(ctx, password, c.Value)
	if err != nil {
		return "", err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		m, err := s.add(tx, e, c, system(), policy.ActivityStaffAccount, policy.SourceForm)
		if err != nil {
			return err
		}
		subject = m.Subject
		if err := s.Identity.CreateStaff(tx, m.Subject, hash); err != nil {
			return err
		}
		return s.note(tx, audit.Actor{Kind: policy.System.String()}, m.Subject, "created", e.Roles)
	})
	if err != nil {
		return "", fmt.Errorf("make an official: %w", err)
	}
	return subject, nil
}

// together is one fault of what two say about fields; whatever else they are
// stays what it is.
func together(a, b error) error {
	if !identity.Shown(a) || !identity.Shown(b) {
		return errors.Join(a, b)
	}
	return fault.Input(slices.Concat(fault.From(a).Fields, fault.From(b).Fields)...)
}

// Link says what a link of /staff/welcome is for.
type Link struct {
	First   bool   // the first administrator, who is asked for everything
	Subject string // whom it invites
}

// Open looks a link up. One that is unknown, used or too old is a NotFound.
func (s *Service) Open(ctx context.Context, token string) (l Link, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l, err = s.link(tx, token)
		return err
	})
	return l, err
}

func (s *Service) link(tx *db.Tx, token string) (l Link, err error) {
	now := s.Clock.Now()
	if l.Subject, err = selectInvited(tx, hashOf(token), now); err != nil || l.Subject != "" {
		return l, err
	}
	if l.First, err = validBootstrap(tx, hashOf(token), now); err == nil && !l.First {
		err = errLink
	}
	return l, err
}

// Welcome takes who follows a link to a password and on to the second factor.
// The entry is asked of the first administrator only.
func (s *Service) Welcome(ctx context.Context, token string, e Entry, password string, from identity.From) (identity.Entry, error) {
	l, err := s.Open(ctx, token)
	if err != nil {
		return identity.Entry{}, err
	}
	var c credential.Contact
	if l.First {
		e.Roles = s.administrators()
		if e, c, err = s.check(e); err != nil { // the password is named with the rest
			return identity.Entry{}, together(err, s.Identity.CheckPassword(password, c.Value))
		}
	}
	hash, err := s.Identity.HashPassword(ctx, password, c.Value)
	if err != nil {
		return identity.Entry{}, err
	}
	var in identity.Entry
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		l, err := s.link(tx, token)
		if err != nil {
			return err
		}
		if l.First {
			used, err := useBootstrap(tx, hashOf(token), s.Clock.Now())
			n, counted := countMembers(tx)
			if err := errors.Join(err, counted); err != nil {
				return err
			}
			if !used || n > 0 {
				return errLink
			}
			m, err := s.add(tx, e, c, system(), policy.ActivityStaffAccount, policy.SourceForm)
			if err != nil {
				return err
			}
			if err := s.note(tx, audit.Actor{Kind: policy.System.String()}, m.Subject, "first-administrator", e.Roles); err != nil {
				return err
			}
			l.Subject = m.Subject
		} else if used, err := useInvitation(tx, hashOf(token), s.Clock.Now()); err != nil || !used {
			return errors.Join(err, errLink)
		}
		in, err = s.Identity.WelcomeStaff(tx, l.Subject, hash, from)
		return err
	})
	if err != nil {
		return identity.Entry{}, fmt.Errorf("welcome an official: %w", err)
	}
	return in, nil
}
