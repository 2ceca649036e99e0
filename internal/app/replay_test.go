package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"portico/internal/backup"
	"portico/internal/consent"
	"portico/internal/deferral"
	"portico/internal/deferral/deferraltest"
	"portico/internal/demo"
	"portico/internal/identity"
	"portico/internal/ledger"
	"portico/internal/login"
	"portico/internal/mandates"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/rights"
	"portico/internal/staff"
	"portico/internal/testkit"
)

// town is a portal with people of whom everything can be taken away that the
// ledger knows, and with officials.
type town struct {
	*portal
	t                          *testing.T
	options                    Options
	one, other, erased, closed string // people
	clerk, clerkRef            string // an official with two roles
	me                         *web.Session
	officer                    policy.Actor
	token                      string // of a session
	code                       string // for recovery, as it is stored
	hold, mandate, document    string
	order                      string // by which uses are shown later
	things
}

// must ends the test with an error, which it names.
func (w *town) must(what string, errs ...error) {
	w.t.Helper()
	for _, err := range errs {
		if err != nil {
			w.t.Fatalf("%s: %v", what, err)
		}
	}
}

func (w *town) in(what string, do func(*db.Tx) error) {
	w.t.Helper()
	w.must(what, w.vault.Update(w.t.Context(), do))
}

// place is where a store of an engine can be.
func place(t *testing.T, engine db.Engine, keys string) Store {
	s := Store{Data: filepath.Join(t.TempDir(), "data"), Keys: keys, Demo: true}
	if engine == db.Postgres {
		s.Database = testkit.Address(t, engine)
	}
	return s
}

// settle builds the portal of a town and everything that is taken away later.
func settle(t *testing.T, engine db.Engine) *town {
	t.Helper()
	w := &town{t: t, options: Options{
		Store: place(t, engine, filepath.Join(t.TempDir(), "keys")), Dir: deferraltest.Instance(t),
		Out: io.Discard, Logger: slog.New(slog.DiscardHandler),
	}}
	var err error
	w.portal, err = build(t.Context(), w.options)
	w.must("build a portal", err)
	person := func(email, number string) string {
		subject, err := w.identity.CreatePerson(t.Context(), identity.NewPerson{Contact: email, Password: demo.Password, Details: identity.Details{
			Name: "Aishath Mohamed", BirthDate: "1987-04-12", IdentityNumber: number, Address: "Finifenmaage\nFuvahmulah",
		}})
		w.must("make a person", err)
		return subject
	}
	w.one, w.other, w.erased, w.closed = person("one@example.mv", "A600001"), person("other@example.mv", "A600002"), person("erased@example.mv", "A600003"), person("closed@example.mv", "A600004")
	official := func(email string, roles ...string) string {
		subject, err := w.staff.Create(t.Context(), staff.Entry{Email: email, Name: "Hawwa Zahira", Roles: roles}, demo.Password)
		w.must("make an official", err)
		return subject
	}
	w.me = &web.Session{Subject: official("administrator@example.mv", "administrator"), Realm: web.RealmStaff, Roles: []string{"administrator"}, Strong: true}
	w.clerk = official("clerk@example.mv", "helpline", "permit-officer")
	w.officer = policy.Actor{Kind: policy.Staff, ID: official("officer@example.mv", "permit-supervisor", "privacy-officer"),
		Roles: []string{"permit-supervisor"}, Party: "fuvahmulah-city-council", Strong: true}
	w.clerkRef, err = w.staff.Find(t.Context(), w.me, "clerk@example.mv")
	w.must("find an official", err)
	w.gives()
	w.keepsThings()
	return w
}

