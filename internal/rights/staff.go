package rights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/rights/deadline"
	"portico/internal/vault"
)

// Answers reports whether an official answers requests about rights.
func (s *Service) Answers(roles []string) bool { return s.Policy().May(roles, policy.AnswerRights) }

// queueMax bounds how many requests a look shows.
const queueMax = 2000

// Queue lists requests by how soon they are due, or those that are answered:
// references, states and times, nothing of what they are about.
func (s *Service) Queue(ctx context.Context, who policy.Actor, answered bool) (list []*Request, err error) {
	if !s.Answers(who.Roles) {
		return nil, errRole
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if answered {
			list, err = selectAnswered(tx, queueMax)
		} else {
			list, err = s.open(tx)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return list, nil
}

// open are all requests that an answer is owed to, the most pressing first;
// those whose clock stands come last.
func (s *Service) open(tx *db.Tx) (list []*Request, err error) {
	for _, state := range []State{Waiting, Taken, Making} {
		found, err := selectState(tx, state, queueMax)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	slices.SortStableFunc(list, func(a, b *Request) int {
		x, y := s.Due(a), s.Due(b)
		if x.IsZero() != y.IsZero() {
			return map[bool]int{true: 1, false: -1}[x.IsZero()]
		}
		return x.Compare(y)
	})
	return list, nil
}

// Glance returns a request as its row says, to officials who answer.
func (s *Service) Glance(ctx context.Context, who policy.Actor, request string) (*Request, []Item, error) {
	if !s.Answers(who.Roles) {
		return nil, nil, errRole
	}
	return s.Whole(ctx, request)
}

// View returns a request with what it is about to the official who holds it.
// It is an event each time; that of somebody else is denied, and recorded.
func (s *Service) View(ctx context.Context, who policy.Actor, request string) (r *Request, items []Item, text []Line, err error) {
	var h *vault.Handle
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		h = nil
		if r, err = selectRequest(tx, request); err != nil {
			return err
		}
		if r == nil {
			return errUnknown
		}
		// It stands still until the event is committed.
		if ok, err := holdRequest(tx, r); err != nil || !ok {
			return cmp.Or(err, error(errMoved))
		}
		if items, err = selectItems(tx, r); err != nil {
			return err
		}
		permit, err := s.Vault.Permit(tx, r.answering(who, policy.Use, FieldText, FieldAnswer, FieldContact))
		if err != nil {
			return err
		}
		h, err = s.Vault.Open(tx, permit)
		return err
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, nil, nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open a request: %w", err)
	}
	values, err := h.Reveal()
	if err != nil {
		return nil, nil, nil, err
	}
	return r, items, Texts(values), s.reached(ctx, r, values)
}

// reached fills in where whoever asks without a cabinet is reached. That somebody
// has a cabinet is said once it is known who asks.
func (s *Service) reached(ctx context.Context, r *Request, values vault.Values) error {
	a := s.contacts(values)
	for _, c := range a.Contacts {
		r.Contacts = append(r.Contacts, c.Value)
	}
	if !r.Outside() || r.Paused() {
		return nil
	}
	return s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := s.cabinets(tx, a)
		r.Cabinet = len(list) > 0
		return err
	})
}

// change changes a request that an official may work on.
func (s *Service) change(ctx context.Context, who policy.Actor, request string, fn func(*db.Tx, *Request) error) error {
	if !s.Answers(who.Roles) {
		return errRole
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, err := selectRequest(tx, request)
		if err != nil {
			return err
		}
		if r == nil {
			return errUnknown
		}
		if r.State == Answered {
			return errDone
		}
		if err := fn(tx, r); err != nil {
			return err
		}
		if ok, err := moveRequest(tx, r); err != nil || !ok {
			return cmp.Or(err, error(errMoved))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change a request: %w", err)
	}
	return nil
}

// Free reports whether nobody holds a request, or somebody who was suspended or
// removed, or whose role answers requests no more.
func (s *Service) Free(ctx context.Context, r *Request) (free bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		free, err = s.free(tx, r)
		return err
	})
	return free, err
}

