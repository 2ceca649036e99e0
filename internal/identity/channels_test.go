package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/vault"
)

// TestChannelsOfAnAccount: a channel belongs to one account, is told of what
// happens, signs in, and the last one stays.
func TestChannelsOfAnAccount(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		me, other := p.person(t, email), p.person(t, "other@example.mv")
		phone := credential.Contact{Field: policy.FieldPhone, Value: "+9607771234"}
		add := func(subject string, c credential.Contact) error {
			return p.Vault.Update(t.Context(), func(tx *db.Tx) error {
				permit, err := p.Vault.Permit(tx, vault.Use{
					Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount,
					Operation: policy.Collect, Scope: vault.Profile, Fields: []string{c.Field},
				})
				if err != nil {
					return err
				}
				if err := p.Vault.Put(tx, permit, []vault.Value{{Field: c.Field, Text: c.Value, Source: policy.SourceForm}}); err != nil {
					return err
				}
				return p.AddChannel(tx, subject, c)
			})
		}
		if err := add(me, phone); err != nil {
			t.Fatal(err)
		}
		if err := add(other, phone); fault.KindOf(err) != fault.Conflict {
			t.Errorf("somebody else's number: %v", err)
		}
		var list []identity.Channel
		if err := p.DB.View(t.Context(), func(tx *db.Tx) (err error) { list, err = p.Channels(tx, me); return err }); err != nil {
			t.Fatal(err)
		}
		if len(list) != 2 || !list[1].Seasoned.Equal(list[1].Since.Add(identity.Season)) || !list[0].Seasoned.Equal(list[0].Since) {
			t.Errorf("channels: %+v", list)
		}
		p.signIn(t, p.browse(t), "777 1234", good, 200)

		p.update(t, func(tx *db.Tx) error { return p.Notify(tx, me, "identity.message.password", "en") })
		p.mail(t)
		told := strings.Join(p.post.sent, "\n")
		if len(p.post.sent) != 2 || !strings.Contains(told, email) || !strings.Contains(told, phone.Value) {
			t.Errorf("told: %s", told)
		}

		p.update(t, func(tx *db.Tx) error {
			return p.RemoveChannel(tx, me, credential.Contact{Field: policy.FieldEmail, Value: email})
		})
		p.signIn(t, p.browse(t), email, good, 422)
		p.signIn(t, p.browse(t), "777 1234", good, 200)
		err := p.DB.Update(t.Context(), func(tx *db.Tx) error { return p.RemoveChannel(tx, me, phone) })
		if fault.From(err).Code != identity.ErrLastChannel.Code {
			t.Errorf("the last channel: %v", err)
		}

		b := p.browse(t)
		p.signIn(t, b, "777 1234", good, 200)
		p.update(t, func(tx *db.Tx) error {
			if err := p.Vault.Append(tx, audit.Event{Kind: audit.KindAccount, Subject: me, Reason: "closed", Actor: audit.Actor{Kind: "person", ID: me}}); err != nil {
				return err
			}
			return p.Close(tx, me, p.Store.Clock.Now(), phone)
		})
		if resp := b.Get(security); resp.StatusCode != 303 {
			t.Errorf("a session of a closed account opens a page: %d", resp.StatusCode)
		}
		p.signIn(t, p.browse(t), "777 1234", good, 422)
		if err := add(other, phone); err != nil {
			t.Errorf("the number of a closed account is nobody's: %v", err)
		}
	})
}

// TestO7_AnAccountThatClosesAgainInARestoredStoreIsKeptNoLonger: it counts from
// when its owner asked, not from when it closed or was restored.
func TestO7_AnAccountThatClosesAgainInARestoredStoreIsKeptNoLonger(t *testing.T) {
	p := one(t)
	me := p.person(t, email)
	asked := p.Store.Clock.Now()
	p.Store.Clock.Advance(31 * 24 * time.Hour)
	p.update(t, func(tx *db.Tx) error {
		mine, err := p.Replay(tx, ledger.Act{Subject: me, Ref: fmt.Sprintf("account-state:closed:%d", clock.Micros(asked)), At: asked.AddDate(0, 0, 30)})
		if !mine {
			t.Error("identity does not know its own act")
		}
		return err
	})
	var state string
	var at int64
	if err := p.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT state, changed_at FROM identity_account WHERE subject = $1`, me).Scan(&state, &at)
	}); err != nil || state != string(identity.Closed) || at != clock.Micros(asked) {
		t.Errorf("%s since %v: %v", state, clock.FromMicros(at), err)
	}
}

// update runs fn in a transaction.
func (p *portal) update(t *testing.T, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := p.Vault.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
