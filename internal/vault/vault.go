package vault

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the schema of the vault.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of the vault.
func Locales() fs.FS { return locales }

// Config is what a vault is made of.
type Config struct {
	DB     *db.DB
	Ring   *keys.Ring
	Log    *audit.Log
	Ledger *ledger.Ledger
	Policy func() *policy.Policy // the policy in force
	Clock  clock.Clock

	// Consent returns the terms to which a person consents for a purpose, empty
	// for none; nil: nobody consents to anything. Whoever changes the answer
	// moves the person's gate in the same transaction.
	Consent func(tx *db.Tx, subject, purpose string) (terms string, err error)

	// Objected reports whether a person objected to a purpose; nil: nobody did.
	// It is asked for people of whom SetObjected was called.
	Objected func(tx *db.Tx, subject, purpose string) (bool, error)

	// Deferred returns the series into which a use goes that the law lets be kept
	// from the person for now (see NewSeries), empty for none; nil: none is. It is
	// asked at every use.
	Deferred func(tx *db.Tx, use *Use) (series string, err error)
}

// Vault is the sealed data of one store. It is safe for concurrent use.
type Vault struct {
	db       *db.DB
	ring     *keys.Ring
	log      *audit.Log
	ledger   *ledger.Ledger
	policy   func() *policy.Policy
	clock    clock.Clock
	consent  func(tx *db.Tx, subject, purpose string) (string, error)
	objected func(tx *db.Tx, subject, purpose string) (bool, error)
	deferral func(tx *db.Tx, use *Use) (string, error)
	boxes    *boxes
	denials  denials
}

// New returns the vault of a store.
func New(c Config) *Vault {
	return &Vault{db: c.DB, ring: c.Ring, log: c.Log, ledger: c.Ledger, policy: c.Policy, clock: c.Clock, consent: c.Consent, objected: c.Objected, deferral: c.Deferred, boxes: newBoxes(c.Ring)}
}

// The scopes that every subject has.
const (
	Profile  = "profile"  // what a person says about themselves
	Evidence = "evidence" // the events about a person
)

// What people are told.
var (
	errBusy    = fault.New(fault.Unavailable, "vault.busy")
	errTaken   = fault.New(fault.Conflict, "vault.taken")
	errNobody  = fault.New(fault.NotFound, "vault.nobody")
	errNoScope = fault.New(fault.NotFound, "vault.gone") // it was never made, or it was destroyed
	errNotYet  = errors.New("a value cannot be revealed before its event is durable")
	errMoved   = errors.New("the gate has moved since the decision")
)

// attempts is how often a use is decided again because the gate moved.
const attempts = 8

// Use is one use of somebody's data, as a caller asks for it.
type Use struct {
	Actor     policy.Actor
	Subject   string
	Activity  string
	Operation policy.Operation
	Scope     string
	Fields    []string
	Task      policy.Task
	Because   string // the reason in writing, where the activity asks for one
	Reference string // what people call the case, for the event
}

// Value is one value of a field. A field may have many, such as the messages
// of a case: each is then an item, named by an id of package id.
type Value struct {
	Field  string
	Item   string // empty for the only one
	Text   string
	Source string    // form | browser | staff | system | party:ID
	At     time.Time // when it was put
}

// Values are values by field; those of items are had by Items.
type Values map[string]Value

// Items are the items of a field, in the order of their ids.
func (v Values) Items(field string) (items []Value) {
	for _, value := range v {
		if value.Field == field && value.Item != "" {
			items = append(items, value)
		}
	}
	slices.SortFunc(items, func(a, b Value) int { return strings.Compare(a.Item, b.Item) })
	return items
}

// Former are what stood in a field before what stands there, the oldest first:
// At is until when it did.
func (v Values) Former(field string) []Value {
	return slices.DeleteFunc(v.Items(field), func(one Value) bool { return one.At.After(v[field].At) })
}

