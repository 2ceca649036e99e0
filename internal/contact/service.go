package contact

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/staff"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// Config is what the package needs.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Jobs      *jobs.Queue
	Key       Key
	Identity  *identity.Service
	Staff     *staff.Service
	Files     *uploads.Site
	Mailer    mail.Mailer
	Catalogue *i18n.Catalogue
	Portal    func() i18n.Text // its name
	Language  func() string    // in which officials are written to
	Address   func() string    // of the portal, as links in messages begin
	Zone      func() *time.Location
	Operator  func() Operator
	// Promised is within how long requests are answered. Without days nothing
	// is taken: the page of channels is all there is.
	Promised func() Promise
	// Inbox is the address that mails come in at; empty: there is none. From is
	// the one that mails come from.
	Inbox, From func() string
	Notices     Notices
	// Rights takes what is about somebody's own data; nil: nothing does.
	Rights Rights
	// Complaints follows what is owed to a complaint; nil: its answer alone is.
	Complaints Complaints
	Reports    Reports // nil: what becomes of mails is nobody's business
	// Reach has whoever asks without a cabinet found by the contact that they
	// gave, for rights on what they asked; nil: nobody is.
	Reach func(tx *db.Tx, subject, scope, field string, given ...credential.Contact) error
	// Visitors reports whether people without a cabinet use their rights here;
	// nil: they do not.
	Visitors func() bool
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	throttle *credential.Throttle
}

// New returns the service and registers its jobs.
func New(c Config) *Service {
	s := &Service{Config: c, throttle: credential.NewThrottle(c.Clock)}
	c.Jobs.Register(jobReceived, s.sendReceived, jobs.Options{})
	c.Jobs.Register(jobAnswer, s.sendAnswer, jobs.Options{})
	return s
}

// Offered reports whether the portal takes requests: the instance says so in
// its policy, and within how long it answers.
func (s *Service) Offered() bool {
	_, ok := s.Policy().Activity(ActivityOwn)
	return ok && len(s.Promised().Days) > 0
}

// How often one may ask, so that nobody drowns the officials or, by way of the
// portal, somebody else's mailbox.
var (
	perNetwork = credential.Limit{Times: 20, Within: time.Hour}
	perContact = credential.Limit{Times: 5, Within: 24 * time.Hour}
	perPerson  = credential.Limit{Times: 30, Within: 24 * time.Hour}
)

// person is somebody who acts on their own data.
func person(subject string) policy.Actor { return policy.Actor{Kind: policy.Person, ID: subject} }

func system() policy.Actor { return policy.Actor{Kind: policy.System, ID: "portico"} }

// own is a use of what somebody asked, by themself or as it comes in.
func (r *Request) own(who policy.Actor, op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: who, Subject: r.Subject, Activity: ActivityOwn, Operation: op, Scope: r.Scope(), Fields: fields, Reference: r.Reference,
	}
}

// Asking is a form that somebody sent.
type Asking struct {
	Subject  string // whoever is signed in; empty: nobody
	Kind     Kind
	Text     string
	Contact  string // how to reach them, where nobody is signed in
	Language string
	Once     string // makes this form one of its kind
	Network  string
}

// checkText says what is wrong with a text of a field.
func checkText(field, text string) []fault.Field {
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "":
		return []fault.Field{{Name: field, Code: "contact.text.empty"}}
	case n > MaxText:
		return []fault.Field{{Name: field, Code: "contact.text.long", Args: []any{"max", MaxText}}}
	}
	return nil
}

// check says what is wrong with a form, and reads the contact.
func (s *Service) check(a Asking) (c credential.Contact, err error) {
	var wrong []fault.Field
	if !known(Kinds(), a.Kind) {
		wrong = append(wrong, fault.Field{Name: "kind", Code: "contact.kind.none"})
	}
	wrong = append(wrong, checkText("text", a.Text)...)
	if a.Subject == "" {
		var ok bool
		if c, ok = s.Identity.ParseContact(a.Contact); !ok {
			wrong = append(wrong, fault.Field{Name: "contact", Code: "contact.contact.none"})
		}
	}
	if len(a.Once) < 20 || len(a.Once) > 100 { // made by the page; without it a second click would ask twice
		wrong = append(wrong, fault.Field{Name: "once", Code: "contact.form.old"})
	}
	if len(wrong) > 0 {
		return c, fault.Input(wrong...)
	}
	return c, nil
}

// errAgain says that a form or a mail was taken before.
var errAgain = errors.New("it was taken before")

func again(err error) bool { return errors.Is(err, errAgain) }

// formHash is what a form that was taken is known by.
func formHash(what, who, once string) []byte {
	h := sha256.Sum256([]byte(what + "\n" + who + "\n" + once))
	return h[:]
}

