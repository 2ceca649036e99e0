package notify_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/demo"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/mail"
	"portico/internal/policy"
)

const (
	address = "aishath@example.mv" // of the citizen
	phone   = "+9607771234"
)

// said are the subjects of mails.
func said(list []demo.Message) (subjects []string) {
	for _, m := range list {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

// TestO18_EachChangeOfAnApplicationIsANoticeByMailAndPhone: from the receipt to
// the decision, and a message in between.
func TestO18_EachChangeOfAnApplicationIsANoticeByMailAndPhone(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		row := w.Applied(w.Citizen)
		w.work()
		w.Taken(row, w.Official)
		w.work()
		if err := w.Reply(t.Context(), w.Official, row.ID, "Is Monday fine? {link} <b>"); err != nil {
			t.Fatal(err)
		}
		w.work()
		w.act(row, w.Official, "in-review", "ask", "Which section?")
		w.work()
		if _, err := w.Do(t.Context(), w.Citizen, row.ID, "information-requested", "answer", "From the school."); err != nil {
			t.Fatal(err)
		}
		w.work()
		w.act(row, w.Official, "in-review", "refuse", "The road is closed already.")
		w.work()

		mails, texts := w.caught(address), w.caught(phone)
		ref := row.Reference
		want := []string{
			"oneGov: application " + ref + " came in",
			"oneGov: application " + ref + " is now: In review",
			"oneGov: a message about application " + ref,
			"oneGov: a question about application " + ref,
			"oneGov: application " + ref + " is now: In review",
			"oneGov: application " + ref + " is now: Refused",
		}
		if got := said(mails); !slices.Equal(got, want) {
			t.Errorf("the mails are %q", got)
		}
		if len(texts) != len(want) {
			t.Errorf("%d text messages: %v", len(texts), texts)
		}
		for _, m := range mails {
			if !strings.Contains(m.Text, "https://one.gov.mv/en/cabinet/applications/"+row.ID) {
				t.Errorf("a mail leads nowhere: %s", m.Text)
			}
			for _, secret := range []string{"Aishath", "Monday", "school", "Dhigu", "closed already"} {
				if strings.Contains(m.Text+m.Subject, secret) {
					t.Errorf("a mail says more than the instance declares: %s", m.Text)
				}
			}
		}
		opened := 0
		for _, e := range w.Store.Events(t, w.Citizen.ID) {
			if e.Activity == kinds.Activity {
				opened++
				if len(e.Fields) != 1 {
					t.Errorf("a notice opens %v", e.Fields)
				}
			}
		}
		if opened != 2*len(want) {
			t.Errorf("addresses were opened %d times, and %d messages were sent", opened, 2*len(want))
		}
	})
}

// act does an action of an official.
func (w *world) act(row *cases.Case, who policy.Actor, state, action, text string) {
	w.T.Helper()
	if _, err := w.Act(w.T.Context(), who, row.ID, state, action, text); err != nil {
		w.T.Fatalf("%s: %v", action, err)
	}
}

// dying is a mailer whose node dies when the server has taken a message and
// nobody has noted it.
type dying struct {
	mail.Mailer
	times int
}

func (d *dying) SendMail(ctx context.Context, m mail.Message) error {
	if err := d.Mailer.SendMail(ctx, m); err != nil || d.times == 0 {
		return err
	}
	d.times--
	panic("the node is gone")
}

// TestO18_ANoticeHasOneMessageIDHoweverOftenItIsTried: the node dies between
// the server's answer and the note of it, and another one tries again.
func TestO18_ANoticeHasOneMessageIDHoweverOftenItIsTried(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.contacts.fields[w.Citizen.ID] = []string{policy.FieldEmail}
		w.mailer = &dying{w.mailer, 3}
		w.Applied(w.Citizen)
		for range 5 {
			w.after(time.Hour)
		}
		list := w.caught(address)
		if len(list) != 1 || list[0].Times != 4 {
			t.Errorf("a mailbox has %+v", list)
		}
	})
}

