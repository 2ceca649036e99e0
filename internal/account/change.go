package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// The states of a change of contact.
const (
	stateWaiting   = "waiting"   // for its code
	stateConfirmed = "confirmed" // it counts
	stateStopped   = "stopped"   // whoever has an old contact stopped it
	stateDropped   = "dropped"   // given up, or replaced by another
)

// change is a change of a contact. The new value is sealed in the scope
// contact:ID, the one before in contact-old:ID, so that it can be told and put
// back.
type change struct {
	Subject   string
	ID        string
	Field     string
	State     string
	Had       bool // there was one before
	Salt      []byte
	Tries     int64
	Sends     int64
	Expires   time.Time
	Confirmed time.Time
	StopUntil time.Time
}

func (c *change) scope() string    { return "contact:" + c.ID }
func (c *change) oldScope() string { return "contact-old:" + c.ID }

// StopTime is for how long a change of contact can be stopped.
const StopTime = identity.Season

// The jobs. Their payloads hold ids and a language.
const (
	jobCode    = "account.code"
	jobChanged = "account.changed"
)

var (
	errNoChange = fault.New(fault.NotFound, "account.change.none")
	errNoStop   = fault.New(fault.NotFound, "account.stop.none")
)

// BeginChange takes a new contact and sends a code to it. Nothing counts yet.
// What it does and answers is the same for a contact that is somebody else's:
// only the message differs.
func (s *Service) BeginChange(ctx context.Context, subject string, c credential.Contact, lang string) error {
	send, sends, _ := s.limits()
	if !s.throttle.Take(sends, "send account", subject) || !s.throttle.Take(send, "send contact", c.Field+" "+c.Value) {
		return errTooMany
	}
	values, err := s.read(ctx, subject, vault.Profile, c.Field)
	if err != nil {
		return fmt.Errorf("begin a change of contact: %w", err)
	}
	same := values.Text(c.Field) == c.Value
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if same { // it is confirmed again, if messages did not get through to it
			if bounced, err := selectBounces(tx, subject); err != nil || !slices.Contains(bounced, c.Field) {
				return errors.Join(err, fault.Input(fault.Field{Name: "contact", Code: "account.change.same"}))
			}
		}
		if err := dropChanges(tx, subject, c.Field); err != nil {
			return err
		}
		ch := change{
			Subject: subject, ID: id.New(now), Field: c.Field, State: stateWaiting, Salt: credential.NewSalt(), Sends: 1,
			Expires: now.Add(identity.CodeLife),
		}
		if err := insertChange(tx, ch, now); err != nil {
			return err
		}
		if err := s.Vault.NewScope(tx, subject, ch.scope()); err != nil {
			return err
		}
		if err := s.put(tx, subject, ch.scope(), vault.Value{Field: c.Field, Text: c.Value, Source: policy.SourceForm}); err != nil {
			return err
		}
		if !same {
			if err := s.note(tx, subject, "contact-change-begun", c.Field); err != nil {
				return err
			}
		}
		return s.enqueueCode(tx, ch, lang)
	})
	if err != nil {
		return fmt.Errorf("begin a change of contact: %w", err)
	}
	return nil
}

func (s *Service) enqueueCode(tx *db.Tx, c change, lang string) error {
	return s.Jobs.Enqueue(tx, jobs.New{
		Kind: jobCode, Key: fmt.Sprintf("%s:%d", c.ID, c.Sends),
		Payload: map[string]string{"subject": c.Subject, "change": c.ID, "language": lang},
	})
}

// waiting is the change of a field that waits for its code.
func (s *Service) waiting(ctx context.Context, subject, field string) (c change, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err = selectWaiting(tx, subject, field)
		return err
	})
	if err == nil && c.ID == "" {
		err = errNoChange
	}
	return c, err
}

