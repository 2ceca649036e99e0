package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/services/servicestest"
)

// publish makes an item of news of a day, some days from now.
func (w *world) publish(id string, days int) {
	w.news = append(w.news, notify.Item{ID: id, Day: w.Store.Clock.Now().AddDate(0, 0, days).Truncate(24 * time.Hour)})
}

// tellNews runs the job as many times as an hour, and sends what waits.
func (w *world) tellNews() {
	w.T.Helper()
	if err := w.TellNews(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
	w.work()
}

// titles are the subjects of the mails to the citizen.
func (w *world) titles() (list []string) {
	for _, m := range w.caught(address) {
		list = append(list, m.Subject)
	}
	return list
}

func TestI12_NewsGoOnceToWhoConsentedAndNothingIsToldOfOldOnes(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.Citizen.ID + " newsletter"
		w.consents[me] = true
		w.consents[w.Person("Never asked").ID+" research"] = true
		w.publish("old", -3)
		w.publish("today", 0)
		w.tellNews()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("at its first start it tells of %q", got)
		}
		w.publish("late", -2) // written down later, about what was before
		w.publish("new", 0)
		w.tellNews()
		w.tellNews()
		if got := w.titles(); !slices.Equal(got, []string{"oneGov: About new"}) {
			t.Errorf("it tells of %q", got)
		}
		if text := w.caught(address)[0].Text; !strings.Contains(text, "https://one.gov.mv/en/news/new") || !strings.Contains(text, "/en/cabinet/consents") {
			t.Errorf("it says %q", text)
		}
		went := func() notify.Went {
			got, err := w.Went(t.Context(), w.Store.Clock.Now().AddDate(0, 0, -7))
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := went(); got.Asked != 1 || got.Unasked != 0 {
			t.Errorf("N9: it was consented to, and counts as %+v", got)
		}
		w.consents[me] = false // as if it had never been given
		if got := went(); got.Asked != 1 || got.Unasked != 1 {
			t.Errorf("N9: it went to somebody who did not consent, and counts as %+v", got)
		}
		w.publish("unwanted", 0)
		w.tellNews()
		w.consents[me] = true
		w.tellNews() // it was told of while nobody asked
		if got := w.titles(); len(got) != 1 {
			t.Errorf("without a consent it tells of %q", got)
		}
		if events := w.Store.Events(t, w.Citizen.ID); events[len(events)-1].Activity != "newsletter" {
			t.Errorf("the address was opened under %q", events[len(events)-1].Activity)
		}
	})
}

// out are addresses that opted out, under whatever account, by list.
type out map[string]bool

func (o out) Said(*db.Tx, string, string) error { return nil }

func (o out) Out(_ *db.Tx, list, address string) (bool, error) { return o[list+" "+address], nil }

func TestN9_NoNewsletterGoesToAnAddressThatOptedOutUnderAnotherAccount(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		opted := out{"newsletter " + address: true}
		w.Service.StaysOut = opted
		w.consents[w.Citizen.ID+" newsletter"] = true
		w.tellNews() // what is there is old
		w.publish("first", 0)
		w.tellNews()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("it was sent %q", got)
		}
		delete(opted, "newsletter "+address) // they opted in anew
		w.publish("second", 0)
		w.tellNews()
		if got := w.titles(); !slices.Equal(got, []string{"oneGov: About second"}) {
			t.Errorf("it was sent %q", got)
		}
	})
}

func TestI6_AConsentThatIsWithdrawnBeforeANewsletterIsSentStopsIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.Citizen.ID + " newsletter"
		w.consents[me] = true
		w.tellNews()
		w.publish("new", 0)
		if err := w.TellNews(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.consents[me] = false // as if nothing had been cancelled with it
		w.work()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("it sends %q", got)
		}
		w.consents[me] = true
		w.publish("withdrawn", 0)
		if err := w.TellNews(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.news = nil // the item is taken back before it is sent
		w.work()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("it sends %q", got)
		}
	})
}

