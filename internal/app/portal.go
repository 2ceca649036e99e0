package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico/internal/account"
	"portico/internal/analytics"
	"portico/internal/audit"
	"portico/internal/cabinet"
	"portico/internal/cases"
	"portico/internal/cases/amend"
	"portico/internal/cases/automatic"
	"portico/internal/cases/letter"
	"portico/internal/changes"
	"portico/internal/connect"
	"portico/internal/consent"
	"portico/internal/contact"
	"portico/internal/contact/complaint"
	"portico/internal/contact/inbound"
	"portico/internal/cookies"
	"portico/internal/deferral"
	"portico/internal/demo"
	"portico/internal/desk"
	"portico/internal/documents"
	"portico/internal/drafts"
	"portico/internal/drafts/enter"
	"portico/internal/forms"
	"portico/internal/holdings"
	"portico/internal/identity"
	"portico/internal/identity/recovery"
	"portico/internal/identity/roll"
	"portico/internal/identity/security"
	"portico/internal/identity/signin"
	"portico/internal/instance"
	"portico/internal/login"
	"portico/internal/mandates"
	"portico/internal/news"
	"portico/internal/notify"
	"portico/internal/payments"
	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/policy/text"
	"portico/internal/privacy"
	"portico/internal/proof"
	"portico/internal/recipients"
	"portico/internal/retention"
	"portico/internal/retention/handover"
	"portico/internal/rights"
	"portico/internal/rights/correct"
	"portico/internal/rights/fate"
	"portico/internal/rights/office"
	"portico/internal/rights/own"
	"portico/internal/rights/visitor"
	"portico/internal/services"
	"portico/internal/services/preview"
	"portico/internal/staff"
	"portico/internal/staysout"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// portal is everything that runs, built once and wired here.
type portal struct {
	*store
	dir        string // the instance
	demo       bool
	beside     bool // it is only looked at: nothing comes into force, nothing is sent
	mending    bool // the store is being restored
	frame      atomic.Pointer[frame]
	clock      clock.Clock
	logger     *slog.Logger
	live       *instance.Live
	queue      *jobs.Queue
	vault      *vault.Vault
	router     *web.Router
	board      *proof.Board
	cases      *cases.Cases
	issued     *documents.Documents
	privacy    *privacy.Pages
	choice     *cookies.Cookies
	drafts     *drafts.Drafts
	entering   *enter.Site
	visits     *analytics.Analytics
	identity   *identity.Service
	recovery   *recovery.Service
	staff      *staff.Service
	account    *account.Service
	mandates   *mandates.Service
	notices    *notify.Service
	news       *news.News
	contact    *contact.Service
	complaints *complaint.Service
	consent    *consent.Service
	rights     *rights.Service
	asking     *own.Site
	visitors   *visitor.Service
	corrects   *correct.Service
	fates      *fate.Site
	told       *recipients.Service
	staysOut   *staysout.Service
	defers     *deferral.Service
	automatic  *automatic.Service
	holdings   *holdings.Registry
	keeps      *retention.Service
	hands      *handover.Service
	mails      *inbound.Server // nil: none come in
	url        string          // where the server listens; set by listen
	changes    *changes.Service
	sender     connect.Sender
	scanner    uploads.Scanner // nil: none is declared
	uploads    *uploads.Uploads
	payments   *payments.Service
	takes      payments.Provider // nil: none is declared
	provider   *demo.Provider    // of a demo's payments
	files      *uploads.Site
	amend      *amend.Site
	login      *login.Service
	vouches    *login.Provider // nil: none is declared
	logins     *demo.Login     // of a demo
	catcher    *demo.Catcher   // of a demo\'s messages
	transit    proof.Transit   // how the portal is reached; set by listen
}

// build loads the instance, opens the store and builds every feature. It
// starts nothing.
func build(ctx context.Context, o Options) (*portal, error) {
	return (&portal{}).build(ctx, o, audit.Open)
}

func (p *portal) build(ctx context.Context, o Options, openLog opener) (*portal, error) {
	p.dir, p.demo, p.clock, p.logger = o.Dir, o.Demo, clock.System{}, o.Logger
	opts, err := LoadOptions(o.Demo)
	if err != nil {
		return nil, err
	}
	if err := Declared(o.Dir); err != nil {
		return nil, err
	}
	if err := o.apart(o.Dir); err != nil {
		return nil, err
	}
	in, faults := instance.Load(os.DirFS(o.Dir), opts)
	if len(faults) > 0 {
		return nil, faulty(faults)
	}
	if !p.beside { // before the store: a start that is refused founds none
		if err := p.connections(o, &in.Environment); err != nil {
			return nil, err
		}
	}
	if p.store, err = openStore(ctx, o.Store, in, p.clock, openLog); err != nil {
		return nil, err
	}
	err = p.whole(ctx)
	if err == nil {
		err = p.features(ctx, in, opts)
	}
	if err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	return p, nil
}