// gives gives people what is taken away later.
func (w *town) gives() {
	ctx, now := w.t.Context(), w.clock.Now()
	asked, _ := w.policy().AskedFor("newsletter")
	w.must("give a consent", w.consent.Say(ctx, w.one, "newsletter", consent.Given, asked.Terms))
	w.must("want a notice", w.wants(true))
	w.must("verify somebody", w.account.Vouch(ctx, w.one))
	w.must("give a mandate", w.mandates.Vouch(ctx, w.one, mandates.Claim{Name: "Builders", Number: "C-0123/2019"}))
	list, _, err := w.mandates.Of(ctx, w.one)
	w.must("find the mandate", err)
	w.mandate = list[0].ID
	w.hold, err = w.holds(retention.Hold{Person: w.other})
	w.must("hold", err)
	o, err := w.defers.Ask(ctx, w.inquirer(), deferral.Asking{
		Ground: "criminal-inquiry", Person: "one@example.mv", Reference: "INQ-7", Until: policy.Date(now.AddDate(0, 2, 0).Format(time.DateOnly)),
	})
	w.must("ask to show uses later", err)
	w.order = o.ID
	second := policy.Actor{Kind: policy.Staff, ID: w.officer.ID, Roles: []string{"privacy-officer"}, Party: "operator", Strong: true}
	w.must("allow it", w.defers.Decide(ctx, second, w.order, true))
	w.in("give what signs in", func(tx *db.Tx) error {
		if err := w.vault.NewScope(tx, w.one, "draft:gone"); err != nil {
			return err
		}
		for subject, last := range map[string]string{w.one: "1", w.other: "2"} {
			if err := w.identity.AddChannel(tx, subject, phone(last)); err != nil {
				return err
			}
			// A passkey as its row alone: what answers to it is an authenticator's.
			if _, err := tx.Exec(`INSERT INTO factor_passkey (subject, id, sealed, uses, created_at, seasoned_at) VALUES ($1, 'passkey-1', $2, 0, $3, $3)`,
				subject, []byte{}, clock.Micros(now)); err != nil {
				return err
			}
		}
		// A login that knows somebody, as its row and its index.
		sealed, err := w.vault.SealSecret(tx, w.one, "login_link", []byte("https://login.example\n1"))
		if err == nil {
			_, err = tx.Exec(`INSERT INTO login_link (subject, sealed, seasoned_at, connected_at) VALUES ($1, $2, $3, $3)`, w.one, sealed, clock.Micros(now))
		}
		if err == nil {
			err = w.vault.Index(tx, login.Connection, w.one, "https://login.example\n1")
		}
		if err != nil {
			return err
		}
		if _, err := w.identity.Proofs.NewCodes(tx, w.one, now); err != nil {
			return err
		}
		if err := tx.QueryRow(`SELECT min(code) FROM factor_code WHERE subject = $1`, w.one).Scan(&w.code); err != nil {
			return err
		}
		return w.identity.Proofs.NewApp(tx, w.one)
	})
	w.in("give an app", func(tx *db.Tx) error {
		key, err := w.identity.Proofs.AppKey(tx, w.one)
		if err != nil {
			return err
		}
		code, err := totp.GenerateCode(key, now)
		if err == nil {
			_, err = w.identity.Proofs.AdoptApp(tx, w.one, code, now)
		}
		return err
	})
	w.in("sign in for the first time", func(tx *db.Tx) error { return w.account.Arrived(tx, w.closed) })
	_, err = w.account.Close(ctx, w.closed, "en")
	w.must("close a cabinet", err)
	approved(w.t, w.portal, w.one)
	w.in("issue a document", func(tx *db.Tx) error {
		w.document = "RP-1"
		_, err := tx.Exec(`INSERT INTO documents_document (subject, id, case_id, service, n, number, token, issued_at, made_at, ending)
			SELECT subject, id, id, service, 1, 'RP-1', $1, $2, $2, '' FROM cases_case WHERE subject = $3`, []byte{1}, clock.Micros(now), w.one)
		return err
	})
	w.in("keep something until an archive takes it", func(tx *db.Tx) error {
		ended := clock.Micros(now.AddDate(-6, 0, 0))
		if _, err := tx.Exec(`INSERT INTO cases_case (subject, id, service, variant, reference, state, revision, channel, instance, policy, changed_at, submitted_at, entered_at, days,
			closed_at, news, unread, fee, language) SELECT subject, 'archived', 'dewatering-permit', 'new', 'DW-1', 'issued', 1, channel, instance, policy, $1, $1, $1, 3,
			$1, 0, 0, fee, language FROM cases_case WHERE subject = $2`, ended, w.one); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO retention_told (subject, kind, item, since_at, at) VALUES ($1, 'case', 'archived', $2, $3)`, w.one, ended, clock.Micros(now.AddDate(0, 0, -40)))
		return err
	})
	c, _ := w.identity.ParseContact("erased@example.mv")
	entry, err := w.identity.SignIn(ctx, web.RealmPerson, c, demo.Password, identity.From{})
	w.must("sign in", err)
	w.token = entry.Token
}

// inquirer is an official who asks that uses are shown later.
func (w *town) inquirer() policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: w.clerk, Roles: []string{"inquirer"}, Party: "operator", Strong: true}
}

// asks asks for a right, which the officer grants where somebody must.
func (w *town) asks(subject string, kind policy.RightKind) error {
	ctx := i18n.With(w.t.Context(), w.live.Current().Catalogue.Printer("en", w.zone()))
	i := slices.IndexFunc(w.policy().AskedRights(), func(r policy.Right) bool { return r.Kind == kind })
	right := w.policy().AskedRights()[i]
	who := rights.Asker{Subject: subject}
	options, err := w.rights.Options(ctx, i18n.From(ctx), who, right)
	if err != nil {
		return err
	}
	r, err := w.rights.Ask(ctx, rights.Asking{
		Asker: who, Right: right.ID, Items: []string{options[0].Value()}, Text: "Please.", Language: "en", Once: strings.Repeat("once", 6) + string(kind),
	})
	if err != nil {
		return err
	}
	officer := policy.Actor{Kind: policy.Staff, ID: w.officer.ID, Roles: []string{"privacy-officer"}, Party: "operator", Strong: true}
	if err := w.rights.Take(ctx, officer, r.ID); err != nil {
		return err
	}
	return w.rights.Decide(ctx, officer, r.ID, map[int]rights.Answer{1: {Decision: rights.Granted}}, "It is done.")
}

// leave ends the portal of a town.
func (w *town) leave() {
	w.t.Helper()
	w.must("publish the log", w.log.Integrate(w.t.Context()))
	if w.catcher != nil {
		w.must("stop catching messages", w.catcher.Close())
	}
	w.must("close the store", w.db.Close())
}

// there is what of the losses is still there.
func (w *town) there() (names []string) {
	w.t.Helper()
	for _, l := range losses() {
		var there bool
		w.must("look whether "+l.name, w.db.View(w.t.Context(), func(tx *db.Tx) (err error) { there, err = l.there(w, tx); return err }))
		if there {
			names = append(names, l.name)
		}
	}
	return names
}

// TestI8_EveryActOfTheLedgerIsReplayed takes everything away after a backup that
// can be taken away, and puts the backup back, on the other engine: nothing of
// it is there again, and no session that went on then.
func TestI8_EveryActOfTheLedgerIsReplayed(t *testing.T) {
	for _, engines := range [][2]db.Engine{{db.SQLite, db.Postgres}, {db.Postgres, db.SQLite}} {
		t.Run(string(engines[0])+" to "+string(engines[1]), func(t *testing.T) {
			w := settle(t, engines[0])
			if n := len(w.there()); n != len(losses()) {
				t.Fatalf("before anything is taken away, there are just %q", w.there())
			}
			home := t.TempDir()
			source, err := OpenSource(t.Context(), w.options.Store)
			w.must("open what is backed up", err)
			_, err = source.WriteData(t.Context(), filepath.Join(home, "data"), func(*backup.Manifest) error { return nil })
			w.must("back up", err)
			_, err = source.WriteKeys(t.Context(), filepath.Join(home, "keys"))
			w.must("back the keys up", err, source.Close())

			for _, l := range losses() {
				w.must(l.name, l.take(w))
			}
			if left := w.there(); len(left) > 0 {
				t.Fatalf("what was taken away is there: %q", left)
			}
			w.leave()

			to := place(t, engines[1], w.options.Keys)
			var said strings.Builder
			w.must("restore", Restore(t.Context(), Restoring{
				Store: to, Dir: w.options.Dir, From: filepath.Join(home, "data"), Wraps: filepath.Join(home, "keys"),
				Log: filepath.Join(w.options.Data, "log"), Out: &said,
			}))
			w.options.Store = to
			w.portal, err = build(t.Context(), w.options)
			w.must("start what was restored:\n"+said.String(), err)
			defer w.leave()
			if left := w.there(); len(left) > 0 {
				t.Errorf("the restore brings back: %q", left)
			}
			if held, goes := w.jobs(`kind = 'account.closing' AND error = 'jobs.held' AND dead IS NOT NULL`), w.jobs(`kind = 'account.closing' AND dead IS NULL`); held == 0 || goes > 0 {
				t.Errorf("of the messages that may have been sent, %d are held and %d go out again", held, goes)
			}
			if !w.sweeps() {
				t.Error("what was disposed of before the backup waits for an official to be removed")
			}
			if lost := w.missing(); len(lost) > 0 {
				t.Errorf("the restore takes away what nobody did: %q", lost)
			}
			if s, err := w.identity.Session(t.Context(), w.token, web.RealmPerson); err == nil && s != nil {
				t.Error("a session goes on in the store that was restored")
			}
			// Whose request was lost ends what it began all the same.
			for _, subject := range []string{w.one, w.other} {
				list, err := w.rights.Suspensions(t.Context(), subject)
				if err != nil || len(list) != 1 {
					t.Fatalf("suspended are %+v, %v", list, err)
				}
				if err := w.rights.End(t.Context(), subject, list[0].ID); err != nil {
					t.Errorf("what a lost request suspended does not end: %v", err)
				}
			}
			found, err := w.log.Check(t.Context())
			if err != nil || !found.Kept() || found.Lost == 0 {
				t.Errorf("the log that was continued: %+v, %v", found, err)
			}
		})
	}
}

// TestI8_NoActIsForgotten compares the cases of the test above with the places
// in the program where the ledger is told: a new one needs a case there, and so
// a replay.
func TestI8_NoActIsForgotten(t *testing.T) {
	told := map[string]bool{}
	internal := filepath.Join(testkit.Root(), "internal")
	err := filepath.WalkDir(internal, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "Took(") && !strings.Contains(string(text), "ledger.Record(") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name == "Took" {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if s, ok := call.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Took" || s.Sel.Name == "Record" && file.Name.Name == "vault") {
						told[file.Name.Name+"."+f.Name.Name] = true
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[ledger.Kind]bool{}
	tried := map[string]bool{}
	for _, l := range losses() {
		kinds[l.kind], tried[l.at] = true, true
		if !told[l.at] {
			t.Errorf("%s: %s tells the ledger nothing", l.name, l.at)
		}
	}
	for at := range told {
		if !tried[at] {
			t.Errorf("what %s takes away has no case in losses_test.go: a restore may bring it back", at)
		}
	}
	for _, k := range ledger.Kinds() {
		if !kinds[k] {
			t.Errorf("no case in losses_test.go is an act %q", k)
		}
	}
}