// Corrected are the right values that were put beside one since, the last last.
func (v Values) Corrected(field string) []Value {
	return slices.DeleteFunc(v.Items(field), func(one Value) bool { return !one.At.After(v[field].At) })
}

// Replace are the values to put when one takes the place of what stands in its
// field: that, and what it was corrected to, stay as former ones.
func (v Values) Replace(next Value, now time.Time) (put []Value) {
	if was := v[next.Field]; was.Text != "" && was.Text != next.Text {
		put = append(put, Value{Field: was.Field, Item: id.New(now), Text: was.Text, Source: was.Source})
	}
	return append(append(put, v.Corrected(next.Field)...), next)
}

func (v Values) add(value Value) {
	if value.Item == "" {
		v[value.Field] = value
		return
	}
	v[value.Field+"#"+value.Item] = value // no field's id has a "#"
}

// Text is the text of a field, empty if there is no value.
func (v Values) Text(field string) string { return v[field].Text }

// Permit is what policy.Decide handed out, with the facts for its event. Only
// the vault makes one; it serves once, in the transaction it was made in.
type Permit struct {
	granted  policy.Permit
	use      Use
	state    policy.State
	now      time.Time
	evidence wrappedKey // of the person's events, when it was decided
	n        int64      // the number of the last of them then; 0: not known
	series   series     // into which its event goes; none: the person's own
}

// NewSubject makes a subject: an id, a gate, and keys for profile and evidence.
func (v *Vault) NewSubject(tx *db.Tx) (string, error) {
	subject := id.New(v.clock.Now())
	if err := newGate(tx, v.ring, subject, Profile, Evidence); err != nil {
		return "", fmt.Errorf("make a subject: %w", err)
	}
	return subject, nil
}

// NewScope makes the key of another scope of a subject.
func (v *Vault) NewScope(tx *db.Tx, subject, scope string) error {
	if err := newScope(tx, v.ring, subject, scope); err != nil {
		return fmt.Errorf("make a scope: %w", err)
	}
	return nil
}

// Permit decides on a use inside a transaction. A use that is not allowed is
// a *policy.Denied, which Update records.
func (v *Vault) Permit(tx *db.Tx, use Use) (*Permit, error) {
	g, err := selectGate(tx, use.Subject)
	if err != nil {
		return nil, v.noGate(use, err)
	}
	state, err := v.state(tx, &g, &use)
	if err != nil {
		return nil, err
	}
	aside, err := v.deferred(tx, &use)
	if err != nil {
		return nil, err
	}
	p, err := v.decide(tx, use, state)
	if err == nil {
		p.evidence, p.n, p.series = g.evidence, g.n, aside
	}
	return p, err
}

// Allowed decides on a use that is still to come, so that nobody waits for
// what will be denied. It opens nothing, writes nothing but a denial, and the
// use itself is decided on again.
func (v *Vault) Allowed(ctx context.Context, use Use) error {
	look := v.db.Glance
	if v.policy().Terms(use.Activity) != "" {
		look = v.db.View
	}
	return v.denied(ctx, look(ctx, func(tx *db.Tx) error {
		_, err := v.Permit(tx, use)
		return err
	}))
}

// state is what a decision on a use depends on: what the gate says, the terms
// of the consent that the use may need, and whether the person objected to its
// purpose. These are asked for after the gate was read: a withdrawal or an
// objection in between makes the decision a no, a later one moves the gate
// before it is passed (I6).
func (v *Vault) state(tx *db.Tx, g *gate, use *Use) (s policy.State, err error) {
	s = policy.State{Version: g.version, Erased: g.erased, Restricted: g.restricted}
	consents := v.consent != nil && v.policy().Terms(use.Activity) != ""
	objects := v.objected != nil && g.objects
	if !consents && !objects {
		return s, nil
	}
	activity, _ := v.policy().Activity(use.Activity)
	if consents {
		if s.Consent, err = v.consent(tx, use.Subject, activity.Purpose); err != nil {
			return s, fmt.Errorf("look a consent up: %w", err)
		}
	}
	if objects {
		if s.Objected, err = v.objected(tx, use.Subject, activity.Purpose); err != nil {
			return s, fmt.Errorf("look an objection up: %w", err)
		}
	}
	return s, nil
}