// connections looks at what the environment declares: where the portal may
// listen, and what it connects to. It names every secret that cannot be read.
func (p *portal) connections(o Options, e *instance.Environment) error {
	c, err := serverConfig(o, e)
	if err != nil {
		return err
	}
	if err := c.Check(); err != nil || p.demo {
		return err
	}
	var sender, scanner, takes, vouches error
	p.sender, sender = connect.Messages(e, p.clock)
	p.scanner, scanner = connect.Scanner(e)
	p.takes, takes = connect.Payments(e)
	p.vouches, vouches = connect.Login(e, p.clock)
	return errors.Join(sender, scanner, takes, vouches)
}

// Declared refuses a folder that holds no instance.
func Declared(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "portico.yaml")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no portico.yaml in %s: it is not the folder of an instance", dir)
	}
	return nil
}

// LoadOptions are what an instance must know of this program: check and serve
// load it with the same.
func LoadOptions(demo bool) (instance.Options, error) {
	catalogue, err := i18n.Load(Locales()...)
	if err != nil {
		return instance.Options{}, fmt.Errorf("load the sentences: %w", err)
	}
	return instance.Options{Demo: demo, Catalogue: catalogue, Controls: proof.ControlIDs(), Kept: holdings.Events(Kept())}, nil
}

// faulty says every fault of an instance, one a line.
func faulty(faults []instance.Fault) error {
	text := ""
	for _, f := range faults {
		text += "\n  " + f.String()
	}
	return fmt.Errorf("the instance has %d faults, so it does not start:%s", len(faults), text)
}

func (p *portal) policy() *policy.Policy { return p.live.Current().Policy }

// shell is what the frame around every page says of the portal.
func (p *portal) shell() *web.Portal {
	in := p.live.Current()
	if f := p.frame.Load(); f != nil && f.of == in {
		return &f.Portal
	}
	brand, err := web.NewBrand(string(in.Portal.Brand.Primary), string(in.Portal.Brand.Accent))
	if err != nil {
		panic(err) // an instance with such a brand does not load
	}
	f := &frame{of: in, Portal: web.Portal{Name: in.Portal.Name, Operator: in.Portal.Operator.Name, Brand: brand, Zone: in.Portal.Timezone.Location()}}
	p.frame.Store(f)
	return &f.Portal
}

// frame is what shell made of an instance, kept since it is asked for with
// each page and its colours take long to derive.
type frame struct {
	of *instance.Instance
	web.Portal
}

// address is the portal's, as people see it: what environment.yaml says, or
// where a demo listens.
func (p *portal) address() string {
	if a := string(p.live.Current().Environment.Address); a != "" && !p.demo {
		return a
	}
	return p.url
}

// cookies are those that the policy declares.
func (p *portal) cookies() (all []web.Cookie) {
	for _, c := range p.live.Current().Declarations.Cookies {
		if c.Kind != "" && c.Kind != "cookie" {
			continue // it is declared, and nothing that a router sets
		}
		all = append(all, web.Cookie{Name: c.Name, Class: string(c.Class)})
	}
	return all
}

// offered reports whether the policy declares an activity, or one of a service.
func (p *portal) offered(activity string) bool {
	if use, ofService := strings.CutPrefix(activity, "{service}"); ofService {
		return slices.ContainsFunc(p.live.Catalogue().Services(), func(d *services.Definition) bool {
			_, declared := p.policy().Activity(d.ID + use)
			return declared
		})
	}
	_, declared := p.policy().Activity(activity)
	return declared
}

// known reports whether there is such a service, and such a page of its form.
func (p *portal) known(service, page string) bool {
	d := p.live.Catalogue().Service(service)
	return d != nil && (page == "" || page == "check" || slices.ContainsFunc(d.Form.Pages, func(f forms.Page) bool { return f.ID == page }))
}

// evidence reads a file that an attestation names, as it is now.
func (p *portal) evidence(name string) ([]byte, error) {
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return nil, fmt.Errorf("open the instance: %w", err)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	return root.ReadFile(name)
}

