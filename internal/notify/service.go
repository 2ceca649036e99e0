package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/vault"
)

// jobSend sends one notice by one channel. Its payload holds ids.
const jobSend = "notify.send"

// sendAttempts is how often a notice is tried by a channel: over ten hours.
const sendAttempts = 20

// Sender is how messages leave: mail.SMTP and mail.SMS together are one.
type Sender interface {
	SendMail(ctx context.Context, m mail.Message) error
	SendSMS(ctx context.Context, to, text string) error
}

// Contacts knows how somebody is reached.
type Contacts interface {
	// Reached are the fields of somebody's confirmed contacts to which messages
	// get through.
	Reached(tx *db.Tx, subject string) (fields []string, err error)
	// Bounced notes that a message of a time to a contact did not get through
	// (N18), unless it was to another one than there is now.
	Bounced(tx *db.Tx, subject, field string, sent time.Time) error
}

// Consents knows what people consent to.
type Consents interface {
	Granted(tx *db.Tx, subject, purpose string) (bool, error)
	// Agreed are people behind one, in order, who have ever consented to a
	// purpose: whether they still do says Granted.
	Agreed(tx *db.Tx, purpose, after string, limit int) (subjects []string, err error)
	// Stood reports whether somebody had consented to a purpose at a time, or
	// had withdrawn it no longer before than late.
	Stood(tx *db.Tx, subject, purpose string, at time.Time, late time.Duration) (bool, error)
	// Agreeing counts those who consent to a purpose now.
	Agreeing(tx *db.Tx, purpose string) (int64, error)
	// Withdraw withdraws what somebody consents to for a purpose, if they do.
	Withdraw(ctx context.Context, subject, purpose string) error
}

// StaysOut knows at which addresses something is not wanted any more (N9).
type StaysOut interface {
	// Said is told that somebody asks for a newsletter, or does not any more.
	Said(tx *db.Tx, subject, list string) error
	// Out reports whether nothing of a list is sent to an address.
	Out(tx *db.Tx, list, address string) (bool, error)
}

// Config is what the package needs.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Jobs      *jobs.Queue
	Sender    Sender
	Contacts  Contacts
	Consents  Consents      // nil: nobody consents to anything
	StaysOut  StaysOut      // nil: nobody does
	News      func() []Item // also those to come; nil: there are none
	Keys      Keys          // for the links that end messages
	Kinds     func() kinds.Set
	Quiet     func() Quiet
	Zone      func() *time.Location
	Name      func() i18n.Text // of the portal
	Langs     []string         // of the portal, its own first
	Catalogue *i18n.Catalogue
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Address   func() string // of the portal, as links begin

	// People are those behind one, in order, who have an account.
	People func(tx *db.Tx, after string, limit int) (subjects []string, err error)
}

// Service tells people. It is safe for concurrent use.
type Service struct {
	Config
	sources map[string]Source
}

// New returns the service and registers its jobs.
func New(c Config) *Service {
	s := &Service{Config: c, sources: map[string]Source{}}
	s.Jobs.Register(jobSend, s.send, jobs.Options{Attempts: sendAttempts})
	s.Jobs.Register(jobRemind, s.reminder, jobs.Options{})
	s.followNews()
	return s
}

// About registers who knows what notices of a sort are about. Call it before
// any notice of that sort is queued.
func (s *Service) About(sort string, source Source) { s.sources[sort] = source }

// Queue has somebody told, in the caller's transaction. A kind that the
// instance does not declare is not told of, nor one that the person did not ask
// for or consent to where its class demands it.
func (s *Service) Queue(tx *db.Tx, n Notice) error {
	sort, _, _ := strings.Cut(n.About, ":")
	if s.sources[sort] == nil {
		return fmt.Errorf("queue a notice %q: nobody knows what %q is", n.Kind, sort)
	}
	k := s.Kinds()[n.Kind]
	if k == nil {
		return nil
	}
	cleared, ok, err := k.Clear(tx, wishes{s}, n.Subject)
	if err != nil || !ok {
		return err
	}
	row := &notice{Notice: n, At: s.Clock.Now(), Official: k.Official()}
	row.ID = id.New(row.At)
	if row.Key == "" {
		row.Key = row.ID
	}
	fresh, err := insertNotice(tx, cleared, row)
	if err != nil || !fresh {
		return err
	}
	return s.deliver(tx, k, row)
}