func (v *Vault) decide(tx *db.Tx, use Use, state policy.State) (*Permit, error) {
	p := &Permit{use: use, state: state, now: v.clock.Now()}
	req := use.request(state)
	req.Now, req.Tx = p.now, tx.ID()
	if d := v.policy().Decide(&req, &p.granted); !d.Allowed {
		return nil, &denial{req.Denied(d), use, state}
	}
	return p, nil
}

// noGate is the answer when the subject's gate cannot be read: a denial if
// there is no such subject.
func (v *Vault) noGate(use Use, err error) error {
	if !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("read a gate: %w", err)
	}
	req := use.request(policy.State{})
	return req.Denied(policy.Decision{Reason: policy.ReasonUnknownSubject})
}

func (u *Use) request(state policy.State) policy.Request {
	return policy.Request{
		Actor: u.Actor, Subject: u.Subject, Activity: u.Activity, Scope: u.Scope,
		Operation: u.Operation, Fields: u.Fields, Task: u.Task, Because: u.Because, State: state,
	}
}

// Open passes the gate with a permit to read, and writes the event. The
// handle reveals the values once the transaction is durable.
func (v *Vault) Open(tx *db.Tx, p *Permit) (*Handle, error) {
	if err := p.granted.Spend(tx.ID(), v.clock.Now()); err != nil {
		return nil, err
	}
	s, err := selectSealed(tx, p.granted.Subject(), p.granted.Scope())
	if err != nil {
		return nil, fmt.Errorf("read sealed values: %w", err)
	}
	return v.pass(tx, p, s)
}

// pass is the way through the gate with a spent permit: number, event, handle.
func (v *Vault) pass(tx *db.Tx, p *Permit, s *sealedScope) (*Handle, error) {
	if s.key.wrapped == nil {
		return nil, errNoScope // and nothing happened that an event would tell of
	}
	box, err := v.boxes.open(p.granted.Subject(), Evidence, s.gate.evidence)
	if err != nil {
		return nil, err
	}
	if err := v.through(tx, p, box, func(n int64) *audit.Event { return s.event(p, n) }); err != nil {
		return nil, err
	}
	return v.handle(tx, p, s), nil
}

// through takes the next number from the gate and writes the event with it. On
// PostgreSQL that is one statement, which foretells the number; if somebody
// else took it meanwhile, the number is had first, in turn.
func (v *Vault) through(tx *db.Tx, p *Permit, box keys.Box, event func(n int64) *audit.Event) error {
	if p.series.id != "" {
		return p.series.pass(v, tx, p, event)
	}
	subject, version := p.granted.Subject(), p.granted.Version()
	if tx.Engine() == db.Postgres && p.n > 0 {
		passed, err := v.log.AppendIf(tx, box, event(p.n+1), gatePassed, subject, version, p.n)
		if err != nil || passed {
			return err
		}
	}
	n, err := passGate(tx, subject, version)
	if err != nil {
		return err
	}
	return v.log.Append(tx, audit.Line{Box: box, Event: event(n)})
}

// passAtOnce is pass in one statement, which is all of its transaction. It
// foretells the event's number, and errMoved says that it was wrong.
func (v *Vault) passAtOnce(tx *db.Tx, p *Permit, s *sealedScope) (*Handle, error) {
	if s.key.wrapped == nil {
		return v.pass(tx, p, s)
	}
	if p.series.id != "" { // which takes several
		return nil, errMoved
	}
	box, err := v.boxes.open(p.granted.Subject(), Evidence, s.gate.evidence)
	if err != nil {
		return nil, err
	}
	event := s.event(p, s.gate.n+1)
	passed, err := v.log.AppendIf(tx, box, event, gatePassed, p.granted.Subject(), p.granted.Version(), s.gate.n)
	if err == nil && !passed {
		err = errMoved
	}
	if err != nil {
		return nil, err
	}
	return v.handle(tx, p, s), nil
}

