package recovery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
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

// How long things last.
const (
	codeLife   = identity.CodeLife
	wayLife    = time.Hour          // of a browser between the code and the password
	Wait       = 72 * time.Hour     // of who has no second factor and no recovery code
	finishLife = 7 * 24 * time.Hour // of the link, once it opens
)

// The jobs. Their payloads hold ids and a language.
const (
	jobCode    = "recovery.code"
	jobWaiting = "recovery.waiting"
	jobReady   = "recovery.ready"
)

// Faults that people see.
var (
	errTooMany = fault.New(fault.TooMany, "identity.too-many")
	errOver    = fault.New(fault.NotFound, "recovery.over")
)

// Service brings people back.
type Service struct {
	*identity.Service
	throttle *credential.Throttle
}

// New returns the service and registers its jobs.
func New(s *identity.Service) *Service {
	r := &Service{s, credential.NewThrottle(s.Clock)}
	s.Jobs.Register(jobCode, r.sendCode, jobs.Options{Attempts: 5, Timeout: 30 * time.Second})
	s.Jobs.Register(jobWaiting, r.sendWaiting, jobs.Options{})
	s.Jobs.Register(jobReady, r.sendReady, jobs.Options{})
	return r
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// token is the secret of a link. It follows from a key that the store has not.
func (s *Service) token(use string, r request) string {
	return base64.RawURLEncoding.EncodeToString(s.Codes.Code("recovery "+use, r.ID+" "+base64.RawURLEncoding.EncodeToString(r.Salt)))
}

func (s *Service) code(r request) string { return credential.CodeOf(s.Codes, "recovery "+r.ID, r.Salt) }

// note writes an event about the account that is recovered.
func (s *Service) note(tx *db.Tx, r request, reason string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: r.Subject, Reason: reason, Policy: s.Policy().Hash(),
		Actor: audit.Actor{Kind: policy.System.String()}, // nobody is signed in
	})
}

// Begin has a code sent to a channel of an account, if there is one. What it
// does and answers is the same if there is none.
func (s *Service) Begin(ctx context.Context, c credential.Contact, lang string, from identity.From) (token string, err error) {
	if !s.throttle.Take(credential.Limit{Times: 30, Within: time.Hour}, "network", from.Network) ||
		!s.throttle.Take(credential.Limit{Times: 3, Within: time.Hour}, "contact", c.Field+" "+c.Value) {
		return "", errTooMany
	}
	token = id.Token()
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		subject, err := s.FindPerson(tx, c)
		if err != nil {
			return err
		}
		r := request{Subject: subject, ID: id.New(now), Hash: hashOf(token), State: coded, Channel: c.Field, Salt: credential.NewSalt(), Created: now, Expires: now.Add(codeLife)}
		if subject == "" {
			r.Subject = id.New(now)
		} else if err := s.note(tx, r, "recovery-begun"); err != nil {
			return err
		}
		if err := insertRequest(tx, r); err != nil {
			return err
		}
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobCode, Key: r.ID, Payload: map[string]string{"id": r.ID, "language": lang}})
	})
	if err != nil {
		return "", fmt.Errorf("begin a recovery: %w", err)
	}
	return token, nil
}

// sendCode sends the code of a request; where there is no account, nothing.
func (s *Service) sendCode(ctx context.Context, job *jobs.Job) error {
	r, open, err := s.look(ctx, job.Get("id"))
	if err != nil || !open || r.State != coded || !s.Clock.Now().Before(r.Expires) {
		return err
	}
	return s.WriteTo(ctx, r.Subject, r.Channel, job.Get("language"), job.ID, "recovery.message.code", "code", s.code(r))
}

// look reads a request, and whether its account is open.
func (s *Service) look(ctx context.Context, requestID string) (r request, open bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if r, err = selectByID(tx, requestID); err != nil {
			return err
		}
		open, err = s.OpenPerson(tx, r.Subject)
		return err
	})
	if err != nil {
		return r, false, fmt.Errorf("look a recovery up: %w", err)
	}
	return r, open, nil
}

// way is the request of a browser in one of the states, or a SignIn fault.
func (s *Service) way(tx *db.Tx, token string, states ...string) (request, error) {
	r, err := selectByToken(tx, hashOf(token))
	if err != nil {
		return request{}, fmt.Errorf("look a recovery up: %w", err)
	}
	for _, state := range states {
		if r.ID != "" && r.State == state && s.Clock.Now().Before(r.Expires) {
			return r, nil
		}
	}
	return request{}, identity.ErrSignIn
}

