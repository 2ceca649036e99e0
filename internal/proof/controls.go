package proof

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
)

// The controls that this program has.
const (
	EncryptionAtRest    = "encryption-at-rest"
	EncryptionInTransit = "encryption-in-transit"
	NeedToKnow          = "need-to-know"
	LogIntegrity        = "log-integrity"
	OwnAccess           = "own-access"
	DeclaredData        = "declared-data"
	Sources             = "sources"
	Recipients          = "recipients"
	Cookies             = "cookies"
	PolicyComplete      = "policy-complete"
	PolicyInForce       = "policy-in-force"
	KeyBackup           = "key-backup"
	Answers             = "answers"
	Announced           = "announced"
	FilesExamined       = "files-examined"
	Disposed            = "disposed"
	Reachable           = "reachable"
	ServicesDescribed   = "services-described"
	RightsAnswered      = "rights-answered"
	AutomatedContest    = "automated-contestable"
	NoticesKept         = "notices"
	ContactsCurrent     = "contacts-current"
	Agreed              = "agreements"
	StayOut             = "stays-out"
	ShownLater          = policy.ControlDeferred
)

// ControlIDs lists the controls, for whoever checks an instance: a promise may
// name only these, and each of them must be promised.
func ControlIDs() []string {
	return []string{
		EncryptionAtRest, EncryptionInTransit, NeedToKnow, LogIntegrity, OwnAccess, DeclaredData,
		Sources, Recipients, Cookies, PolicyComplete, PolicyInForce, KeyBackup, Answers, Announced, FilesExamined, Disposed,
		Reachable, ServicesDescribed, RightsAnswered, AutomatedContest,
		NoticesKept, ContactsCurrent, Agreed, StayOut, ShownLater,
	}
}

// InForce is what the controls look at of the instance in force.
type InForce struct {
	Hash        string
	Policy      *policy.Policy
	Languages   []string
	Chapters    map[string][]string // language → chapters of the policy's text
	Connections []string            // outgoing connections, by name
}

// Transit says how the portal is reached.
type Transit struct {
	Listen string // host:port that it listens on
	TLS    bool
	Proxy  bool // a declared proxy has a listener too, and speaks TLS with browsers
}

// Factors counts the officials who could sign in, and those among them who
// have no second factor. Package identity implements it.
type Factors interface {
	SecondFactors(ctx context.Context) (staff, without int, err error)
}

// System is the running system that the controls examine.
type System struct {
	DB       *db.DB
	Clock    clock.Clock
	Demo     bool
	Ring     *keys.Ring
	Log      *audit.Log
	Tables   []db.Table // what every feature declares of its tables
	InForce  func() InForce
	Newest   func(ctx context.Context) (hash string, err error) // of the versions in the store
	Transit  func() Transit                                     // nil, or without an address, where nothing listens: portico prove
	Routes   func() []web.Route                                 // nil likewise
	Cookies  func() []web.Cookie                                // nil likewise
	Silence  func() []string                                    // classes that a browser has granted which chose nothing
	Factors  Factors
	Chapters []string // those that a policy must have
	// Help is how people reach the operator, and what waits for its answer.
	Help func(ctx context.Context) (Help, error)
	// Rights is how requests about people's own data stand.
	Rights func(ctx context.Context) (Rights, error)
	// Automated is what was decided without a person.
	Automated func(ctx context.Context) (Automated, error)
	// Notices is what became of notices, Contacts how current contact data is,
	// Agreements who agreed to what.
	Notices    func(ctx context.Context) (Notices, error)
	Contacts   func(ctx context.Context) (Contacts, error)
	Agreements func(ctx context.Context) (Agreements, error)
	// Services are what the catalogue says, and where.
	Services func() []Described
	// Page asks the portal itself for a page, as a visitor sees it.
	Page func(ctx context.Context, path string) (status int, text string)
	// Announced counts the changes of policy and terms that came into force,
	// those among them that nobody had announced, and the notices of them.
	Announced func(ctx context.Context) (all, silent int, notices int64, err error)
	// Copies is what is known of backups and epochs; nil: nothing.
	Copies func(ctx context.Context) (Copies, error)
	// Scanner asks the declared scanner for malware whether it is there: nil
	// where none is declared.
	Scanner func(ctx context.Context) error
	// Disposal says how what has had its time is disposed of; nil: nobody does.
	Disposal func(ctx context.Context) (Disposal, error)
	// StaysOut is how it stands with who opted out; nil: nobody knows.
	StaysOut func(ctx context.Context) (StaysOut, error)
	// Deferred counts, over all people, the orders by which a law has uses shown to
	// them later, and those whose date is over for a day; nil: nobody knows.
	Deferred func(ctx context.Context) (running, late int64, err error)
}

