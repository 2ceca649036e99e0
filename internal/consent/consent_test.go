package consent_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/consent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const newsletter = "newsletter"

// world is a store with people who may consent.
type world struct {
	*consent.Service
	*vaulttest.Store
	vault    *vault.Vault
	declared atomic.Pointer[policy.Policy]
	seasoned time.Time
	me       string // who is signed in
}

func (w *world) Session(context.Context, string, string) (*web.Session, error) {
	return &web.Session{ID: "s", Subject: w.me, Realm: web.RealmPerson, Stepped: w.Store.Clock.Now(), Seasoned: w.seasoned}, nil
}

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		w := &world{}
		w.declare(t, func(*policy.Declarations) {})
		w.Store = vaulttest.Open(t, d, w.declared.Load())
		w.vault = vault.New(vault.Config{DB: d, Ring: w.Ring, Log: w.Log, Clock: w.Store.Clock, Policy: w.declared.Load, Consent: consent.Terms})
		name := i18n.Text{"en": "Agency", "dv": "އެޖެންސީ"}
		w.Service = consent.New(consent.Config{
			DB: d, Vault: w.vault, Ring: w.Ring, Policy: w.declared.Load, Clock: w.Store.Clock,
			Kept:  func(_ *i18n.Printer, r policy.Retention) string { return string(r.Period) },
			About: func() consent.About { return consent.About{Operator: name, URL: "https://one.gov.mv", Lang: "en"} },
		})
		w.me = w.Subject(t)
		w.Collect(t, vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: w.me}, Subject: w.me, Activity: policy.ActivityAccount, Scope: vault.Profile,
		}, map[string]string{policy.FieldEmail: "aishath@example.mv"})
		run(t, w)
	}, audit.Migrations(), vault.Migrations(), consent.Migrations())
}

// declare puts a policy with a newsletter in force.
func (w *world) declare(t *testing.T, change func(*policy.Declarations)) {
	t.Helper()
	d := policytest.WithNewsletter(policytest.Declarations())
	change(d)
	w.declared.Store(policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()}))
}

func (w *world) say(t *testing.T, act consent.Act) {
	t.Helper()
	if err := w.Say(t.Context(), w.me, newsletter, act, w.declared.Load().Terms(newsletter)); err != nil {
		t.Fatalf("%s: %v", act, err)
	}
}

// use reads the address for an activity, as the program does before it writes.
func (w *world) use(ctx context.Context, activity string) error {
	_, err := w.vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: w.me, Activity: activity, Operation: policy.Use,
		Scope: vault.Profile, Fields: []string{policy.FieldEmail},
	})
	return err
}

// inTx is the same inside a transaction of somebody else's.
func (w *world) inTx(ctx context.Context, activity string) error {
	return w.vault.Update(ctx, func(tx *db.Tx) error {
		p, err := w.vault.Permit(tx, vault.Use{
			Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: w.me, Activity: activity, Operation: policy.Use,
			Scope: vault.Profile, Fields: []string{policy.FieldEmail},
		})
		if err == nil {
			_, err = w.vault.Open(tx, p)
		}
		return err
	})
}

func denied(err error) policy.Reason {
	var d *policy.Denied
	if errors.As(err, &d) {
		return d.Decision.Reason
	}
	return policy.ReasonUndecided
}

func (w *world) granted(t *testing.T) (granted bool) {
	t.Helper()
	if err := w.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		granted, err = w.Granted(tx, w.me, newsletter)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return granted
}

