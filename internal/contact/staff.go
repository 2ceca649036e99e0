package contact

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/staff"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// PageSize is how many requests a page of the queue shows.
const PageSize = 20

// answers reports whether an official answers requests.
func (s *Service) answers(who policy.Actor) bool {
	return s.Policy().May(who.Roles, policy.AnswerInquiries)
}

// enters reports whether an official writes requests down, and sees where they
// stand.
func (s *Service) enters(who policy.Actor) bool {
	return s.answers(who) || s.Policy().May(who.Roles, policy.EnterInquiries)
}

// Look is which requests a page of the queue shows.
type Look string

// The looks.
const (
	LookWaiting  Look = "waiting"
	LookMine     Look = "mine"
	LookLate     Look = "late"
	LookAnswered Look = "answered"
)

// Looks are all looks.
func Looks() []Look { return []Look{LookWaiting, LookMine, LookLate, LookAnswered} }

// Queue lists requests by how long they wait: references, states and times,
// nothing of what they are about. After is the id of the last one of the page
// before.
func (s *Service) Queue(ctx context.Context, who policy.Actor, look Look, after string) (list []*Request, err error) {
	if !s.answers(who) {
		return nil, errDenied
	}
	working := []any{who.ID}
	if look == LookWaiting {
		all, err := s.Colleagues(ctx, who)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			working = append(working, c.Subject)
		}
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var since time.Time
		if r, err := selectRequest(tx, after); err != nil {
			return err
		} else if r != nil {
			since = r.Since
		} else {
			since, after = time.UnixMicro(0), ""
		}
		switch look {
		case LookLate:
			list, err = s.late(tx, 1, false)
		case LookMine:
			list, err = selectQueue(tx, Taken, who.ID, since, after, PageSize)
		case LookAnswered:
			list, err = selectQueue(tx, Answered, "", since, after, PageSize)
		case LookWaiting:
			list, err = selectFree(tx, working, since, after, PageSize)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return list, nil
}

// lateMax is how many overdue requests are looked at.
const lateMax = 100

// late lists open requests whose promised time has passed as many times, the
// longest waiting first; fresh leaves out those that officials were told of.
func (s *Service) late(tx *db.Tx, times int, fresh bool) (list []*Request, err error) {
	p, now := s.Promised(), s.Clock.Now()
	for _, kind := range Kinds() {
		for _, state := range []State{Waiting, Taken} {
			found, err := selectLate(tx, kind, state, p.lateSince(kind, times, now, s.Zone()), fresh, lateMax)
			if err != nil {
				return nil, err
			}
			list = append(list, found...)
		}
	}
	slices.SortFunc(list, func(a, b *Request) int { return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ID, b.ID)) })
	return list[:min(len(list), lateMax)], nil
}

// Standing is how many requests wait for their answer, and how many of them
// longer than promised, and longer than twice as long.
type Standing struct{ Open, Late, VeryLate int64 }

// Standing counts what is open (O17).
func (s *Service) Standing(ctx context.Context) (n Standing, err error) {
	all, err := s.Standings(ctx)
	for _, one := range all {
		n.Open, n.Late, n.VeryLate = n.Open+one.Open, n.Late+one.Late, n.VeryLate+one.VeryLate
	}
	return n, err
}

