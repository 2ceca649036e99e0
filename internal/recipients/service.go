package recipients

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/staff"
	"portico/internal/vault"
)

// Codes makes the authenticator of a link under a key that the store has not:
// keys.Ring is one.
type Codes interface {
	Code(use, code string) []byte
}

// Config is what the package needs.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Log       *audit.Log
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Jobs      *jobs.Queue
	Sender    mail.Mailer
	Codes     Codes
	Identity  *identity.Service
	Staff     *staff.Service
	Catalogue *i18n.Catalogue
	Zone      func() *time.Location
	Name      func() i18n.Text // of the portal
	Language  func() string    // in which recipients and officials are written to
	Address   func() string    // of the portal, as links in messages begin
}

// Service tells recipients. It is safe for concurrent use.
type Service struct{ Config }

// The jobs. Their payloads hold ids.
const (
	jobFind     = "recipients.find"
	jobSend     = "recipients.send"
	jobOfficial = "recipients.official"
)

// New returns the service and registers its jobs.
func New(c Config) *Service {
	s := &Service{c}
	s.Jobs.Register(jobFind, s.find, jobs.Options{Timeout: 10 * time.Minute, Inside: true})
	s.Jobs.Register(jobSend, s.send, jobs.Options{})
	s.Jobs.Register(jobOfficial, s.tellOfficial, jobs.Options{})
	return s
}

// Tell has everybody who received what an act is about told of it, in the
// transaction of the act. Who that is says the log, which is read afterwards:
// an act costs the same however often the data was used.
func (s *Service) Tell(tx *db.Tx, a Act) error {
	a.at = s.Clock.Now()
	a.id = id.New(a.at)
	if err := insertAct(tx, &a); err != nil {
		return fmt.Errorf("queue what recipients are told: %w", err)
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobFind, Key: "find:" + a.id, Payload: map[string]string{"act": a.id}})
}

// eventsAtOnce is how many events are read at a time.
const eventsAtOnce = 500

// find finds out who received what an act is about, and has them told.
func (s *Service) find(ctx context.Context, job *jobs.Job) error {
	var a *Act
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) { a, err = selectAct(tx, job.Get("act")); return err })
	if err != nil || a == nil || !a.found.IsZero() {
		return err
	}
	uses, err := s.uses(ctx, a)
	if err != nil {
		return fmt.Errorf("find out who received something: %w", err)
	}
	list := a.concerned(uses)
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if first, err := found(tx, a, now); err != nil || !first {
			return err
		}
		for _, u := range list {
			if err := s.plan(tx, a, u, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note who is told: %w", err)
	}
	return nil
}

// uses are what everybody outside of the operator received of a person before
// an act, each of them once.
func (s *Service) uses(ctx context.Context, a *Act) (all []use, err error) {
	pol, seen := s.Policy(), map[string]bool{}
	for before := int64(0); ; {
		events, err := s.Log.Events(ctx, a.Subject, before, eventsAtOnce)
		if err != nil {
			return nil, err
		}
		for i := range events {
			e := &events[i]
			if before = e.N; e.At > clock.Micros(a.at) {
				continue
			}
			for _, u := range received(pol, e) {
				key := strings.Join(append([]string{u.party, u.scope, u.reference}, u.fields...), "\n")
				if !seen[key] {
					seen[key] = true
					all = append(all, u)
				}
			}
		}
		if len(events) < eventsAtOnce || before <= 1 {
			return all, nil
		}
	}
}

// plan writes that a recipient is told, and has it sent.
func (s *Service) plan(tx *db.Tx, a *Act, u use, now time.Time) error {
	n := &Notice{
		Subject: a.Subject, ID: id.New(now), Reference: id.Reference("TR"), Party: u.party, Channel: channel(s.Policy(), u.party),
		About: strings.Fields(u.reference), Fields: u.fields,
	}
	switch n.Channel {
	case Page: // there it is from now on
		n.Sent = now
		officials, err := s.Staff.Working(tx, rolesOf(s.Policy(), u.party))
		if err != nil {
			return err
		}
		for _, official := range officials {
			if err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobOfficial, Key: "told:" + official, Payload: map[string]string{"official": official}}); err != nil {
				return err
			}
		}
	case Mail:
		if err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobSend, Payload: map[string]string{"notice": n.ID}}); err != nil {
			return err
		}
	}
	if err := insertNotice(tx, a, n); err != nil {
		return err
	}
	return s.note(tx, n, "recipient-told", policy.Actor{Kind: policy.System, ID: "portico"})
}