// State is how far a browser is, for showing the right page, and what its
// account has: nothing of it is told before the code was right.
func (s *Service) State(ctx context.Context, token string) (state string, second bool, ready time.Time, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := s.way(tx, token, coded, proved, factor, waiting)
		if err != nil {
			return err
		}
		state, ready = r.State, r.Ready
		if state == coded {
			return nil
		}
		has, err := s.Proofs.Has(tx, r.Subject)
		second = has.Second() || has.Codes > 0
		return err
	})
	return state, second, ready, err
}

// Confirm takes the code that was sent.
func (s *Service) Confirm(ctx context.Context, token, code string, from identity.From) error {
	return s.attempt(ctx, token, coded, from, func(tx *db.Tx, r request) (bool, error) {
		open, err := s.OpenPerson(tx, r.Subject)
		if err != nil || !open || !credential.SameCode(credential.Figures(code), s.code(r)) {
			return false, err
		}
		r.Expires = s.Clock.Now().Add(wayLife)
		return s.step(tx, r, proved)
	})
}

// Prove takes a code of the app or a recovery code.
func (s *Service) Prove(ctx context.Context, token, code string, from identity.From) error {
	return s.attempt(ctx, token, proved, from, func(tx *db.Tx, r request) (bool, error) {
		p, err := s.ProveFactor(tx, web.RealmPerson, r.Subject, code)
		if err != nil || p.Means == "" {
			return false, err
		}
		r.Seasoned = p.Seasoned
		return s.step(tx, r, factor)
	})
}

// attempt counts a try at something, which is durable whether it was right or
// not, and says beside the field "code" if it was wrong.
func (s *Service) attempt(ctx context.Context, token, state string, from identity.From, right func(*db.Tx, request) (bool, error)) error {
	if !s.throttle.Take(credential.Limit{Times: 60, Within: 15 * time.Minute}, "typed", from.Network) {
		return errTooMany
	}
	var wrong string
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		wrong = ""
		r, err := s.way(tx, token, state)
		if err != nil {
			return err
		}
		left, err := try(tx, r, identity.CodeTries)
		if err != nil {
			return err
		}
		if !left {
			wrong = "identity.code.over"
			return nil
		}
		ok, err := right(tx, r)
		if err == nil && !ok {
			wrong = "identity.code.wrong"
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("recover an account: %w", err)
	}
	if wrong != "" {
		return fault.Input(fault.Field{Name: "code", Code: wrong})
	}
	return nil
}

func (s *Service) step(tx *db.Tx, r request, to string) (bool, error) {
	moved, err := move(tx, r, to)
	if err != nil || !moved {
		return false, errors.Join(err, identity.ErrSignIn)
	}
	return true, nil
}

// Finish gives an account another password at once, after a second factor or
// a recovery code.
func (s *Service) Finish(ctx context.Context, token, password, lang string, from identity.From) (identity.Entry, error) {
	return s.finish(ctx, password, lang, from, func(tx *db.Tx) (request, identity.Proved, error) {
		r, err := s.way(tx, token, factor)
		return r, identity.Proved{Means: identity.MeansRecovered, Seasoned: r.Seasoned}, err
	})
}

// FinishWaited does so by the link that was sent after the wait.
func (s *Service) FinishWaited(ctx context.Context, requestID, token, password, lang string, from identity.From) (identity.Entry, error) {
	return s.finish(ctx, password, lang, from, func(tx *db.Tx) (request, identity.Proved, error) {
		r, err := s.link(tx, "finish", requestID, token)
		return r, identity.Proved{}, err
	})
}

func (s *Service) finish(ctx context.Context, password, lang string, from identity.From, find func(*db.Tx) (request, identity.Proved, error)) (e identity.Entry, err error) {
	if !s.throttle.Take(credential.Limit{Times: 60, Within: 15 * time.Minute}, "typed", from.Network) {
		return e, errTooMany
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error { // before a hash is made for nobody
		_, _, err := find(tx)
		return err
	})
	if err != nil {
		return e, err
	}
	hash, err := s.HashPassword(ctx, password)
	if err != nil {
		return e, err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, p, err := find(tx)
		if err != nil {
			return err
		}
		if _, err := s.step(tx, r, done); err != nil {
			return err
		}
		e, err = s.Recover(tx, r.Subject, hash, p, lang, from)
		return err
	})
	if err != nil {
		return identity.Entry{}, fmt.Errorf("finish a recovery: %w", err)
	}
	return e, nil
}

