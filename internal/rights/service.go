package rights

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

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/blobs"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/recipients"
	"portico/internal/rights/deadline"
	"portico/internal/rights/takeout"
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
	Calendar func() deadline.Calendar
	Zone     func() *time.Location
	Language func() string // in which officials are written to
	Address  func() string // of the portal, as links in messages begin
	Takeout  *takeout.Maker
	Blobs    blobs.Store // where packages wait
	Eraser   Eraser
	Told     *recipients.Service
	// StaysOut opens the addresses of somebody whose account goes, and returns what keeps in that transaction that nothing is advertised there any more; nil: nothing is.
	StaysOut func(ctx context.Context, subject string) (keep func(*db.Tx) error, err error)
	Consents Consents // nil: no purpose rests on consent
	// Visitors are those without a cabinet, Corrections what institutions have to
	// correct, Fates what becomes of erasures: set before the first request.
	Visitors    Visitors
	Corrections Corrections
	Fates       Fates
}

// Consents knows what people consented to: there, an objection or an opt-out is
// a withdrawal.
type Consents interface {
	// Granted reports whether somebody consents to a purpose.
	Granted(tx *db.Tx, subject, purpose string) (bool, error)
	// End withdraws it, if they do, and has nothing of it sent to the contacts in the scope of a request.
	End(tx *db.Tx, subject, purpose, asker, scope string) error
}

// Visitors knows people without a cabinet.
type Visitors interface {
	// Reached finds whom the contacts reach of who asks, and says whether they
	// reach others, whom only a verified number tells apart.
	Reached(tx *db.Tx, a Asker) (list []string, others bool, err error)
	// Reach has somebody found by the contacts that they gave in a field.
	Reach(tx *db.Tx, subject, scope, field string, given ...credential.Contact) error
	// Asked are the open requests of those without an account that name a contact of who asks.
	Asked(tx *db.Tx, a Asker) ([]*Request, error)
	// Left has somebody without an account found by what their applications name.
	Left(ctx context.Context, subject string) error
	// Write writes to whoever asked what happened, and nothing of it.
	Write(ctx context.Context, r *Request, messageID, what string) error
}

// Corrections makes what people want corrected a task of whoever answers for it.
type Corrections interface {
	// Begin makes tasks of the parts of a request that somebody answers for.
	Begin(tx *db.Tx, r *Request, items []Item) error
	// Open says which parts are with somebody, and with which party.
	Open(tx *db.Tx, request string) (map[int]string, error)
	// Order has a part carried out that was granted on appeal.
	Order(tx *db.Tx, r *Request, i Item) error
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	throttle *credential.Throttle
}

// Objected reports whether a person objects to a purpose. It is what the vault
// asks.
func Objected(tx *db.Tx, subject, purpose string) (bool, error) {
	return selectObjected(tx, subject, purpose)
}

// New returns the service and registers its jobs.
func New(c Config) *Service {
	s := &Service{Config: c, throttle: credential.NewThrottle(c.Clock)}
	c.Jobs.Register(jobTell, s.sendTell, jobs.Options{})
	c.Jobs.Register(jobLate, s.sendLate, jobs.Options{})
	c.Jobs.Register(jobPackage, s.makePackage, jobs.Options{Timeout: packageTime})
	c.Jobs.Register(jobForget, s.forget, jobs.Options{Inside: true})
	c.Jobs.Every(jobWatch, watchEvery, s.Watch, jobs.Options{})
	return s
}

// Offered reports whether rights are asked for on the portal.
func (s *Service) Offered() bool {
	_, ok := s.Policy().Activity(ActivityOwn)
	return ok && len(s.Policy().AskedRights()) > 0
}

// perPerson is how often one may ask.
var perPerson = credential.Limit{Times: 30, Within: 24 * time.Hour}

// RightOf is the declaration of what a request asks for. One that is declared no
// more is answered as it was received: within the time of another of its kind,
// or at once.
func (s *Service) RightOf(r *Request) policy.Right {
	if right, ok := s.Policy().Right(r.Right); ok {
		return right
	}
	for _, right := range s.Policy().AskedRights() {
		if right.Kind == r.Kind {
			return right
		}
	}
	return policy.Right{ID: r.Right, Kind: r.Kind, Within: policy.PeriodNone}
}