// SendAgain sends another code, which ends the one before.
func (s *Service) SendAgain(ctx context.Context, subject, field, lang string) error {
	_, sends, _ := s.limits()
	if !s.throttle.Take(sends, "send account", subject) {
		return errTooMany
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := selectWaiting(tx, subject, field)
		if err != nil {
			return err
		}
		if c.ID == "" {
			return errNoChange
		}
		if c.Sends >= identity.CodeSends {
			return errTooMany
		}
		renewed, err := renewChange(tx, c, credential.NewSalt(), s.Clock.Now().Add(identity.CodeLife))
		if err != nil || !renewed {
			return errors.Join(err, errRaced)
		}
		c.Sends++
		return s.enqueueCode(tx, c, lang)
	})
	if err != nil {
		return fmt.Errorf("send another code: %w", err)
	}
	return nil
}

// DropChange gives a change up that waits for its code.
func (s *Service) DropChange(ctx context.Context, subject, field string) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error { return dropChanges(tx, subject, field) })
	if err != nil {
		return fmt.Errorf("give up a change of contact: %w", err)
	}
	return nil
}

// sendCode sends the code of a change to the new contact, or tells whoever has
// it that somebody wanted to add it to an account.
func (s *Service) sendCode(ctx context.Context, job *jobs.Job) error {
	var c change
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		c, err = selectChange(tx, job.Get("subject"), job.Get("change"))
		return err
	}); err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	if c.State != stateWaiting || !s.Clock.Now().Before(c.Expires) {
		return nil // nobody waits for it any more
	}
	to, err := s.contact(ctx, c.Subject, c.scope(), c.Field)
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	holder := ""
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		holder, err = s.Vault.Find(tx, to.Field, to.Value)
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	message := fmt.Sprintf("%s:%d", c.ID, c.Sends)
	if holder == "" || holder == c.Subject {
		return s.Identity.Deliver(ctx, to, job.Get("language"), message, "account.message.code", "code", credential.CodeOf(s.Identity.Codes, c.ID, c.Salt))
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.noteSystem(tx, holder, "contact-wanted-elsewhere", to.Field) }); err != nil {
		return fmt.Errorf("tell of a contact: %w", err)
	}
	return s.Identity.Deliver(ctx, to, job.Get("language"), message, "account.message.known")
}

// contact opens an address for sending.
func (s *Service) contact(ctx context.Context, subject, scope, field string) (credential.Contact, error) {
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: system(), Subject: subject, Activity: policy.ActivitySignIn, Operation: policy.Use, Scope: scope, Fields: []string{field},
	})
	return credential.Contact{Field: field, Value: values.Text(field)}, err
}

// ConfirmChange takes the code. From then on the new contact is the account's,
// everywhere at once, and everybody who has an old one is told. If it is the one
// that the account has, messages to it count as getting through again, and
// nothing else changes.
func (s *Service) ConfirmChange(ctx context.Context, subject, field, code, lang string, from identity.From) (again bool, err error) {
	_, _, typed := s.limits()
	if !s.throttle.Take(typed, "code network", from.Network) {
		return false, errTooMany
	}
	c, err := s.tryCode(ctx, subject, field, code)
	if err != nil {
		return false, err
	}
	added, err := s.read(ctx, subject, c.scope(), field)
	if err != nil {
		return false, fmt.Errorf("confirm a contact: %w", err)
	}
	before, err := s.read(ctx, subject, vault.Profile, field)
	if err != nil {
		return false, fmt.Errorf("confirm a contact: %w", err)
	}
	to := credential.Contact{Field: field, Value: added.Text(field)}
	old := credential.Contact{Field: field, Value: before.Text(field)}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		until := now.Add(StopTime)
		if again = old == to; again {
			until = now // there is nothing to stop
		}
		c.Had = old.Value != ""
		counted, err := confirmChange(tx, c, stopHash(s.stopToken(c.ID)), now, until)
		if err != nil || !counted {
			return errors.Join(err, errRaced)
		}
		if err := deleteBounce(tx, subject, field); err != nil {
			return err
		}
		if again {
			return s.note(tx, subject, "contact-confirmed-again", field)
		}
		if c.Had {
			if err := s.Vault.NewScope(tx, subject, c.oldScope()); err != nil {
				return err
			}
			if err := s.put(tx, subject, c.oldScope(), vault.Value{Field: field, Text: old.Value, Source: policy.SourceForm}); err != nil {
				return err
			}
			err = s.Identity.ReplaceChannel(tx, subject, old, to)
		} else {
			err = s.Identity.AddChannel(tx, subject, to)
		}
		if err != nil {
			return err
		}
		if err := s.put(tx, subject, vault.Profile, before.Replace(vault.Value{Field: field, Text: to.Value, Source: policy.SourceForm}, now)...); err != nil {
			return err
		}
		if err := s.note(tx, subject, "contact-changed", field); err != nil {
			return err
		}
		return s.tellOld(tx, c, lang, now)
	})
	if fault.KindOf(err) == fault.Conflict && !errors.Is(err, errRaced) {
		return false, fault.Input(fault.Field{Name: "code", Code: "account.change.lost"})
	}
	if err != nil {
		return false, fmt.Errorf("confirm a contact: %w", err)
	}
	return again, nil
}