// Standings counts what is open by the way on which it came (O16).
func (s *Service) Standings(ctx context.Context) (all map[Way]Standing, err error) {
	p, now := s.Promised(), s.Clock.Now()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all = map[Way]Standing{}
		for _, kind := range Kinds() {
			for _, state := range []State{Waiting, Taken} {
				for times := range 3 {
					before := now.Add(time.Hour) // everything
					if times > 0 {
						before = p.lateSince(kind, times, now, s.Zone())
					}
					err := countOpen(tx, kind, state, before, func(w Way, found int64) {
						one := all[w]
						*[]*int64{&one.Open, &one.Late, &one.VeryLate}[times] += found
						all[w] = one
					})
					if err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count what is open: %w", err)
	}
	return all, nil
}

// Ways are those that officials write requests down from: each channel of the
// instance that people answer, and what every office has.
func (s *Service) Ways() (list []Way) {
	for _, source := range Entered() {
		before := len(list)
		for _, c := range s.Operator().Channels {
			if c.Kind == string(source) {
				list = append(list, Way{source, c.ID})
			}
		}
		if len(list) == before {
			list = append(list, Way{Source: source})
		}
	}
	return list
}

// Entering counts the officials who may write requests down, and work.
func (s *Service) Entering(ctx context.Context) (n int, err error) {
	list, err := s.Staff.Colleagues(ctx, s.may(policy.AnswerInquiries, policy.EnterInquiries))
	for _, c := range list {
		if c.Working {
			n++
		}
	}
	return n, err
}

// Find returns a request by its reference as its row says, to officials who
// answer or enter: where it stands, and nothing of what it is about.
func (s *Service) Find(ctx context.Context, who policy.Actor, reference string) (*Request, error) {
	if !s.enters(who) {
		return nil, errDenied
	}
	return s.find(ctx, func(tx *db.Tx) (*Request, error) { return selectReference(tx, tidy(reference)) })
}

// Glance returns a request by its id as its row says.
func (s *Service) Glance(ctx context.Context, who policy.Actor, request string) (*Request, error) {
	if !s.enters(who) {
		return nil, errDenied
	}
	return s.byID(ctx, request)
}

// Entry is what an official writes down of what came by another way.
type Entry struct {
	Kind     Kind
	Way      Way
	Text     string
	Contact  string // may be empty: whoever asked left none, or calls again
	Received string // the day on which it came, which its time runs from; empty: it comes now
	Language string
	Once     string
}

// enteredLate is how long after it came something can be written down.
const enteredLate = 365 * 24 * time.Hour

// cameOn is the moment from which the time of something runs that came on a day:
// its first, or now if that is today or no day is named.
func (s *Service) cameOn(day string) (time.Time, bool) {
	now := s.Clock.Now()
	at := policy.Date(day).Start(s.Zone())
	switch {
	case day == "" || day == now.In(s.Zone()).Format(time.DateOnly):
		return now, true
	case at.IsZero() || at.After(now) || at.Before(now.Add(-enteredLate)):
		return now, false
	}
	return at, true
}

// Enter takes a request that came by telephone, on paper or in person.
func (s *Service) Enter(ctx context.Context, who policy.Actor, e Entry) (*Request, error) {
	if !s.enters(who) {
		return nil, errDenied
	}
	var wrong []fault.Field
	if !known(s.Ways(), e.Way) {
		wrong = append(wrong, fault.Field{Name: "source", Code: "contact.source.none"})
	}
	var contact credential.Contact
	if strings.TrimSpace(e.Contact) != "" {
		var ok bool
		if contact, ok = s.Identity.ParseContact(e.Contact); !ok {
			wrong = append(wrong, fault.Field{Name: "contact", Code: "contact.contact.none"})
		}
	}
	if _, ok := s.cameOn(e.Received); !ok {
		wrong = append(wrong, fault.Field{Name: "received", Code: "contact.enter.received.wrong"})
	}
	_, err := s.check(Asking{Subject: who.ID, Kind: e.Kind, Text: e.Text, Once: e.Once})
	if err != nil {
		wrong = append(fault.From(err).Fields, wrong...)
	}
	if len(wrong) > 0 {
		return nil, fault.Input(wrong...)
	}
	once := formHash("enter", who.ID, e.Once)
	var r *Request
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		now := s.Clock.Now()
		r = s.fresh(now, e.Kind, e.Way.Source, e.Language)
		r.Channel = e.Way.Channel
		r.Created, _ = s.cameOn(e.Received)
		r.Since = r.Created
		if r.Subject, err = s.Vault.NewSubject(tx); err != nil {
			return err
		}
		if ok, err := insertForm(tx, r.Subject, once, r.ID, now); err != nil || !ok {
			return cmp.Or(err, errAgain)
		}
		// Whoever writes it down holds it until it is written down.
		use := vault.Use{
			Actor: who, Subject: r.Subject, Activity: ActivityEnter, Scope: r.Scope(), Reference: r.Reference,
			Task: policy.Task{Scope: r.Scope(), Holder: who.ID, Open: true},
		}
		return s.begin(tx, r, use, e.Text, contact, policy.SourceStaff, true)
	})
	if again(err) {
		return s.taken(ctx, once)
	}
	if err != nil {
		return nil, fmt.Errorf("write a request down: %w", err)
	}
	return r, nil
}

