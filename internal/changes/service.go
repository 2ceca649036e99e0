package changes

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"portico/internal/audit"
	"portico/internal/instance"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/privacy"
	"portico/internal/vault"
)

// People are those with an account: package identity knows them.
type People interface {
	People(tx *db.Tx, after string, limit int) ([]string, error)
	CountPeople(tx *db.Tx) (int64, error)
	Since(tx *db.Tx, subject string) (time.Time, error)
}

// Config is what the package needs.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Live   *instance.Live
	People People
	Clock  clock.Clock
	Log    *slog.Logger

	// Tell queues a notice of an announcement to somebody with an account, or to
	// an official, in the transaction that notes that they were told.
	Tell func(tx *db.Tx, subject string, official bool, a *Announcement) error
	// Tells reports whether the instance in force has words for that notice.
	Tells func(official bool) bool
	// Officials are those who work now.
	Officials func(tx *db.Tx) ([]string, error)
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	wake  chan struct{}
	known atomic.Pointer[[]*Announcement] // as of the last look
	shown atomic.Pointer[shown]

	mu       sync.Mutex
	accepted map[string]time.Time // who needs no message about the version since then
}

// New returns the service.
func New(c Config) *Service {
	return &Service{Config: c, wake: make(chan struct{}, 1), accepted: map[string]time.Time{}}
}

func (s *Service) zone() *time.Location { return s.Live.Current().Portal.Timezone.Location() }

// announcements reads them all.
func (s *Service) announcements(ctx context.Context) (list []*Announcement, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectAnnouncements(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list announcements: %w", err)
	}
	s.known.Store(&list)
	return list, nil
}

// waiting is the announcement that is not in force yet; nil if there is none.
func (s *Service) waiting(ctx context.Context) (*Announcement, error) {
	list, err := s.announcements(ctx)
	i := slices.IndexFunc(list, func(a *Announcement) bool { return a.Enforced.IsZero() && a.Cancelled.IsZero() })
	if err != nil || i < 0 {
		return nil, err
	}
	return list[i], nil
}

// Proposal is what waits for somebody to publish it.
type Proposal struct {
	In        *instance.Instance
	At        time.Time
	Widened   []policy.Widening
	Accounts  int64
	Concerned int64    // people of whom data is kept whose use changes
	Fields    []string // that data
	Officials int      // those who work, if some of it is theirs
}

// Proposed is what the directory says otherwise than what is in force, or than
// what was announced; nil if nothing.
func (s *Service) Proposed(ctx context.Context) (*Proposal, error) {
	in, at, err := s.Live.Proposal(ctx)
	if err != nil || in == nil {
		return nil, err
	}
	if a, err := s.waiting(ctx); err != nil || a != nil && a.Words == in.Words {
		return nil, err
	}
	before := s.Live.Current().Declarations
	p := &Proposal{In: in, At: at, Widened: policy.Widened(before, in.Declarations), Fields: policy.Concerned(before, in.Declarations)}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if p.Accounts, err = s.People.CountPeople(tx); err != nil {
			return err
		}
		if p.Concerned, err = s.Vault.Holders(tx, p.Fields); err != nil || !ofOfficials(p.Fields, before, in.Declarations) {
			return err
		}
		officials, err := s.Officials(tx)
		p.Officials = len(officials)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count whom a proposal concerns: %w", err)
	}
	return p, nil
}

// Entry is what an official says about a proposal.
type Entry struct {
	Hash    string // of the proposal that they saw
	Reason  policy.Cause
	Summary i18n.Text
	On      policy.Date
}

// check says what is wrong with an entry, or nil.
func (s *Service) check(e Entry, p *Proposal) error {
	var list []fault.Field
	if !slices.Contains(e.Reason.Values(), string(e.Reason)) {
		list = append(list, wrong("reason", "changes.reason.empty"))
	} else if i := slices.IndexFunc(p.Widened, func(w policy.Widening) bool { return !w.Asked }); i >= 0 && e.Reason != "law" {
		list = append(list, wrong("reason", "changes.widens", "activity", p.Widened[i].Activity.Name))
	}
	for _, lang := range s.Live.Current().Portal.Langs() {
		switch n := utf8.RuneCountInString(strings.TrimSpace(e.Summary[lang])); {
		case n == 0:
			list = append(list, wrong("summary-"+lang, "changes.summary.empty", "language", i18n.Name(lang)))
		case n > summaryMax:
			list = append(list, wrong("summary-"+lang, "changes.summary.long", "max", summaryMax, "language", i18n.Name(lang)))
		}
	}
	now, on := s.Clock.Now(), e.On.Start(s.zone())
	switch {
	case on.IsZero():
		list = append(list, wrong("on", "changes.on.wrong"))
	case !e.On.End(s.zone()).After(now):
		list = append(list, wrong("on", "changes.on.past"))
	case on.Sub(now) > farthest:
		list = append(list, wrong("on", "changes.on.far"))
	}
	if len(list) > 0 {
		return fault.Input(list...)
	}
	return nil
}

