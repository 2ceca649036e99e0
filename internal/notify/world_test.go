package notify_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/demo"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/strict"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services/servicestest"
	"portico/internal/vault"
)

// world is a portal with the road permit whose people are told.
type world struct {
	*casestest.World
	*notify.Service
	jobs     *jobs.Queue
	catcher  *demo.Catcher
	kinds    kinds.Set
	quiet    notify.Quiet
	contacts *contacts
	consents map[string]bool // subject and purpose
	mailer   mail.Mailer
	texter   mail.Texter
	news     []notify.Item
	people   []string // with an account
}

func (w *world) SendMail(ctx context.Context, m mail.Message) error { return w.mailer.SendMail(ctx, m) }
func (w *world) SendSMS(ctx context.Context, to, text string) error {
	return w.texter.SendSMS(ctx, to, text)
}

// Granted answers for notify.Consents.
func (w *world) Granted(_ *db.Tx, subject, purpose string) (bool, error) {
	return w.consents[subject+" "+purpose], nil
}

// vault is the world's, which knows what people consented to.
func (w *world) vault() *vault.Vault {
	s := w.Store
	return vault.New(vault.Config{
		DB: s.DB, Ring: s.Ring, Log: s.Log, Clock: s.Clock, Policy: w.World.Policy,
		Consent: func(tx *db.Tx, subject, purpose string) (string, error) {
			asked, ok := w.World.Policy().AskedFor(purpose)
			if given, err := w.Granted(tx, subject, purpose); err != nil || !ok || !given {
				return "", err
			}
			return asked.Terms, nil
		},
	})
}

// Agreed answers for notify.Consents.
func (w *world) Agreed(_ *db.Tx, purpose, after string, limit int) (list []string, err error) {
	for said := range w.consents {
		if subject, to, _ := strings.Cut(said, " "); to == purpose && subject > after {
			list = append(list, subject)
		}
	}
	slices.Sort(list)
	return list[:min(len(list), limit)], nil
}

// account lists who has an account, as package roll does.
func (w *world) account(_ *db.Tx, after string, limit int) (list []string, err error) {
	for _, subject := range w.people {
		if subject > after {
			list = append(list, subject)
		}
	}
	slices.Sort(list)
	return list[:min(len(list), limit)], nil
}

// Agreeing answers for notify.Consents.
func (w *world) Agreeing(_ *db.Tx, purpose string) (n int64, err error) {
	for said, given := range w.consents {
		if _, to, _ := strings.Cut(said, " "); to == purpose && given {
			n++
		}
	}
	return n, nil
}

// Withdraw answers for notify.Consents.
func (w *world) Withdraw(_ context.Context, subject, purpose string) error {
	w.consents[subject+" "+purpose] = false
	return nil
}

// Stood answers for notify.Consents: in a world, who consents always did.
func (w *world) Stood(tx *db.Tx, subject, purpose string, _ time.Time, _ time.Duration) (bool, error) {
	return w.Granted(tx, subject, purpose)
}

// ticking is a clock that never says the same twice, as a real one.
type ticking struct{ *clock.Fake }

func (c ticking) Now() time.Time {
	c.Advance(time.Microsecond)
	return c.Fake.Now()
}

// contacts are the confirmed contacts of the people of a world.
type contacts struct {
	fields  map[string][]string
	bounced []string // subject and field
}

func (c *contacts) Reached(_ *db.Tx, subject string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(c.fields[subject]), func(f string) bool { return slices.Contains(c.bounced, subject+" "+f) }), nil
}

func (c *contacts) Bounced(_ *db.Tx, subject, field string, _ time.Time) error {
	c.bounced = append(c.bounced, subject+" "+field)
	return nil
}

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	casestest.OnEachEngine(t, func(cw *casestest.World) { run(cw.T, tell(cw)) }, jobs.Migrations(), notify.Migrations())
}

