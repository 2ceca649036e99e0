package vault_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// each runs a test on a fresh store of each engine.
func each(t *testing.T, run func(t *testing.T, s *vaulttest.Store)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		run(t, vaulttest.Open(t, d, policytest.Compile(t)))
	}, audit.Migrations(), vault.Migrations())
}

// own is a person's use of their own profile.
func own(subject string, fields ...string) vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject,
		Activity: policy.ActivityAccount, Operation: policy.Use, Scope: vault.Profile, Fields: fields,
	}
}

const (
	name  = policy.FieldName
	email = policy.FieldEmail
)

func person(t *testing.T, s *vaulttest.Store) string {
	t.Helper()
	subject := s.Subject(t)
	s.Collect(t, own(subject), map[string]string{name: "Aishath Nasreena Ibrahim", email: "aishath@example.mv"})
	return subject
}

func TestReadRevealsWhatWasPutWithItsSource(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		values, err := s.Read(t.Context(), own(subject, name))
		if err != nil {
			t.Fatal(err)
		}
		v := values[name]
		if v.Text != "Aishath Nasreena Ibrahim" || v.Source != "form" || !v.At.Equal(s.Clock.Now()) {
			t.Errorf("read %+v", v)
		}
		if _, ok := values[email]; ok {
			t.Error("a field that was not asked for was revealed")
		}
	})
}

func TestI2_UnknownIsDenied(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		other := person(t, s)
		for what, change := range map[string]func(*vault.Use){
			"no actor":            func(u *vault.Use) { u.Actor = policy.Actor{} },
			"no id":               func(u *vault.Use) { u.Actor.ID = "" },
			"somebody else":       func(u *vault.Use) { u.Actor.ID = other },
			"unknown activity":    func(u *vault.Use) { u.Activity = "curiosity" },
			"no activity":         func(u *vault.Use) { u.Activity = "" },
			"unknown field":       func(u *vault.Use) { u.Fields = []string{name, "person.shoe-size"} },
			"undeclared field":    func(u *vault.Use) { u.Fields = []string{"road-permit.road"} },
			"no field":            func(u *vault.Use) { u.Fields = nil },
			"no operation":        func(u *vault.Use) { u.Operation = 0 },
			"unknown subject":     func(u *vault.Use) { u.Subject = "nobody"; u.Actor.ID = "nobody" },
			"no scope":            func(u *vault.Use) { u.Scope = "" },
			"an official's guess": func(u *vault.Use) { u.Actor.Kind = policy.Staff },
		} {
			use := own(subject, name)
			change(&use)
			values, err := s.Read(t.Context(), use)
			if fault.KindOf(err) != fault.Denied || values != nil {
				t.Errorf("%s: read %v, %v", what, values, err)
			}
			err = s.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, use)
				if p != nil {
					t.Errorf("%s: a permit", what)
				}
				return err
			})
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: permit: %v", what, err)
			}
		}
	})
}

func TestI2_APermitServesOnceInItsTransaction(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		var kept *vault.Permit
		err := s.Update(t.Context(), func(tx *db.Tx) error {
			p, err := s.Permit(tx, own(subject, name))
			if err != nil {
				return err
			}
			if _, err := s.Open(tx, p); err != nil {
				return err
			}
			if _, err := s.Open(tx, p); fault.KindOf(err) != fault.Denied {
				t.Errorf("opened twice: %v", err)
			}
			kept, err = s.Permit(tx, own(subject, name))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for what, p := range map[string]*vault.Permit{"of another transaction": kept, "zero": {}} {
			err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
				_, err := s.Open(tx, p)
				return err
			})
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("a permit %s opens: %v", what, err)
			}
		}
	})
}

// TestI2_OnlyTheVaultFillsAPermit: one that a feature could fill with a
// decision of its own making would pass one person's gate and write its event
// to nobody's log.
func TestI2_OnlyTheVaultFillsAPermit(t *testing.T) {
	permit := reflect.TypeFor[vault.Permit]()
	for i := range permit.NumField() {
		if f := permit.Field(i); f.IsExported() {
			t.Errorf("the field %s is exported", f.Name)
		}
	}
	if n := reflect.PointerTo(permit).NumMethod(); n > 0 {
		t.Errorf("%d methods are exported", n)
	}
}

func TestI2_ACopyOfAPermitOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		before := len(s.Events(t, subject))
		err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			p, err := s.Permit(tx, own(subject, name))
			if err != nil {
				return err
			}
			var again vault.Permit
			reflect.ValueOf(&again).Elem().Set(reflect.ValueOf(p).Elem())
			if _, err := s.Open(tx, &again); fault.KindOf(err) != fault.Denied {
				t.Errorf("a copy opens: %v", err)
			}
			_, err = s.Open(tx, p)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Events(t, subject)); n != before+1 {
			t.Errorf("one permit, %d events", n-before)
		}
	})
}