// change changes a request that an official may work on.
func (s *Service) change(ctx context.Context, who policy.Actor, request string, fn func(*db.Tx, *Request) error) error {
	if !s.answers(who) {
		return errDenied
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, err := selectRequest(tx, request)
		if err != nil {
			return err
		}
		if r == nil {
			return errUnknown
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

// Complaints follows what is owed to a complaint beside its answer.
type Complaints interface {
	// Ready is nil if a request may be answered, or closed without an answer.
	Ready(tx *db.Tx, r *Request) error
	// Facts say to whoever complained, and to officials, how it stands.
	Facts(ctx context.Context, p *i18n.Printer, r *Request) ([]ui.Row, error)
	// Section is what the official who holds a request enters; nil: nothing.
	Section(q *web.Req, t *identity.Typed, who policy.Actor, r *Request) (templ.Component, error)
	// Do does that; Send answers with what goes to the authority.
	Do(q *web.Req, who policy.Actor, request, do string) error
	Send(q *web.Req, who policy.Actor, request string) error
}

// ready is nil if nothing is owed to a request before it is answered.
func (s *Service) ready(tx *db.Tx, r *Request) error {
	if s.Complaints == nil {
		return nil
	}
	return s.Complaints.Ready(tx, r)
}

// Holding has the official who holds a request do something with it, in a
// transaction in which it stands still.
func (s *Service) Holding(ctx context.Context, who policy.Actor, request string, fn func(*db.Tx, *Request) error) error {
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID {
			return errMoved
		}
		return fn(tx, r)
	})
}

// Complain has a request that an official holds count as a complaint, by
// whatever way it came.
func (s *Service) Complain(ctx context.Context, who policy.Actor, request string) error {
	return s.Holding(ctx, who, request, func(_ *db.Tx, r *Request) error {
		r.Kind = Complaint
		return nil
	})
}

// Free reports whether nobody holds a request, or somebody who was suspended or
// removed, or whose role answers no more.
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
	working, err := s.working(tx, r.Holder)
	return !working, err
}

// working reports whether an official works, and answers requests.
func (s *Service) working(tx *db.Tx, official string) (bool, error) {
	roles, _, working, err := s.Staff.Official(tx, official)
	return working && s.Policy().May(roles, policy.AnswerInquiries), err
}

// Take has an official hold a request that is free.
func (s *Service) Take(ctx context.Context, who policy.Actor, request string) error {
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if free, err := s.free(tx, r); err != nil || !free {
			return cmp.Or(err, error(errMoved))
		}
		r.State, r.Holder = Taken, who.ID
		return s.Vault.Bump(tx, r.Subject)
	})
}

// HandOver gives a request that an official holds to a colleague who answers
// too, or, without one, back to the queue.
func (s *Service) HandOver(ctx context.Context, who policy.Actor, request, colleague string) error {
	to := ""
	if colleague != "" {
		list, err := s.Colleagues(ctx, who)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(c staff.Colleague) bool { return c.Reference == tidy(colleague) })
		if i < 0 {
			return fault.Input(fault.Field{Name: "colleague", Code: "contact.colleague.none"})
		}
		to = list[i].Subject
	}
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID {
			return errMoved
		}
		if to == "" {
			r.State, r.Holder = Waiting, ""
			return s.Vault.Bump(tx, r.Subject)
		}
		if working, err := s.working(tx, to); err != nil || !working {
			return cmp.Or(err, error(errMoved))
		}
		r.Holder = to
		return s.Vault.Bump(tx, r.Subject)
	})
}

// Colleagues are those who answer requests too, and work.
func (s *Service) Colleagues(ctx context.Context, who policy.Actor) ([]staff.Colleague, error) {
	list, err := s.Staff.Colleagues(ctx, s.answering())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(c staff.Colleague) bool { return !c.Working || c.Subject == who.ID }), nil
}

// answering are the roles that answer requests.
func (s *Service) answering() []string { return s.may(policy.AnswerInquiries) }

// may are the roles that may do one of these.
func (s *Service) may(one ...policy.Capability) (roles []string) {
	for _, r := range s.Policy().Declarations().Roles {
		if slices.ContainsFunc(one, func(c policy.Capability) bool { return slices.Contains(r.May, c) }) {
			roles = append(roles, r.ID)
		}
	}
	return roles
}

