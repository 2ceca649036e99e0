package correct

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/identity"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/deadline"
	"portico/internal/staff"
	"portico/internal/vault"
)

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Policy   func() *policy.Policy
	Clock    clock.Clock
	Jobs     *jobs.Queue
	Identity *identity.Service
	Staff    *staff.Service
	Rights   *rights.Service
	// Owner is who answers for a place of somebody's data; false: nobody but
	// who answers for the portal.
	Owner func(tx *db.Tx, subject, scope string) (Owner, bool, error)
	// Reach has somebody without an account found by the right value.
	Reach func(tx *db.Tx, subject, scope, field, value string) error
	// Tell has whoever received the old value told; nil: nobody is.
	Tell     func(tx *db.Tx, c Corrected) error
	Language func() string // in which officials are written to
	Address  func() string
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct{ Config }

const jobNew = "correct.new"

// New returns the service and registers its job.
func New(c Config) *Service {
	s := &Service{c}
	c.Jobs.Register(jobNew, s.sendNew, jobs.Options{})
	return s
}

// Offered reports whether institutions correct on the portal.
func (s *Service) Offered() bool {
	_, ok := s.Policy().Activity(Activity)
	return ok && s.Rights.Offered()
}

// Begin makes tasks of the parts of a request that institutions answer for.
func (s *Service) Begin(tx *db.Tx, r *rights.Request, items []rights.Item) error {
	if !s.Offered() {
		return nil
	}
	for _, i := range items {
		if i.Sort != rights.Place || i.Decision != rights.Open {
			continue
		}
		if err := s.begin(tx, r, i, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) begin(tx *db.Tx, r *rights.Request, i rights.Item, ordered time.Time) error {
	about, o, ok, err := s.owner(tx, r, i.ID)
	if err != nil || !ok {
		return err
	}
	now := s.Clock.Now()
	t := &Task{Subject: r.Subject, ID: id.New(now), Request: r.ID, N: i.N, About: about, Scope: i.ID, Party: o.Party, State: Waiting, Created: now, Ordered: ordered}
	if err := insertTask(tx, t); err != nil {
		return err
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobNew, Key: "correct:" + t.ID, Payload: map[string]string{"task": t.ID}})
}

// owner is who answers for a place of somebody whom a request is about.
func (s *Service) owner(tx *db.Tx, r *rights.Request, scope string) (about string, o Owner, ok bool, err error) {
	for _, one := range r.People() {
		if o, ok, err = s.Owner(tx, one, scope); err != nil || ok {
			return one, o, ok, err
		}
	}
	return "", Owner{}, false, nil
}

// Order has what was granted on appeal carried out by its owner.
func (s *Service) Order(tx *db.Tx, r *rights.Request, i rights.Item) error {
	list, err := selectOf(tx, r.ID)
	if err != nil || !s.Offered() {
		return err
	}
	n := slices.IndexFunc(list, func(t *Task) bool { return t.N == i.N })
	if n < 0 {
		return s.begin(tx, r, i, s.Clock.Now())
	}
	t := list[n]
	t.State, t.Holder, t.Decision, t.Ordered, t.Answered = Waiting, "", rights.Open, s.Clock.Now(), time.Time{}
	if ok, err := moveTask(tx, t); err != nil || !ok {
		return cmp.Or(err, error(errMoved))
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobNew, Payload: map[string]string{"task": t.ID}})
}

// Open says which parts of a request are with an institution, and with which.
func (s *Service) Open(tx *db.Tx, request string) (map[int]string, error) {
	list, err := selectOf(tx, request)
	if err != nil {
		return nil, fmt.Errorf("look for what is to be corrected: %w", err)
	}
	with := map[int]string{}
	for _, t := range list {
		if t.State != Answered {
			with[t.N] = t.Party
		}
	}
	return with, nil
}

// most bounds how many tasks a list shows.
const most = 500

// Listed is a task with what is known of it without opening anything.
type Listed struct {
	*Task
	Owner   Owner
	Request *rights.Request
	Due     time.Time // zero: its clock stands
}

// List lists what an official's institution has to correct, the most pressing
// first.
func (s *Service) List(ctx context.Context, who policy.Actor) (list []Listed, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = s.open(tx, func(o Owner) bool { return o.has(who.Roles) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is to be corrected: %w", err)
	}
	return list, nil
}

func (s *Service) open(tx *db.Tx, want func(Owner) bool) (list []Listed, err error) {
	for _, state := range []State{Waiting, Taken} {
		tasks, err := selectState(tx, state, most)
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			one, err := s.listed(tx, t)
			if err != nil {
				return nil, err
			}
			if one.Request != nil && want(one.Owner) {
				list = append(list, one)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return a.Due.Compare(b.Due) })
	return list, nil
}

func (s *Service) listed(tx *db.Tx, t *Task) (one Listed, err error) {
	one.Task = t
	if one.Owner, _, err = s.Owner(tx, t.About, t.Scope); err != nil {
		return one, err
	}
	if one.Request, err = s.Rights.Row(tx, t.Request); err != nil || one.Request == nil {
		return one, err
	}
	one.Due = s.Rights.DueSince(one.Request, t.Ordered)
	return one, nil
}

// Standing counts what was granted and is not carried out: all of it, what is
// due within a few days, and what is overdue (O14).
func (s *Service) Standing(ctx context.Context) (n deadline.Standing, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n = deadline.Standing{}
		list, err := s.open(tx, func(Owner) bool { return true })
		for _, one := range list {
			if !one.Ordered.IsZero() {
				n.Count(one.Due, s.Clock.Now())
			}
		}
		return err
	})
	if err != nil {
		return deadline.Standing{}, fmt.Errorf("count what is to be corrected: %w", err)
	}
	return n, nil
}