func TestI13_WhatRestsOnAConsentIsDeniedUntilItIsGivenAndForAnythingElse(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		for name, use := range map[string]func(context.Context, string) error{"a read": w.use, "a transaction": w.inTx} {
			if got := denied(use(t.Context(), newsletter)); got != policy.ReasonNoConsent {
				t.Fatalf("%s without a consent: %s", name, got)
			}
		}
		w.say(t, consent.Refused)
		if w.granted(t) || denied(w.use(t.Context(), newsletter)) != policy.ReasonNoConsent {
			t.Error("a refusal grants")
		}
		w.say(t, consent.Given)
		if err := errors.Join(w.use(t.Context(), newsletter), w.inTx(t.Context(), newsletter)); err != nil || !w.granted(t) {
			t.Fatalf("with a consent: %v", err)
		}
		for _, e := range w.Store.Events(t, w.me) {
			if e.Kind != audit.KindAccess || e.Activity != newsletter {
				continue
			}
			req, err := vault.Replay(&e)
			if err != nil || !w.declared.Load().Decide(&req, nil).Allowed {
				t.Errorf("I4: the use cannot be replayed: %v", err)
			}
		}
		// The policy asks for more: the consent covers nothing any more.
		shown := w.declared.Load().Terms(newsletter)
		w.declare(t, func(d *policy.Declarations) {
			d.Activities[len(d.Activities)-1].Fields = []string{policy.FieldEmail, policy.FieldName}
		})
		if w.granted(t) || denied(w.use(t.Context(), newsletter)) != policy.ReasonNoConsent {
			t.Error("a consent covers what was never asked")
		}
		if err := w.Say(t.Context(), w.me, newsletter, consent.Given, shown); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a page from before is taken: %v", err)
		}
		w.say(t, consent.Given)
		if err := w.use(t.Context(), newsletter); err != nil {
			t.Error(err)
		}
		if err := w.Say(t.Context(), w.me, "services", consent.Given, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("what rests on another basis can be consented to: %v", err)
		}
	})
}

func TestI7_WithdrawingOnePurposeBlocksNoOther(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		if err := w.Say(t.Context(), w.me, newsletter, consent.Withdrawn, ""); fault.KindOf(err) != fault.Conflict {
			t.Errorf("what was never said is withdrawn: %v", err)
		}
		w.say(t, consent.Given)
		w.say(t, consent.Withdrawn)
		if got := denied(w.use(t.Context(), newsletter)); got != policy.ReasonNoConsent || w.granted(t) {
			t.Errorf("after the withdrawal: %s", got)
		}
		if err := w.use(t.Context(), policy.ActivitySignIn); err != nil {
			t.Errorf("another basis is blocked: %v", err)
		}
	})
}

func TestN9_ItIsKnownWhoConsentedWhenSomethingWasSent(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		began := w.Store.Clock.Now()
		w.Store.Clock.Advance(time.Hour)
		w.say(t, consent.Given)
		w.Store.Clock.Advance(time.Hour)
		given := w.Store.Clock.Now()
		w.say(t, consent.Withdrawn)
		for at, want := range map[time.Time]bool{began: false, given: true, given.Add(30 * time.Second): true, given.Add(time.Hour): false} {
			var stood bool
			if err := w.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				stood, err = w.Stood(tx, w.me, newsletter, at, time.Minute)
				return err
			}); err != nil || stood != want {
				t.Errorf("at %v somebody consents: %t, %v", at, stood, err)
			}
		}
	})
}

func TestI6_AWithdrawalIsOneTransaction(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.say(t, consent.Given)
		broken := true
		var cancelled []string
		w.Service.Cancel = append(w.Service.Cancel, func(_ *db.Tx, subject, purpose string) error {
			if broken {
				return errors.New("the queue is away")
			}
			cancelled = append(cancelled, subject+" "+purpose)
			return nil
		})
		if err := w.Say(t.Context(), w.me, newsletter, consent.Withdrawn, ""); err == nil || !w.granted(t) {
			t.Fatalf("half of a withdrawal stayed: %v", err)
		}
		broken = false
		w.say(t, consent.Withdrawn)
		w.say(t, consent.Withdrawn) // again: it is so already
		if len(cancelled) != 1 || cancelled[0] != w.me+" "+newsletter {
			t.Errorf("cancelled: %q", cancelled)
		}
		events, err := w.Service.Events(t.Context(), w.me)
		if err != nil || len(events) != 2 || events[1].Act != consent.Withdrawn {
			t.Errorf("%+v, %v", events, err)
		}
	})
}

