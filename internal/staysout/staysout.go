package staysout

import (
	"cmp"
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the table of this package.
func Migrations() fs.FS { return db.Embedded(migrations) }

// Activity is the one under which the program opens an address to hash it.
const Activity = "stays-out"

// Keys makes a keyed hash: keys.Ring is one, and its epochs do not touch it.
type Keys interface {
	Index(kind, value string) []byte
}

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Jobs     *jobs.Queue
	Keys     Keys
	Policy   func() *policy.Policy
	Clock    clock.Clock
	Disposer holdings.Disposer
	Lists    func() []string // what is sent only to who asks for it
	// Wants reports whether somebody asks for a list now.
	Wants func(tx *db.Tx, subject, list string) (bool, error)
}

// Service keeps who stays out. It is safe for concurrent use.
type Service struct{ Config }

// jobSettle brings what is kept of somebody's addresses to what they said last.
// Its payload holds ids.
const jobSettle = "staysout.settle"

// New returns the service and registers its job.
func New(c Config) *Service {
	s := &Service{c}
	s.Jobs.Register(jobSettle, s.settle, jobs.Options{Inside: true})
	return s
}

// hash is what is kept of an address for a list: the same address on another
// list has another one, and none is any index of the vault.
func (s *Service) hash(list, address string) []byte {
	return s.Keys.Index("stays-out "+list, strings.ToLower(strings.TrimSpace(address)))
}

// Said is called in the transaction in which somebody asks for a list, or does
// not want it any more. What is no such list is left alone.
func (s *Service) Said(tx *db.Tx, subject, list string) error {
	if !slices.Contains(s.Lists(), list) {
		return nil
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobSettle, Payload: map[string]string{"subject": subject, "list": list}})
}

// Reached is called in the transaction in which somebody without an account opts
// out of a list: nothing of it goes to the contacts that stand in a scope of
// theirs, whosever account those belong to.
func (s *Service) Reached(tx *db.Tx, subject, scope, list string) error {
	if !slices.Contains(s.Lists(), list) {
		return nil
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobSettle, Payload: map[string]string{"subject": subject, "scope": scope, "list": list}})
}

// addresses opens where somebody is reached, as it stands in a scope.
func (s *Service) addresses(ctx context.Context, subject, scope string) (list []string, err error) {
	a, ok := s.Policy().Activity(Activity)
	if !ok {
		return nil, nil
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: subject, Activity: Activity, Operation: policy.Use,
		Scope: scope, Fields: a.Fields,
	})
	if kind := fault.KindOf(err); err != nil && (kind == fault.NotFound || kind == fault.Denied) {
		return nil, nil // nothing is left of them, and what was to be hashed was, before it went
	}
	if err != nil {
		return nil, fmt.Errorf("open an address to hash it: %w", err)
	}
	for _, field := range a.Fields {
		if text := values.Text(field); text != "" {
			list = append(list, text)
		}
		if scope != vault.Profile {
			for _, one := range values.Items(field) {
				list = append(list, one.Text)
			}
		}
	}
	return list, nil
}