// Ask takes a request. The same form again is the same request.
func (s *Service) Ask(ctx context.Context, a Asking) (*Request, error) {
	contact, err := s.check(a)
	if err != nil {
		return nil, err
	}
	once := formHash("ask", a.Subject, a.Once)
	if r, err := s.taken(ctx, once); err != nil || r != nil {
		return r, err
	}
	who, limit := cmp.Or(a.Subject, contact.Value), perContact
	if a.Subject != "" {
		limit = perPerson
	}
	if !s.throttle.Take(perNetwork, "contact.network", a.Network) || !s.throttle.Take(limit, "contact.who", who) {
		return nil, errOften
	}
	var r *Request
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		now := s.Clock.Now()
		r = s.fresh(now, a.Kind, Form, a.Language)
		if r.Subject, r.Cabinet = a.Subject, a.Subject != ""; r.Subject == "" {
			if r.Subject, err = s.Vault.NewSubject(tx); err != nil {
				return err
			}
		}
		if ok, err := insertForm(tx, r.Subject, once, r.ID, now); err != nil || !ok {
			return cmp.Or(err, errAgain)
		}
		return s.begin(tx, r, r.own(person(r.Subject), policy.Collect), a.Text, contact, policy.SourceForm, true)
	})
	if again(err) {
		return s.taken(ctx, once)
	}
	if err != nil {
		return nil, fmt.Errorf("take a request: %w", err)
	}
	return r, nil
}

// taken is the request that a form made before, nil if none.
func (s *Service) taken(ctx context.Context, once []byte) (r *Request, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		request, err := selectForm(tx, once)
		if err != nil || request == "" {
			return err
		}
		r, err = selectRequest(tx, request)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for a form that was taken: %w", err)
	}
	return r, nil
}

// fresh is a request that begins now.
func (s *Service) fresh(now time.Time, kind Kind, source Source, language string) *Request {
	return &Request{
		ID: id.New(now), Reference: id.Reference("HR"), Kind: kind, Source: source, State: Waiting, Language: language,
		Created: now, Since: now, revision: 1, texts: 1,
	}
}

// begin writes a request with its first text, and has whoever asked told.
func (s *Service) begin(tx *db.Tx, r *Request, use vault.Use, text string, contact credential.Contact, source string, tell bool) error {
	if err := insertRequest(tx, r); err != nil {
		return err
	}
	if err := s.Vault.NewScope(tx, r.Subject, r.Scope()); err != nil {
		return err
	}
	values := []vault.Value{{Field: FieldText, Item: id.New(r.Created), Text: text, Source: source}}
	if field := map[string]string{policy.FieldEmail: FieldEmail, policy.FieldPhone: FieldPhone}[contact.Field]; field != "" {
		values = append(values, vault.Value{Field: field, Text: contact.Value, Source: source})
		if s.Reach != nil && !r.Cabinet {
			if err := s.Reach(tx, r.Subject, r.Scope(), field, contact); err != nil {
				return err
			}
		}
	}
	use.Scope = r.Scope()
	if err := s.put(tx, use, values...); err != nil {
		return err
	}
	switch {
	case !tell:
	case r.Cabinet:
		return s.Notices.Received(tx, r)
	case contact.Field == policy.FieldEmail:
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobReceived, Key: "received:" + r.ID, Payload: map[string]string{"request": r.ID}})
	}
	return nil
}

func (s *Service) put(tx *db.Tx, use vault.Use, values ...vault.Value) error {
	use.Operation, use.Fields = policy.Collect, nil
	for _, v := range values {
		use.Fields = append(use.Fields, v.Field)
	}
	permit, err := s.Vault.Permit(tx, use)
	if err != nil {
		return err
	}
	return s.Vault.Put(tx, permit, values)
}