// TestI6_NoUseCommitsAfterAWithdrawal gives and withdraws while others use the
// address. The log's numbers say the order: between a withdrawal and the next
// consent there is no use.
func TestI6_NoUseCommitsAfterAWithdrawal(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		var used atomic.Int64
		for i := range 4 {
			use := w.use
			if i == 3 {
				use = w.inTx
			}
			readers.Go(func() {
				for ctx.Err() == nil {
					switch err := use(ctx, newsletter); {
					case err == nil:
						used.Add(1)
					case denied(err) != policy.ReasonNoConsent && fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil:
						t.Error(err)
						return
					}
				}
			})
		}
		for range 12 {
			w.say(t, consent.Given)
			for before := used.Load(); used.Load() < before+3; { // until somebody used it
				if err := w.use(ctx, newsletter); err == nil {
					used.Add(1)
				}
			}
			w.say(t, consent.Withdrawn)
		}
		stop()
		readers.Wait()
		open, uses := false, 0
		for _, e := range w.Store.Events(t, w.me) {
			switch {
			case e.Reason == "consent-given":
				open = true
			case e.Reason == "consent-withdrawn":
				open = false
			case e.Kind == audit.KindAccess && e.Activity == newsletter:
				uses++
				if !open {
					t.Fatalf("event %d used the address after the withdrawal", e.N)
				}
			}
		}
		if uses < 36 {
			t.Errorf("only %d uses: the test shows too little", uses)
		}
	})
}

func TestI5_WhatWasSaidIsNeverChangedOrDeleted(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.say(t, consent.Given)
		for _, statement := range []string{"DELETE FROM consent_event", "UPDATE consent_event SET act = 'refused'"} {
			err := w.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "kept for ever") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		w.say(t, consent.Given) // said already: no second event
		w.say(t, consent.Withdrawn)
		w.say(t, consent.Refused)
		events, err := w.Service.Events(t.Context(), w.me)
		if err != nil {
			t.Fatal(err)
		}
		var acts []string
		for _, e := range events {
			acts = append(acts, string(e.Act))
		}
		if got := strings.Join(acts, " "); got != "given withdrawn refused" {
			t.Errorf("the events are %s", got)
		}
		schema, err := w.DB.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if wrong := db.Undeclared(schema, append(append(audit.Holding(), vault.Holding()...), consent.Holding()...)); len(wrong) > 0 {
			t.Errorf("I1: %q", wrong)
		}
	})
}

func TestAReceiptIsVerifiedOffline(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.say(t, consent.Given)
		w.say(t, consent.Withdrawn)
		events, err := w.Service.Events(t.Context(), w.me)
		if err != nil {
			t.Fatal(err)
		}
		for i, state := range []string{"consent given", "consent withdrawn"} {
			file, err := w.Receipt(t.Context(), w.me, events[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			r, err := consent.Verify(file, w.Ring.Vkey())
			if err != nil || r.Event.State != state || r.Record.Principal != w.me || r.Processing[0].Purpose != newsletter ||
				r.Processing[0].Data[0].ID != policy.FieldEmail || r.Processing[0].Recipients[0] != "mailer" {
				t.Errorf("%+v, %v", r, err)
			}
			if bytes.Contains(file, []byte("aishath")) {
				t.Error("the receipt holds a value")
			}
			if _, err := consent.Verify(file, "test+1234+AAAA"); err == nil {
				t.Error("a key that is none verifies")
			}
			forged := bytes.Replace(file, []byte(`"consent `), []byte(`"Consent `), 1)
			if _, err := consent.Verify(forged, w.Ring.Vkey()); err == nil {
				t.Error("a forged receipt is verified")
			}
		}
		if _, err := w.Receipt(t.Context(), "somebody-else", events[0].ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("somebody else's receipt: %v", err)
		}
		for _, file := range []string{"", "{}", `{"receipt":3}`, "[]"} {
			if _, err := consent.Verify([]byte(file), w.Ring.Vkey()); err == nil {
				t.Errorf("%q is a receipt", file)
			}
		}
	})
}

func (w *world) browse(t *testing.T) *testkit.Browser {
	t.Helper()
	catalogue, err := i18n.Load(web.Locales(), consent.Locales(), vault.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	r, err := web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: catalogue, Portal: func() *web.Portal { return about }, Sessions: w, Clock: w.Store.Clock,
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}} },
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Service.Mount(r)
	r.Handle(web.Route{Method: "GET", Path: "/in", Activity: "public", Handler: func(q *web.Req) error {
		if err := q.SetCookie(web.SessionCookie, "token", 60); err != nil {
			return err
		}
		return q.Redirect("/")
	}})
	b := testkit.Browse(t, r)
	b.Get("/en/in")
	return b
}

