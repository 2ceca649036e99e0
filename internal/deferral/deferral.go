package deferral

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Config is what the package needs.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Jobs   *jobs.Queue
	Policy func() *policy.Policy
	Clock  clock.Clock
	Zone   func() *time.Location
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	looked *credential.Throttle // who looked for how many people
}

const (
	jobTend   = "deferral.tend"
	jobReveal = "deferral.reveal" // its payload is the id of an order
)

// New returns the service and registers its jobs.
func New(c Config) *Service {
	s := &Service{c, credential.NewThrottle(c.Clock)}
	s.Jobs.Register(jobReveal, func(ctx context.Context, job *jobs.Job) error { return s.reveal(ctx, job.Get("order")) }, jobs.Options{Timeout: 10 * time.Minute, Inside: true})
	s.Jobs.Every(jobTend, time.Hour, s.Tend, jobs.Options{Timeout: 50 * time.Minute})
	return s
}

// Answered is within how much time a second person answers; after that an order
// is as refused.
const Answered = 7 * 24 * time.Hour

// Order is one order, about one person.
type Order struct {
	ID        string
	Ground    string
	Reference string // of the inquiry
	AskedBy   string
	Asked     time.Time
	Until     time.Time
	DecidedBy string
	Decided   time.Time
	Allowed   bool
	Ended     time.Time
	Revealed  time.Time

	subject, series string
	shown           int64
}

// State is where an order stands.
type State string

// The states.
const (
	Asked    State = "asked"    // a second person is to answer
	Running  State = "running"  // uses are left out
	Refused  State = "refused"  // and is about to be revealed
	Ended    State = "ended"    // and is about to be revealed
	Revealed State = "revealed" // the person sees all of it
)

// State is where the order stands at a moment.
func (o *Order) State(now time.Time) State {
	switch {
	case !o.Revealed.IsZero():
		return Revealed
	case o.Decided.IsZero() && o.Ended.IsZero() && now.Before(o.Asked.Add(Answered)) && now.Before(o.Until):
		return Asked
	case !o.Allowed:
		return Refused
	case o.Ended.IsZero() && now.Before(o.Until):
		return Running
	}
	return Ended
}

// What people are told.
var (
	errDenied  = fault.New(fault.Denied, "deferral.error.denied")
	errSame    = fault.New(fault.Denied, "deferral.error.same")
	errUnknown = fault.New(fault.NotFound, "deferral.error.unknown")
	errMoved   = fault.New(fault.Conflict, "deferral.error.moved")
	errLonger  = fault.New(fault.Conflict, "deferral.error.longer")
	errOver    = fault.New(fault.Conflict, "deferral.error.over")
	errOften   = fault.New(fault.TooMany, "deferral.error.often")
	errTurned  = errors.New("somebody else revealed it meanwhile")
)

// Series is vault.Config.Deferred: the series into which a use goes. It is asked
// at each use, and looks nothing up where no ground names the activity.
func Series(pol func() *policy.Policy, now clock.Clock) func(tx *db.Tx, use *vault.Use) (string, error) {
	return func(tx *db.Tx, use *vault.Use) (string, error) {
		p := pol()
		if use.Actor.Kind != policy.Staff || !p.Deferrable(use.Activity) {
			return "", nil
		}
		all, err := selectOf(tx, use.Subject, use.Actor.ID)
		if err != nil {
			return "", fmt.Errorf("look whether a use is shown later: %w", err)
		}
		for _, o := range all {
			g, ok := p.Deferral(o.Ground)
			if ok && o.State(now.Now()) == Running && slices.Contains(g.Activities, use.Activity) {
				return o.series, nil
			}
		}
		return "", nil
	}
}

// official refuses whoever is no official as the portal wants them, of the role
// that a ground names.
func (s *Service) official(who policy.Actor, role string) error {
	if who.Kind != policy.Staff || !who.Strong && !s.Policy().Demo() || !slices.Contains(who.Roles, role) {
		return errDenied
	}
	return nil
}

// Grounds are those on which an official may ask.
func (s *Service) Grounds(who policy.Actor) []policy.Deferral {
	return slices.DeleteFunc(slices.Clone(s.Policy().Deferrals()), func(g policy.Deferral) bool { return s.official(who, g.Asks) != nil })
}