// note writes into the person's own log that a recipient was told, or
// acknowledged it.
func (s *Service) note(tx *db.Tx, n *Notice, reason string, who policy.Actor) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: n.Subject, Actor: audit.Actor{ID: who.ID, Kind: who.Kind.String(), Party: who.Party},
		Reason: reason, Reference: n.Reference, Policy: s.Policy().Hash(), Facts: audit.Facts{"recipient": n.Party, "channel": string(n.Channel)},
	})
}

// send writes to a recipient at the address that the policy declares for it.
func (s *Service) send(ctx context.Context, job *jobs.Job) error {
	var n *Notice
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) { n, err = selectNotice(tx, job.Get("notice")); return err })
	if err != nil || n == nil || !n.Sent.IsZero() {
		return err
	}
	party, _ := s.Policy().Party(n.Party)
	if party.Email == "" { // it is declared no more
		return s.sent(ctx, n, false)
	}
	err = s.Sender.SendMail(ctx, s.letter(n, party))
	if err != nil && !mail.Final(err) {
		return fmt.Errorf("tell a recipient: %w", err)
	}
	return s.sent(ctx, n, err == nil)
}

// sent notes what came of sending a notice.
func (s *Service) sent(ctx context.Context, n *Notice, ok bool) error {
	if n.Sent = s.Clock.Now(); !ok {
		n.Sent, n.Failed = time.Time{}, n.Sent
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return moveSent(tx, n) }); err != nil {
		return fmt.Errorf("note that a recipient was told: %w", err)
	}
	return nil
}

// letter is what a recipient is written: nothing about the person.
func (s *Service) letter(n *Notice, party policy.Party) mail.Message {
	p := s.Catalogue.Printer(s.Language(), s.Zone())
	plain := strings.NewReplacer("\u2068", "", "\u2069", "")
	portal := p.In(s.Name())
	says := func(key string, args ...any) string { return plain.Replace(p.T(key, args...)) }
	parts := []string{
		says("recipients.mail.for", "party", p.In(party.Name), "portal", portal),
		says("recipients.what."+string(n.Kind)) + " " + says("recipients.do."+string(n.Kind)),
		says("recipients.mail.which", "reference", n.Reference, "about", cmp.Or(strings.Join(n.About, ", "), "–"), "fields", s.fields(p, n)),
		says("recipients.mail.acknowledge", "link", s.link(n)),
		plain.Replace(portal),
	}
	return mail.Message{To: party.Email, MessageID: n.ID, Subject: says("recipients.mail.subject", "reference", n.Reference), Text: strings.Join(parts, "\n\n") + "\n"}
}

// fields are the names of what a recipient received.
func (s *Service) fields(p *i18n.Printer, n *Notice) string {
	var names []string
	for _, f := range n.Fields {
		if field, ok := s.Policy().Field(f); ok {
			names = append(names, p.In(field.Name))
		}
	}
	return cmp.Or(p.List(names), "–")
}

// link is where whoever has the mail acknowledges it.
func (s *Service) link(n *Notice) string {
	return s.Address() + "/" + s.Language() + "/told/" + n.Reference + "/" + s.token(n.ID)
}

// token follows from a notice and a key that the store has not.
func (s *Service) token(notice string) string {
	return hex.EncodeToString(s.Codes.Code("recipients", notice)[:16])
}

// tellOfficial writes to an official that a notice waits on their page.
func (s *Service) tellOfficial(ctx context.Context, job *jobs.Job) error {
	var waits bool
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		_, party, working, err := s.Staff.Official(tx, job.Get("official"))
		if err != nil || !working || party == "" {
			return err
		}
		list, err := selectOpen(tx, party, 1)
		waits = len(list) > 0
		return err
	})
	if err != nil || !waits {
		return err
	}
	return s.Identity.WriteTo(ctx, job.Get("official"), policy.FieldStaffEmail, s.Language(), job.ID, "recipients.mail.official", "link", s.Address()+"/staff/told")
}