// Controls returns every control of the program over a running system.
func Controls(s *System) []Control {
	return []Control{
		control{EncryptionAtRest, s.encryptionAtRest}, control{EncryptionInTransit, s.encryptionInTransit},
		control{NeedToKnow, s.needToKnow}, control{LogIntegrity, s.logIntegrity}, control{OwnAccess, s.ownAccess},
		control{DeclaredData, s.declaredData}, control{Sources, s.sources}, control{Recipients, s.recipients},
		control{Cookies, s.cookies}, control{PolicyComplete, s.policyComplete},
		control{PolicyInForce, s.policyInForce}, control{KeyBackup, s.keyBackup}, control{Answers, s.answers},
		control{Announced, s.announced},
		control{FilesExamined, s.filesExamined}, control{Disposed, s.disposed}, control{Reachable, s.reachable}, control{ServicesDescribed, s.described}, control{RightsAnswered, s.rightsAnswered},
		control{AutomatedContest, s.automated},
		control{NoticesKept, s.notices}, control{ContactsCurrent, s.contacts}, control{Agreed, s.agreed}, control{StayOut, s.staysOut},
		control{ShownLater, s.deferred},
	}
}

// control is a Control made of a function.
type control struct {
	id      string
	examine func(ctx context.Context, e *examination)
}

func (c control) ID() string { return c.id }

func (c control) Examine(ctx context.Context) Finding {
	var e examination
	c.examine(ctx, &e)
	return e.finding()
}

// lines bounds how many faults of one kind are listed.
const lines = 20

func listed(faults []string) []string { return faults[:min(len(faults), lines)] }

// encryptionInTransit speaks with the portal's own listener: TLS 1.3 must be
// answered, anything older refused.
func (s *System) encryptionInTransit(ctx context.Context, e *examination) {
	var t Transit
	if s.Transit != nil {
		t = s.Transit()
	}
	if t.Listen == "" {
		e.risk("not-running", "not-running")
		return
	}
	switch {
	case t.TLS:
		s.handshakes(ctx, e, t.Listen)
	case s.Demo:
		e.risk(ReasonDemo, "plain-loopback", "address", t.Listen)
	default:
		e.risk("plain", "plain-loopback", "address", t.Listen)
	}
	if t.Proxy {
		e.risk("behind-proxy", "behind-proxy")
	}
	if host, _, err := net.SplitHostPort(t.Listen); !t.TLS && (err != nil || !loopback(host)) {
		e.broken("plain-open", "plain-open", "address", t.Listen)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// soon is how long before its end a certificate puts the promise at risk.
const soon = 14 * 24 * time.Hour

func (s *System) handshakes(ctx context.Context, e *examination, address string) {
	shake := func(version uint16) (*tls.ConnectionState, error) {
		// Only what the listener offers is looked at, on a connection to
		// ourselves over which nothing is sent: whom it is issued to is for
		// browsers to verify.
		d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version, InsecureSkipVerify: true}} //nolint:gosec // see above
		c, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		state := c.(*tls.Conn).ConnectionState()
		return &state, c.Close()
	}
	state, err := shake(tls.VersionTLS13)
	if err != nil || state.Version != tls.VersionTLS13 || len(state.PeerCertificates) == 0 {
		e.broken("no-tls", "no-tls13", "address", address)
		return
	}
	e.note("tls13", "address", address, "suite", tls.CipherSuiteName(state.CipherSuite))
	if _, err := shake(tls.VersionTLS12); err == nil {
		e.broken("old-tls", "old-tls", "address", address)
	} else {
		e.note("old-tls-refused")
	}
	end := state.PeerCertificates[0].NotAfter
	switch left := end.Sub(s.Clock.Now()); {
	case left <= 0:
		e.broken("certificate", "certificate-ended", "day", end.Format(time.DateOnly))
	case left < soon:
		e.risk("certificate", "certificate-ends", "day", end.Format(time.DateOnly))
	default:
		e.note("certificate-ends", "day", end.Format(time.DateOnly))
	}
}

// recipients compares the connections that the program may open with the
// declared parties (O6).
func (s *System) recipients(_ context.Context, e *examination) {
	in := s.InForce()
	known := map[string]bool{}
	for _, name := range in.Connections {
		known[name] = true
		if party, ok := in.Policy.Destination(name); ok {
			e.note("connection", "name", name, "party", party.ID)
		} else {
			e.broken("unknown-destination", "unknown-destination", "name", name)
		}
	}
	for _, party := range in.Policy.Declarations().Parties {
		for _, name := range party.Destinations {
			if !known[name] {
				e.note("no-connection", "name", name, "party", party.ID)
			}
		}
	}
	e.note("connections", "n", len(in.Connections))
}

// cookies compares what the router may set with the policy, and asks it what
// it would set for a browser that has chosen nothing (O4, I14).
func (s *System) cookies(_ context.Context, e *examination) {
	if s.Cookies == nil {
		e.risk("not-running", "not-running")
		return
	}
	declared := map[string]policy.Cookie{}
	for _, c := range s.InForce().Policy.Declarations().Cookies {
		declared[c.Name] = c
	}
	for _, c := range s.Cookies() {
		switch d, ok := declared[c.Name]; {
		case !ok:
			e.broken("undeclared-cookie", "undeclared-cookie", "name", c.Name)
		case string(d.Class) != c.Class:
			e.broken("undeclared-cookie", "other-class", "name", c.Name, "class", c.Class)
		default:
			e.note("cookie", "name", c.Name, "class", c.Class)
		}
	}
	for _, class := range s.Silence() {
		e.broken("granted-by-silence", "granted-by-silence", "class", class)
	}
	e.note("cookies", "n", len(declared))
}