func TestI2_APermitExpires(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			p, err := s.Permit(tx, own(subject, name))
			if err != nil {
				return err
			}
			s.Clock.Advance(policy.Lifetime + time.Second)
			_, err = s.Open(tx, p)
			return err
		})
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("an old permit opens: %v", err)
		}
	})
}

func TestI2_PutTakesOnlyWhatThePermitIsFor(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		put := func(use vault.Use, v vault.Value) error {
			return s.DB.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, use)
				if err != nil {
					t.Fatal(err)
				}
				return s.Put(tx, p, []vault.Value{v})
			})
		}
		collect := own(subject, name)
		collect.Operation = policy.Collect
		if put(collect, vault.Value{Field: email, Text: "x", Source: "form"}) == nil {
			t.Error("a field beyond the permit was put")
		}
		if put(collect, vault.Value{Field: name, Text: "x"}) == nil {
			t.Error("a value without a source was put")
		}
		if put(own(subject, name), vault.Value{Field: name, Text: "x", Source: "form"}) == nil {
			t.Error("a permit to read wrote")
		}
		if err := put(collect, vault.Value{Field: name, Text: "Another Name", Source: "staff"}); err != nil {
			t.Error(err)
		}
		values, err := s.Read(t.Context(), own(subject, name))
		if err != nil || values.Text(name) != "Another Name" || values[name].Source != "staff" {
			t.Errorf("read %v, %v", values, err)
		}
	})
}

// TestI6_AValueThatWasReplacedIsReadNoMore: on PostgreSQL two who write one
// field for the first time are in each other's way at the gate only. The second
// replaces what the first wrote, which it could not see when it began.
func TestI6_AValueThatWasReplacedIsReadNoMore(t *testing.T) {
	d := testkit.Database(t, db.Postgres, audit.Migrations(), vault.Migrations())
	s := vaulttest.Open(t, d, policytest.Compile(t))
	subject := s.Subject(t)
	put := func(tx *db.Tx, text string) error {
		use := own(subject, name)
		use.Operation = policy.Collect
		p, err := s.Permit(tx, use)
		if err != nil {
			return err
		}
		return s.Put(tx, p, []vault.Value{{Field: name, Text: text, Source: "form"}})
	}
	second := make(chan error, 1)
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		if err := put(tx, "the first"); err != nil {
			return err
		}
		go func() { second <- d.Update(t.Context(), func(tx *db.Tx) error { return put(tx, "the second") }) }()
		return waitForLock(t.Context(), d)
	})
	if err := errors.Join(err, <-second); err != nil {
		t.Fatal(err)
	}
	var version int64
	if err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT version FROM vault_gate WHERE subject = $1`, subject).Scan(&version)
	}); err != nil {
		t.Fatal(err)
	}
	if version != 2 {
		t.Errorf("a value was replaced and the gate has version %d: who decided to read the first reads it still", version)
	}
}

// waitForLock waits until some transaction on this database waits for another.
func waitForLock(ctx context.Context, d *db.DB) error {
	for {
		var waiting int
		if err := d.View(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		}); err != nil || waiting > 0 {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestI3_NothingIsRevealedBeforeTheEventIsDurable(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		before := len(s.Events(t, subject))
		var h *vault.Handle
		open := func(end error) error {
			return s.DB.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, own(subject, name))
				if err != nil {
					return err
				}
				if h, err = s.Open(tx, p); err != nil {
					return err
				}
				if values, err := h.Reveal(); err == nil {
					t.Errorf("revealed %v inside the transaction", values)
				}
				return end
			})
		}
		failure := errors.New("the caller changed its mind")
		if err := open(failure); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		if values, err := h.Reveal(); err == nil {
			t.Errorf("revealed %v although the transaction failed", values)
		}
		if n := len(s.Events(t, subject)); n != before {
			t.Errorf("%d events after a failed transaction, %d before", n, before)
		}
		if err := open(nil); err != nil {
			t.Fatal(err)
		}
		values, err := h.Reveal()
		if err != nil || values.Text(name) == "" {
			t.Errorf("after the commit: %v, %v", values, err)
		}
		if n := len(s.Events(t, subject)); n != before+1 {
			t.Errorf("%d events after one use, %d before", n, before)
		}
	})
}

func TestI3_AStoreThatCannotCommitRevealsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if values, err := s.Read(ctx, own(subject, name)); err == nil {
			t.Errorf("revealed %v without a commit", values)
		}
		// The event cannot be written: the use fails as a whole.
		if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit_event (subject, n, at, leaf, sealed) SELECT subject, n + 1, 0, $1, $2 FROM vault_gate WHERE subject = $3`,
				[]byte("leaf"), []byte("x"), subject)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if values, err := s.Read(t.Context(), own(subject, name)); err == nil {
			t.Errorf("revealed %v without an event", values)
		}
	})
}