// DueSince is Due, or for what was granted on appeal the time of the right from
// then.
func (s *Service) DueSince(r *Request, ordered time.Time) time.Time {
	if ordered.IsZero() {
		return s.Due(r)
	}
	again := *r
	again.Appealed = ordered
	return s.Due(&again)
}

// Referred is the request that people call so, nil if there is none.
func (s *Service) Referred(ctx context.Context, reference string) (r *Request, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = selectReference(tx, reference)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a request: %w", err)
	}
	return r, nil
}

// Row is a request as its row says, nil if there is none.
func (s *Service) Row(tx *db.Tx, request string) (*Request, error) { return selectRequest(tx, request) }

// Due is when a request is overdue; zero while its clock stands.
func (s *Service) Due(r *Request) time.Time {
	return deadline.Due(r.moments(), s.RightOf(r), s.Calendar(), s.Zone())
}

// Asker is who asks.
type Asker struct {
	Subject string
	// Contacts are those that they have shown to be theirs: a request is about
	// everybody without an account whom these reach.
	Contacts []credential.Contact
	Told     bool                  // the contacts were only named: alone they reach nobody
	Number   string                // their identity number, if it was verified
	Outside  bool                  // they have no cabinet
	Home     string                // the page of rights, in the language of the page
	Path     func(*Request) string // of a request of theirs; in a cabinet it is below Home
}

// places are where something is kept of people. Nobody has an account but the
// first, in a cabinet.
func (s *Service) places(ctx context.Context, p *i18n.Printer, outside bool, people []string) (list []takeout.Named, err error) {
	for i, one := range people {
		found, err := s.Takeout.Places(ctx, p, one)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(found, func(n takeout.Named) bool { return (outside || i > 0) && n.Scope == vault.Profile })...)
	}
	return list, nil
}

// Holder is somebody in their cabinet, with the contacts that they confirmed and
// their identity number, if it was verified: whoever has that is found by it.
func (s *Service) Holder(ctx context.Context, a Asker) (Asker, error) {
	var fields []string
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := s.Identity.Channels(tx, a.Subject)
		fields = []string{policy.FieldIdentityNumber}
		for _, c := range list {
			fields = append(fields, c.Field)
		}
		return err
	})
	if err != nil {
		return a, err
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: a.Subject}, Subject: a.Subject, Activity: policy.ActivityAccount, Operation: policy.Use,
		Scope: vault.Profile, Fields: fields,
	})
	if err != nil {
		return a, fmt.Errorf("open by what somebody is known: %w", err)
	}
	number := values.Text(policy.FieldIdentityNumber)
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		if whose, err := s.Vault.Find(tx, policy.FieldIdentityNumber, number); err == nil && whose == a.Subject {
			a.Number = number
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		return nil
	}); err != nil {
		return a, fmt.Errorf("look whose an identity number is: %w", err)
	}
	for _, f := range fields[1:] {
		if text := values.Text(f); text != "" {
			a.Contacts = append(a.Contacts, credential.Contact{Field: f, Value: text})
		}
	}
	return a, nil
}

// Options are what somebody can name when they ask for a right.
func (s *Service) Options(ctx context.Context, p *i18n.Printer, a Asker, right policy.Right) ([]Choice, error) {
	switch SortOf(right.Kind) {
	case Place:
		var others []string
		numbered := false
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			others, numbered, err = s.Visitors.Reached(tx, a)
			return err
		}); err != nil {
			return nil, fmt.Errorf("look for whom a request is about: %w", err)
		}
		places, err := s.places(ctx, p, a.Outside, append([]string{a.Subject}, others...))
		if err != nil {
			return nil, err
		}
		var list []Choice
		for _, one := range places {
			if right.AppliesTo(one.Basis) {
				list = append(list, Choice{Item{Sort: Place, ID: one.Scope}, one.Name})
			}
		}
		if numbered && a.Outside {
			list = append(list, Choice{Item{Sort: All}, p.T("rights.items.numbered")})
		}
		return list, nil
	case Purpose:
		return s.purposes(ctx, p, a, right)
	}
	return []Choice{{Item{Sort: All}, p.T("rights.item.all")}}, nil
}

// Choice is an item that can be named, and what people call it.
type Choice struct {
	Item
	Name string
}