func (p *portal) features(ctx context.Context, in *instance.Instance, opts instance.Options) (err error) {
	c := instance.Config{DB: p.db, Clock: p.clock, Log: p.logger, Options: opts}
	if p.beside {
		p.live, err = instance.Beside(ctx, c, in)
	} else {
		p.live, err = instance.NewLive(ctx, c, in)
	}
	if err != nil {
		return err
	}
	in = p.live.Current() // what the directory says may only be proposed
	p.queue = jobs.NewQueue(jobs.Config{DB: p.db, Clock: p.clock, Log: p.logger})
	p.vault = vault.New(vault.Config{DB: p.db, Ring: p.ring, Log: p.log, Ledger: p.acts, Policy: p.policy, Clock: p.clock, Consent: consent.Terms, Objected: rights.Objected, Deferred: deferral.Series(p.policy, p.clock)})
	p.defers = deferral.New(deferral.Config{DB: p.db, Vault: p.vault, Jobs: p.queue, Policy: p.policy, Clock: p.clock, Zone: p.zone})
	p.consent = consent.New(p.consents())
	p.keeping()
	if p.demo && !p.beside {
		if err := p.catch(); err != nil {
			return err
		}
	}
	p.identity = identity.New(identity.Config{
		DB: p.db, Vault: p.vault, Log: p.log, Jobs: p.queue, Sender: p.sender, Codes: p.ring, Catalogue: in.Catalogue,
		Portal: p.shell, Policy: p.policy, Clock: p.clock, Address: p.address, Demo: p.demo, Disposer: p.keeps,
		Agreement: func() identity.Agreement {
			in := p.live.Current()
			return identity.Agreement{Text: in.Portal.Storage.Consent, Version: in.Words}
		},
	})
	p.mandates = mandates.New(mandates.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Identity: p.identity, Jobs: p.queue, Levels: levels{p},
		Address: p.address, Services: p.forCompanies, Zone: func() *time.Location { return p.live.Current().Portal.Timezone.Location() },
	})
	p.account = account.New(account.Config{
		DB: p.db, Vault: p.vault, Log: p.log, Identity: p.identity, Jobs: p.queue, Policy: p.policy, Clock: p.clock,
		Zone:    func() *time.Location { return p.live.Current().Portal.Timezone.Location() },
		Address: p.address, Applications: p, Also: p.kept,
		Prefers: func(ctx context.Context, subject string) (string, error) { return p.notices.Prefers(ctx, subject) },
		Confirm: func() policy.Period { return p.live.Current().Portal.ConfirmContacts() },
	})
	if err := p.loggingIn(in); err != nil {
		return err
	}
	p.tell(in.Portal.Langs(), in.Catalogue)
	p.recovery = recovery.New(p.identity)
	p.staff = staff.New(staff.Config{
		DB: p.db, Vault: p.vault, Identity: p.identity, Jobs: p.queue, Policy: p.policy, Clock: p.clock,
		Address: p.address, Demo: p.demo,
	})
	p.changes = changes.New(changes.Config{
		DB: p.db, Vault: p.vault, Live: p.live, People: roll.Roll{DB: p.db}, Clock: p.clock, Log: p.logger, Tell: p.tellOfPolicy, Tells: p.tells, Officials: p.officials,
	})
	p.privacy = privacy.New(privacy.Config{Source: p.changes.Source(), Clock: p.clock})
	p.choice = cookies.New(cookies.Config{
		Declared: func() []policy.Cookie { return p.live.Current().Declarations.Cookies }, Tables: p.privacy.CookieTables,
	})
	p.visits = analytics.New(analytics.Config{
		DB: p.db, Clock: p.clock, Policy: p.policy, Known: p.known,
		Zone:    func() *time.Location { return p.live.Current().Portal.Timezone.Location() },
		Cookies: func() []policy.Cookie { return p.live.Current().Declarations.Cookies },
	})
	p.router, err = web.New(web.Config{
		Langs: in.Portal.Langs(), Catalogue: in.Catalogue, Portal: p.shell, Cookies: p.cookies, Sessions: p.identity, Menu: p.menu, Granted: p.choice.Granted, Banner: p.banner, Told: p.notices.Told, Visited: p.visits.Visited, Offered: p.offered, Clock: p.clock, Log: p.logger,
		Metrics: prometheus.NewRegistry(), Demo: p.demo,
	})
	if err != nil {
		return err
	}
	p.keeps.Foreground = p.router
	p.board, err = proof.New(proof.Config{
		DB: p.db, Clock: p.clock, Demo: p.demo, Log: p.logger,
		Declarations: func() *policy.Declarations { return p.live.Current().Declarations },
		Evidence:     p.evidence,
		Controls:     proof.Controls(p.system()),
	})
	if err != nil {
		return err
	}
	p.cases = cases.New(cases.Config{
		DB: p.db, Vault: p.vault, Catalogue: p.live.Catalogue(), Officials: p.staff, Policy: p.policy, Clock: p.clock,
		Calendar: p.calendar,
		Zone:     func() *time.Location { return p.live.Current().Portal.Timezone.Location() },
		Currency: func() string { return string(p.live.Current().Portal.Currency) },
		Followers: []cases.Follower{
			p.notices.Follow(supervisors{p}, p.calendar),
		},
	})
	p.notices.About(changes.Sort, p.changes)
	p.notices.About("case", notify.CaseSource{Cases: p.cases, Calendar: p.calendar, Zone: p.zone})
	p.automatic = automatic.New(p.cases, p.queue, p.logger)
	p.tellOfEnds()
	p.papers(in.Catalogue)
	if err := p.paying(in); err != nil {
		return err
	}
	p.uploads = uploads.New(uploads.Config{
		DB: p.db, Vault: p.vault, Blobs: p.blobs, Jobs: p.queue, Scanner: p.scanner, Clock: p.clock, Log: p.logger,
		Apply: ofService("apply"), Examine: ofService("examine"), Lives: p.lives,
	})
	p.holdings.Sweeper("file", p.uploads.SweepFile)
	p.holdings.Sweeper("upload", p.uploads.SweepFile)
	p.drafts = drafts.New(drafts.Config{
		DB: p.db, Vault: p.vault, Catalogue: p.live.Catalogue(), Cases: p.cases, Policy: p.policy, Clock: p.clock,
		Mandates: companies{p.mandates, p.clock}, Jobs: p.queue, Endings: p.notices, Disposer: p.keeps,
	})
	p.notices.About("draft", draftSource{p.drafts})
	p.cases.Drafts, p.entering = p.drafts, enter.New(p.drafts)
	p.amend = &amend.Site{Cases: p.cases}
	p.files = &uploads.Site{Uploads: p.uploads, Drafts: applications{p.drafts, p.amend}, Cases: fileCases{p.cases, p}}
	p.drafts.Files, p.amend.Files, p.cases.Files = p.files, p.files, p.amend.Documents
	p.openContact(in)
	p.openRights()
	p.publish()
	p.mount()
	return nil
}