// may reports whether an official may publish.
func (s *Service) may(me *web.Session) bool {
	return s.Live.Current().Policy.May(me.Roles, policy.PublishPolicy)
}

// Announce sets the date of what is proposed. Notices go out from now on.
func (s *Service) Announce(ctx context.Context, me *web.Session, e Entry) error {
	if !s.may(me) {
		return errDenied
	}
	p, err := s.Proposed(ctx)
	if err != nil {
		return err
	}
	if p == nil || p.In.Hash != e.Hash {
		return errMoved
	}
	if !s.Tells(false) {
		return errNoNotice
	}
	if err := s.check(e, p); err != nil {
		return err
	}
	now := s.Clock.Now()
	a := &Announcement{
		ID: id.New(now), Hash: p.In.Hash, Words: p.In.Words, Reason: e.Reason, Summary: i18n.Text{}, By: me.Subject, At: now, On: e.On.Start(s.zone()),
	}
	for _, lang := range s.Live.Current().Portal.Langs() {
		a.Summary[lang] = strings.TrimSpace(e.Summary[lang])
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		first, err := insertAnnouncement(tx, a)
		if err != nil {
			return err
		}
		if !first {
			return errOpen
		}
		if err := s.tellOfficials(tx, a, p.Fields, p.In.Declarations); err != nil {
			return err
		}
		return s.note(tx, me, "policy-announced", a)
	})
	if err != nil {
		return fmt.Errorf("announce a version of the policy: %w", err)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// Cancel takes an announcement back that is not in force yet.
func (s *Service) Cancel(ctx context.Context, me *web.Session, announcement string) error {
	if !s.may(me) {
		return errDenied
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		open, err := cancelled(tx, announcement, s.Clock.Now())
		if err != nil {
			return err
		}
		if !open {
			return errClosed
		}
		return s.note(tx, me, "policy-cancelled", &Announcement{ID: announcement})
	})
	if err != nil {
		return fmt.Errorf("take an announcement back: %w", err)
	}
	return nil
}

// note writes an event of what an official did with a version.
func (s *Service) note(tx *db.Tx, me *web.Session, reason string, a *Announcement) error {
	facts := audit.Facts{"announcement": a.ID}
	if a.Words != "" {
		facts["version"], facts["cause"] = a.Words, string(a.Reason)
	}
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindPolicy, Subject: audit.System, Reason: reason, Policy: s.Live.Current().Policy.Hash(), Facts: facts,
		Actor: audit.Actor{ID: me.Subject, Kind: policy.Staff.String(), Party: me.Party, Role: strings.Join(me.Roles, " ")},
	})
}

// batch is how many people are told in one transaction.
const batch = 200

// Step does what is due: it tells whoever was not told, puts an announced
// version in force at its date once everybody was, and has this node follow.
// Several nodes may: what one does, the others find done.
func (s *Service) Step(ctx context.Context) error {
	a, err := s.waiting(ctx)
	if err != nil {
		return err
	}
	if a != nil {
		if err := s.tell(ctx, a); err != nil {
			return fmt.Errorf("tell people of a new version of the policy: %w", err)
		}
		if !s.Clock.Now().Before(a.On) {
			if err := s.enforce(ctx, a); err != nil {
				return fmt.Errorf("put a version of the policy in force: %w", err)
			}
		}
	}
	if err := s.Live.Follow(ctx); err != nil {
		return err
	}
	_, err = s.announcements(ctx) // of what another node did meanwhile
	s.shown.Store(nil)
	return err
}

// tell queues a notice for everybody who was not told yet.
func (s *Service) tell(ctx context.Context, a *Announcement) error {
	for after := ""; ; {
		var page []string
		if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
			page, err = s.tellSome(tx, a, after)
			return err
		}); err != nil || len(page) < batch {
			return err
		}
		after = page[len(page)-1]
	}
}