// Asking is a form that somebody sent.
type Asking struct {
	Asker
	Right    string
	Items    []string // values of Item
	Text     string
	Language string
	Once     string // makes this form one of its kind
	From     string // the request that goes on with it, which they made without their account; empty: none
}

// errAgain says that a form was taken before.
var errAgain = errors.New("it was taken before")

// formHash is what a form that was taken is known by.
func formHash(what, who, once string) []byte {
	h := sha256.Sum256([]byte(what + "\n" + who + "\n" + once))
	return h[:]
}

// CheckText says what is wrong with a text; it may be left out if not needed.
func CheckText(field, text string, needed bool) []fault.Field {
	switch n := utf8.RuneCountInString(text); {
	case needed && strings.TrimSpace(text) == "":
		return []fault.Field{{Name: field, Code: "rights.text.empty"}}
	case n > MaxText:
		return []fault.Field{{Name: field, Code: "rights.text.long", Args: []any{"max", MaxText}}}
	}
	return nil
}

// Wordy reports whether a right cannot be answered without words.
func Wordy(k policy.RightKind) bool {
	return k == policy.RightRectification || k == policy.RightComplaint || k == policy.RightObjection
}

// check says what is wrong with a form, and reads the items.
func (s *Service) check(ctx context.Context, a Asking) (right policy.Right, items []Item, err error) {
	right, ok := s.Policy().Right(a.Right)
	if !ok {
		return right, nil, errUnknown
	}
	wrong := CheckText("text", a.Text, Wordy(right.Kind))
	options, err := s.Options(ctx, i18n.From(ctx), a.Asker, right)
	if err != nil {
		return right, nil, err
	}
	if SortOf(right.Kind) == All {
		a.Items = []string{options[0].Value()}
	}
	for _, value := range a.Items {
		item, ok := parseItem(value)
		known := slices.ContainsFunc(options, func(o Choice) bool { return o.Sort == item.Sort && o.ID == item.ID })
		if !ok || !known || slices.ContainsFunc(items, func(i Item) bool { return i.Sort == item.Sort && i.ID == item.ID }) {
			return right, nil, fault.Input(fault.Field{Name: "items", Code: "rights.items.unknown"})
		}
		item.N = len(items) + 1
		items = append(items, item)
	}
	if i := slices.IndexFunc(items, func(i Item) bool { return i.Sort == All }); i >= 0 { // which the others are part of
		items = []Item{{N: 1, Sort: All}}
	}
	if len(items) == 0 || len(items) > MaxItems {
		wrong = append(wrong, fault.Field{Name: "items", Code: "rights.items.none"})
	}
	if len(a.Once) < 20 || len(a.Once) > 100 {
		wrong = append(wrong, fault.Field{Name: "once", Code: "rights.form.old"})
	}
	if len(wrong) > 0 {
		return right, nil, fault.Input(wrong...)
	}
	return right, items, nil
}

// Ask takes a request. The same form again is the same request.
func (s *Service) Ask(ctx context.Context, a Asking) (*Request, error) {
	right, items, err := s.check(ctx, a)
	if err != nil {
		return nil, err
	}
	once := formHash("ask", a.Subject, a.Once)
	if r, err := s.taken(ctx, once); err != nil || r != nil {
		return r, err
	}
	if !s.throttle.Take(perPerson, "rights.who", a.Subject) {
		return nil, errOften
	}
	var r *Request
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		r = &Request{
			Subject: a.Subject, ID: id.New(now), Reference: id.Reference("DR"), Right: right.ID, Kind: right.Kind, Source: Cabinet,
			State: Waiting, Language: a.Language, Received: now, revision: 1,
		}
		if a.Outside { // it was shown who asks
			r.Source, r.Asked, r.Shown = Form, now, now
		}
		if ok, err := insertForm(tx, r.Subject, once, r.ID, now); err != nil || !ok {
			return cmp.Or(err, errAgain)
		}
		mine, err := selectOf(tx, r.Subject)
		if err != nil {
			return err
		}
		if n := len(slices.DeleteFunc(mine, func(o *Request) bool { return !o.Open() })); n >= maxOpen {
			return errOften
		}
		if err := s.goesOn(tx, a, r); err != nil {
			return err
		}
		if err := s.begin(tx, r, slices.Clone(items), a.Text, a.Asker, r.own(policy.Collect), policy.SourceForm); err != nil || !a.Outside {
			return err
		}
		return s.tell(tx, r, "received")
	})
	if errors.Is(err, errAgain) {
		return s.taken(ctx, once)
	}
	if err != nil {
		return nil, fmt.Errorf("take a request: %w", err)
	}
	return r, nil
}