func TestI3_DenialsOfTheSignedInAreEvents(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject, nosy := person(t, s), person(t, s)
		use := own(subject, name)
		use.Actor.ID = nosy
		ask := func(scope string) {
			t.Helper()
			use.Scope = scope
			if _, err := s.Read(t.Context(), use); fault.KindOf(err) != fault.Denied {
				t.Fatalf("read: %v", err)
			}
		}
		denials := func() (n int) {
			for _, e := range s.Events(t, subject) {
				if e.Kind == audit.KindDenied {
					n++
				}
			}
			return n
		}
		for range 5 {
			ask(vault.Profile)
		}
		if n := denials(); n != 1 {
			t.Errorf("the same denial five times in a minute: %d events", n)
		}
		e := s.Events(t, subject)
		last := e[len(e)-1]
		if last.Reason != policy.ReasonNotOwnData.String() || last.Actor.ID != nosy || !slices.Equal(last.Fields, []string{name}) || last.Policy == "" {
			t.Errorf("the event says %+v", last)
		}
		s.Clock.Advance(61 * time.Second)
		ask(vault.Profile)
		if n := denials(); n != 2 {
			t.Errorf("again after a minute: %d events", n)
		}
		for i := range 100 {
			ask("case:" + strings.Repeat("x", i+1))
		}
		if n := denials(); n > 25 {
			t.Errorf("%d events of one actor in a minute: there is no budget", n)
		}
		before := s.Unrecorded()
		use.Actor = policy.Actor{}
		ask(vault.Profile)
		if s.Unrecorded() != before+1 {
			t.Error("the denial of nobody was not counted")
		}
	})
}

