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
	"portico/internal/vault"
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
		if _, err := w.View(t.Context(), w.Official, row.ID); err != nil {
			t.Fatal(err)
		}
		w.act(row, w.Official, "in-review", "refuse", "The road is closed already.")
		w.work()

		mails, texts := w.caught(address), w.caught(phone)
		ref := row.Reference
		want := []string{
			"Application " + ref + " came in",
			"Application " + ref + " is now: In review",
			"A message about application " + ref,
			"A question about application " + ref,
			"Application " + ref + " is now: In review",
			"Application " + ref + " is now: Refused",
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
				k.Purpose = "newsletter"
			}
			w.kinds[kinds.Submitted] = &k
			w.consents = map[string]bool{w.Citizen.ID + " newsletter": c.consent}
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

// TestI6_WhatWaitsForAPurposeIsCancelledWithTheConsentToIt: and nothing else is.
func TestI6_WhatWaitsForAPurposeIsCancelledWithTheConsentToIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		n := notify.Notice{Kind: kinds.Submitted, Subject: w.Citizen.ID, About: "case:" + w.Applied(w.Citizen).ID, State: "submitted"}
		w.work()
		kind := *w.kinds[kinds.Submitted]
		kind.Class, kind.Purpose = kinds.MarketingClass, "newsletter"
		w.kinds[kinds.Submitted] = &kind
		w.consents = map[string]bool{w.Citizen.ID + " newsletter": true}
		for _, c := range []struct {
			withdrawn string
			sent      bool
		}{{"another", true}, {"", true}, {"newsletter", false}} {
			before := len(w.caught(address))
			w.queue(n)
			if err := w.Store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.Cancel(tx, w.Citizen.ID, c.withdrawn) }); err != nil {
				t.Fatal(err)
			}
			w.work()
			if got := len(w.caught(address)) > before; got != c.sent {
				t.Errorf("after withdrawing %q: sent: %t", c.withdrawn, got)
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
	if err := w.Choose(w.T.Context(), w.Citizen.ID, "", []notify.Choice{{Kind: kind, Channel: c, Wanted: wanted}}); err != nil {
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
			if strings.Contains(s, phone) || strings.Contains(s, "@") || strings.Contains(s, "Aishath") {
				t.Errorf("stored or queued: %s", s)
			}
		}
	})
}

// TestO18_QuietHoursHoldBackWhatIsNotLoud: also what is tried again then.
func TestO18_QuietHoursHoldBackWhatIsNotLoud(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.quiet = notify.Quiet{From: 13 * 60, Until: 7 * 60} // it is 14:00 there
		w.Applied(w.Citizen)
		w.after(16 * time.Hour) // 06:00
		if got := w.catcher.Messages(); len(got) != 0 {
			t.Fatalf("sent in quiet hours: %+v", got)
		}
		w.after(time.Hour)
		if got := w.caught(address); len(got) != 1 {
			t.Errorf("at the end of the quiet hours %d mails", len(got))
		}
		w.after(8 * time.Hour) // 15:00
		loud := *w.kinds[kinds.Asked]
		loud.Loud = true
		w.kinds[kinds.Asked] = &loud
		w.queue(notify.Notice{Kind: kinds.Asked, Subject: w.Citizen.ID, About: "case:" + w.Applied(w.Citizen).ID, State: "submitted"})
		w.work()
		if got := w.caught(address); len(got) != 2 || !strings.Contains(got[1].Subject, "A question") {
			t.Errorf("what is loud waits: %q", said(got))
		}
	})
}

// TestQuietHoursEndByTheZonesClock holds the rule to both kinds of hours.
func TestQuietHoursEndByTheZonesClock(t *testing.T) {
	zone := time.FixedZone("", 5*3600)
	for _, c := range []struct {
		from, until int
		at, want    string
	}{
		{21 * 60, 7 * 60, "2026-11-22T20:59:00+05:00", "2026-11-22T20:59:00+05:00"},
		{21 * 60, 7 * 60, "2026-11-22T21:00:00+05:00", "2026-11-23T07:00:00+05:00"},
		{21 * 60, 7 * 60, "2026-11-23T06:59:59+05:00", "2026-11-23T07:00:00+05:00"},
		{21 * 60, 7 * 60, "2026-11-23T07:00:00+05:00", "2026-11-23T07:00:00+05:00"},
		{12 * 60, 14 * 60, "2026-12-31T13:00:00+05:00", "2026-12-31T14:00:00+05:00"},
		{12 * 60, 14 * 60, "2026-12-31T11:00:00+05:00", "2026-12-31T11:00:00+05:00"},
		{0, 0, "2026-12-31T00:00:00+05:00", "2026-12-31T00:00:00+05:00"},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := (notify.Quiet{From: c.from, Until: c.until}).After(at, zone); !got.Equal(want) {
			t.Errorf("%d to %d: %s becomes %s, not %s", c.from, c.until, c.at, got.In(zone), c.want)
		}
	}
}