// policyComplete looks for every chapter in every language (O1).
func (s *System) policyComplete(_ context.Context, e *examination) {
	in := s.InForce()
	for _, lang := range in.Languages {
		missing := 0
		for _, chapter := range s.Chapters {
			if !slices.Contains(in.Chapters[lang], chapter) {
				missing++
				e.broken("chapter-missing", "chapter-missing", "chapter", chapter, "language", lang)
			}
		}
		if missing == 0 {
			e.note("chapters", "n", len(s.Chapters), "language", lang)
		}
	}
}

// policyInForce compares the policy that decides with the newest version that
// was published (O15).
func (s *System) policyInForce(ctx context.Context, e *examination) {
	in := s.InForce()
	newest, err := s.Newest(ctx)
	switch {
	case err != nil:
		e.failed()
	case newest == "":
		e.broken("unpublished", "unpublished", "hash", in.Hash)
	case newest != in.Hash:
		e.broken("other-policy", "other-policy", "hash", in.Hash, "newest", newest)
	default:
		e.note("policy-hash", "hash", in.Hash)
	}
}

// announced looks whether each change of policy and terms was announced with
// its reason before it came into force (O15, I13).
func (s *System) announced(ctx context.Context, e *examination) {
	all, silent, notices, err := s.Announced(ctx)
	switch {
	case err != nil:
		e.failed()
	case silent > 0:
		e.broken("unannounced", "unannounced", "n", silent)
	default:
		e.note("announced", "n", all, "notices", notices)
	}
}

// filesExamined asks the scanner whether it is there. While it is not, files
// wait for it unread, so the promise holds; without one they get only the
// portal's own examination.
func (s *System) filesExamined(ctx context.Context, e *examination) {
	switch {
	case s.Scanner == nil:
		e.risk("no-scanner", "no-scanner")
	case s.Scanner(ctx) != nil:
		e.risk("scanner-away", "scanner-away")
	default:
		e.note("scanner-there")
	}
}

// oldest is how old the last checkpoint may be while leaves wait for one.
const oldest = time.Minute

// logIntegrity examines the whole log and its checkpoint.
func (s *System) logIntegrity(ctx context.Context, e *examination) {
	f, err := s.Log.Check(ctx)
	if err != nil {
		e.failed()
		return
	}
	e.note("events", "n", f.Events)
	e.note("leaves", "n", f.Leaves, "signed", f.Signed)
	if f.Lost > 0 {
		e.note(lost, "n", f.Lost, "date", clock.FromMicros(f.Restored))
	}
	for _, fault := range listed(f.Faults) {
		e.broken("log-fault", "log-fault", "fault", fault)
	}
	if more := len(f.Faults) - lines + f.More; len(f.Faults) > lines {
		e.note("more", "n", more)
	}
	s.fresh(ctx, e, f)
	if f.Witnesses == 0 {
		e.risk("no-witness", "no-witness")
	} else {
		e.note("witnesses", "n", f.Witnesses)
	}
}

// lost is the line of evidence that everybody sees: what a restore lost (I16).
const lost = "lost"

// fresh looks at how long events have waited to be signed for.
func (s *System) fresh(ctx context.Context, e *examination, f *audit.Findings) {
	if f.Pending == 0 && f.Signed == f.Leaves {
		return
	}
	since, waiting, err := oldestUnsigned(ctx, s.DB, f.Signed)
	switch {
	case err != nil:
		e.failed()
	case waiting && s.Clock.Now().Sub(since) > oldest:
		e.risk("stale", "stale", "n", f.Leaves+f.Pending-f.Signed, "seconds", int64(s.Clock.Now().Sub(since).Seconds()))
	default:
		e.note("waiting", "n", f.Leaves+f.Pending-f.Signed)
	}
}

// ownAccess looks whether people can see every use of their data (I15): their
// pages are there for them alone, and their numbers have no gap.
func (s *System) ownAccess(ctx context.Context, e *examination) {
	if s.Routes == nil {
		e.risk("not-running", "not-running")
	} else {
		for _, path := range []string{"/cabinet/data", "/cabinet/access", "/cabinet/access.json"} {
			at := slices.IndexFunc(s.Routes(), func(r web.Route) bool { return r.Method == "GET" && r.Path == path })
			if at < 0 || s.Routes()[at].Audience != web.Person {
				e.broken("no-page", "no-page", "path", path)
			} else {
				e.note("page", "path", path)
			}
		}
	}
	people, gaps, err := numbers(ctx, s.DB)
	if err != nil {
		e.failed()
		return
	}
	for _, subject := range listed(gaps) {
		e.broken("gap", "gap", "subject", subject)
	}
	e.note("numbered", "n", people)
}

// keyFault shortens an error of the keys to what evidence may say.
func keyFault(err error) string {
	text, _, _ := strings.Cut(err.Error(), ":")
	return text
}