// tryCode counts a try at the code of a change and compares it.
func (s *Service) tryCode(ctx context.Context, subject, field, code string) (c change, err error) {
	wrong := ""
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		wrong = ""
		if c, err = selectWaiting(tx, subject, field); err != nil {
			return err
		}
		if c.ID == "" {
			return errNoChange
		}
		left, err := tryChange(tx, c, s.Clock.Now())
		switch {
		case err != nil:
			return err
		case !left:
			wrong = "identity.code.over"
		case !credential.SameCode(credential.Figures(code), credential.CodeOf(s.Identity.Codes, c.ID, c.Salt)):
			wrong = "identity.code.wrong"
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("confirm a contact: %w", err)
	}
	if wrong != "" {
		return c, fault.Input(fault.Field{Name: "code", Code: wrong})
	}
	return c, nil
}

// stopToken is the secret of the link that stops a change. It follows from a
// key that the store has not, so that the message can be written later.
func (s *Service) stopToken(change string) string {
	return base64.RawURLEncoding.EncodeToString(s.Identity.Codes.Code("account stop", change))
}

func stopHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// tellOld has everybody told who can stop a change: the account's other
// channels, and the contacts that it had within the time in which a change of
// them could be stopped.
func (s *Service) tellOld(tx *db.Tx, c change, lang string, now time.Time) error {
	tell := func(scope, field string) error {
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobChanged, Payload: map[string]string{
			"subject": c.Subject, "change": c.ID, "scope": scope, "field": field, "language": lang,
		}})
	}
	channels, err := s.Identity.Channels(tx, c.Subject)
	if err != nil {
		return err
	}
	for _, other := range channels {
		if other.Field != c.Field {
			if err := tell(vault.Profile, other.Field); err != nil {
				return err
			}
		}
	}
	recent, err := selectStoppable(tx, c.Subject, now)
	if err != nil {
		return err
	}
	for _, old := range recent {
		if old.Had {
			if err := tell(old.oldScope(), old.Field); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendChanged tells an old contact of a change, with the link that stops it.
func (s *Service) sendChanged(ctx context.Context, job *jobs.Job) error {
	var c change
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		c, err = selectChange(tx, job.Get("subject"), job.Get("change"))
		return err
	}); err != nil {
		return fmt.Errorf("tell of a change of contact: %w", err)
	}
	if c.State != stateConfirmed {
		return nil
	}
	to, err := s.contact(ctx, c.Subject, job.Get("scope"), job.Get("field"))
	if err != nil {
		return fmt.Errorf("tell of a change of contact: %w", err)
	}
	lang := job.Get("language")
	return s.Identity.Deliver(ctx, to, lang, job.ID, "account.message.changed-"+kindOf(c.Field),
		"link", s.Address()+"/"+lang+"/stop/"+s.stopToken(c.ID), "hours", int(StopTime.Hours()))
}