// Of are those who are told of the acts of a request, whosever data they are about. Searching
// says that it is not known yet who all received something.
func (s *Service) Of(ctx context.Context, request string) (list []*Notice, acts int, searching bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err := selectActsOf(tx, request)
		if err != nil {
			return err
		}
		acts, searching = len(all), false
		for _, a := range all {
			searching = searching || a.found.IsZero()
		}
		list, err = selectToldOf(tx, request)
		return err
	})
	if err != nil {
		return nil, 0, false, fmt.Errorf("list who is told: %w", err)
	}
	return list, acts, searching, nil
}

// listMax bounds how many notices a page lists.
const listMax = 500

// sees is the party whose notices an official sees: empty for those who answer
// for the portal, who see all.
func (s *Service) sees(who policy.Actor) (party string, ok bool) {
	if s.Policy().May(who.Roles, policy.AnswerRights) {
		return "", true
	}
	return who.Party, who.Party != ""
}

// List are the notices that an official sees, open or done.
func (s *Service) List(ctx context.Context, who policy.Actor, done bool) (list []*Notice, err error) {
	party, ok := s.sees(who)
	if !ok {
		return nil, errDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if list, err = selectOpen(tx, party, listMax); done {
			list, err = selectDone(tx, party, listMax)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what recipients are told: %w", err)
	}
	return list, nil
}

// Notice is one that an official sees.
func (s *Service) Notice(ctx context.Context, who policy.Actor, notice string) (n *Notice, err error) {
	party, ok := s.sees(who)
	if !ok {
		return nil, errDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) { n, err = selectNotice(tx, notice); return err })
	if err != nil {
		return nil, fmt.Errorf("find what a recipient is told: %w", err)
	}
	if n == nil || party != "" && n.Party != party {
		return nil, errUnknown
	}
	return n, nil
}

// Acknowledge is what an official says for their party; or one who answers for
// the portal, of what a party said another way. Again, it does nothing.
func (s *Service) Acknowledge(ctx context.Context, who policy.Actor, notice string) error {
	n, err := s.Notice(ctx, who, notice)
	if err != nil {
		return err
	}
	n.By, n.Noted = who.ID, n.Party != who.Party
	return s.acknowledge(ctx, n, who)
}

// Linked is the notice that a link of a mail leads to.
func (s *Service) Linked(ctx context.Context, reference, token string) (n *Notice, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) { n, err = selectReferred(tx, reference); return err })
	if err != nil {
		return nil, fmt.Errorf("find what a recipient is told: %w", err)
	}
	if n == nil || n.Channel != Mail || subtle.ConstantTimeCompare([]byte(s.token(n.ID)), []byte(token)) != 1 {
		return nil, errUnknown
	}
	return n, nil
}

// AcknowledgeLinked is what somebody says who has the link of a mail.
func (s *Service) AcknowledgeLinked(ctx context.Context, reference, token string) error {
	n, err := s.Linked(ctx, reference, token)
	if err != nil {
		return err
	}
	return s.acknowledge(ctx, n, policy.Actor{Kind: policy.System, Party: n.Party})
}

func (s *Service) acknowledge(ctx context.Context, n *Notice, who policy.Actor) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		n.Acknowledged = s.Clock.Now()
		if first, err := acknowledge(tx, n); err != nil || !first {
			return err
		}
		return s.note(tx, n, "recipient-acknowledged", who)
	})
	if err != nil {
		return fmt.Errorf("note that a recipient acknowledged: %w", err)
	}
	return nil
}

// Standing counts what is overdue, and who cannot be told.
func (s *Service) Standing(ctx context.Context) (overdue, unreachable int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		overdue, unreachable, err = countOverdue(tx, s.Clock.Now().Add(-within))
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("count who did not acknowledge: %w", err)
	}
	return overdue, unreachable, nil
}
