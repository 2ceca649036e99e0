package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/demo"
	"portico/internal/forms"
	"portico/internal/identity"
	"portico/internal/payments"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// How many cases a second are to come from approved to paid and issued at the
// least, on how many connections at once, and how many each brings there.
const (
	paidBound  = 100
	payers     = 64
	paidByEach = 8
)

// BenchmarkPayment has 64 people at once pay for their approved cases over
// HTTP: each begins to pay at the portal, pays on the page of a provider on this
// machine, and comes back. The provider's messages come too. It counts from the
// first to where every case is issued, with its document made and sealed.
func BenchmarkPayment(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(string(engine), func(b *testing.B) { benchmarkPayment(b, engine) })
	}
}

func benchmarkPayment(b *testing.B, engine db.Engine) {
	p, _ := benched(b, engine, awake(b))
	server := httptest.NewServer(p.router)
	b.Cleanup(server.Close)
	p.url = server.URL
	p.provider.Notify(server.URL + payments.NotifyPath)
	people := make([]*testkit.Browser, payers)
	subjects := make([]string, payers)
	for i := range people { // one after the other: passwords are slow by design
		email := fmt.Sprintf("payer-%d@example.mv", i)
		var err error
		if subjects[i], err = p.identity.CreatePerson(b.Context(), identity.NewPerson{Contact: email, Password: demo.Password, Details: identity.Details{
			Name: "Aishath Mohamed", BirthDate: "1987-04-12", IdentityNumber: fmt.Sprintf("A6%05d", i), Address: "Finifenmaage\nFuvahmulah City",
		}}); err != nil {
			b.Fatal(err)
		}
		people[i] = testkit.BrowseURL(b, server.URL)
		people[i].Submit("/en/sign-in", url.Values{"contact": {email}, "password": {demo.Password}}, http.StatusOK)
	}
	var all sync.WaitGroup
	provider := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: payers},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	b.Cleanup(provider.CloseIdleConnections)
	for b.Loop() {
		orders := make([][]string, payers)
		for i := range people {
			all.Go(func() {
				for range paidByEach {
					orders[i] = append(orders[i], approved(b, p, subjects[i]))
				}
			})
		}
		all.Wait()
		settled(b, p) // what the approvals had sent
		before, began := issued(b, p), p.clock.Now()
		for i, person := range people {
			all.Go(func() {
				for _, order := range orders[i] {
					if err := pays(person, provider, "/en/cabinet/payments/"+order); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		paid := p.clock.Now().Sub(began)
		for issued(b, p)-before < payers*paidByEach && !b.Failed() {
			if p.clock.Now().Sub(began) > 2*time.Minute {
				b.Fatalf("%d of %d cases were issued", issued(b, p)-before, payers*paidByEach)
			}
			<-time.After(10 * time.Millisecond)
		}
		took := p.clock.Now().Sub(began)
		settled(b, p)
		b.Logf("%d cases were paid and issued after %v, their documents made after %v, and everybody told after %v", payers*paidByEach, paid, took, p.clock.Now().Sub(began))
		perSecond := payers * paidByEach / took.Seconds()
		held(b, perSecond, "cases/s", perSecond >= paidBound, fmt.Sprintf("%d at the least", paidBound))
	}
}

// pays begins to pay an order, pays at the provider, and comes back to an order
// that is paid.
func pays(person *testkit.Browser, provider *http.Client, order string) error {
	begun := person.Post(order, url.Values{"action": {"pay"}})
	_, page, leaves := strings.Cut(begun.Header.Get("Refresh"), "url=")
	if _ = begun.Body.Close(); !leaves {
		return fmt.Errorf("beginning to pay is answered with %d", begun.StatusCode)
	}
	resp, err := provider.PostForm(page, url.Values{"how": {"pay"}})
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	back := person.Get(order + "/back")
	_ = back.Body.Close()
	if back.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("coming back is answered with %d", back.StatusCode)
	}
	return nil
}

// approved makes a case of somebody that waits for its fee, and returns its
// order.
func approved(b testing.TB, p *portal, subject string) (order string) {
	b.Helper()
	d := p.live.Catalogue().Service("road-permit")
	person := policy.Actor{Kind: policy.Person, ID: subject}
	official := policy.Actor{Kind: policy.Staff, ID: "officer", Roles: []string{"permit-officer"}, Party: "fuvahmulah-city-council", Strong: true}
	now := p.clock.Now()
	answers := forms.Answers{
		"applicant": `{"as":"person"}`, "name": "Aishath Mohamed", "identity-number": "A123456", "phone": "+9607771234", "email": "aishath@example.mv",
		"road": "Dhigu Magu", "section": "From the school to the harbour", "kind": "construction",
		"start": now.AddDate(0, 0, 9).Format(time.RFC3339), "hours": "9", "boards": "3", "end": now.AddDate(0, 0, 9).Add(9 * time.Hour).Format(time.RFC3339),
	}
	fee, err := d.Form.Price(answers, forms.At{Now: now})
	if err != nil {
		b.Fatal(err)
	}
	s := cases.Submission{Subject: subject, ID: id.New(now), Service: d.ID, Channel: cases.Portal, By: subject, Lang: "en", Fee: fee.Amount()}
	err = p.vault.Update(b.Context(), func(tx *db.Tx) error {
		if err := p.vault.NewScope(tx, subject, "case:"+s.ID); err != nil {
			return err
		}
		row, err := p.cases.Submit(tx, s)
		if err != nil {
			return err
		}
		use := vault.Use{Actor: person, Subject: subject, Activity: d.ApplyActivity(), Scope: row.Scope(), Operation: policy.Collect, Reference: row.Reference}
		var values []vault.Value
		for _, f := range d.Form.Fields() {
			if text := answers[f.Key]; text != "" {
				source := policy.SourceForm
				if f.Computed {
					source = policy.SourceSystem
				}
				values, use.Fields = append(values, vault.Value{Field: f.ID, Text: text, Source: source}), append(use.Fields, f.ID)
			}
		}
		permit, err := p.vault.Permit(tx, use)
		if err != nil {
			return err
		}
		return p.vault.Put(tx, permit, values)
	})
	for _, act := range [][2]string{{"submitted", "take"}, {"in-review", "approve"}} {
		if err == nil {
			_, err = p.cases.Act(b.Context(), official, s.ID, act[0], act[1], "")
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	list, err := p.payments.Of(b.Context(), person, s.ID)
	if err != nil || len(list) != 1 {
		b.Fatalf("%d orders: %v", len(list), err)
	}
	return list[0].ID
}

// issued is how many documents are made.
func issued(b *testing.B, p *portal) (n int) {
	b.Helper()
	if err := p.db.View(b.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT COUNT(id) FROM documents_document WHERE made_at IS NOT NULL`).Scan(&n)
	}); err != nil {
		b.Fatal(err)
	}
	return n
}

// settled waits until no job is due.
func settled(b *testing.B, p *portal) {
	b.Helper()
	for end := time.Now().Add(5 * time.Minute); ; <-time.After(20 * time.Millisecond) {
		s, err := p.queue.Stats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if s.Due.IsZero() || s.Due.After(p.clock.Now()) {
			return
		}
		if time.Now().After(end) {
			b.Fatalf("%d jobs wait", s.Waiting)
		}
	}
}