func (v *Vault) handle(tx *db.Tx, p *Permit, s *sealedScope) *Handle {
	h := &Handle{vault: v, permit: p, sealed: s}
	tx.AfterCommit(func() { h.durable.Store(true) })
	return h
}

// Handle is a use that passed the gate.
type Handle struct {
	vault   *Vault
	permit  *Permit
	sealed  *sealedScope
	durable atomic.Bool
}

// files is the use of the files that were opened besides.
func (h *Handle) files() *Files {
	f := &Files{vault: h.vault, permit: h.permit, files: h.sealed.files, keys: h.sealed.keys}
	f.durable.Store(h.durable.Load())
	return f
}

// Reveal opens the permitted values that there are. It refuses before the
// commit of the transaction that holds the event.
func (h *Handle) Reveal() (Values, error) {
	if !h.durable.Load() {
		return nil, errNotYet
	}
	return h.vault.open(h.permit, h.sealed)
}

// open opens the values of a scope that a permit allows.
func (v *Vault) open(p *Permit, s *sealedScope) (Values, error) {
	values := Values{}
	var box keys.Box
	for i := range s.values {
		sealed := &s.values[i]
		if !p.granted.Allows(policy.Use, sealed.field) {
			continue
		}
		if box == (keys.Box{}) {
			var err error
			if box, err = v.boxes.open(p.granted.Subject(), p.granted.Scope(), s.key); err != nil {
				return nil, err
			}
		}
		text, err := box.Open(v.place(p.granted.Subject(), p.granted.Scope(), sealed), sealed.sealed)
		if err != nil {
			return nil, fmt.Errorf("open a value of %s: %w", sealed.field, err)
		}
		values.add(Value{sealed.field, sealed.item, string(text), sealed.source, clock.FromMicros(sealed.at)})
	}
	return values, nil
}

// place is where a value is sealed to. Source and time belong to it: whoever
// changes where a value came from, or when, makes it unreadable.
func (v *Vault) place(subject, scope string, value *sealedValue) keys.Place {
	return keys.Place{
		Instance: v.ring.Instance(), Table: "vault_value", Column: "sealed",
		Row: keys.Row(scope, value.field, value.item, value.source, strconv.FormatInt(value.at, 10)), Person: subject,
	}
}

// Read is one whole use: it reads the sealed values, decides, passes the gate
// and writes the event in one short transaction, and opens the values once
// that is durable. If the gate moved in between, it begins again.
func (v *Vault) Read(ctx context.Context, use Use) (Values, error) {
	values, _, err := v.ReadWith(ctx, use, nil)
	return values, err
}

// ReadWith is Read of a use that opens files besides: those that find returns,
// with the fields whose content they are. It is one use, so its one event names
// all that was opened.
func (v *Vault) ReadWith(ctx context.Context, use Use, find func(tx *db.Tx) ([]File, error)) (Values, *Files, error) {
	for range attempts {
		h, err := v.read(ctx, use, find)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return nil, nil, v.denied(ctx, err)
		}
		values, err := h.Reveal()
		return values, h.files(), err
	}
	return nil, nil, errBusy.Because(errMoved)
}