// kindOf is a contact's field as addresses and sentences name it.
func kindOf(field string) string {
	if field == policy.FieldPhone {
		return "phone"
	}
	return "email"
}

// Stoppable looks up what a link stops: a change that can still be.
func (s *Service) Stoppable(ctx context.Context, token string) (field string, until time.Time, err error) {
	var c change
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err = selectByStop(tx, stopHash(token), s.Clock.Now())
		return err
	})
	if err == nil && c.ID == "" {
		err = errNoStop
	}
	return c.Field, c.StopUntil, err
}

// Stop undoes a change of contact, and those of the same kind after it: what
// was there before is the account's again, and nobody stays signed in.
func (s *Service) Stop(ctx context.Context, token, lang string) error {
	var c change
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		c, err = selectByStop(tx, stopHash(token), s.Clock.Now())
		return err
	}); err != nil {
		return fmt.Errorf("stop a change of contact: %w", err)
	}
	if c.ID == "" {
		return errNoStop
	}
	now, err := s.read(ctx, c.Subject, vault.Profile, c.Field)
	if err != nil {
		return fmt.Errorf("stop a change of contact: %w", err)
	}
	current, old := credential.Contact{Field: c.Field, Value: now.Text(c.Field)}, credential.Contact{Field: c.Field}
	if c.Had {
		before, err := s.read(ctx, c.Subject, c.oldScope(), c.Field)
		if err != nil {
			return fmt.Errorf("stop a change of contact: %w", err)
		}
		old.Value = before.Text(c.Field)
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		stopped, err := stopChanges(tx, c, s.Clock.Now())
		if err != nil || !stopped {
			return errors.Join(err, errNoStop)
		}
		if err := dropChanges(tx, c.Subject, c.Field); err != nil {
			return err
		}
		if c.Had {
			err = s.Identity.ReplaceChannel(tx, c.Subject, current, old)
		} else {
			err = s.Identity.RemoveChannel(tx, c.Subject, current)
		}
		if err != nil {
			return err
		}
		if err := s.put(tx, c.Subject, vault.Profile, now.Replace(vault.Value{Field: c.Field, Text: old.Value, Source: policy.SourceForm}, s.Clock.Now())...); err != nil {
			return err
		}
		if err := s.Vault.Append(tx, audit.Event{
			Kind: audit.KindAccount, Subject: c.Subject, Reason: "contact-change-stopped", Fields: []string{c.Field}, Policy: s.Policy().Hash(),
			Actor: audit.Actor{Kind: policy.System.String()}, At: clock.Micros(s.Clock.Now()),
		}); err != nil {
			return err
		}
		if _, err := s.Identity.EndSessions(tx, c.Subject, ""); err != nil {
			return err
		}
		return s.Identity.Notify(tx, c.Subject, "account.message.stopped", lang)
	})
	if err != nil {
		return fmt.Errorf("stop a change of contact: %w", err)
	}
	return nil
}

// Bounced notes that messages to a contact of somebody do not get through
// (N18); they are asked about it after their next sign-in. What was sent before
// the contact was confirmed went to another one.
func (s *Service) Bounced(tx *db.Tx, subject, field string, sent time.Time) error {
	list, err := s.Identity.Channels(tx, subject)
	if err != nil || !slices.ContainsFunc(list, func(c identity.Channel) bool { return c.Field == field && !c.Since.After(sent) }) {
		return err
	}
	fresh, err := insertBounce(tx, subject, field, s.Clock.Now())
	if err != nil || !fresh {
		return err
	}
	return s.noteSystem(tx, subject, "contact-bounced", field)
}

// Reached are the fields of somebody's confirmed contacts to which messages get
// through.
func (s *Service) Reached(tx *db.Tx, subject string) (fields []string, err error) {
	list, err := s.Identity.Channels(tx, subject)
	if err != nil {
		return nil, err
	}
	bounced, err := selectBounces(tx, subject)
	for _, c := range list {
		if !slices.Contains(bounced, c.Field) {
			fields = append(fields, c.Field)
		}
	}
	return fields, err
}
