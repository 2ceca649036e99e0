package visitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/own"
	"portico/internal/vault"
)

// Key derives codes, and hashes by which contacts are found.
type Key interface {
	credential.Codes
	Index(kind, value string) []byte
}

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Policy   func() *policy.Policy
	Clock    clock.Clock
	Jobs     *jobs.Queue
	Key      Key
	Identity *identity.Service
	Rights   *own.Site
	Address  func() string // of the portal, as links in messages begin
	// Entered lists applications that officials entered, with whose each is first,
	// by id after one of them; nil: none are.
	Entered func(tx *db.Tx, after string, limit int) ([][2]string, error)
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	throttle *credential.Throttle
}

const jobCode = "visitor.code"

// New returns the service and registers its job.
func New(c Config) *Service {
	s := &Service{Config: c, throttle: credential.NewThrottle(c.Clock)}
	c.Jobs.Register(jobCode, s.sendCode, jobs.Options{})
	c.Jobs.Register(jobLeft, s.leftJob, jobs.Options{Inside: true})
	c.Jobs.Every(jobFill, fillEvery, s.Fill, jobs.Options{Timeout: 50 * time.Minute})
	return s
}

// Restored ends every visit in a store that was restored.
func (s *Service) Restored(tx *db.Tx) error { return endVisits(tx, s.Clock.Now()) }

// own is the use of contacts by whoever named them.
func (v *Visit) own(op policy.Operation) vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: v.Subject}, Subject: v.Subject, Activity: rights.ActivityOwn, Operation: op,
		Scope: v.scope(), Fields: []string{rights.FieldContact},
	}
}

// named reads the contacts that somebody typed, or says what is wrong with them.
func (s *Service) named(typed []string) (list []credential.Contact, err error) {
	var wrong []fault.Field
	for i, text := range typed {
		if strings.TrimSpace(text) == "" {
			continue
		}
		c, ok := s.Identity.ParseContact(text)
		switch {
		case !ok:
			wrong = append(wrong, fault.Field{Name: contactName(i + 1), Code: "visitor.contact.form", Args: []any{"phone", s.Identity.ExamplePhone()}})
		case !slices.Contains(list, c):
			list = append(list, c)
		}
	}
	if len(list)+len(wrong) == 0 {
		wrong = append(wrong, fault.Field{Name: contactName(1), Code: "visitor.contact.none"})
	}
	if len(wrong) > 0 {
		return nil, fault.Input(wrong...)
	}
	return list, nil
}

// Begin takes contacts, and sends a code to each. It looks nobody up.
func (s *Service) Begin(ctx context.Context, typed []string, lang, network string) (token string, err error) {
	contacts, err := s.named(typed)
	if err != nil {
		return "", err
	}
	if !s.throttle.Take(perNetwork, "network", network) {
		return "", errOften
	}
	for _, c := range contacts {
		if !s.throttle.Take(perContact, "contact", c.Field+" "+c.Value) {
			return "", errOften
		}
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		subject, err := s.Vault.NewSubject(tx)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		v := &Visit{Subject: subject, ID: id.New(now)}
		if err := s.Vault.NewScope(tx, v.Subject, v.scope()); err != nil {
			return err
		}
		var values []vault.Value
		for i, c := range contacts { // in the order of their ids
			values = append(values, vault.Value{Field: rights.FieldContact, Item: id.New(now.Add(time.Duration(i) * time.Millisecond)), Text: c.Value, Source: policy.SourceForm})
			v.codes = append(v.codes, fresh(i+1, values[i].Item, c.Field, now))
		}
		permit, err := s.Vault.Permit(tx, v.own(policy.Collect))
		if err != nil {
			return err
		}
		if err := s.Vault.Put(tx, permit, values); err != nil {
			return err
		}
		token, err = s.open(tx, v, lang)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("begin to show who asks: %w", err)
	}
	return token, nil
}

// open writes a visit, and has its codes sent.
func (s *Service) open(tx *db.Tx, v *Visit, lang string) (token string, err error) {
	token = id.Token()
	v.hash, v.Created = hashOf(token), s.Clock.Now()
	v.Expires = v.Created.Add(wayLife)
	if err := insertVisit(tx, v); err != nil {
		return "", err
	}
	for _, c := range v.codes {
		if err := s.enqueue(tx, v, c, lang); err != nil {
			return "", err
		}
	}
	return token, nil
}

func (s *Service) enqueue(tx *db.Tx, v *Visit, c code, lang string) error {
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobCode, Key: fmt.Sprintf("%s:%d:%d", v.ID, c.n, c.sends), Payload: map[string]string{
		"visit": v.ID, "n": strconv.Itoa(c.n), "language": lang,
	}})
}