// glance returns a task to an official of the institution that answers for it.
func (s *Service) glance(tx *db.Tx, who policy.Actor, task string) (one Listed, err error) {
	t, err := selectTask(tx, task)
	if err == nil && t == nil {
		err = errUnknown
	}
	if err == nil {
		one, err = s.listed(tx, t)
	}
	switch {
	case err != nil:
		return one, err
	case one.Request == nil:
		return one, errUnknown
	case !one.Owner.has(who.Roles):
		return one, errRole
	}
	return one, nil
}

// Glance returns a task without what it is about.
func (s *Service) Glance(ctx context.Context, who policy.Actor, task string) (one Listed, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		one, err = s.glance(tx, who, task)
		return err
	})
	if err != nil {
		return one, fmt.Errorf("find a task: %w", err)
	}
	return one, nil
}

// use is the use of a request's texts by whoever holds a task of it.
func (one *Listed) use(who policy.Actor, op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: who, Subject: one.Request.Subject, Activity: Activity, Operation: op, Scope: one.Request.Scope(), Fields: fields,
		Task: one.task(one.Request.Scope()), Reference: one.Request.Reference,
	}
}

// View returns what is said to be wrong to the official who holds the task, as
// an event, with the fields that were corrected since it began.
func (s *Service) View(ctx context.Context, who policy.Actor, task string) (one Listed, text []rights.Line, changed []string, err error) {
	var h *vault.Handle
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if one, err = s.glance(tx, who, task); err != nil {
			return err
		}
		if ok, err := holdTask(tx, one.Task); err != nil || !ok { // until the event is committed
			return cmp.Or(err, error(errMoved))
		}
		if changed, err = s.changed(tx, one.Task); err != nil {
			return err
		}
		permit, err := s.Vault.Permit(tx, one.use(who, policy.Use, rights.FieldText, rights.FieldAnswer))
		if err != nil {
			return err
		}
		h, err = s.Vault.Open(tx, permit)
		return err
	})
	if fault.KindOf(err) == fault.Denied {
		return one, nil, nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return one, nil, nil, fmt.Errorf("open a task: %w", err)
	}
	values, err := h.Reveal()
	return one, rights.Texts(values), changed, err
}

// changed are the fields of a place that officials have written since a task of
// it began.
func (s *Service) changed(tx *db.Tx, t *Task) (fields []string, err error) {
	kept, err := s.Vault.Inventory(tx, t.About)
	for _, k := range kept {
		by := k.Source == policy.SourceStaff || k.Source == policy.SourceSystem
		if k.Scope == t.Scope && by && k.At >= clock.Micros(t.since()) && !slices.Contains(fields, k.Field) {
			fields = append(fields, k.Field)
		}
	}
	return fields, err
}

// change changes a task that an official may work on.
func (s *Service) change(ctx context.Context, who policy.Actor, task string, fn func(*db.Tx, *Listed) error) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		one, err := s.glance(tx, who, task)
		if err != nil {
			return err
		}
		if err := fn(tx, &one); err != nil {
			return err
		}
		if ok, err := moveTask(tx, one.Task); err != nil || !ok {
			return cmp.Or(err, error(errMoved))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change a task: %w", err)
	}
	return nil
}

// Free reports whether nobody holds a task, or somebody who was suspended or
// removed, or whose role does not act for its owner any more.
func (s *Service) Free(ctx context.Context, one Listed) (free bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		free, err = s.free(tx, &one)
		return err
	})
	return free, err
}

func (s *Service) free(tx *db.Tx, one *Listed) (bool, error) {
	if one.State != Taken {
		return one.State == Waiting, nil
	}
	roles, _, working, err := s.Staff.Official(tx, one.Holder)
	return !working || !one.Owner.has(roles), err
}

// Take has an official hold a task that is free.
func (s *Service) Take(ctx context.Context, who policy.Actor, task string) error {
	return s.change(ctx, who, task, func(tx *db.Tx, one *Listed) error {
		if free, err := s.free(tx, one); err != nil || !free {
			return cmp.Or(err, error(errMoved))
		}
		one.State, one.Holder = Taken, who.ID
		return s.Vault.Bump(tx, one.Subject)
	})
}

// PutBack gives a task back to the others.
func (s *Service) PutBack(ctx context.Context, who policy.Actor, task string) error {
	return s.change(ctx, who, task, func(tx *db.Tx, one *Listed) error {
		if one.State != Taken || one.Holder != who.ID {
			return errMoved
		}
		one.State, one.Holder = Waiting, ""
		return s.Vault.Bump(tx, one.Subject)
	})
}