func (s *Service) free(tx *db.Tx, r *Request) (bool, error) {
	if r.State != Taken {
		return r.State == Waiting, nil
	}
	roles, _, working, err := s.Staff.Official(tx, r.Holder)
	return !working || !s.Answers(roles), err
}

// MayTake reports whether an official may take a request that is free: an appeal
// goes to somebody else than who decided on any part.
func (s *Service) MayTake(who policy.Actor, r *Request) bool {
	return r.Appealed.IsZero() || !r.decidedBy(who.ID)
}

// Take has an official hold a request that is free.
func (s *Service) Take(ctx context.Context, who policy.Actor, request string) error {
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		free, err := s.free(tx, r)
		switch {
		case err != nil:
			return err
		case !free:
			return errMoved
		case !s.MayTake(who, r):
			return errAnother
		}
		r.State, r.Holder = Taken, who.ID
		return s.Vault.Bump(tx, r.Subject)
	})
}

// PutBack gives a request that an official holds back to the queue.
func (s *Service) PutBack(ctx context.Context, who policy.Actor, request string) error {
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID {
			return errMoved
		}
		r.State, r.Holder = Waiting, ""
		return s.Vault.Bump(tx, r.Subject)
	})
}

// MayExtend reports whether the time of a request can be extended: once, only
// where the right says so, and not when it is over: what is late stays late.
func (s *Service) MayExtend(r *Request) bool {
	return r.State == Taken && r.Extended.IsZero() && s.RightOf(r).Extension != "" && !r.Paused() && s.Clock.Now().Before(s.Due(r))
}

// Extend extends the time of a request, with a reason that the person is told.
func (s *Service) Extend(ctx context.Context, who policy.Actor, request, reason string) error {
	if wrong := CheckText("reason", reason, true); len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.Holder != who.ID || !s.MayExtend(r) {
			return errMoved
		}
		now := s.Clock.Now()
		if err := s.say(tx, who, r, now, reason); err != nil {
			return err
		}
		r.Extended = now
		return s.tell(tx, r, "extended")
	})
}

// say writes a text of the office into a request.
func (s *Service) say(tx *db.Tx, who policy.Actor, r *Request, now time.Time, text string) error {
	return s.put(tx, r.answering(who, policy.Collect), vault.Value{Field: FieldAnswer, Item: id.New(now), Text: text, Source: policy.SourceStaff})
}

// Answer is what an official decides on an item.
type Answer struct {
	Decision Decision
	Ground   policy.Ground
}

// Decide answers a request that an official holds: every item that is open, and
// in words. What is granted is done in the same transaction.
func (s *Service) Decide(ctx context.Context, who policy.Actor, request string, answers map[int]Answer, text string) error {
	if err := s.partsNamed(ctx, who, request, answers); err != nil {
		return err
	}
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID {
			return errMoved
		}
		if !r.Appealed.IsZero() && r.decidedBy(who.ID) {
			return errAnother
		}
		items, err := selectItems(tx, r)
		if err != nil {
			return err
		}
		with, err := s.Corrections.Open(tx, r.ID)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		mine := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return with[i.N] != "" })
		decided, err := s.decided(r, mine, answers, text, now)
		if err != nil {
			return err
		}
		for _, i := range decided {
			if err := updateItem(tx, r, i); err != nil {
				return err
			}
		}
		if err := s.say(tx, who, r, now, text); err != nil {
			return err
		}
		r.decides(who.ID)
		if len(with) > 0 { // the rest is with institutions
			return errors.Join(s.fulfil(tx, r, slices.DeleteFunc(decided, func(i Item) bool { return i.Decision != Granted })), s.tell(tx, r, "part"))
		}
		r.State, r.Answered = Answered, now
		if err := s.note(tx, r, "right-answered", who); err != nil {
			return err
		}
		granted := slices.DeleteFunc(decided, func(i Item) bool { return i.Decision != Granted })
		if err := s.fulfil(tx, r, granted); err != nil {
			return err
		}
		if r.Kind == policy.RightErasure && slices.ContainsFunc(granted, func(i Item) bool { return i.ID == vault.Profile || i.Sort == All }) && !r.Outside() {
			return nil // they are told before it goes
		}
		return s.tell(tx, r, "answered")
	})
}