func (v *Vault) read(ctx context.Context, use Use, find func(tx *db.Tx) ([]File, error)) (*Handle, error) {
	var s *sealedScope
	var state policy.State
	var aside series
	look := v.db.Glance
	if v.policy().Terms(use.Activity) != "" {
		look = v.db.View // the consent as it was with the gate
	}
	err := look(ctx, func(tx *db.Tx) (err error) {
		if s, err = selectSealed(tx, use.Subject, use.Scope); err != nil {
			return err
		}
		if find != nil {
			if err := s.with(tx, &use, find); err != nil {
				return err
			}
		}
		if state, err = v.state(tx, &s.gate, &use); err == nil {
			aside, err = v.deferred(tx, &use)
		}
		return err
	})
	if err != nil {
		return nil, v.noGate(use, err)
	}
	var h *Handle
	by := func(pass func(*db.Tx, *Permit, *sealedScope) (*Handle, error)) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			p, err := v.decide(tx, use, state)
			if err == nil {
				err = p.allows(policy.Use, s.files)
			}
			if err == nil {
				err = p.granted.Spend(tx.ID(), p.now)
			}
			if err != nil {
				return err
			}
			p.series = aside
			h, err = pass(tx, p, s)
			return err
		}
	}
	err = errMoved
	if v.db.Engine() == db.Postgres {
		err = v.db.Once(ctx, by(v.passAtOnce))
	}
	if errors.Is(err, errMoved) {
		// Not at once: the number is taken in turn, behind whoever else uses
		// this person's data just now.
		err = v.db.Update(ctx, by(v.pass))
	}
	return h, err
}

// Put writes values with a permit to collect, and the event. A value that was
// there is replaced, which moves the gate's version: whoever decided to read
// the old one decides again.
func (v *Vault) Put(tx *db.Tx, p *Permit, values []Value) error {
	now := v.clock.Now()
	if err := p.granted.Spend(tx.ID(), now); err != nil {
		return err
	}
	for _, value := range values {
		if !p.granted.Allows(policy.Collect, value.Field) {
			return fmt.Errorf("put a value: the permit is not for the field %q", value.Field)
		}
		if value.Source == "" {
			return fmt.Errorf("put a value of %q: it does not say where it came from", value.Field)
		}
		if value.Item != "" && !id.Valid(value.Item) {
			return fmt.Errorf("put a value of %q: an item is named by an id", value.Field)
		}
	}
	subject, scope := p.granted.Subject(), p.granted.Scope()
	// The gate first: behind it nobody else writes for this person until the
	// commit, and what is there to be replaced is seen.
	evidence, err := v.boxes.open(subject, Evidence, p.evidence)
	if err != nil {
		return err
	}
	if err := v.through(tx, p, evidence, func(n int64) *audit.Event { return p.event(audit.KindCollect, n) }); err != nil {
		return err
	}
	s, err := selectSealed(tx, subject, scope)
	if err != nil {
		return fmt.Errorf("put values: %w", err)
	}
	box, err := v.boxes.open(subject, scope, s.key)
	if err != nil {
		return err
	}
	all := make([]*sealedValue, len(values))
	for i, value := range values {
		all[i] = &sealedValue{field: value.Field, item: value.Item, source: value.Source, at: clock.Micros(now)}
		all[i].sealed = box.Seal(v.place(subject, scope, all[i]), []byte(value.Text))
	}
	if err := putValues(tx, subject, scope, all); err != nil {
		return fmt.Errorf("put values: %w", err)
	}
	if s.hasAny(values) {
		return v.Bump(tx, subject)
	}
	return nil
}

// Update runs fn in a transaction, again if a gate moved under it, and
// records a *policy.Denied that fn answers. It answers nil only once what fn
// took away is in the ledger's file (I8).
func (v *Vault) Update(ctx context.Context, fn func(*db.Tx) error) error {
	for range attempts {
		err := v.db.Update(ctx, fn)
		if errors.Is(err, errMoved) {
			continue
		}
		if err == nil {
			return v.ledger.Kept(ctx)
		}
		return v.denied(ctx, err)
	}
	return errBusy.Because(errMoved)
}

// Took records in the ledger that something was taken away from a subject, so
// that no restore brings it back. It is in the ledger's file before Update
// answers; ref says what, for whoever replays it.
func (v *Vault) Took(tx *db.Tx, kind ledger.Kind, subject, ref string) error {
	return v.ledger.Record(tx, ledger.Act{Kind: kind, Subject: subject, Ref: ref})
}