// Asking is what an official types.
type Asking struct {
	Ground, Person, Reference string
	Until                     policy.Date
}

// referenceForm is what the number of an inquiry may be: no text about anybody.
var referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./_-]{0,99}$`)

// check reads what was typed.
func (s *Service) check(who policy.Actor, a Asking) (o *Order, c credential.Contact, g policy.Deferral, err error) {
	var wrong []fault.Field
	no := func(field, code string, args ...any) {
		wrong = append(wrong, fault.Field{Name: field, Code: "deferral.error." + code, Args: args})
	}
	now := s.Clock.Now()
	g, known := s.Policy().Deferral(a.Ground)
	switch {
	case !known:
		no("ground", "ground")
	case s.official(who, g.Asks) != nil:
		return nil, c, g, errDenied
	}
	phone, _ := s.Policy().Field(policy.FieldPhone)
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	c, ok := credential.ParseIdentifier(a.Person, phone.Prefix, number.Pattern)
	if !ok {
		no("person", "person")
	}
	if !referenceForm.MatchString(a.Reference) {
		no("reference", "reference")
	}
	until := a.Until.End(s.Zone())
	if latest, err := g.Latest(now.In(s.Zone())); !until.After(now) {
		no("until", "until")
	} else if known && (err != nil || until.After(latest)) {
		no("until", "longest", "date", latest.AddDate(0, 0, -1))
	}
	if len(wrong) > 0 {
		return nil, c, g, fault.Input(wrong...)
	}
	return &Order{ID: id.New(now), Ground: g.ID, Reference: a.Reference, AskedBy: who.ID, Asked: now, Until: until}, c, g, nil
}

// Ask asks for an order about whoever is known by exactly what was typed. That
// the official looked is the first event that is shown later; what matched nobody
// is kept nowhere.
func (s *Service) Ask(ctx context.Context, who policy.Actor, a Asking) (*Order, error) {
	o, c, g, err := s.check(who, a)
	if err != nil {
		return nil, err
	}
	if !s.looked.Take(credential.Searches(), "deferral", who.ID) {
		return nil, errOften
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		subject, err := s.Vault.Find(tx, c.Field, c.Value)
		if err == nil && subject == who.ID || err != nil && fault.KindOf(err) == fault.NotFound {
			return fault.Input(fault.Field{Name: "person", Code: "deferral.error.nobody"})
		}
		if err != nil {
			return err
		}
		if o.series, err = s.Vault.NewSeries(tx); err != nil {
			return err
		}
		o.subject = subject
		if fresh, err := insertOrder(tx, o); err != nil || !fresh {
			return errors.Join(err, fault.Input(fault.Field{Name: "person", Code: "deferral.error.twice"}))
		}
		activity, _ := s.Policy().Activity(g.Activities[0])
		if err := s.Vault.Defer(tx, o.series, audit.Event{
			Kind: audit.KindSearch, Subject: subject, Activity: activity.ID, Purpose: activity.Purpose,
			Basis: string(s.Policy().BasisOf(activity).DPV), Fields: []string{c.Field}, Policy: s.Policy().Hash(), Reference: o.Reference,
			Actor: audit.Actor{ID: who.ID, Kind: who.Kind.String(), Party: who.Party, Role: g.Asks},
		}); err != nil {
			return err
		}
		return s.note(tx, who, "deferral-asked", o.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("ask that uses are shown later: %w", err)
	}
	return o, nil
}

// note writes an act into the record of the official who did it.
func (s *Service) note(tx *db.Tx, who policy.Actor, reason, order string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindStaff, Subject: who.ID, Reason: reason, Policy: s.Policy().Hash(),
		Actor: audit.Actor{ID: who.ID, Kind: who.Kind.String()}, Facts: audit.Facts{"order": order},
	})
}

// sees reports whether an official sees an order: who asked for it, and who may
// answer it, unless it is about them.
func (s *Service) sees(who policy.Actor, o *Order) (asks, allows bool) {
	g, ok := s.Policy().Deferral(o.Ground)
	if !ok || o.subject == who.ID {
		return false, false
	}
	return o.AskedBy == who.ID && s.official(who, g.Asks) == nil, s.official(who, g.Allows) == nil
}

// order finds an order that an official sees.
func (s *Service) order(tx *db.Tx, who policy.Actor, id string) (o *Order, asks, allows bool, err error) {
	if o, err = selectOrder(tx, id); err != nil || o == nil {
		return nil, false, false, errors.Join(err, errUnknown)
	}
	if asks, allows = s.sees(who, o); !asks && !allows {
		return nil, false, false, errUnknown
	}
	return o, asks, allows, nil
}

// Look returns an order, and whether an official asked for it or may answer it.
func (s *Service) Look(ctx context.Context, who policy.Actor, id string) (o *Order, asks, allows bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) { o, asks, allows, err = s.order(tx, who, id); return err })
	if err != nil {
		return nil, false, false, fmt.Errorf("look at an order: %w", err)
	}
	return o, asks, allows, nil
}

// latest is how many orders of a ground are listed.
const latest = 100

// List lists the orders that an official sees, the newest first.
func (s *Service) List(ctx context.Context, who policy.Actor) (all []*Order, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all = nil
		for _, g := range s.Policy().Deferrals() {
			by := who.ID
			if s.official(who, g.Allows) == nil {
				by = ""
			} else if s.official(who, g.Asks) != nil {
				continue
			}
			list, err := selectLatest(tx, g.ID, by, latest)
			if err != nil {
				return err
			}
			for _, o := range list {
				if asks, allows := s.sees(who, o); asks || allows {
					all = append(all, o)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is shown later: %w", err)
	}
	slices.SortFunc(all, func(a, b *Order) int { return strings.Compare(b.ID, a.ID) })
	return all, nil
}

// Decide allows an order or refuses it: never who asked for it.
func (s *Service) Decide(ctx context.Context, who policy.Actor, id string, allow bool) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		o, _, allows, err := s.order(tx, who, id)
		now := s.Clock.Now()
		switch {
		case err != nil:
			return err
		case o.AskedBy == who.ID:
			return errSame
		case !allows:
			return errDenied
		case o.State(now) != Asked:
			return errMoved
		}
		if g, _ := s.Policy().Deferral(o.Ground); allow { // as the policy is now
			if longest, err := g.Latest(now.In(s.Zone())); err != nil || o.Until.After(longest) {
				return errors.Join(err, errLonger)
			}
		}
		if ok, err := decide(tx, id, who.ID, allow, now); err != nil || !ok {
			return errors.Join(err, errMoved)
		}
		if allow {
			return s.note(tx, who, "deferral-allowed", id)
		}
		return errors.Join(s.note(tx, who, "deferral-refused", id), s.end(tx, o))
	})
	if err != nil {
		return fmt.Errorf("answer whether uses are shown later: %w", err)
	}
	return nil
}

// End ends an order of an official before its date.
func (s *Service) End(ctx context.Context, who policy.Actor, id string) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		o, asks, _, err := s.order(tx, who, id)
		switch {
		case err != nil:
			return err
		case !asks:
			return errDenied
		case !o.Ended.IsZero():
			return errMoved
		}
		return errors.Join(s.note(tx, who, "deferral-ended", id), s.end(tx, o))
	})
	if err != nil {
		return fmt.Errorf("end that uses are shown later: %w", err)
	}
	return nil
}

// end ends an order, and has it revealed.
func (s *Service) end(tx *db.Tx, o *Order) error {
	if fresh, err := end(tx, o.ID, s.Clock.Now()); err != nil || !fresh {
		return err
	}
	if err := s.Vault.Shown(tx, o.series); err != nil {
		return err
	}
	if err := s.Vault.Took(tx, ledger.Revoke, audit.System, refEnded+o.ID); err != nil {
		return err
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobReveal, Payload: map[string]string{"order": o.ID}})
}

// refEnded is what the ledger calls an order that ended: no restore has it begin
// again.
const refEnded = "deferral:ended:"

// Replay ends an order again that the ledger tells of. It reports whether the act
// is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	order, mine := strings.CutPrefix(a.Ref, refEnded)
	if a.Kind != ledger.Revoke || !mine {
		return false, nil
	}
	o, err := selectOrder(tx, order)
	if err == nil && o != nil && o.Ended.IsZero() {
		if _, err = end(tx, order, a.At); err == nil {
			err = s.Vault.Shown(tx, o.series)
		}
	}
	if err != nil {
		return true, fmt.Errorf("end again that uses are shown later: %w", err)
	}
	return true, nil
}

// Open reads what an order is about, for who asked for it, as the activities of
// its ground let them. It is one use by activity, and each is shown later.
func (s *Service) Open(ctx context.Context, who policy.Actor, id string) (fields []string, all vault.Values, err error) {
	o, asks, _, err := s.Look(ctx, who, id)
	if err != nil {
		return nil, nil, err
	}
	if !asks {
		return nil, nil, errDenied
	}
	g, _ := s.Policy().Deferral(o.Ground)
	all = vault.Values{}
	for _, name := range g.Activities {
		activity, _ := s.Policy().Activity(name)
		values, _, err := s.Vault.ReadWith(ctx, vault.Use{
			Actor: who, Subject: o.subject, Activity: name, Operation: policy.Use, Scope: vault.Profile, Fields: activity.Fields,
			Task: policy.Task{Scope: vault.Profile, Holder: o.AskedBy, Open: true}, Because: o.Reference, Reference: o.Reference,
		}, func(tx *db.Tx) ([]vault.File, error) {
			// Beside the decision: nothing is read by an order that ended since.
			now, err := selectOrder(tx, id)
			if err == nil && now.State(s.Clock.Now()) != Running {
				err = errOver
			}
			return nil, err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read what is shown later: %w", err)
		}
		for _, f := range activity.Fields {
			if v, ok := values[f]; ok && all[f].Text == "" {
				fields, all[f] = append(fields, f), v
			}
		}
	}
	return fields, all, nil
}

// page is how many orders are looked at together, batch how many events are
// revealed in one transaction.
const (
	page  = 100
	batch = 50
)

// over reports whether nothing is to be left out by an order any more: it ended,
// or the policy does not declare its ground now.
func (s *Service) over(o *Order) bool {
	_, declared := s.Policy().Deferral(o.Ground)
	state := o.State(s.Clock.Now())
	return !declared || state != Asked && state != Running
}

// Tend ends what has had its time, or was not answered in time, and reveals what
// ended.
func (s *Service) Tend(ctx context.Context) (failed error) {
	for last := ""; ; {
		var hidden []*Order
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { hidden, err = selectHidden(tx, last, page); return err }); err != nil {
			return fmt.Errorf("look for what is to be shown: %w", err)
		}
		for _, o := range hidden {
			last = o.ID
			if !s.over(o) {
				continue
			}
			failed = errors.Join(failed, s.reveal(ctx, o.ID)) // one that fails keeps no other from being shown
		}
		if len(hidden) < page || ctx.Err() != nil {
			return failed
		}
	}
}

// reveal shows the person what an order that is over left out: each event once,
// whoever does it and however often it breaks off.
func (s *Service) reveal(ctx context.Context, id string) error {
	for done := false; !done; {
		err := s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
			done, err = s.revealSome(tx, id)
			return err
		})
		if errors.Is(err, errTurned) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("show what was left out: %w", err)
		}
	}
	return nil
}

func (s *Service) revealSome(tx *db.Tx, id string) (done bool, err error) {
	o, err := selectOrder(tx, id)
	if err != nil || o == nil || !o.Revealed.IsZero() {
		return true, err
	}
	if !s.over(o) {
		return true, nil
	}
	if o.Ended.IsZero() { // its time is over: before anything is shown, nothing more is left out
		return false, s.end(tx, o)
	}
	facts := audit.Facts{"deferral": o.Ground, "until": o.Until.In(s.Zone()).Add(-1).Format(time.DateOnly)}
	if o.Allowed {
		facts["allowed-by"] = o.DecidedBy
	}
	last, err := s.Vault.Reveal(tx, o.subject, o.series, facts, o.shown, batch)
	if err != nil {
		return false, err
	}
	if last == 0 {
		return true, reveal(tx, id, s.Clock.Now())
	}
	ok, err := show(tx, o, last)
	if err == nil && !ok {
		err = errTurned
	}
	return false, err
}

// Stand is what the control looks at: how many orders run, over all people, and
// how many should have been revealed a day ago.
func (s *Service) Stand(ctx context.Context) (running, late int64, err error) {
	now := s.Clock.Now()
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		running, late, err = countOrders(tx, now, now.AddDate(0, 0, -1))
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("count what is shown later: %w", err)
	}
	return running, late, nil
}