// catch makes what a demo's messages leave by: they never leave this machine.
func (p *portal) catch() (err error) {
	if p.catcher, err = demo.Catch(p.clock); err != nil {
		return fmt.Errorf("catch the demo's messages: %w", err)
	}
	if p.sender.Mailer, err = mail.NewSMTP(p.catcher.SMTP()); err != nil {
		return err
	}
	p.sender.Texter, err = mail.NewSMS(p.catcher.SMS())
	return err
}

// menu is what the frame offers to officials.
func (p *portal) menu(q *web.Req) []web.Link {
	links := p.staff.Menu(q)
	if len(links) == 0 {
		return nil
	}
	if p.issued.Revokes(q.Session.Roles) {
		links = slices.Insert(links, 1, web.Link{Text: q.P.T("documents.staff.title"), Href: "/staff/documents"})
	}
	links = slices.Insert(links, len(links)-1, append(p.told.Menu(q), p.defers.Menu(q)...)...)
	return slices.Insert(links, 1, append(p.entering.Menu(q), p.corrects.Menu(q)...)...)
}

// mount gives every feature its routes.
func (p *portal) mount() {
	p.router.Ready("store", p.reachable)
	p.router.Ready("log", p.log.Ready)
	p.router.Ready("ledger", p.acts.Ready)
	p.router.Ready("jobs", p.queue.Ready)
	catalogue := services.Config{
		Catalogue: p.live.Catalogue(), Policy: p.policy,
		Name:        func() i18n.Text { return p.live.Current().Portal.Name },
		Description: func() i18n.Text { return p.live.Current().Portal.Description },
		Categories:  func() []services.Category { return p.live.Current().Portal.Categories },
		Currency:    func() string { return string(p.live.Current().Portal.Currency) },
		Address:     p.address, Reached: p.cases, Clock: p.clock,
	}
	services.Mount(p.router, catalogue)
	preview.Mount(p.router, catalogue, func() *time.Location { return p.live.Current().Portal.Timezone.Location() }, p.proposed)
	signin.Mount(p.router, p.identity)
	p.login.Mount(p.router)
	p.recovery.Mount(p.router)
	security.MountPerson(p.router, p.identity, p.recovery)
	p.account.Mount(p.router)
	p.mandates.Mount(p.router)
	p.consent.Mount(p.router)
	p.asking.Mount(p.router)
	(&office.Site{Rights: p.rights}).Mount(p.router)
	p.visitors.Mount(p.router)
	p.corrects.Mount(p.router)
	p.fates.Mount(p.router)
	p.told.Mount(p.router)
	p.defers.Mount(p.router)
	p.schedules().Mount(p.router)
	p.hands.Mount(p.router)
	p.notices.Mount(p.router)
	p.changes.Mount(p.router)
	p.staff.Mount(p.router)
	p.cases.Mount(p.router)
	p.issued.Mount(p.router)
	p.amend.Mount(p.router)
	letters := &letter.Site{Cases: p.cases, Langs: p.live.Current().Portal.Langs()}
	letters.Mount(p.router)
	p.payments.Mount(p.router)
	p.drafts.Mount(p.router)
	p.entering.Mount(p.router)
	p.files.Mount(p.router)
	desk.New(desk.Config{
		DB: p.db, Cases: p.cases, Letters: letters, Officials: p.staff, Documents: p.uploads, Mandates: p.mandates, Notices: p.notices, Clock: p.clock,
	}).Mount(p.router)
	(&cabinet.Cabinet{Applications: p.cases, Log: p.log, Data: p.vault, Policy: p.policy, Vkey: p.ring.Vkey(), Standing: p.account.Standing, Alerts: []func(*web.Req) ([]ui.Item, error){p.recovery.Alert, p.issued.Alert, p.notices.Waiting}}).Mount(p.router)
	p.contact.Mount(p.router)
	p.news.Mount(p.router)
	p.privacy.Mount(p.router)
	p.choice.Mount(p.router)
	p.visits.Mount(p.router)
	(&proof.Site{Board: p.board, Vkey: p.ring.Vkey(), Policy: p.policy}).Mount(p.router)
	p.log.Mount(p.router)
	if p.catcher != nil {
		p.catcher.Mount(p.router)
		p.tour().Mount(p.router)
	}
}