// Outlive has a request followed, from now on, as one of somebody without a
// cabinet, by the contacts at which they are told that it is answered.
func (s *Service) Outlive(tx *db.Tx, r *Request, contacts ...vault.Value) error {
	r.Asked, r.Shown = s.Clock.Now(), s.Clock.Now()
	if ok, err := moveRequest(tx, r); err != nil || !ok {
		return cmp.Or(err, error(errMoved))
	}
	return errors.Join(s.put(tx, r.own(policy.Collect), contacts...), s.tell(tx, r, "answered"))
}

// Settle notes what an institution answered on a part of a request, and has the
// person told. With the last one the request is answered.
func (s *Service) Settle(tx *db.Tx, who policy.Actor, request string, n int, a Answer) error {
	r, err := selectRequest(tx, request)
	if err != nil || r == nil {
		return cmp.Or(err, error(errUnknown))
	}
	items, err := selectItems(tx, r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(items, func(i Item) bool { return i.N == n && i.Decision == Open })
	if i < 0 || !r.Open() {
		return errMoved
	}
	items[i].Decision, items[i].Ground, items[i].Decided = a.Decision, a.Ground, s.Clock.Now()
	if err := updateItem(tx, r, items[i]); err != nil {
		return err
	}
	r.decides(who.ID)
	what := "part"
	if OutcomeOf(items) != Pending {
		r.State, r.Answered, what = Answered, s.Clock.Now(), "answered"
		if err := s.note(tx, r, "right-answered", who); err != nil {
			return err
		}
	}
	if err := s.tell(tx, r, what); err != nil {
		return err
	}
	if ok, err := moveRequest(tx, r); err != nil || !ok {
		return cmp.Or(err, error(errMoved))
	}
	return nil
}

// Carried notes that what was granted on appeal was carried out, and has the
// person told.
func (s *Service) Carried(tx *db.Tx, request string, who policy.Actor) error {
	r, err := selectRequest(tx, request)
	if err != nil || r == nil {
		return cmp.Or(err, error(errUnknown))
	}
	return errors.Join(s.note(tx, r, "right-carried", who), s.tell(tx, r, "answered"))
}

// Grounds are those on which a request may be refused now: those that its right
// declares (I11). While it is outstanding who asks, it is the one that this could
// not be shown, whatever the right, so that nothing waits for ever; after that it
// is none.
func (s *Service) Grounds(r *Request) []policy.Ground {
	if r.Paused() {
		return []policy.Ground{policy.GroundIdentity}
	}
	return slices.DeleteFunc(slices.Clone(s.RightOf(r).Refusal), func(g policy.Ground) bool { return g == policy.GroundIdentity })
}

// decided applies answers to the items that are open, or says what is wrong
// with them: a refusal has a ground.
func (s *Service) decided(r *Request, items []Item, answers map[int]Answer, text string, now time.Time) (list []Item, err error) {
	grounds, wrong := s.Grounds(r), CheckText("text", text, true)
	for _, i := range items {
		if i.Decision != Open {
			continue
		}
		a, name := answers[i.N], fmt.Sprintf("item-%d", i.N)
		switch {
		case a.Decision != Granted && a.Decision != Refused:
			wrong = append(wrong, fault.Field{Name: name, Code: "rights.decide.none"})
		case a.Decision == Refused && !slices.Contains(grounds, a.Ground):
			wrong = append(wrong, fault.Field{Name: fmt.Sprintf("ground-%d", i.N), Code: "rights.decide.ground"})
		case a.Decision == Granted && a.Ground != "":
			wrong = append(wrong, fault.Field{Name: fmt.Sprintf("ground-%d", i.N), Code: "rights.decide.ground.granted"})
		case r.Paused() && a.Decision == Granted:
			wrong = append(wrong, fault.Field{Name: name, Code: "rights.decide.identity"})
		}
		if i.Decision, i.Decided = a.Decision, now; a.Decision == Refused {
			i.Ground = a.Ground
		}
		list = append(list, i)
	}
	if len(wrong) > 0 {
		return nil, fault.Input(wrong...)
	}
	return list, nil
}

// Standing counts what is open (O14).
func (s *Service) Standing(ctx context.Context) (n deadline.Standing, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n = deadline.Standing{}
		list, err := s.open(tx)
		now := s.Clock.Now()
		for _, r := range list {
			n.Count(s.Due(r), now)
		}
		return err
	})
	if err != nil {
		return deadline.Standing{}, fmt.Errorf("count what is open: %w", err)
	}
	return n, nil
}