// BeginWait begins the 72 hours of who has neither, and tells every channel. If one
// waits already, that is the one.
func (s *Service) BeginWait(ctx context.Context, token, lang string) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		r, err := s.way(tx, token, proved)
		if err != nil {
			return err
		}
		other, err := selectWaiting(tx, r.Subject, now)
		if err != nil {
			return err
		}
		if other.ID != "" {
			r.Ready, r.Expires = other.Ready, other.Ready // shows its moment, and opens nothing
			_, err := s.step(tx, r, waiting)
			return err
		}
		r.Ready = now.Add(Wait)
		r.Expires = r.Ready.Add(finishLife)
		if _, err := s.step(tx, r, waiting); err != nil {
			return err
		}
		if err := s.note(tx, r, "recovery-waits"); err != nil {
			return err
		}
		channels, err := s.Channels(tx, r.Subject)
		if err != nil {
			return err
		}
		for _, c := range channels {
			err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobWaiting, Payload: map[string]string{"id": r.ID, "channel": c.Field, "language": lang}})
			if err != nil {
				return err
			}
		}
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobReady, At: r.Ready, Payload: map[string]string{"id": r.ID, "language": lang}})
	})
	if err != nil {
		return fmt.Errorf("wait with a recovery: %w", err)
	}
	return nil
}

// sendWaiting tells a channel that a recovery waits, with the link that stops it.
func (s *Service) sendWaiting(ctx context.Context, job *jobs.Job) error {
	r, open, err := s.look(ctx, job.Get("id"))
	if err != nil || !open || r.State != waiting {
		return err
	}
	lang := job.Get("language")
	return s.WriteTo(ctx, r.Subject, job.Get("channel"), lang, job.ID, "recovery.message.waiting",
		"hours", int(Wait.Hours()), "link", s.Address()+"/"+lang+"/recover/stop/"+r.ID+"/"+s.token("stop", r))
}

// sendReady sends the link that finishes a recovery that nobody stopped, to
// the channel that it began at.
func (s *Service) sendReady(ctx context.Context, job *jobs.Job) error {
	r, open, err := s.look(ctx, job.Get("id"))
	if err != nil || !open || r.State != waiting {
		return err
	}
	lang := job.Get("language")
	return s.WriteTo(ctx, r.Subject, r.Channel, lang, job.ID, "recovery.message.ready",
		"days", int(finishLife.Hours()/24), "link", s.Address()+"/"+lang+"/recover/finish/"+r.ID+"/"+s.token("finish", r))
}

// link is the request that a link is of, if it serves now.
func (s *Service) link(tx *db.Tx, use, requestID, token string) (request, error) {
	r, err := selectByID(tx, requestID)
	if err != nil {
		return request{}, fmt.Errorf("look a recovery up: %w", err)
	}
	now := s.Clock.Now()
	if r.ID == "" || !hmac.Equal([]byte(s.token(use, r)), []byte(token)) || r.State != waiting || !now.Before(r.Expires) ||
		use == "finish" && now.Before(r.Ready) {
		return request{}, errOver
	}
	return r, nil
}

// Serves answers a NotFound unless a link serves now.
func (s *Service) Serves(ctx context.Context, use, requestID, token string) error {
	return s.DB.View(ctx, func(tx *db.Tx) error {
		_, err := s.link(tx, use, requestID, token)
		return err
	})
}

// Stop stops a recovery that waits. Whoever has the link holds a channel of
// the account; they need not sign in.
func (s *Service) Stop(ctx context.Context, requestID, token string) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, err := s.link(tx, "stop", requestID, token)
		if err != nil {
			return err
		}
		return s.stop(tx, r.Subject)
	})
	if err != nil {
		return fmt.Errorf("stop a recovery: %w", err)
	}
	return nil
}

// StopOwn stops the recovery that waits of whoever is signed in.
func (s *Service) StopOwn(ctx context.Context, subject string) error {
	if err := s.Vault.Update(ctx, func(tx *db.Tx) error { return s.stop(tx, subject) }); err != nil {
		return fmt.Errorf("stop a recovery: %w", err)
	}
	return nil
}

// stop stops what waits of somebody, and what was asked for beside it.
func (s *Service) stop(tx *db.Tx, subject string) error {
	ended, err := stopWaiting(tx, subject)
	if err != nil || !ended {
		return errors.Join(err, errOver)
	}
	return s.note(tx, request{Subject: subject}, "recovery-stopped")
}

// Waiting is when the recovery of somebody that waits opens, or opened; zero
// if none waits.
func (s *Service) Waiting(ctx context.Context, subject string) (ready time.Time, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := selectWaiting(tx, subject, s.Clock.Now())
		if ready = r.Ready; r.ID == "" {
			ready = time.Time{}
		}
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look for a recovery that waits: %w", err)
	}
	return ready, nil
}
