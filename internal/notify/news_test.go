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
	"portico/internal/policy"
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