func TestI4_EachDecisionIsReplayedFromItsEvent(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := person(t, s)
		if err := s.DB.Update(t.Context(), func(tx *db.Tx) error { return s.NewScope(tx, subject, "case:1") }); err != nil {
			t.Fatal(err)
		}
		apply := own(subject)
		apply.Activity, apply.Scope, apply.Reference = "road-permit.apply", "case:1", "RP-1"
		s.Collect(t, apply, map[string]string{"road-permit.road": "Dhadimagu Hingun"})
		decide := vault.Use{
			Actor:   policy.Actor{Kind: policy.Staff, ID: "official", Roles: []string{"permit-officer", "administrator"}, Strong: true},
			Subject: subject, Activity: "road-permit.decide", Operation: policy.Use, Scope: "case:1",
			Fields: []string{"road-permit.road"}, Task: policy.Task{Scope: "case:1", Holder: "official", Open: true},
		}
		allowed, weak, closed, anothers, restricted := decide, decide, decide, decide, decide
		weak.Actor.Strong = false
		closed.Task.Open = false
		anothers.Task.Holder = "colleague"
		for _, use := range []vault.Use{allowed, weak, closed, anothers} {
			_, _ = s.Read(t.Context(), use)
		}
		if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE vault_gate SET restricted_at = 1, version = version + 1 WHERE subject = $1`, subject)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, _ = s.Read(t.Context(), restricted)
		_, _ = s.Read(t.Context(), own(subject, name))

		p := policytest.Compile(t)
		reasons := map[string]int{}
		for _, e := range s.Events(t, subject) {
			req, err := vault.Replay(&e)
			if err != nil {
				t.Fatal(err)
			}
			d := p.Decide(&req, nil)
			if d.Reason.String() != e.Reason || d.Allowed != (e.Kind != audit.KindDenied) || d.Purpose != e.Purpose ||
				d.Basis != e.Basis || d.Role != e.Actor.Role || d.Party != e.Actor.Party || p.Hash() != e.Policy {
				t.Errorf("replayed %+v from %+v", d, e)
			}
			reasons[e.Reason]++
		}
		for _, r := range []policy.Reason{policy.ReasonAllowed, policy.ReasonWeak, policy.ReasonTaskClosed, policy.ReasonTaskOfAnother, policy.ReasonRestricted} {
			if reasons[r.String()] == 0 {
				t.Errorf("no event with reason %s: %v", r, reasons)
			}
		}
	})
}

func TestI15_APersonsNumbersHaveNoGap(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		a, b := person(t, s), person(t, s)
		for i := range 20 {
			subject := []string{a, b}[i%2]
			if _, err := s.Read(t.Context(), own(subject, name)); err != nil {
				t.Fatal(err)
			}
			failed := errors.New("never mind")
			if err := s.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, own(subject, name))
				if err == nil {
					_, err = s.Open(tx, p)
				}
				return errors.Join(err, failed)
			}); !errors.Is(err, failed) {
				t.Fatal(err)
			}
		}
		for _, subject := range []string{a, b} {
			events := s.Events(t, subject)
			if len(events) != 11 { // one collected, ten read
				t.Errorf("%d events", len(events))
			}
			for i, e := range events {
				if e.N != int64(i+1) {
					t.Errorf("event %d has the number %d", i+1, e.N)
				}
			}
		}
	})
}

func TestO9_AValueOpensOnlyInItsPlace(t *testing.T) {
	const value = `UPDATE vault_value SET sealed = $1 WHERE subject = $2 AND field = $3`
	const key = `UPDATE vault_scope SET wrapped = $1 WHERE subject = $2 AND scope = $3`
	for what, change := range map[string]func(a, b string, sealed, wrapped []byte) (query string, args []any, use vault.Use){
		"another field": func(a, _ string, sealed, _ []byte) (string, []any, vault.Use) {
			return value, []any{sealed, a, email}, own(a, email)
		},
		"another person": func(_, b string, sealed, _ []byte) (string, []any, vault.Use) {
			return value, []any{sealed, b, name}, own(b, name)
		},
		"another scope": func(a, _ string, _, _ []byte) (string, []any, vault.Use) {
			use := own(a, name)
			use.Scope = "case:1"
			return `UPDATE vault_value SET scope = $1 WHERE subject = $2 AND field = $3`, []any{"case:1", a, name}, use
		},
		"another source": func(a, _ string, _, _ []byte) (string, []any, vault.Use) {
			return `UPDATE vault_value SET source = $1 WHERE subject = $2 AND field = $3`, []any{"party:register", a, name}, own(a, name)
		},
		"another time": func(a, _ string, _, _ []byte) (string, []any, vault.Use) {
			return `UPDATE vault_value SET at = at + 1 WHERE subject = $1 AND field = $2`, []any{a, name}, own(a, name)
		},
		"one bit changed": func(a, _ string, sealed, _ []byte) (string, []any, vault.Use) {
			sealed[len(sealed)/2] ^= 1
			return value, []any{sealed, a, name}, own(a, name)
		},
		"cut short": func(a, _ string, sealed, _ []byte) (string, []any, vault.Use) {
			return value, []any{sealed[:20], a, name}, own(a, name)
		},
		"another person's key": func(_, b string, _, wrapped []byte) (string, []any, vault.Use) {
			return key, []any{wrapped, b, vault.Profile}, own(b, name)
		},
		"another scope's key": func(a, _ string, _, wrapped []byte) (string, []any, vault.Use) {
			return key, []any{wrapped, a, vault.Evidence}, own(a, name)
		},
	} {
		t.Run(what, func(t *testing.T) {
			each(t, func(t *testing.T, s *vaulttest.Store) {
				a, b := person(t, s), person(t, s)
				var sealed, wrapped []byte
				err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
					if err := s.NewScope(tx, a, "case:1"); err != nil {
						return err
					}
					if err := tx.QueryRow(`SELECT sealed FROM vault_value WHERE subject = $1 AND field = $2`, a, name).Scan(&sealed); err != nil {
						return err
					}
					return tx.QueryRow(`SELECT wrapped FROM vault_scope WHERE subject = $1 AND scope = 'profile'`, a).Scan(&wrapped)
				})
				if err != nil {
					t.Fatal(err)
				}
				query, args, use := change(a, b, sealed, wrapped)
				if _, err := s.Read(t.Context(), own(use.Subject, use.Fields...)); err != nil {
					t.Fatalf("before the change: %v", err)
				}
				if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
					n, err := tx.Exec(query, args...)
					if err == nil && n != 1 {
						t.Errorf("%d rows changed", n)
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if values, err := s.Read(t.Context(), use); err == nil {
					t.Errorf("revealed %v", values)
				}
			})
		})
	}
}

func TestO9_EachItemOpensOnlyAsItself(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		a := person(t, s)
		first, second := id.New(s.Clock.Now()), id.New(s.Clock.Now().Add(time.Second))
		put := func(values ...vault.Value) error {
			use := own(a, name)
			use.Operation = policy.Collect
			return s.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, use)
				if err != nil {
					return err
				}
				return s.Put(tx, p, values)
			})
		}
		if err := put(vault.Value{Field: name, Item: second, Text: "Two", Source: "form"}, vault.Value{Field: name, Item: first, Text: "One", Source: "staff"}); err != nil {
			t.Fatal(err)
		}
		values, err := s.Read(t.Context(), own(a, name))
		if err != nil {
			t.Fatal(err)
		}
		items := values.Items(name)
		if len(items) != 2 || items[0].Text != "One" || items[0].Source != "staff" || items[1].Text != "Two" || items[1].Item != second {
			t.Errorf("the items are %+v", items)
		}
		if values.Text(name) != "Aishath Nasreena Ibrahim" {
			t.Errorf("the only value is %q", values.Text(name))
		}
		if err := put(vault.Value{Field: name, Item: "not an id", Text: "x", Source: "form"}); err == nil {
			t.Error("an item has a name that is no id")
		}
		// One item in the place of the other does not open.
		if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE vault_value SET item = $1 WHERE subject = $2 AND item = $3`, id.New(s.Clock.Now()), a, first)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if values, err := s.Read(t.Context(), own(a, name)); err == nil {
			t.Errorf("revealed %v", values)
		}
	})
}

