package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
)

// offering has the world send offers, by officials of one role.
func (w *world) offering() *web.Session {
	w.T.Helper()
	k, problems := kinds.Compile(kinds.Offer, w.kinds[kinds.News].File)
	if len(problems) > 0 {
		w.T.Fatal(problems)
	}
	w.kinds[kinds.Offer] = k
	d := *w.World.Policy().Declarations()
	d.Roles = append(slices.Clone(d.Roles), policy.Role{ID: "marketing-officer", Name: d.Roles[0].Name, Party: d.Roles[0].Party, May: []policy.Capability{policy.SendOffers}})
	compiled, wrong := policy.Compile(&d, policy.Options{Languages: []string{"en", "dv"}, Demo: true})
	if len(wrong) > 0 {
		w.T.Fatal(wrong)
	}
	w.Service.Policy = func() *policy.Policy { return compiled }
	return &web.Session{Subject: w.Official.ID, Realm: web.RealmStaff, Roles: []string{"marketing-officer"}, Party: w.Official.Party}
}

// offer declares an offer of a day, some days from now.
func (w *world) offer(id string, days int) {
	w.publish(id, days)
	w.news[len(w.news)-1].Offer = true
}

func TestN7_N9_AnOfferGoesToWhoConsentsOnceAndOnlyWhenAnOfficialHasItSent(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.offering()
		w.consents[w.Citizen.ID+" newsletter"] = true
		w.consents[w.Person("Withdrew it").ID+" newsletter"] = false
		w.tellNews()
		w.offer("ten-years", 0)
		w.offer("to-come", 2)
		w.tellNews()
		if got := w.titles(); len(got) != 0 {
			t.Errorf("nobody had it sent, and it is sent: %q", got)
		}
		for what, c := range map[string]struct {
			who  *web.Session
			id   string
			kind fault.Kind
		}{
			"who may not":           {&web.Session{Roles: []string{"permit-officer"}}, "ten-years", fault.Denied},
			"what is no offer":      {me, "nothing", fault.NotFound},
			"what has not come yet": {me, "to-come", fault.Conflict},
		} {
			if err := w.SendOffer(t.Context(), c.who, c.id); fault.KindOf(err) != c.kind {
				t.Errorf("%s: %v", what, err)
			}
		}
		for range 2 { // again sends nothing again
			if err := w.SendOffer(t.Context(), me, "ten-years"); err != nil {
				t.Fatal(err)
			}
			w.work()
		}
		w.tellNews()
		if got := w.titles(); !slices.Equal(got, []string{"oneGov: About ten-years"}) {
			t.Fatalf("sent is %q", got)
		}
		said := 0
		for _, e := range w.Store.Events(t, "system") {
			if e.Reason == "offer-sent" && e.Actor.ID == me.Subject && e.Facts["offer"] == "ten-years" {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the log says %d times who had it sent", said)
		}
	})
}

// secret is what the link of a message holds.
func secret(t *testing.T, ends string) string {
	t.Helper()
	_, token, ok := strings.Cut(ends, "https://one.gov.mv/en/unsubscribe/")
	if !ok {
		t.Fatalf("one click ends it at %q", ends)
	}
	return token
}

func TestN6_N9_TheLinkInAMessageEndsWhatItIsOneOfAndNothingElse(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me, other := w.Citizen.ID+" newsletter", w.Person("Another").ID+" newsletter"
		w.consents[me], w.consents[other] = true, true
		w.tellNews()
		w.publish("first", 0)
		w.tellNews()
		m := w.caught(address)[0]
		token := secret(t, m.Ends)
		if !strings.Contains(m.Text, m.Ends) {
			t.Errorf("who reads it does not see where it ends: %q", m.Text)
		}
		name, mac, _ := strings.Cut(token, ".")
		for _, bad := range []string{"", ".", name, name + ".", "." + mac, token + "x", strings.ToUpper(name) + "." + mac, "../" + token} {
			if _, err := w.End(t.Context(), bad); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if !w.consents[me] {
			t.Fatal("a link that is none ended something")
		}
		for range 2 { // a mail service may ask twice
			if k, err := w.End(t.Context(), token); err != nil || k.ID != kinds.News {
				t.Fatal(k, err)
			}
		}
		if w.consents[me] || !w.consents[other] {
			t.Errorf("who consents: %v", w.consents)
		}
		w.publish("second", 0)
		w.tellNews()
		w.queue(notify.Notice{Kind: kinds.PolicyChange, Subject: w.Citizen.ID, About: "news:second", Key: "important"}) // N8
		w.work()
		all := w.caught(address)
		if len(all) != 2 || all[1].Ends != "" {
			t.Errorf("after it was ended there is %+v", all)
		}
		delete(w.kinds, kinds.News)
		if _, err := w.End(t.Context(), token); fault.KindOf(err) != fault.NotFound {
			t.Errorf("of what is not declared any more: %v", err)
		}
	})
}

func TestN6_ANewsletterThatOneAskedForEndsByItsLink(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		kind := *w.kinds[kinds.News]
		kind.Class, kind.Purpose = kinds.NewsletterClass, ""
		w.kinds[kinds.News] = &kind
		if err := w.Choose(t.Context(), w.Citizen.ID, "", []notify.Choice{{Kind: kinds.News, Channel: "subscribed", Wanted: true}}); err != nil {
			t.Fatal(err)
		}
		w.tellNews()
		w.publish("first", 0)
		w.tellNews()
		if _, err := w.End(t.Context(), secret(t, w.caught(address)[0].Ends)); err != nil {
			t.Fatal(err)
		}
		w.Store.Clock.Advance(time.Hour)
		w.publish("second", 0)
		w.tellNews()
		if got := w.titles(); len(got) != 1 {
			t.Errorf("after it was ended it sends %q", got)
		}
	})
}

func TestI12_AnOfferIsMarketingAndNothingElse(t *testing.T) {
	f := declared(t)[kinds.News].File
	if _, problems := kinds.Compile(kinds.Offer, f); len(problems) > 0 {
		t.Fatal(problems)
	}
	f.Class, f.Purpose = kinds.NewsletterClass, ""
	if k, problems := kinds.Compile(kinds.Offer, f); k != nil || len(problems) == 0 {
		t.Error("an offer as a newsletter is sound")
	}
}