// TestO18_AReminderStopsWhenItIsNotNeeded: a question that was answered is not
// reminded of, one that was not is, three days before its time is over, and
// what waits in quiet hours meanwhile is dropped.
func TestO18_AReminderStopsWhenItIsNotNeeded(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		answered, forgotten := w.Applied(w.Citizen), w.Applied(w.Citizen)
		for _, row := range []*cases.Case{answered, forgotten} {
			w.Taken(row, w.Official)
			w.act(row, w.Official, "in-review", "ask", "Which section?")
		}
		w.work()
		if _, err := w.Do(t.Context(), w.Citizen, answered.ID, "information-requested", "answer", "From the school."); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		before := len(w.caught(address))
		w.after(60 * 24 * time.Hour)
		got := said(w.caught(address))[before:]
		if len(got) != 1 || !strings.Contains(got[0], forgotten.Reference) || !strings.Contains(got[0], "reminder") {
			t.Errorf("reminded of %q", got)
		}

		w.quiet = notify.Quiet{From: 0, Until: 23 * 60}
		third := w.Applied(w.Citizen)
		w.Taken(third, w.Official)
		w.act(third, w.Official, "in-review", "ask", "Which section?")
		if _, err := w.Do(t.Context(), w.Citizen, third.ID, "information-requested", "withdraw", ""); err != nil {
			t.Fatal(err)
		}
		w.after(24 * time.Hour)
		w.after(time.Hour)
		for _, m := range w.caught(address) {
			if strings.Contains(m.Subject, third.Reference) && strings.Contains(m.Subject, "question") {
				t.Error("somebody is asked for what is over")
			}
		}
	})
}

// TestN18_AnAddressThatDoesNotExistIsMarked: said at RCPT, or in a report that
// comes later; a server that only wants to be asked again marks nothing.
func TestN18_AnAddressThatDoesNotExistIsMarked(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.contacts.fields[w.Citizen.ID] = []string{policy.FieldEmail}
		mark := w.Citizen.ID + " " + policy.FieldEmail
		server := w.mailer
		row := w.Applied(w.Citizen)
		w.work()
		sent := w.caught(address)
		if len(sent) != 1 {
			t.Fatalf("%d mails", len(sent))
		}
		for _, unknown := range []string{"", "<>", "nobodys@one.gov.mv", "' OR 1=1 --"} {
			if known, err := w.Bounced(t.Context(), unknown); known || err != nil {
				t.Errorf("a report about %q: %t %v", unknown, known, err)
			}
		}
		if len(w.contacts.bounced) != 0 {
			t.Fatalf("marked: %v", w.contacts.bounced)
		}
		for range 2 { // reports come twice too
			if known, err := w.Bounced(t.Context(), sent[0].ID); !known || err != nil {
				t.Errorf("a report: %t %v", known, err)
			}
		}
		if !slices.Equal(w.contacts.bounced, []string{mark}) {
			t.Errorf("marked: %v", w.contacts.bounced)
		}

		for _, c := range []struct {
			err  error
			then notify.State
			mark bool
		}{
			{mail.ErrUnreachable, notify.Waiting, false},
			{mail.ErrRefused, notify.Waiting, false},
			{mail.ErrRejected, notify.Rejected, false},
			{mail.ErrNobody, notify.Bounced, true},
		} {
			w.contacts.bounced = nil
			w.after(time.Second) // the newest notice is known by its time
			w.mailer = refusing{c.err}
			w.queue(notify.Notice{Kind: kinds.Submitted, Subject: w.Citizen.ID, About: "case:" + row.ID, State: "submitted"})
			w.work()
			if got := w.state(); got != c.then {
				t.Errorf("%v leaves it %s", c.err, got)
			}
			if (len(w.contacts.bounced) > 0) != c.mark {
				t.Errorf("%v marks %v", c.err, w.contacts.bounced)
			}
			w.mailer = server
			w.contacts.bounced = nil
			w.after(time.Hour)
			if got := w.state(); c.then == notify.Waiting && got != notify.Sent {
				t.Errorf("%v: later it is %s", c.err, got)
			}
		}
	})
}

// refusing is a mail server that answers all mails alike.
type refusing struct{ err error }

func (r refusing) SendMail(context.Context, mail.Message) error { return r.err }

// state is how the newest delivery by e-mail stands.
func (w *world) state() (s notify.State) {
	w.T.Helper()
	if err := w.Store.DB.View(w.T.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT state FROM notify_delivery WHERE channel = $1 ORDER BY notice DESC LIMIT 1`, "email").Scan(&s)
	}); err != nil {
		w.T.Fatal(err)
	}
	return s
}

// TestO18_WhoIsLateIsTold: the holder of a case and who supervises, when the
// office is late.
func TestO18_WhoIsLateIsTold(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		for who, email := range map[*policy.Actor]string{&w.Official: "officer@one.gov.mv", &w.Leader: "leader@one.gov.mv"} {
			w.Store.Collect(t, vault.Use{
				Actor: policy.Actor{Kind: policy.Staff, ID: who.ID, Strong: true}, Subject: who.ID, Activity: policy.ActivityStaffAccount, Scope: vault.Profile,
			}, map[string]string{policy.FieldStaffEmail: email})
			w.contacts.fields[who.ID] = []string{policy.FieldStaffEmail}
		}
		row := w.Applied(w.Citizen)
		w.Taken(row, w.Official)
		w.after(30 * 24 * time.Hour)
		if _, err := w.NoteLate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.work()
		for _, to := range []string{"officer@one.gov.mv", "leader@one.gov.mv"} {
			got := w.caught(to)
			if len(got) != 1 || got[0].Subject != "Case "+row.Reference+" is overdue" || !strings.Contains(got[0].Text, "https://one.gov.mv/staff/cases/"+row.ID) {
				t.Errorf("%s got %+v", to, got)
			}
		}
	})
}