// Of lists the requests of a person, the newest first.
func (s *Service) Of(ctx context.Context, subject string) (list []*Request, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectOf(tx, subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return list, nil
}

// Lives reports whether there is such a request, for files of it.
func (s *Service) Lives(ctx context.Context, subject, scope string) (bool, error) {
	list, err := s.Of(ctx, subject)
	return slices.ContainsFunc(list, func(r *Request) bool { return r.Scope() == scope }), err
}

// Activities are the activities under which something is kept of somebody, if
// anything is.
func (s *Service) Activities(ctx context.Context, subject string) ([]string, error) {
	list, err := s.Of(ctx, subject)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return []string{ActivityOwn}, nil
}

// find returns a request by something.
func (s *Service) find(ctx context.Context, sel func(*db.Tx) (*Request, error)) (r *Request, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = sel(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a request: %w", err)
	}
	if r == nil {
		return nil, errUnknown
	}
	return r, nil
}

func (s *Service) byID(ctx context.Context, request string) (*Request, error) {
	return s.find(ctx, func(tx *db.Tx) (*Request, error) { return selectRequest(tx, request) })
}

// Row is what people call a request, and until when an answer is promised, for
// notices about it: nothing is opened.
func (s *Service) Row(ctx context.Context, request string) (reference string, until time.Time, err error) {
	r, err := s.byID(ctx, request)
	if err != nil {
		return "", time.Time{}, err
	}
	return r.Reference, s.Promised().due(r), nil
}

// Mine returns a request of a person with what it is about. Somebody else's is
// not found, and the attempt is recorded.
func (s *Service) Mine(ctx context.Context, subject, request string) (*Request, *Content, error) {
	r, err := s.byID(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	values, err := s.Vault.Read(ctx, r.own(person(subject), policy.Use, FieldText, FieldAnswer))
	if fault.KindOf(err) == fault.Denied {
		return nil, nil, errUnknown.Because(err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open a request: %w", err)
	}
	c := content(values)
	c.Files, err = s.files(ctx, r.spot(person(subject)))
	return r, c, err
}

// Followed returns a request to whoever has its token. It opens nothing.
func (s *Service) Followed(ctx context.Context, reference, given string) (*Request, error) {
	r, err := s.find(ctx, func(tx *db.Tx) (*Request, error) { return selectReference(tx, tidy(reference)) })
	if err != nil {
		return nil, err
	}
	if r.Cabinet || !proves(s.Key, tokenFollow, r, given) {
		return nil, errUnknown
	}
	return r, nil
}

// files are those of a request that are whole, with their names.
func (s *Service) files(ctx context.Context, spot *uploads.Spot) (list []uploads.Named, err error) {
	all, err := s.Files.Uploads.List(ctx, spot)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.State != uploads.Received {
			list = append(list, uploads.Named{ID: f.ID, Name: f.Name})
		}
	}
	return list, nil
}

// content is what was opened of a request, the oldest line first.
func content(values vault.Values) *Content {
	c := &Content{Email: values.Text(FieldEmail), Phone: values.Text(FieldPhone)}
	for _, field := range []string{FieldText, FieldAnswer} {
		for _, v := range values.Items(field) {
			c.Lines = append(c.Lines, Line{Item: v.Item, Text: v.Text, Source: v.Source, At: v.At, Answer: field == FieldAnswer})
		}
	}
	slices.SortStableFunc(c.Lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return c
}

// MayAdd reports whether whoever asked may write once more: while it is open,
// and for a time after the answer, which opens it again.
func (s *Service) MayAdd(r *Request) bool {
	return r.texts < maxTexts && (r.Open() || r.State == Answered && s.Clock.Now().Before(r.Answered.Add(openAgain)))
}

// Add takes a further text of whoever asked. After an answer it opens the
// request again, and the promised time runs anew. The same form again does
// nothing.
func (s *Service) Add(ctx context.Context, r *Request, text, once string) error {
	wrong := checkText("text", text)
	if len(once) < 20 || len(once) > 100 {
		wrong = append(wrong, fault.Field{Name: "once", Code: "contact.form.old"})
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	hash := formHash("add", r.ID, once)
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if ok, err := insertForm(tx, r.Subject, hash, r.ID, now); err != nil || !ok {
			return cmp.Or(err, errAgain)
		}
		return s.add(tx, r.ID, person(r.Subject), text, policy.SourceForm, now)
	})
	if again(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("add to a request: %w", err)
	}
	return nil
}

// add writes a further text into a request as it is now.
func (s *Service) add(tx *db.Tx, request string, who policy.Actor, text, source string, now time.Time) error {
	r, err := selectRequest(tx, request)
	if err != nil {
		return err
	}
	if r == nil {
		return errUnknown
	}
	if !s.MayAdd(r) {
		return errOver
	}
	r.texts++
	if r.State == Answered {
		r.State, r.Holder, r.Since, r.Answered, r.Escalated = Waiting, "", now, time.Time{}, time.Time{}
	}
	if ok, err := moveRequest(tx, r); err != nil || !ok {
		return cmp.Or(err, error(errMoved))
	}
	return s.put(tx, r.own(who, policy.Collect), vault.Value{Field: FieldText, Item: id.New(now), Text: text, Source: source})
}

// errOver says that nothing can be added to a request any more.
var errOver = fault.New(fault.Conflict, "contact.over")

// Rate counts how somebody rates an answer, once. Who rated how is not kept.
func (s *Service) Rate(ctx context.Context, request string, score int) error {
	if score < 1 || score > MaxScore {
		return fault.Input(fault.Field{Name: "score", Code: "contact.rate.none"})
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		r, err := selectRequest(tx, request)
		if err != nil {
			return err
		}
		switch {
		case r == nil:
			return errUnknown
		case !r.Rated.IsZero():
			return nil // a second click
		case r.State != Answered:
			return errMoved
		}
		now := s.Clock.Now()
		r.Rated = now
		if ok, err := moveRequest(tx, r); err != nil || !ok {
			return cmp.Or(err, error(errMoved))
		}
		return addRating(tx, now.In(s.Zone()).Format("2006-01"), r.Kind, score)
	})
	if err != nil {
		return fmt.Errorf("rate an answer: %w", err)
	}
	return nil
}