func TestNewsGoToEachOfManyOnceHoweverOftenItIsInterrupted(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		kind := *w.kinds[kinds.News]
		kind.Class, kind.Purpose = kinds.NewsletterClass, ""
		w.kinds[kinds.News] = &kind
		w.tellNews()
		w.publish("new", 0)
		const people = 230 // three batches
		for n := range people {
			if err := w.Choose(t.Context(), fmt.Sprintf("s%03d", n), "", []notify.Choice{{Kind: kinds.News, Channel: "subscribed", Wanted: n != 7}}); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error, 2)
		for range 2 { // as two nodes would
			go func() { done <- w.TellNews(t.Context()) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		w.tellNews()
		var all, each int
		if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT COUNT(id), COUNT(DISTINCT subject) FROM notify_notice WHERE about = 'news:new'`).Scan(&all, &each)
		}); err != nil {
			t.Fatal(err)
		}
		if all != people-1 || each != people-1 {
			t.Errorf("%d notices to %d people", all, each)
		}
	})
}

// update has the instance declare what everybody with an account is told, as
// onee does.
func (w *world) update() *kinds.Kind {
	w.T.Helper()
	f := declared(w.T)[kinds.PolicyChange].File
	f.Channels, f.SMS = []kinds.Channel{kinds.Email}, nil
	f.Title, f.Text = i18n.Text{"en": "{portal}: {headline}", "dv": "{portal} ({headline})"}, i18n.Text{"en": "Read this: {headline}", "dv": "{headline}"}
	k, problems := kinds.Compile(kinds.Update, f)
	if len(problems) > 0 {
		w.T.Fatal(problems)
	}
	w.kinds[kinds.Update] = k
	return k
}

func TestN8_I12_AnImportantUpdateGoesOnceToEverybodyWithAnAccountWhateverTheyChose(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.update()
		w.people = []string{w.Citizen.ID, w.Person("Nobody knows where").ID}
		for n := range 228 { // three batches with them
			w.people = append(w.people, fmt.Sprintf("s%03d", n))
		}
		w.consents[w.Citizen.ID+" newsletter"] = true
		w.tellNews() // the portal's first day
		w.publish("old", -3)
		w.news[0].Important = true
		w.publish("new", 0)
		w.news[1].Important = true
		w.choose(kinds.Update, kinds.Email, false) // which no page offers
		if err := w.Choose(t.Context(), w.Citizen.ID, "dv", nil); err != nil {
			t.Fatal(err)
		}
		hour := w.Store.Clock.Now().In(servicestest.Zone()).Hour()
		w.quiet = notify.Quiet{From: hour * 60, Until: (hour + 2) % 24 * 60}
		w.tellNews()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("in quiet hours it sends %q", got)
		}
		w.after(2 * time.Hour)
		w.tellNews()
		w.after(2 * time.Hour)
		if got := w.titles(); !slices.Equal(got, []string{"ވަންގަވް (About new)"}) {
			t.Fatalf("it tells of %q", got)
		}
		if m := w.caught(address)[0]; m.Ends != "" || strings.Contains(m.Text, "unsubscribe") || !strings.Contains(m.Text, "https://one.gov.mv/dv/news/new") {
			t.Errorf("it says %+v", m)
		}
		if events := w.Store.Events(t, w.Citizen.ID); events[len(events)-1].Activity != kinds.Activity {
			t.Errorf("the address was opened under %q", events[len(events)-1].Activity)
		}
		var all, each int
		if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT COUNT(id), COUNT(DISTINCT subject) FROM notify_notice WHERE kind = $1 AND about = 'news:new'`, kinds.Update).Scan(&all, &each)
		}); err != nil {
			t.Fatal(err)
		}
		if all != len(w.people) || each != len(w.people) || w.stored() != 1 {
			t.Errorf("%d notices to %d people, and %d to one", all, each, w.stored())
		}
		went, err := w.Went(t.Context(), w.Store.Clock.Now().AddDate(0, 0, -7))
		if err != nil || went.Important != int64(all) || went.Off != 0 || went.Asked != 0 {
			t.Errorf("the promise examines %+v (%v)", went, err)
		}
		w.people = append(w.people, "t") // who comes later reads it among the news
		w.tellNews()
		if len(w.titles()) != 1 {
			t.Error("it is told twice")
		}
	})
}

func TestN8_I12_AnImportantUpdateIsDeclaredForEverybodyAndNothingElse(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		k := w.update()
		if k.Optional() || k.Asked {
			t.Error("it can be switched off")
		}
		for class, purpose := range map[kinds.ClassName]string{kinds.ServiceClass: "", kinds.NewsletterClass: "", kinds.MarketingClass: "newsletter"} {
			f := k.File
			f.Class, f.Purpose, f.Why, f.Loud = class, purpose, nil, false
			if _, problems := kinds.Compile(kinds.Update, f); len(problems) == 0 {
				t.Errorf("it is declared as %s", class)
			}
		}
	})
}

func TestNewsThatComeWhileNobodyDeclaresTheNoticeStayUntold(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.consents[w.Citizen.ID+" newsletter"] = true
		w.tellNews()
		kind := w.kinds[kinds.News]
		delete(w.kinds, kinds.News)
		w.publish("silent", 0)
		w.tellNews()
		w.kinds[kinds.News] = kind
		w.tellNews()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("it tells of %q", got)
		}
	})
}

func TestI12_ANoticeOfNewsIsDeclaredOnlyForWhoAskedForIt(t *testing.T) {
	for class, ok := range map[kinds.ClassName]bool{
		kinds.ImportantClass: false, kinds.ServiceClass: false, kinds.NewsletterClass: true, kinds.MarketingClass: true,
	} {
		f := declared(t)[kinds.News].File
		if f.Class = class; class != kinds.MarketingClass {
			f.Purpose = ""
		}
		if class == kinds.ImportantClass {
			f.Why = f.Name
		}
		if _, problems := kinds.Compile(kinds.News, f); (len(problems) == 0) != ok {
			t.Errorf("as %s: %v", class, problems)
		}
	}
	if declared(t)[kinds.News].Opens(policy.Activity{ID: kinds.Activity, Purpose: "communicate", Relation: policy.RelationSystem, Fields: []string{policy.FieldEmail}}, policy.FieldEmail) {
		t.Error("an address is opened for it under a purpose that nobody consented to")
	}
}