func (s *Service) tellSome(tx *db.Tx, a *Announcement, after string) ([]string, error) {
	open, err := waits(tx, a.ID)
	if err != nil || !open {
		return nil, err
	}
	page, err := s.People.People(tx, after, batch)
	if err != nil {
		return nil, err
	}
	for _, subject := range page {
		first, err := told(tx, subject, a.ID, s.Clock.Now())
		if err == nil && first {
			err = s.Tell(tx, subject, false, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return page, nil
}

// ofOfficials reports whether some of these fields are kept of officials: what
// their accounts hold, by either declarations.
func ofOfficials(fields []string, both ...*policy.Declarations) bool {
	for _, d := range both {
		for _, a := range d.Activities {
			if a.ID == policy.ActivityStaffAccount && slices.ContainsFunc(a.Fields, func(f string) bool { return slices.Contains(fields, f) }) {
				return true
			}
		}
	}
	return false
}

// tellOfficials queues a notice for every official who was not told yet, if
// the use of data that is kept of them changes.
func (s *Service) tellOfficials(tx *db.Tx, a *Announcement, fields []string, d *policy.Declarations) error {
	if !ofOfficials(fields, s.Live.Current().Declarations, d) {
		return nil
	}
	officials, err := s.Officials(tx)
	if err != nil {
		return err
	}
	for _, subject := range officials {
		first, err := told(tx, subject, a.ID, s.Clock.Now())
		if err == nil && first {
			err = s.Tell(tx, subject, true, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enforce puts an announced version in force, in the transaction in which the
// last who were not told are: nobody is left out who has an account by then.
func (s *Service) enforce(ctx context.Context, a *Announcement) error {
	in, err := s.Live.Version(ctx, a.Hash)
	if err != nil {
		return err
	}
	fields := policy.Concerned(s.Live.Current().Declarations, in.Declarations)
	return s.Vault.Update(ctx, func(tx *db.Tx) error {
		for after := ""; ; {
			page, err := s.tellSome(tx, a, after)
			if err != nil {
				return err
			}
			if len(page) < batch {
				break
			}
			after = page[len(page)-1]
		}
		if err := s.tellOfficials(tx, a, fields, in.Declarations); err != nil {
			return err
		}
		open, err := enforced(tx, a.ID, s.Clock.Now())
		if err != nil || !open {
			return err
		}
		if err := s.Live.Enforce(tx, a.Hash); err != nil {
			return err
		}
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindPolicy, Subject: audit.System, Reason: "policy-in-force", Policy: s.Live.Current().Policy.Hash(),
			Actor: audit.Actor{Kind: policy.System.String(), ID: "portico"}, Facts: audit.Facts{"announcement": a.ID, "version": a.Words},
		})
	})
}

// pause is how long Watch waits until it looks again.
const pause = 2 * time.Second

// Watch does what is due until ctx ends, and says what went wrong.
func (s *Service) Watch(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if err := s.Step(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-s.wake:
		case <-ctx.Done():
			return
		}
	}
}

// Announced counts the changes of policy and terms that came into force, those
// among them that came without an announcement, and the notices of the others
// (proof.System).
func (s *Service) Announced(ctx context.Context) (all, silent int, notices int64, err error) {
	revisions, err := s.Live.Revisions(ctx)
	if err != nil || len(revisions) == 0 {
		return 0, 0, 0, err
	}
	list, err := s.announcements(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, r := range revisions[1:] {
		i := slices.IndexFunc(list, func(a *Announcement) bool {
			return a.Words == r.Words && !a.Enforced.IsZero() && !a.Enforced.After(r.Since) && !r.Since.Before(a.On)
		})
		if all++; i < 0 {
			silent++
		} else {
			notices += list[i].Told
		}
	}
	return all, silent, notices, nil
}

// shown is a version with the reason that was stated when it was announced.
type shown struct{ of, as *privacy.Version }

// stated returns a version with the reason that was stated for it.
func (s *Service) stated(v *privacy.Version) *privacy.Version {
	list := s.known.Load()
	if list == nil {
		return v
	}
	for _, a := range slices.Backward(*list) {
		if a.Words == v.ID && !a.Enforced.IsZero() && !a.Enforced.After(v.From) {
			with := *v
			with.Revision = a.revision(s.zone())
			return &with
		}
	}
	return v
}

// source is the versions as people read them.
type source struct{ *Service }

// Source gives the versions of the policy with the reasons that were stated
// for them, and the one that was announced.
func (s *Service) Source() privacy.Source { return source{s} }

// Current is the version in force.
func (s source) Current() *privacy.Version {
	v := s.Live.Policies().Current()
	if c := s.shown.Load(); c != nil && c.of == v {
		return c.as
	}
	as := s.stated(v)
	s.shown.Store(&shown{v, as})
	return as
}

// Versions are all there ever were, newest first.
func (s source) Versions(ctx context.Context) ([]*privacy.Version, error) {
	if _, err := s.announcements(ctx); err != nil {
		return nil, err
	}
	all, err := s.Live.Policies().Versions(ctx)
	for i := range all {
		all[i] = s.stated(all[i])
	}
	return all, err
}

// Coming is the version that was announced; nil if none was.
func (s source) Coming(ctx context.Context) (*privacy.Version, error) {
	a, err := s.waiting(ctx)
	if err != nil || a == nil {
		return nil, err
	}
	in, err := s.Live.Version(ctx, a.Hash)
	if err != nil {
		return nil, err
	}
	v := in.Published(a.On)
	v.Revision = a.revision(s.zone())
	return v, nil
}