// The jobs. Their payloads hold ids; what is written is opened when it is sent.
const (
	jobTell    = "rights.tell"
	jobLate    = "rights.late"
	jobWatch   = "rights.watch"
	watchEvery = 10 * time.Minute
)

// tell has a person told that something happened to a request.
func (s *Service) tell(tx *db.Tx, r *Request, what string) error {
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobTell, Payload: map[string]string{"request": r.ID, "what": what}})
}

// sendTell writes to a person, in words that say nothing of what it is about.
// It goes by the address that codes go to and not by their choice of notices:
// who restricted or objected to those must hear what became of it.
func (s *Service) sendTell(ctx context.Context, job *jobs.Job) error {
	r, _, err := s.Whole(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	if r.Outside() {
		return s.Visitors.Write(ctx, r, job.ID, job.Get("what"))
	}
	return s.Identity.Write(ctx, r.Subject, r.Language, job.ID, "rights.mail."+job.Get("what"),
		"reference", r.Reference, "link", s.Address()+"/"+r.Language+"/cabinet/rights/requests/"+r.ID)
}

// Watch has everybody who answers told of requests that have become overdue,
// once each, and ends what lasted until now.
func (s *Service) Watch(ctx context.Context) error {
	if err := errors.Join(s.lift(ctx), s.expire(ctx)); err != nil {
		return err
	}
	all, err := s.Staff.Colleagues(ctx, s.answering())
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		list, err := s.open(tx)
		if err != nil {
			return err
		}
		now, late := s.Clock.Now(), false
		for _, r := range list {
			if due := s.Due(r); due.IsZero() || now.Before(due) || !r.Escalated.IsZero() {
				continue
			}
			r.Escalated = now
			ok, err := moveRequest(tx, r)
			if err != nil {
				return err
			}
			late = late || ok
		}
		for _, c := range all {
			if !c.Working || !late {
				continue
			}
			if err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobLate, Key: "rights-late:" + c.Subject, Payload: map[string]string{"official": c.Subject}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell of what is overdue: %w", err)
	}
	return nil
}

// answering are the roles that answer requests.
func (s *Service) answering() (roles []string) {
	for _, r := range s.Policy().Declarations().Roles {
		if slices.Contains(r.May, policy.AnswerRights) {
			roles = append(roles, r.ID)
		}
	}
	return roles
}

// sendLate tells an official that requests are overdue.
func (s *Service) sendLate(ctx context.Context, job *jobs.Job) error {
	var working bool
	var roles []string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		roles, _, working, err = s.Staff.Official(tx, job.Get("official"))
		return err
	})
	if err != nil || !working || !s.Answers(roles) {
		return err
	}
	return s.Identity.WriteTo(ctx, job.Get("official"), policy.FieldStaffEmail, s.Language(), job.ID, "rights.mail.late", "link", s.Address()+"/staff/rights")
}