// declared are the notices of the national portal.
func declared(t testing.TB) kinds.Set {
	t.Helper()
	set := kinds.Set{}
	folder := servicestest.Folder(t, "notices")
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no notices", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		var f kinds.File
		doc, problems := strict.Parse(data)
		if doc != nil {
			problems = doc.Decode(&f)
		}
		k, wrong := kinds.Compile(strings.TrimSuffix(path.Base(name), ".yaml"), f)
		if len(problems)+len(wrong) > 0 {
			t.Fatal(name, problems, wrong)
		}
		set[k.ID] = k
	}
	return set
}

func tell(cw *casestest.World) *world {
	t := cw.T
	w := &world{World: cw, kinds: declared(t), contacts: &contacts{fields: map[string][]string{}}, consents: map[string]bool{}}
	w.contacts.fields[cw.Citizen.ID] = []string{policy.FieldEmail, policy.FieldPhone}
	var err error
	if w.catcher, err = demo.Catch(cw.Store.Clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.catcher.Close() })
	if w.mailer, err = mail.NewSMTP(w.catcher.SMTP()); err != nil {
		t.Fatal(err)
	}
	if w.texter, err = mail.NewSMS(w.catcher.SMS()); err != nil {
		t.Fatal(err)
	}
	catalogue, err := i18n.Load(web.Locales(), vault.Locales(), cases.Locales(), notify.Locales())
	if err != nil {
		t.Fatal(err)
	}
	w.jobs = jobs.NewQueue(jobs.Config{DB: cw.Store.DB, Clock: cw.Store.Clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	w.Service = notify.New(notify.Config{
		DB: cw.Store.DB, Vault: w.vault(), Jobs: w.jobs, Sender: w, Contacts: w.contacts, Consents: w, People: w.account, Keys: cw.Store.Ring,
		Policy: cw.Policy, News: func() []notify.Item { return w.news },
		Kinds: func() kinds.Set { return w.kinds }, Quiet: func() notify.Quiet { return w.quiet }, Zone: servicestest.Zone,
		Name: func() i18n.Text { return i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"} }, Langs: []string{"en", "dv"}, Catalogue: catalogue,
		Clock: ticking{cw.Store.Clock}, Address: func() string { return "https://one.gov.mv" },
	})
	w.Service.About("news", w)
	w.Service.About("case", notify.CaseSource{Cases: cw.Cases, Calendar: cw.Calendar, Zone: servicestest.Zone})
	cw.Cases.Followers = append(cw.Cases.Followers, w.Follow(w, cw.Calendar))
	return w
}

// Say answers for notify.Source of news: those that there are.
func (w *world) Say(_ context.Context, a notify.About, _ *i18n.Printer) (notify.Words, error) {
	if !slices.ContainsFunc(w.news, func(i notify.Item) bool { return i.ID == a.ID }) {
		return notify.Words{Gone: true}, nil
	}
	return notify.Words{Path: "/news/" + a.ID, Says: map[string]string{kinds.WordHeadline: "About " + a.ID}}, nil
}

// Supervisors answers for notify.Officials.
func (w *world) Supervisors(*db.Tx, string) ([]string, error) { return []string{w.Leader.ID}, nil }

// work does the waiting jobs.
func (w *world) work() {
	w.T.Helper()
	if _, err := w.jobs.Work(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

// queue queues a notice by itself.
func (w *world) queue(n notify.Notice) {
	w.T.Helper()
	if err := w.Store.DB.Update(w.T.Context(), func(tx *db.Tx) error { return w.Queue(tx, n) }); err != nil {
		w.T.Fatal(err)
	}
}

// caught are the messages to an address, the oldest first.
func (w *world) caught(to string) (list []demo.Message) {
	for _, m := range w.catcher.Messages() {
		if m.To == to {
			list = append(list, m)
		}
	}
	slices.Reverse(list)
	return list
}

// after moves the clock on and does the jobs that are due then.
func (w *world) after(d time.Duration) {
	w.T.Helper()
	w.Store.Clock.Advance(d)
	w.work()
}
