package account_test

import (
	"strings"
	"testing"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/vault"
)

const lawsuit = "case:0190a000-0000-7000-8000-000000000001"

// applied has somebody apply for something that was decided now.
func (p *portal) applied(t *testing.T, subject string) {
	t.Helper()
	if err := p.Store.DB.Update(t.Context(), func(tx *db.Tx) error {
		if err := p.NewScope(tx, subject, lawsuit); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO shelf_case (subject, id, decided_at) VALUES ($1, $2, $3)`, subject, strings.TrimPrefix(lawsuit, "case:"), clock.Micros(p.Store.Clock.Now()))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// left counts the keys of a scope of somebody.
func (p *portal) left(t *testing.T, subject, scope string) (keys int64) {
	t.Helper()
	if err := p.Store.DB.View(t.Context(), func(tx *db.Tx) (err error) { keys, _, err = p.Left(tx, subject, scope); return err }); err != nil {
		t.Fatal(err)
	}
	return keys
}

func (p *portal) count(t *testing.T, query string, args ...any) (n int64) {
	t.Helper()
	if err := p.Store.DB.View(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(query, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestO7_AClosedAccountGoesAfterTheDaysThatThePersonWasTold: what they are told
// at closing, the rule in the policy and the daily run are one number of days.
func TestO7_AClosedAccountGoesAfterTheDaysThatThePersonWasTold(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me := p.person(t, old, "A123456")
		p.applied(t, me)
		b := p.browse(t)
		p.signIn(b, old, 200)
		text := b.Page("/en/cabinet/close", 200).One("main").Text()
		if !strings.Contains(text, "Kept until 22 December 2026") {
			t.Errorf("before closing the person reads %q", text)
		}
		b.Submit("/en/cabinet/close/confirm", form("read", "yes"), 200).One(".panel")
		if m := to(t, p.work(t), old); !strings.Contains(m, "22 December 2026") {
			t.Errorf("at closing the person is told %q", m)
		}
		began := p.Store.Clock.Now()
		day := func(n int) { // the daily run comes first: the latest that it can find the account
			p.Store.Clock.Advance(began.AddDate(0, 0, n).Sub(p.Store.Clock.Now()))
			retentiontest.Run(t, p.keeps)
			p.work(t)
		}
		day(29)
		if p.left(t, me, vault.Profile) != 1 || p.count(t, `SELECT count(*) FROM identity_account WHERE subject = $1`, me) != 1 {
			t.Fatal("on day 29 the account is not there")
		}
		day(30)
		day(31)
		if keys := p.left(t, me, vault.Profile); keys != 0 {
			t.Errorf("after the run of day 31 there are %d keys of the account", keys)
		}
		for _, table := range []string{"identity_account", "identity_channel", "account_closing", "account_person"} {
			if n := p.count(t, `SELECT count(*) FROM `+table+` WHERE subject = $1`, me); n != 0 {
				t.Errorf("after the run of day 31 there are %d rows of %s", n, table)
			}
		}
		if p.left(t, me, lawsuit) != 1 || p.count(t, `SELECT count(*) FROM shelf_case WHERE subject = $1`, me) != 1 {
			t.Error("the case went with the account, against its own rule")
		}
		list, err := p.keeps.Latest(t.Context(), 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("there are %d disposals, %v", len(list), err)
		}
		var file []byte
		if err := p.Store.DB.View(t.Context(), func(tx *db.Tx) (err error) { file, err = p.keeps.Certificate(tx, list[0].ID); return err }); err != nil {
			t.Fatal(err)
		}
		c, err := retention.Verify(file, p.Ring.Vkey())
		if err != nil || c.State != retention.Final || c.Person != me || len(c.Items) == 0 || c.Items[0].Kind != holdings.Account {
			t.Errorf("the certificate: %+v, %v", c, err)
		}
	})
}