// system is what the controls examine.
func (p *portal) system() *proof.System {
	return &proof.System{
		DB: p.db, Clock: p.clock, Demo: p.demo, Ring: p.ring, Log: p.log, Tables: Holdings(),
		Chapters: text.Chapters(),
		InForce:  p.inForce,
		Newest:   p.newest,
		Routes:   p.router.Routes,
		Cookies:  p.router.Cookies,
		Silence:  p.router.Silence,
		Factors:  identity.Factors{DB: p.db, Clock: p.clock},
		Transit:  func() proof.Transit { return p.transit },
		Help:     p.help,
		Services: p.described,
		Page:     func(ctx context.Context, path string) (int, string) { return web.Ask(ctx, p.router, path) },
		Scanner:  p.scans(),
		Disposal: p.disposal,
		StaysOut: p.stayingOut,
		Deferred: p.defers.Stand,
		Rights:   p.answeringRights,
		Automated: func(ctx context.Context) (proof.Automated, error) {
			n, err := p.automatic.Standing(ctx)
			return proof.Automated(n), err
		},
		Announced: p.changes.Announced,
		Notices:   p.went, Contacts: p.current, Agreements: p.agreed,
		Copies: p.copies,
	}
}

// inForce is what the controls look at of the instance.
func (p *portal) inForce() proof.InForce {
	in := p.live.Current()
	f := proof.InForce{
		Hash: in.Hash, Policy: in.Policy, Languages: in.Portal.Langs(),
		Chapters: map[string][]string{}, Connections: in.Environment.Connections(),
	}
	for lang, document := range in.Text {
		for _, chapter := range document.Chapters {
			f.Chapters[lang] = append(f.Chapters[lang], chapter.ID)
		}
	}
	return f
}

// newest is the hash of the version that came into force last.
func (p *portal) newest(ctx context.Context) (string, error) { return instance.Newest(ctx, p.db) }