// deliver plans how a notice goes by each channel of its kind.
func (s *Service) deliver(tx *db.Tx, k *kinds.Kind, n *notice) error {
	reached, err := s.Contacts.Reached(tx, n.Subject)
	if err != nil {
		return err
	}
	choices, err := selectChoices(tx, n.Subject)
	if err != nil {
		return err
	}
	for _, c := range []kinds.Channel{kinds.Email, kinds.SMS} {
		if !k.Sends(c) {
			continue
		}
		state := Waiting
		switch {
		case !wants(k, c, choices):
			state = Off
		case !slices.Contains(reached, k.Contact(c)):
			state = Nowhere
		}
		if err := insertDelivery(tx, n, c, state); err != nil {
			return err
		}
		if state == Waiting {
			if err := s.plan(tx, k, n, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// plan has a notice sent, not before the quiet hours are over.
func (s *Service) plan(tx *db.Tx, k *kinds.Kind, n *notice, c kinds.Channel) error {
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobSend, At: s.soonest(k, s.Clock.Now()), Payload: map[string]string{
		"subject": n.Subject, "notice": n.ID, "channel": string(c),
	}})
}

// soonest is when a notice of a kind may be sent that is to be sent now.
func (s *Service) soonest(k *kinds.Kind, now time.Time) time.Time {
	if k.Loud {
		return now
	}
	return s.Quiet().After(now, s.Zone())
}

// sending is a notice on its way.
type sending struct {
	*notice
	kind    *kinds.Kind
	channel kinds.Channel
	from    State // of the delivery
	lang    string
	wanted  bool
	reached bool
}

// load reads what is needed to send a notice; nil if nothing is to be sent.
func (s *Service) load(tx *db.Tx, subject, noticeID string, c kinds.Channel) (*sending, error) {
	from, err := selectDelivery(tx, subject, noticeID, c)
	if err != nil || from != Waiting && from != Failed {
		return nil, err
	}
	n, err := selectNotice(tx, subject, noticeID)
	if err != nil {
		return nil, err
	}
	out := &sending{notice: &n, kind: s.Kinds()[n.Kind], channel: c, from: from}
	if out.lang, _, err = selectLanguage(tx, subject); err != nil || out.kind == nil {
		return out, err
	}
	choices, err := selectChoices(tx, subject)
	if err != nil {
		return nil, err
	}
	_, cleared, err := out.kind.Clear(tx, wishes{s}, subject) // it may have been withdrawn since
	if err != nil {
		return nil, err
	}
	out.wanted = cleared && wants(out.kind, c, choices)
	fields, err := s.Contacts.Reached(tx, subject)
	out.reached = slices.Contains(fields, out.kind.Contact(c))
	return out, err
}

// Cancel ends what waits to be sent to somebody for a purpose, in the
// transaction in which they withdraw their consent to it (I6).
func (s *Service) Cancel(tx *db.Tx, subject, purpose string) error {
	for _, k := range s.Kinds() {
		if k.Purpose != purpose || purpose == "" {
			continue
		}
		if err := cancelDeliveries(tx, subject, k.ID, s.Clock.Now()); err != nil {
			return fmt.Errorf("cancel what waits: %w", err)
		}
	}
	return nil
}

// send sends a notice by a channel, if it is still to be sent.
func (s *Service) send(ctx context.Context, job *jobs.Job) error {
	var out *sending
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		out, err = s.load(tx, job.Get("subject"), job.Get("notice"), kinds.Channel(job.Get("channel")))
		return err
	})
	if err != nil || out == nil {
		return err
	}
	switch now := s.Clock.Now(); {
	case out.kind == nil || !out.kind.Sends(out.channel):
		return s.end(ctx, out, Unneeded, "")
	case !out.wanted:
		return s.end(ctx, out, Off, "")
	case !out.reached:
		return s.end(ctx, out, Nowhere, "")
	case s.soonest(out.kind, now).After(now): // the quiet hours have begun since
		return s.DB.Update(ctx, func(tx *db.Tx) error { return s.plan(tx, out.kind, out.notice, out.channel) })
	}
	p := s.printer(out.lang)
	words, err := s.say(ctx, out.notice, p)
	if err != nil {
		return fmt.Errorf("send a notice: %w", err)
	}
	if words.Gone || out.While && words.State != out.State {
		return s.end(ctx, out, Unneeded, "")
	}
	err = s.hand(ctx, out, words, p)
	state, code := outcome(err), ""
	if err != nil {
		code = fault.From(err).Code
	}
	if state == Waiting {
		if job.Attempt < sendAttempts {
			return fmt.Errorf("send a notice: %w", err)
		}
		state = Failed
	}
	if state == Sent {
		job.Finally(func(tx *db.Tx) error {
			_, err := moveDelivery(tx, out.notice, out.channel, out.from, Sent, "", s.Clock.Now())
			return err
		})
		return nil
	}
	if ended := s.end(ctx, out, state, code); ended != nil || state != Failed {
		return ended
	}
	return fmt.Errorf("send a notice: %w", err) // it becomes a dead letter
}

// outcome is where an attempt leaves a delivery: Waiting if it is to be tried
// again.
func outcome(err error) State {
	switch {
	case err == nil:
		return Sent
	case errors.Is(err, errStaysOut):
		return Off
	case errors.Is(err, mail.ErrNobody):
		return Bounced
	case mail.Final(err):
		return Rejected
	case fault.KindOf(err) == fault.NotFound, fault.KindOf(err) == fault.Denied:
		return Nowhere
	}
	return Waiting
}