// settle keeps the hashes of somebody's addresses, or lets go of them, by what
// they want when it runs: whichever of several jobs is the last, it is right.
func (s *Service) settle(ctx context.Context, job *jobs.Job) error {
	subject, list := job.Get("subject"), job.Get("list")
	scope := cmp.Or(job.Get("scope"), vault.Profile)
	addresses, err := s.addresses(ctx, subject, scope)
	if err != nil {
		return err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.Vault.Bump(tx, subject); err != nil { // nobody says anything else for them meanwhile
			return err
		}
		wants := false
		if scope == vault.Profile {
			if wants, err = s.Wants(tx, subject, list); err != nil {
				return err
			}
		}
		for _, address := range addresses {
			if wants {
				err = s.release(tx, s.hash(list, address))
			} else {
				err = s.keep(tx, s.hash(list, address))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep that somebody stays out: %w", err)
	}
	return nil
}

// keep keeps a hash, and has the ledger keep it.
func (s *Service) keep(tx *db.Tx, hash []byte) error {
	now := s.Clock.Now()
	fresh, err := insertHash(tx, id.New(now), hash, now)
	if err != nil || !fresh {
		return err
	}
	return s.Vault.Took(tx, ledger.StayOut, audit.System, base64.RawURLEncoding.EncodeToString(hash))
}

// release disposes of a hash, by the one path.
func (s *Service) release(tx *db.Tx, hash []byte) error {
	kept, err := selectHash(tx, hash)
	if err != nil || kept == "" {
		return err
	}
	_, err = s.Disposer.Of(tx, kind, audit.System, kept, holdings.BecauseOwn)
	return err
}

// Leaving opens the addresses of somebody whose account is about to be erased,
// and returns what keeps their hashes for every list, to be called in the
// transaction that erases it.
func (s *Service) Leaving(ctx context.Context, subject string) (keep func(*db.Tx) error, err error) {
	lists := s.Lists()
	var addresses []string
	if len(lists) > 0 {
		if addresses, err = s.addresses(ctx, subject, vault.Profile); err != nil {
			return nil, err
		}
	}
	return func(tx *db.Tx) error {
		for _, list := range lists {
			for _, address := range addresses {
				if err := s.keep(tx, s.hash(list, address)); err != nil {
					return fmt.Errorf("keep that somebody stays out: %w", err)
				}
			}
		}
		return nil
	}, nil
}

// Out reports whether nothing of a list is sent to an address.
func (s *Service) Out(tx *db.Tx, list, address string) (bool, error) {
	kept, err := selectHash(tx, s.hash(list, address))
	return kept != "", err
}

// Silent says of which lists nothing is sent to where somebody is reached now,
// because that was said after these times, by whoever receives there.
func (s *Service) Silent(ctx context.Context, subject string, since map[string]time.Time) (silent map[string]bool, err error) {
	addresses, err := s.addresses(ctx, subject, vault.Profile)
	if err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		silent = map[string]bool{}
		for list, from := range since {
			for _, address := range addresses {
				at, err := selectSince(tx, s.hash(list, address))
				if err != nil {
					return err
				}
				silent[list] = silent[list] || at.After(from) // an older one is about to be let go
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look whether somebody stays out: %w", err)
	}
	return silent, nil
}

// Replay keeps a hash again that the ledger tells of, when a backup was restored
// that does not know it. One that was let go since stays until whoever receives
// there opts in once more.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Kind != ledger.StayOut {
		return false, nil
	}
	hash, err := base64.RawURLEncoding.DecodeString(a.Ref)
	if err == nil && len(hash) == 0 {
		err = errors.New("it names none")
	}
	if err == nil {
		_, err = insertHash(tx, id.New(s.Clock.Now()), hash, a.At)
	}
	if err != nil {
		return true, fmt.Errorf("replay that somebody stays out: %w", err)
	}
	return true, nil
}

// Standing is what the control looks at.
type Standing struct {
	Lists    int
	Declared bool  // the activity under which addresses are hashed
	Kept     int64 // hashes
	Works    bool  // an address that is kept is recognised, and another is not
	Stuck    int64 // opt-outs whose hash could not be made
}

// errProbe ends the transaction of a probe, which leaves nothing.
var errProbe = errors.New("a probe leaves nothing")

// Stand counts what is kept, and tries with an address of nobody whether it is
// recognised: in a transaction that is not committed.
func (s *Service) Stand(ctx context.Context) (st Standing, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		st = Standing{Lists: len(s.Lists())}
		_, st.Declared = s.Policy().Activity(Activity)
		if st.Kept, err = countHashes(tx); err != nil {
			return err
		}
		now := s.Clock.Now()
		nobody, other := id.New(now)+"@example.invalid", id.New(now)+"@example.invalid"
		if _, err := insertHash(tx, id.New(now), s.hash(kind, nobody), now); err != nil {
			return err
		}
		kept, err := s.Out(tx, kind, nobody)
		if err != nil {
			return err
		}
		strange, err := s.Out(tx, kind, other)
		if err != nil {
			return err
		}
		st.Works = kept && !strange
		return errProbe
	})
	if !errors.Is(err, errProbe) {
		return Standing{}, fmt.Errorf("see whether who opted out is recognised: %w", err)
	}
	dead, err := s.Jobs.Dead(ctx)
	for _, job := range dead {
		if job.Kind == jobSettle {
			st.Stuck++
		}
	}
	return st, err
}