// answer is an official's use of a request.
func answer(who policy.Actor, r *Request, op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: who, Subject: r.Subject, Activity: ActivityAnswer, Operation: op, Scope: r.Scope(), Fields: fields, Task: r.Task(), Reference: r.Reference,
	}
}

// View returns a request with what it is about to the official who holds it.
// It is an event each time; that of somebody else is denied, and recorded.
func (s *Service) View(ctx context.Context, who policy.Actor, request string) (r *Request, c *Content, err error) {
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
		permit, err := s.Vault.Permit(tx, answer(who, r, policy.Use, FieldText, FieldAnswer, FieldEmail, FieldPhone))
		if err != nil {
			return err
		}
		h, err = s.Vault.Open(tx, permit)
		return err
	})
	if fault.KindOf(err) == fault.Denied {
		return nil, nil, policy.Refused(errDenied, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open a request: %w", err)
	}
	values, err := h.Reveal()
	if err != nil {
		return nil, nil, err
	}
	c = content(values)
	c.Files, err = s.files(ctx, &uploads.Spot{Use: answer(who, r, policy.Use), Field: FieldFile})
	return r, c, err
}

// FileUse is how an official would use a file of a request. The request stands
// still until the transaction ends.
func (s *Service) FileUse(tx *db.Tx, who policy.Actor, scope string) (vault.Use, error) {
	r, err := selectRequest(tx, strings.TrimPrefix(scope, "request:"))
	if err != nil {
		return vault.Use{}, err
	}
	if r == nil {
		return vault.Use{}, errUnknown
	}
	if ok, err := holdRequest(tx, r); err != nil || !ok {
		return vault.Use{}, cmp.Or(err, error(errMoved))
	}
	return answer(who, r, policy.Use), nil
}

// Answer answers a request that an official holds, and has whoever asked told.
func (s *Service) Answer(ctx context.Context, who policy.Actor, request, text string) error {
	if wrong := checkText("text", text); len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken {
			return errMoved
		}
		if err := s.ready(tx, r); err != nil {
			return err
		}
		now := s.Clock.Now()
		item := id.New(now)
		use := answer(who, r, policy.Collect)
		if err := s.put(tx, use, vault.Value{Field: FieldAnswer, Item: item, Text: text, Source: policy.SourceStaff}); err != nil {
			return err
		}
		r.State, r.Answered, r.Rated = Answered, now, time.Time{}
		if r.Cabinet {
			return s.Notices.Answered(tx, r, item)
		}
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobAnswer, Key: "answer:" + item, Payload: map[string]string{"request": r.ID, "item": item}})
	})
}

// Close ends a request that an official holds without an answer.
func (s *Service) Close(ctx context.Context, who policy.Actor, request, reason string) error {
	if !known(Reasons(), reason) {
		return fault.Input(fault.Field{Name: "reason", Code: "contact.reason.none"})
	}
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		if r.State != Taken || r.Holder != who.ID {
			return errMoved
		}
		if reason == reasonUnreachable {
			if err := s.ready(tx, r); err != nil {
				return err
			}
		}
		r.State, r.Reason = Closed, reason
		return s.Vault.Bump(tx, r.Subject)
	})
}

// Rated is how the answers to requests of a kind were rated in a month.
type Rated struct {
	Month string
	Kind  Kind
	N     int64
	sum   int64
}

// Mean is the mean rating, to a tenth.
func (r Rated) Mean() string {
	tenths := (20*r.sum + r.N) / (2 * r.N)
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}

// Ratings are the ratings of the last year, the newest month first.
func (s *Service) Ratings(ctx context.Context) (list []Rated, err error) {
	var rows []Rating
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err = selectRatings(tx, s.Clock.Now().In(s.Zone()).AddDate(-1, 0, 0).Format("2006-01"))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read how answers were rated: %w", err)
	}
	for _, r := range rows {
		if n := len(list); n == 0 || list[n-1].Month != r.Month || list[n-1].Kind != r.Kind {
			list = append(list, Rated{Month: r.Month, Kind: r.Kind})
		}
		one := &list[len(list)-1]
		one.N, one.sum = one.N+r.N, one.sum+r.N*int64(r.Score)
	}
	slices.Reverse(list)
	return list, nil
}