// end writes what came of a delivery.
func (s *Service) end(ctx context.Context, out *sending, to State, code string) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		moved, err := moveDelivery(tx, out.notice, out.channel, out.from, to, code, s.Clock.Now())
		if err != nil || !moved || to != Bounced {
			return err
		}
		return s.Contacts.Bounced(tx, out.Subject, out.kind.Contact(out.channel), s.Clock.Now())
	})
	if err != nil {
		return fmt.Errorf("note what came of a notice: %w", err)
	}
	return nil
}

// say asks what a notice may say.
func (s *Service) say(ctx context.Context, n *notice, p *i18n.Printer) (Words, error) {
	sort, about, _ := strings.Cut(n.About, ":")
	source := s.sources[sort]
	if source == nil {
		return Words{Gone: true}, nil
	}
	w, err := source.Say(ctx, About{Kind: n.Kind, Subject: n.Subject, ID: about, State: n.State, At: n.At}, p)
	if err != nil || w.Gone {
		return w, err
	}
	if w.Says == nil {
		w.Says = map[string]string{}
	}
	w.Says[kinds.WordPortal] = p.In(s.Name())
	w.Says[kinds.WordLink] = s.link(n, w, p)
	return w, nil
}

// link is the address of the page that a notice leads to.
func (s *Service) link(n *notice, w Words, p *i18n.Printer) string {
	if n.Official {
		return s.Address() + w.Path
	}
	return s.Address() + (&url.URL{Path: "/" + p.Lang + w.Path}).EscapedPath()
}

func (s *Service) printer(lang string) *i18n.Printer {
	if lang == "" {
		lang = s.Langs[0]
	}
	return s.Catalogue.Printer(lang, s.Zone())
}

// hand opens the address and hands the message to the provider.
func (s *Service) hand(ctx context.Context, out *sending, w Words, p *i18n.Printer) error {
	field := out.kind.Contact(out.channel)
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: out.Subject, Activity: s.activity(out.kind, field),
		Operation: policy.Use, Scope: vault.Profile, Fields: []string{field},
	})
	if err != nil {
		return err
	}
	to := values.Text(field)
	if to == "" {
		return fault.New(fault.NotFound, "notify.nowhere")
	}
	if out, err := s.staysOut(ctx, out.kind, to); err != nil || out {
		return cmp.Or(err, error(errStaysOut))
	}
	if out.channel == kinds.SMS {
		return s.Sender.SendSMS(ctx, to, filled(p, out.kind.SMS, w))
	}
	m := s.letter(out, w, p)
	m.To = to
	return s.Sender.SendMail(ctx, m)
}

// filled is a template with its words, as a message has it.
func filled(p *i18n.Printer, t i18n.Text, w Words) string {
	return unmarked(kinds.Fill(p, t, w.Says))
}

// errStaysOut says that whoever receives at an address opted out there, under
// whatever account.
var errStaysOut = fault.New(fault.Denied, "notify.stays-out")

// staysOut reports whether nothing of a kind is sent to an address.
func (s *Service) staysOut(ctx context.Context, k *kinds.Kind, to string) (out bool, err error) {
	if s.StaysOut == nil || k.List() == "" {
		return false, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = s.StaysOut.Out(tx, k.List(), to)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look whether somebody stays out: %w", err)
	}
	return out, nil
}

// activity is the one under which an address is opened for a kind.
func (s *Service) activity(k *kinds.Kind, field string) string {
	if k.Class != kinds.MarketingClass {
		return k.Activity()
	}
	for _, a := range s.Policy().Declarations().Activities {
		if k.Opens(a, field) {
			return a.ID
		}
	}
	return "" // under which nothing is opened
}

// maxSubject is how long a subject may be, whatever was filled in.
const maxSubject = 180

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// letter is an e-mail without whom it goes to: what is declared, the address of
// the page, and where one chooses what is sent or ends it.
func (s *Service) letter(out *sending, w Words, p *i18n.Printer) mail.Message {
	m := mail.Message{MessageID: out.ID, Subject: cut(filled(p, out.kind.Title, w), maxSubject)}
	foot := unmarked(p.In(s.Name()))
	line := func(key, at string) { foot += "\n" + strings.TrimSpace(unmarked(p.T(key))+" "+at) }
	switch {
	case out.Official:
	case out.kind.Class == kinds.MarketingClass:
		line("notify.mail.consent", s.Address()+"/"+p.Lang+pathConsents)
	case out.kind.Optional():
		line("notify.mail.choose", s.Address()+"/"+p.Lang+pathChoices)
	default:
		line("notify.mail.important", "")
	}
	if out.kind.List() != "" {
		m.Unsubscribe = s.endsAt(out.ID, p.Lang)
		line("notify.mail.end", m.Unsubscribe)
	}
	m.Text = strings.Join([]string{strings.TrimSpace(filled(p, out.kind.Text, w)), w.Says[kinds.WordLink], foot}, "\n\n") + "\n"
	return m
}

// unmarked takes the marks of direction away, which not every phone and no
// header knows.
func unmarked(s string) string { return strings.NewReplacer("\u2068", "", "\u2069", "").Replace(s) }