func TestI6_OnlyReplacingAnItemMovesTheGate(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		a := person(t, s)
		use, item := own(a, name), id.New(s.Clock.Now())
		use.Operation = policy.Collect
		version := func() (v int64) {
			if err := s.DB.View(t.Context(), func(tx *db.Tx) error {
				return tx.QueryRow(`SELECT version FROM vault_gate WHERE subject = $1`, a).Scan(&v)
			}); err != nil {
				t.Fatal(err)
			}
			return v
		}
		put := func() {
			if err := s.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, use)
				if err != nil {
					return err
				}
				return s.Put(tx, p, []vault.Value{{Field: name, Item: item, Text: "x", Source: "form"}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		before := version()
		put()
		if now := version(); now != before {
			t.Errorf("a new item moved the gate from %d to %d", before, now)
		}
		put()
		if now := version(); now != before+1 {
			t.Errorf("replacing an item left the gate at %d", now)
		}
	})
}

func TestIndexFindsWhoHasTheIdentifier(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		a, b := s.Subject(t), s.Subject(t)
		do := func(fn func(tx *db.Tx) error) error { return s.DB.Update(t.Context(), fn) }
		if err := do(func(tx *db.Tx) error { return s.Index(tx, "email", a, "x@example.mv") }); err != nil {
			t.Fatal(err)
		}
		if err := do(func(tx *db.Tx) error { return s.Index(tx, "email", a, "x@example.mv") }); err != nil {
			t.Errorf("noted twice for the same person: %v", err)
		}
		if err := do(func(tx *db.Tx) error { return s.Index(tx, "email", b, "x@example.mv") }); fault.KindOf(err) != fault.Conflict {
			t.Errorf("noted for another: %v", err)
		}
		if err := do(func(tx *db.Tx) error { return s.Index(tx, "phone", b, "x@example.mv") }); err != nil {
			t.Errorf("of another kind: %v", err)
		}
		find := func(kind string) (who string, err error) {
			err = s.DB.View(t.Context(), func(tx *db.Tx) error {
				who, err = s.Find(tx, kind, "x@example.mv")
				return err
			})
			return who, err
		}
		if who, err := find("email"); err != nil || who != a {
			t.Errorf("found %q, %v", who, err)
		}
		if err := do(func(tx *db.Tx) error { return s.Unindex(tx, "email", a, "x@example.mv") }); err != nil {
			t.Fatal(err)
		}
		if who, err := find("email"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("found %q, %v", who, err)
		}
		if who, err := find("phone"); err != nil || who != b {
			t.Errorf("found %q, %v", who, err)
		}
	})
}

func TestASecretOpensForItsPersonAndPlaceOnly(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		a, b := s.Subject(t), s.Subject(t)
		err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			sealed, err := s.SealSecret(tx, a, "totp", []byte("JBSWY3DPEHPK3PXP"))
			if err != nil {
				return err
			}
			if plain, err := s.OpenSecret(tx, a, "totp", sealed); err != nil || string(plain) != "JBSWY3DPEHPK3PXP" {
				t.Errorf("opened %q, %v", plain, err)
			}
			if _, err := s.OpenSecret(tx, b, "totp", sealed); err == nil {
				t.Error("another's secret opens")
			}
			if _, err := s.OpenSecret(tx, a, "recovery", sealed); err == nil {
				t.Error("a secret of another place opens")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