// maxValue bounds a right value.
const maxValue = 1000

// Write adds a right value to what was declared. Whoever received the old one is
// told.
func (s *Service) Write(ctx context.Context, who policy.Actor, task, field, value string) error {
	return s.change(ctx, who, task, func(tx *db.Tx, one *Listed) error {
		var wrong []fault.Field
		if !slices.ContainsFunc(one.Owner.Fields, func(f Field) bool { return f.ID == field }) {
			wrong = append(wrong, fault.Field{Name: "field", Code: "correct.write.none"})
		}
		switch value = strings.TrimSpace(value); {
		case value == "":
			wrong = append(wrong, fault.Field{Name: "value", Code: "rights.text.empty"})
		case utf8.RuneCountInString(value) > maxValue:
			wrong = append(wrong, fault.Field{Name: "value", Code: "rights.text.long", Args: []any{"max", maxValue}})
		}
		if len(wrong) > 0 {
			return fault.Input(wrong...)
		}
		if one.State != Taken || one.Holder != who.ID {
			return errMoved
		}
		permit, err := s.Vault.Permit(tx, vault.Use{
			Actor: who, Subject: one.About, Activity: one.Owner.Activity, Operation: policy.Collect, Scope: one.Scope, Fields: []string{field},
			Task: one.task(one.Scope), Reference: one.Owner.Reference,
		})
		if err != nil {
			return err
		}
		return errors.Join(
			s.Vault.Put(tx, permit, []vault.Value{{Field: field, Item: id.New(s.Clock.Now()), Text: value, Source: policy.SourceStaff}}),
			s.Reach(tx, one.About, one.Scope, field, value))
	})
}

// Answer answers a task: corrected, if something was, or refused on a ground
// that the right declares.
func (s *Service) Answer(ctx context.Context, who policy.Actor, task string, a rights.Answer, words string) error {
	return s.change(ctx, who, task, func(tx *db.Tx, one *Listed) error {
		if one.State != Taken || one.Holder != who.ID {
			return errMoved
		}
		changed, err := s.changed(tx, one.Task)
		if err != nil {
			return err
		}
		if err := s.check(one, a, words, len(changed) > 0); err != nil {
			return err
		}
		permit, err := s.Vault.Permit(tx, one.use(who, policy.Collect, rights.FieldAnswer))
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if err := s.Vault.Put(tx, permit, []vault.Value{{Field: rights.FieldAnswer, Item: id.New(now), Text: words, Source: policy.SourceStaff}}); err != nil {
			return err
		}
		one.State, one.Decision, one.Answered = Answered, a.Decision, now
		if a.Decision == rights.Granted && s.Tell != nil {
			if err := s.Tell(tx, Corrected{Subject: one.About, Request: one.Request.ID, Reference: one.Request.Reference, Scope: one.Scope, Fields: changed}); err != nil {
				return err
			}
		}
		if !one.Ordered.IsZero() {
			return s.Rights.Carried(tx, one.Request.ID, who)
		}
		return s.Rights.Settle(tx, who, one.Request.ID, one.N, a)
	})
}

// check says what is wrong with an answer.
func (s *Service) check(one *Listed, a rights.Answer, words string, changed bool) error {
	wrong := rights.CheckText("text", words, true)
	refusal := s.Rights.Grounds(one.Request)
	switch {
	case a.Decision != rights.Granted && a.Decision != rights.Refused:
		wrong = append(wrong, fault.Field{Name: "answer", Code: "correct.answer.none"})
	case a.Decision == rights.Refused && !one.Ordered.IsZero():
		wrong = append(wrong, fault.Field{Name: "answer", Code: "correct.answer.ordered"})
	case a.Decision == rights.Refused && !slices.Contains(refusal, a.Ground):
		wrong = append(wrong, fault.Field{Name: "ground", Code: "rights.decide.ground"})
	case a.Decision == rights.Granted && a.Ground != "":
		wrong = append(wrong, fault.Field{Name: "ground", Code: "rights.decide.ground.granted"})
	case a.Decision == rights.Granted && !changed:
		wrong = append(wrong, fault.Field{Name: "answer", Code: "correct.answer.unchanged"})
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return nil
}

// sendNew tells the officials of an institution that something is to be
// corrected.
func (s *Service) sendNew(ctx context.Context, job *jobs.Job) error {
	var one Listed
	var waits bool
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		t, err := selectTask(tx, job.Get("task"))
		if err != nil || t == nil || t.State != Waiting {
			return err
		}
		waits = true
		one, err = s.listed(tx, t)
		return err
	}); err != nil || !waits {
		return err
	}
	all, err := s.Staff.Colleagues(ctx, one.Owner.Roles)
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.Working {
			continue
		}
		if err := s.Identity.WriteTo(ctx, c.Subject, policy.FieldStaffEmail, s.Language(), job.ID+":"+c.Subject, "correct.mail", "link", s.Address()+"/staff/corrections"); err != nil {
			return err
		}
	}
	return nil
}