// See begins to show that a request is one's own: a code goes to each contact
// that was named with it.
func (s *Service) See(ctx context.Context, r *rights.Request, lang, network string) (token string, err error) {
	if !s.throttle.Take(perNetwork, "network", network) || !s.throttle.Take(perRequest, "request", r.ID) {
		return "", errOften
	}
	v := &Visit{Subject: r.Subject, Request: r.ID}
	values, err := s.Vault.Read(ctx, v.own(policy.Use))
	if err != nil {
		return "", fmt.Errorf("open where codes go: %w", err)
	}
	items := values.Items(rights.FieldContact)
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		v.ID, v.codes = id.New(now), nil
		for _, item := range items {
			if c, ok := s.Identity.ParseContact(item.Text); ok {
				v.codes = append(v.codes, fresh(len(v.codes)+1, item.Item, c.Field, now))
			}
		}
		if len(v.codes) == 0 {
			return errUnknown
		}
		token, err = s.open(tx, v, lang)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("begin to show who asked: %w", err)
	}
	return token, nil
}

// sendCode sends a code to the contact that it is of.
func (s *Service) sendCode(ctx context.Context, job *jobs.Job) error {
	n, err := strconv.Atoi(job.Get("n"))
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	var v *Visit
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		v, err = selectVisit(tx, job.Get("visit"))
		return err
	}); err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	if v == nil || n < 1 || n > len(v.codes) || !v.codes[n-1].proved.IsZero() || !s.Clock.Now().Before(v.codes[n-1].expires) {
		return nil // nobody waits for it any more
	}
	c := v.codes[n-1]
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: v.Subject, Activity: rights.ActivityWrite, Operation: policy.Use,
		Scope: v.scope(), Fields: []string{rights.FieldContact},
	})
	if err != nil {
		return fmt.Errorf("open where a code goes: %w", err)
	}
	for _, item := range values.Items(rights.FieldContact) {
		if to, ok := s.Identity.ParseContact(item.Text); ok && item.Item == c.item {
			return s.Identity.Deliver(ctx, to, job.Get("language"), job.ID, "visitor.code", "code", c.of(s.Key, v))
		}
	}
	return nil
}

// visit is that of a browser, while it lasts.
func (s *Service) visit(tx *db.Tx, token string) (*Visit, error) {
	v, err := selectToken(tx, hashOf(token))
	if err != nil {
		return nil, err
	}
	if v == nil || !s.Clock.Now().Before(v.Expires) {
		return nil, errOver
	}
	return v, nil
}

// Here returns the visit of a browser.
func (s *Service) Here(ctx context.Context, token string) (v *Visit, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		v, err = s.visit(tx, token)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look a visit up: %w", err)
	}
	return v, nil
}