// begin writes a request with its items, its first text and how whoever asks is
// reached. What nobody must decide is answered at once. Where contacts reach
// somebody whom only a verified number tells apart, it is outstanding who asks.
func (s *Service) begin(tx *db.Tx, r *Request, items []Item, text string, a Asker, use vault.Use, source string) error {
	var found []string
	if !r.Paused() {
		var numbered bool
		var err error
		if found, numbered, err = s.Visitors.Reached(tx, a); err != nil {
			return err
		}
		if numbered && a.Outside && r.Kind != policy.RightOptOut {
			r.Shown = time.Time{}
		}
	}
	if r.Kind == policy.RightOptOut && !r.Paused() {
		r.State, r.Answered = Answered, r.Received
		for i := range items {
			items[i].Decision, items[i].Decided = Granted, r.Received
		}
	}
	if err := s.make(tx, r); err != nil {
		return err
	}
	if err := insertRequest(tx, r); err != nil {
		return err
	}
	for _, i := range items {
		if err := insertItem(tx, r, i); err != nil {
			return err
		}
	}
	if err := s.Vault.NewScope(tx, r.Subject, r.Scope()); err != nil {
		return err
	}
	if err := s.note(tx, r, "right-asked", use.Actor); err != nil {
		return err
	}
	var values []vault.Value
	if strings.TrimSpace(text) != "" {
		values = append(values, vault.Value{Field: FieldText, Item: id.New(s.Clock.Now()), Text: text, Source: source})
	}
	if a.Outside {
		for n, c := range a.Contacts { // in the order of their ids
			values = append(values, vault.Value{Field: FieldContact, Item: id.New(s.Clock.Now().Add(time.Duration(n) * time.Millisecond)), Text: c.Value, Source: source})
		}
		if err := s.Visitors.Reach(tx, r.Subject, r.Scope(), FieldContact, a.Contacts...); err != nil {
			return err
		}
	}
	if len(values) > 0 {
		if err := s.put(tx, use, values...); err != nil {
			return err
		}
	}
	if err := s.cover(tx, r, found); err != nil {
		return err
	}
	if r.State == Answered {
		return s.fulfil(tx, r, items)
	}
	return s.correct(tx, r, items)
}

// correct has the parts of a request for rectification go to whoever answers for
// them, once it is known who asks.
func (s *Service) correct(tx *db.Tx, r *Request, items []Item) error {
	if r.Kind != policy.RightRectification || r.Paused() {
		return nil
	}
	return s.Corrections.Begin(tx, r, items)
}

// make has the program answer a request that nobody must decide on, once it is
// known who asks.
func (s *Service) make(tx *db.Tx, r *Request) error {
	if !Made(r.Kind) || r.Paused() {
		return nil
	}
	r.State, r.Holder = Making, ""
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobPackage, Key: "package:" + r.ID, Payload: map[string]string{"request": r.ID}})
}

// cover has a request be about people whom the contacts reach of who asks, too.
// Each has it in their own log that somebody looked for them.
func (s *Service) cover(tx *db.Tx, r *Request, found []string) error {
	for _, one := range found {
		if slices.Contains(r.covers, one) {
			continue
		}
		r.covers = append(r.covers, one)
		if err := insertCover(tx, r, one); err != nil {
			return err
		}
		found := *r
		found.Subject = one
		if err := s.note(tx, &found, "right-found", policy.Actor{Kind: policy.Person, ID: r.Subject}); err != nil {
			return err
		}
	}
	slices.Sort(r.covers)
	return nil
}

