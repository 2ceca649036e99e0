package vault_test

import (
	"errors"
	"testing"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// TestI6_ARestrictionAndAnObjectionActAtTheNextUse holds both ways of reading
// to it, and that each denial can be decided again from the log (I4).
func TestI6_ARestrictionAndAnObjectionActAtTheNextUse(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		p := policytest.Compile(t)
		s := vaulttest.Open(t, d, p)
		objected := map[string]bool{}
		v := vault.New(vault.Config{DB: d, Ring: s.Ring, Log: s.Log, Clock: s.Clock, Policy: func() *policy.Policy { return p },
			Objected: func(_ *db.Tx, _, purpose string) (bool, error) { return objected[purpose], nil }})
		me := s.Subject(t)
		s.Collect(t, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Scope: vault.Profile},
			map[string]string{policy.FieldName: "Aishath"})
		own := vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: me}, Subject: me, Activity: policy.ActivityAccount, Operation: policy.Use,
			Scope: vault.Profile, Fields: []string{policy.FieldName}}
		official := own
		official.Actor = policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"permit-officer"}, Strong: true}
		official.Activity, official.Task = "road-permit.decide", policy.Task{Scope: vault.Profile, Holder: "shifa", Open: true}
		set := func(change func(*db.Tx) error) {
			t.Helper()
			if err := d.Update(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(when string, want policy.Reason) {
			t.Helper()
			_, err := v.Read(t.Context(), official)
			inTx := v.Update(t.Context(), func(tx *db.Tx) error {
				permit, err := v.Permit(tx, official)
				if err == nil {
					_, err = v.Open(tx, permit)
				}
				return err
			})
			for way, err := range map[string]error{"a read": err, "a transaction": inTx} {
				if got := reasonOf(err); got != want {
					t.Errorf("%s, %s: %s, not %s", when, way, got, want)
				}
			}
			if _, err := v.Read(t.Context(), own); err != nil {
				t.Errorf("%s: the person's own use: %v", when, err)
			}
		}
		expect("before", policy.ReasonAllowed)
		set(func(tx *db.Tx) error { return v.SetRestricted(tx, me, true) })
		expect("restricted", policy.ReasonRestricted)
		set(func(tx *db.Tx) error { return v.SetRestricted(tx, me, false) })
		expect("lifted", policy.ReasonAllowed)
		objected["services"] = true
		expect("the gate does not say so yet", policy.ReasonAllowed)
		set(func(tx *db.Tx) error { return v.SetObjected(tx, me, true) })
		expect("objected", policy.ReasonObjected)
		delete(objected, "services")
		objected["access"] = true
		expect("objected to another purpose", policy.ReasonAllowed)
		denials := 0
		for _, e := range s.Events(t, me) {
			if e.Kind != audit.KindDenied {
				continue
			}
			denials++
			req, err := vault.Replay(&e)
			if got := p.Decide(&req, nil); err != nil || got.Allowed || got.Reason.String() != e.Reason {
				t.Errorf("event %d replays to %s, not %s: %v", e.N, got.Reason, e.Reason, err)
			}
		}
		if denials < 2 {
			t.Errorf("%d denials are in the log", denials)
		}
	}, audit.Migrations(), vault.Migrations())
}

func reasonOf(err error) policy.Reason {
	if err == nil {
		return policy.ReasonAllowed
	}
	var d *policy.Denied
	if errors.As(err, &d) {
		return d.Decision.Reason
	}
	return policy.ReasonUndecided
}