func TestN9_AConsentAfterWhichSomebodyOptedOutAtTheAddressIsNotSaidToHold(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		b := w.browse(t)
		out := map[string]bool{}
		w.Silent = func(_ context.Context, subject string, since map[string]time.Time) (map[string]bool, error) {
			if subject != w.me || len(since) != 1 || since["newsletter"].IsZero() {
				t.Errorf("it is asked of %s since %v", subject, since)
			}
			return out, nil
		}
		b.Page("/en/cabinet/consents", http.StatusOK) // nothing is asked of what was not given
		w.say(t, consent.Given)
		said := func() string { return b.Page("/en/cabinet/consents", http.StatusOK).One("main li.item:has(h2)").Text() }
		if text := said(); !strings.Contains(text, "You agreed") || strings.Contains(text, "Nothing is sent") {
			t.Errorf("after consenting the page says %s", text)
		}
		out["newsletter"] = true
		if text := said(); !strings.Contains(text, "Nothing is sent") || !strings.Contains(text, "to send nothing of this to your address") {
			t.Errorf("while nothing is sent the page says %s", text)
		}
		w.say(t, consent.Withdrawn)
		if text := said(); strings.Contains(text, "Nothing is sent") || !strings.Contains(text, "Withdrawn") {
			t.Errorf("after withdrawing the page says %s", text)
		}
	})
}

func TestI13_EachConsentHasAPageWithWhatItIsForAndItsOwnButtons(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		b := w.browse(t)
		buttons := func() string {
			var list []string
			for button := range b.Page("/en/cabinet/consents", http.StatusOK).Find(`button[name="say"]`).All() {
				list = append(list, button.Attr("value"))
			}
			return strings.Join(list, " ")
		}
		page := b.Page("/en/cabinet/consents", http.StatusOK)
		for _, want := range []string{"Newsletter", "To send you a newsletter.", "E-mail", "Mail provider", "Not answered", "You have said nothing yet."} {
			if !strings.Contains(page.One("main").Text(), want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		press := func(act string) url.Values {
			form := b.Page("/en/cabinet/consents", http.StatusOK).One("form.buttons").Values()
			form.Set("say", act)
			return form
		}
		form := press("given")
		form.Del("say")
		b.Submit("/en/cabinet/consents", form, http.StatusUnprocessableEntity) // no button: nothing is said
		w.seasoned = w.Store.Clock.Now().Add(time.Hour)
		b.Submit("/en/cabinet/consents", press("given"), http.StatusForbidden) // what signed in is too new
		if w.granted(t) || buttons() != "given refused" {
			t.Fatalf("something was said: %s", buttons())
		}
		w.seasoned = time.Time{}
		for _, step := range []struct{ press, buttons string }{{"refused", "given"}, {"given", "withdrawn"}, {"withdrawn", "given"}} {
			if resp := b.Post("/en/cabinet/consents", press(step.press)); resp.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s answers %d", step.press, resp.StatusCode)
			}
			if got := buttons(); got != step.buttons {
				t.Errorf("after %s: %s", step.press, got)
			}
		}
		link := b.Page("/dv/cabinet/consents", http.StatusOK).Find("main a[download]")
		if link.Len() != 3 {
			t.Fatalf("%d receipts", link.Len())
		}
		resp := b.Get(link.Attr("href"))
		file, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := consent.Verify(file, w.Ring.Vkey()); err != nil || r.Event.State != "consent withdrawn" {
			t.Errorf("%+v, %v", r, err)
		}
		stale := press("given")
		w.declare(t, func(d *policy.Declarations) {
			d.Activities[len(d.Activities)-1].Fields = []string{policy.FieldEmail, policy.FieldName}
		})
		b.Submit("/en/cabinet/consents", stale, http.StatusConflict)
		w.declare(t, func(d *policy.Declarations) {
			d.Activities, d.Purposes = d.Activities[:len(d.Activities)-1], d.Purposes[:2]
			d.Parties[2].Purposes = d.Parties[2].Purposes[:1]
		})
		if text := b.Page("/en/cabinet/consents", http.StatusOK).One("main").Text(); !strings.Contains(text, "asks for your consent to nothing") || !strings.Contains(text, "a former purpose") {
			t.Errorf("a portal that asks for nothing: %s", text)
		}
	})
}