// note writes what became of a request into the person's own log.
func (s *Service) note(tx *db.Tx, r *Request, reason string, who policy.Actor) error {
	purpose, basis := "", ""
	if a, ok := s.Policy().Activity(ActivityOwn); ok {
		purpose, basis = a.Purpose, string(s.Policy().BasisOf(a).DPV)
	}
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: r.Subject, Actor: audit.Actor{ID: who.ID, Kind: who.Kind.String(), Party: who.Party},
		Purpose: purpose, Basis: basis, Reason: reason, Reference: r.Reference, Scope: r.Scope(), Policy: s.Policy().Hash(),
		Facts: audit.Facts{"right": r.Right},
	})
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

// Of lists the requests of a person, the newest first, with their items.
func (s *Service) Of(ctx context.Context, subject string) (list []*Request, items map[string][]Item, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		items = map[string][]Item{}
		if list, err = selectOf(tx, subject); err != nil {
			return err
		}
		for _, r := range list {
			if items[r.ID], err = selectItems(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list requests: %w", err)
	}
	return list, items, nil
}

// Whole returns a request as its row says, with whom it covers and its items.
func (s *Service) Whole(ctx context.Context, request string) (r *Request, items []Item, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if r, err = selectRequest(tx, request); err != nil || r == nil {
			return err
		}
		items, err = selectItems(tx, r)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("find a request: %w", err)
	}
	if r == nil {
		return nil, nil, errUnknown
	}
	return r, items, nil
}

// Mine returns a request of a person with what it is about. Somebody else's is
// not found, and the attempt is recorded.
func (s *Service) Mine(ctx context.Context, subject, request string) (*Request, []Item, []Line, error) {
	r, items, err := s.Whole(ctx, request)
	if err != nil {
		return nil, nil, nil, err
	}
	use := r.own(policy.Use, FieldText, FieldAnswer)
	use.Actor.ID = subject
	values, err := s.Vault.Read(ctx, use)
	if fault.KindOf(err) == fault.Denied {
		return nil, nil, nil, errUnknown.Because(err)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open a request: %w", err)
	}
	return r, items, Texts(values), nil
}

// Texts are those that were opened, the oldest first.
func Texts(values vault.Values) (list []Line) {
	for _, field := range []string{FieldText, FieldAnswer} {
		for _, v := range values.Items(field) {
			list = append(list, Line{Text: v.Text, Source: v.Source, At: v.At, Office: field == FieldAnswer})
		}
	}
	slices.SortStableFunc(list, func(a, b Line) int { return a.At.Compare(b.At) })
	return list
}

// MayAppeal reports whether a person can appeal: something was refused, they
// did not appeal before, and it is not too long ago.
func (s *Service) MayAppeal(r *Request, items []Item) bool {
	outcome := OutcomeOf(items)
	return r.State == Answered && r.Appealed.IsZero() && (outcome == Some || outcome == None) && s.Clock.Now().Before(r.Answered.Add(AppealWithin))
}

// Appeal has somebody else than who decided look at what was refused. The same
// form again does nothing.
func (s *Service) Appeal(ctx context.Context, subject, request, text, once string) error {
	wrong := CheckText("text", text, true)
	if len(once) < 20 || len(once) > 100 {
		wrong = append(wrong, fault.Field{Name: "once", Code: "rights.form.old"})
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, err := selectRequest(tx, request)
		if err != nil {
			return err
		}
		if r == nil || r.Subject != subject {
			return errUnknown
		}
		now := s.Clock.Now()
		if ok, err := insertForm(tx, subject, formHash("appeal", r.ID, once), r.ID, now); err != nil || !ok {
			return cmp.Or(err, errAgain)
		}
		items, err := selectItems(tx, r)
		if err != nil {
			return err
		}
		if !s.MayAppeal(r, items) {
			return errOver
		}
		for _, i := range items {
			if i.Decision != Refused {
				continue
			}
			i.Decision, i.Ground, i.Decided = Open, "", time.Time{}
			if err := updateItem(tx, r, i); err != nil {
				return err
			}
		}
		r.State, r.Holder, r.Appealed, r.Answered, r.Escalated = Waiting, "", now, time.Time{}, time.Time{}
		if ok, err := moveRequest(tx, r); err != nil || !ok {
			return cmp.Or(err, error(errMoved))
		}
		return s.put(tx, r.own(policy.Collect), vault.Value{Field: FieldText, Item: id.New(now), Text: text, Source: policy.SourceForm})
	})
	if errors.Is(err, errAgain) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("appeal: %w", err)
	}
	return nil
}