// Kept brings what Took recorded to the ledger's file, for whoever tells
// somebody that it is done and wrote nothing, since it was done already.
func (v *Vault) Kept(ctx context.Context) error { return v.ledger.Keep(ctx) }

// Append writes events that open nothing: a sign-in, a change of roles. The
// subject of one may be audit.System.
func (v *Vault) Append(tx *db.Tx, events ...audit.Event) error {
	people, left := make([]string, len(events)), map[string]int64{}
	for i, e := range events {
		people[i] = e.Subject
		left[e.Subject]++
	}
	took, err := nextNumbers(tx, people)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	lines := make([]audit.Line, len(events))
	for i := range events {
		e := &events[i]
		t := took[e.Subject]
		left[e.Subject]--
		e.N = t.n - left[e.Subject]
		box, err := v.boxes.open(e.Subject, Evidence, t.key) // of nobody there is none
		if err != nil {
			return err
		}
		lines[i] = audit.Line{Box: box, Event: e}
	}
	return v.log.Append(tx, lines...)
}

// Bump moves the versions of people's gates. Whoever commits what narrows or
// changes a decision (a withdrawal, a restriction, a revoked role) calls it in
// the same transaction.
func (v *Vault) Bump(tx *db.Tx, people ...string) error {
	if err := bumpGates(tx, people); err != nil {
		return fmt.Errorf("move a gate: %w", err)
	}
	return nil
}

// Holders counts the people of whom a value of one of the fields is kept. It
// opens nothing.
func (v *Vault) Holders(tx *db.Tx, fields []string) (int64, error) {
	if len(fields) == 0 {
		return 0, nil
	}
	n, err := countHolders(tx, fields)
	if err != nil {
		return 0, fmt.Errorf("count whose data it is: %w", err)
	}
	return n, nil
}

// Index lets a subject be found by an identifier of a kind, which the caller
// has brought to its canonical form. It is a Conflict if somebody else has it.
func (v *Vault) Index(tx *db.Tx, kind, subject, value string) error {
	return putIndex(tx, kind, v.ring.Index(kind, value), subject)
}

// Unindex undoes Index.
func (v *Vault) Unindex(tx *db.Tx, kind, subject, value string) error {
	return deleteIndex(tx, kind, v.ring.Index(kind, value), subject)
}

// Find returns whom Index noted, or a NotFound.
func (v *Vault) Find(tx *db.Tx, kind, value string) (string, error) {
	return selectIndex(tx, kind, v.ring.Index(kind, value))
}

// SealSecret seals an authentication secret, such as a TOTP seed, for a place
// of the caller's own. It is no datum of the person and passes no gate; only
// package identity calls it.
func (v *Vault) SealSecret(tx *db.Tx, subject, place string, secret []byte) ([]byte, error) {
	box, err := v.secretBox(tx, subject)
	if err != nil {
		return nil, fmt.Errorf("seal a secret: %w", err)
	}
	return box.Seal(v.secretPlace(subject, place), secret), nil
}

// OpenSecret opens what SealSecret sealed for the same subject and place.
func (v *Vault) OpenSecret(tx *db.Tx, subject, place string, sealed []byte) ([]byte, error) {
	box, err := v.secretBox(tx, subject)
	if err != nil {
		return nil, fmt.Errorf("open a secret: %w", err)
	}
	return box.Open(v.secretPlace(subject, place), sealed)
}

func (v *Vault) secretBox(tx *db.Tx, subject string) (keys.Box, error) {
	wrapped, err := selectScope(tx, subject, Profile)
	if err != nil {
		return keys.Box{}, err
	}
	return v.boxes.open(subject, Profile, wrapped)
}

func (v *Vault) secretPlace(subject, place string) keys.Place {
	return keys.Place{Instance: v.ring.Instance(), Table: "secret", Column: place, Person: subject}
}