// TestI12_TheClassDecidesWhoIsTold: nobody switches an important notice off,
// and what the class does not clear is not stored.
func TestI12_TheClassDecidesWhoIsTold(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		n := notify.Notice{Kind: kinds.Submitted, Subject: w.Citizen.ID, About: "case:" + w.Applied(w.Citizen).ID, State: "submitted"}
		w.work()
		kind := *w.kinds[kinds.Submitted]
		for _, c := range []struct {
			class             kinds.ClassName
			consent, told     bool
			optedOut, reached bool
		}{
			{class: kinds.ImportantClass, told: true, optedOut: true, reached: true},
			{class: kinds.ServiceClass, told: true, reached: true},
			{class: kinds.ServiceClass, told: true, optedOut: true},
			{class: kinds.NewsletterClass},
			{class: kinds.MarketingClass},
			{class: kinds.MarketingClass, consent: true, told: true, reached: true},
		} {
			k := kind
			k.Class, k.Purpose = c.class, ""
			if c.class == kinds.MarketingClass {
				k.Purpose = "marketing"
			}
			w.kinds[kinds.Submitted] = &k
			w.consents = map[string]bool{w.Citizen.ID + " marketing": c.consent}
			w.choose(kinds.Submitted, kinds.Email, !c.optedOut)
			w.choose(kinds.Submitted, kinds.SMS, !c.optedOut)
			stored, sent := w.stored(), len(w.caught(address))
			w.queue(n)
			w.work()
			if got := w.stored() > stored; got != c.told {
				t.Errorf("%+v: stored: %t", c, got)
			}
			if got := len(w.caught(address)) > sent; got != c.reached {
				t.Errorf("%+v: sent: %t", c, got)
			}
		}
	})
}

// stored is how many notices the citizen has.
func (w *world) stored() (n int) {
	w.T.Helper()
	if err := w.Store.DB.View(w.T.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT COUNT(id) FROM notify_notice WHERE subject = $1`, w.Citizen.ID).Scan(&n)
	}); err != nil {
		w.T.Fatal(err)
	}
	return n
}

// choose has the citizen want a kind by a channel or not.
func (w *world) choose(kind string, c kinds.Channel, wanted bool) {
	w.T.Helper()
	if err := w.Choose(w.T.Context(), w.Citizen.ID, []notify.Choice{{Kind: kind, Channel: c, Wanted: wanted}}); err != nil {
		w.T.Fatal(err)
	}
}

// TestO18_WhoHasNoConfirmedContactFindsItInTheCabinet also shows that a contact
// that bounces is not written to.
func TestO18_WhoHasNoConfirmedContactFindsItInTheCabinet(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.contacts.fields[w.Citizen.ID] = []string{policy.FieldEmail}
		w.contacts.bounced = []string{w.Citizen.ID + " " + policy.FieldEmail}
		w.Applied(w.Citizen)
		w.work()
		if got := w.catcher.Messages(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if w.stored() != 1 {
			t.Error("the cabinet has no notice")
		}
	})
}

// TestO5_NothingPersonalIsStoredOrQueued looks at every column and payload.
func TestO5_NothingPersonalIsStoredOrQueued(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.Applied(w.Citizen)
		var all []string
		if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.Select(func(r *db.Rows) error {
				var s string
				err := r.Scan(&s)
				all = append(all, s)
				return err
			}, `SELECT payload FROM jobs_job UNION ALL SELECT about || ' ' || key || ' ' || state FROM notify_notice UNION ALL SELECT code FROM notify_delivery`)
		}); err != nil {
			t.Fatal(err)
		}
		if len(all) != 5 { // two jobs, a notice, two deliveries
			t.Errorf("%d rows: %q", len(all), all)
		}
		for _, s := range all {
			if strings.Contains(s, "777") || strings.Contains(s, "@") || strings.Contains(s, "Aishath") {
				t.Errorf("stored or queued: %s", s)
			}
		}
	})
}