// Again sends new codes to the contacts whose code is outstanding. The ones
// before end.
func (s *Service) Again(ctx context.Context, token, lang, network string) error {
	if !s.throttle.Take(perNetwork, "network", network) {
		return errOften
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		v, err := s.visit(tx, token)
		if err != nil {
			return err
		}
		sent := false
		for _, c := range v.codes {
			if !c.proved.IsZero() {
				continue
			}
			next := fresh(c.n, c.item, c.field, s.Clock.Now())
			next.sends = c.sends + 1
			ok, err := renewCode(tx, v, next, identity.CodeSends)
			if err == nil && ok {
				sent = true
				err = s.enqueue(tx, v, next, lang)
			}
			if err != nil {
				return err
			}
		}
		if !sent {
			return errOften
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("send codes again: %w", err)
	}
	return nil
}

// Confirm takes the codes that somebody typed, by their numbers. Tries count
// whether they were right or not. With enough, whoever asks may go on without
// the others; what those contacts reach is then not part of it.
func (s *Service) Confirm(ctx context.Context, token string, typed map[int]string, enough bool, network string) error {
	if !s.throttle.Take(tries, "tries", network) {
		return errOften
	}
	var v *Visit
	var wrong []fault.Field
	err := s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		wrong = nil
		if v, err = s.visit(tx, token); err != nil {
			return err
		}
		now := s.Clock.Now()
		for i, c := range v.codes {
			if !c.proved.IsZero() || strings.TrimSpace(typed[c.n]) == "" {
				continue
			}
			left, err := tryCode(tx, v, c.n, identity.CodeTries, now)
			switch {
			case err != nil:
				return err
			case !left:
				wrong = append(wrong, fault.Field{Name: codeName(c.n), Code: "visitor.code.over"})
			case !credential.SameCode(credential.Figures(typed[c.n]), c.of(s.Key, v)):
				wrong = append(wrong, fault.Field{Name: codeName(c.n), Code: "visitor.code.wrong"})
			default:
				if err := proveCode(tx, v, c.n, now); err != nil {
					return err
				}
				v.codes[i].proved = now
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take codes: %w", err)
	}
	enough = enough && v.Request == "" && len(v.shown()) > 0
	for _, c := range v.codes {
		if c.proved.IsZero() && strings.TrimSpace(typed[c.n]) == "" && !enough {
			wrong = append(wrong, fault.Field{Name: codeName(c.n), Code: "visitor.code.missing"})
		}
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return s.prove(ctx, v)
}

// prove notes that somebody has shown who they are. A request that waited for
// that goes on.
func (s *Service) prove(ctx context.Context, v *Visit) error {
	var contacts []credential.Contact
	if v.Request != "" {
		var err error
		if contacts, err = s.contacts(ctx, v); err != nil {
			return err
		}
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		v.Proved = s.Clock.Now()
		v.Expires = v.Proved.Add(wayLife)
		if v.Request != "" {
			v.Expires = v.Proved.Add(seeLife)
		}
		if ok, err := proveVisit(tx, v); err != nil || !ok || v.Request == "" {
			return err
		}
		return s.Rights.Prove(tx, v.Request, contacts)
	})
	if err != nil {
		return fmt.Errorf("note who asks: %w", err)
	}
	return nil
}

// contacts opens those that were shown to be somebody's.
func (s *Service) contacts(ctx context.Context, v *Visit) (list []credential.Contact, err error) {
	values, err := s.Vault.Read(ctx, v.own(policy.Use))
	if err != nil {
		return nil, fmt.Errorf("open contacts: %w", err)
	}
	for _, item := range values.Items(rights.FieldContact) {
		c, ok := s.Identity.ParseContact(item.Text)
		if ok && slices.ContainsFunc(v.shown(), func(k code) bool { return k.item == item.Item }) {
			list = append(list, c)
		}
	}
	return list, nil
}

// Asker is who has shown who they are, on the way to ask for something, and how
// many of the contacts belong to a cabinet.
func (s *Service) Asker(ctx context.Context, token string) (a rights.Asker, cabinets int, err error) {
	v, err := s.Here(ctx, token)
	if err != nil {
		return a, 0, err
	}
	if v.Proved.IsZero() || v.Request != "" {
		return a, 0, errOver
	}
	a.Subject, a.Outside, a.Path = v.Subject, true, s.Path
	if a.Contacts, err = s.contacts(ctx, v); err != nil {
		return a, 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		cabinets = 0
		for _, c := range a.Contacts {
			_, err := s.Vault.Find(tx, c.Field, c.Value)
			if err == nil {
				cabinets++
			} else if fault.KindOf(err) != fault.NotFound {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return a, 0, fmt.Errorf("look whether somebody has a cabinet: %w", err)
	}
	return a, cabinets, nil
}

// Sees reports whether a browser has shown that a request is its own, and
// whether just now.
func (s *Service) Sees(ctx context.Context, token string, r *rights.Request) (sees, freshly bool, err error) {
	v, err := s.Here(ctx, token)
	if errors.Is(err, errOver) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	sees = v.Request == r.ID && !v.Proved.IsZero()
	return sees, sees && s.Clock.Now().Before(v.Proved.Add(freshFor)), nil
}

// began reports whether codes were sent for a request, to a browser.
func (s *Service) began(ctx context.Context, token string, r *rights.Request) (*Visit, error) {
	v, err := s.Here(ctx, token)
	if err == nil && v.Request != r.ID {
		err = errOver
	}
	return v, err
}

// tokenUse is what the address of a request is derived for.
const tokenUse = "rights-follow"

// Path is where whoever asked without a cabinet sees where it stands. It says
// nothing of them; what it leads to opens with codes.
func (s *Service) Path(r *rights.Request) string {
	return "/rights/requests/" + strings.ToLower(r.Reference) + "/" + credential.TokenOf(s.Key, tokenUse, r.ID)
}

// Followed returns a request of somebody without a cabinet to whoever has its
// address. It opens nothing.
func (s *Service) Followed(ctx context.Context, reference, token string) (*rights.Request, error) {
	r, err := s.Rights.Referred(ctx, strings.ToUpper(reference))
	if err != nil {
		return nil, err
	}
	if r == nil || !r.Outside() || !credential.SameToken(credential.TokenOf(s.Key, tokenUse, r.ID), token) {
		return nil, errUnknown
	}
	return r, nil
}

// Write writes to whoever asked, at the contact that they named first: where they
// read what happened, and nothing of it.
func (s *Service) Write(ctx context.Context, r *rights.Request, messageID, what string) error {
	if !s.Offered() {
		return nil
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: r.Subject, Activity: rights.ActivityWrite, Operation: policy.Use,
		Scope: r.Scope(), Fields: []string{rights.FieldContact}, Reference: r.Reference,
	})
	if err != nil {
		return fmt.Errorf("write to whoever asked: %w", err)
	}
	for _, item := range values.Items(rights.FieldContact) {
		if to, ok := s.Identity.ParseContact(item.Text); ok {
			return s.Identity.Deliver(ctx, to, r.Language, messageID, "rights.outside."+what, "reference", r.Reference, "link", s.Address()+"/"+r.Language+s.Path(r))
		}
	}
	return nil // by letter only: an official writes
}
