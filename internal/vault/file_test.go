package vault_test

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// filing is a person's use of the files of a question, in the scope of a case.
func filing(subject string, op policy.Operation) vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: "road-permit.apply",
		Operation: op, Scope: "case:1", Fields: []string{"road-permit.road"},
	}
}

var plan = vault.File{ID: "f1", Field: "road-permit.road"}

func TestI3_AFileIsNeitherReadNorWrittenBeforeItsEventIsDurable(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		var h *vault.Files
		var sealed bytes.Buffer
		if err := s.Update(t.Context(), func(tx *db.Tx) error {
			p, err := s.Permit(tx, filing(subject, policy.Collect))
			if err != nil {
				return err
			}
			if h, err = s.NewFile(tx, p, plan); err != nil {
				return err
			}
			if _, err := h.Sealer(&sealed, plan.ID, 0, 0); err == nil {
				t.Error("it is written before the commit")
			}
			if _, err := s.NewFile(tx, p, plan); err == nil {
				t.Error("the permit serves twice")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w, err := h.Sealer(&sealed, plan.ID, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("dhigu magu")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Reader(&sealed, plan.ID, 0); err == nil {
			t.Error("a permit to collect reads")
		}
		if err := s.Update(t.Context(), func(tx *db.Tx) error {
			p, err := s.Permit(tx, filing(subject, policy.Use))
			if err != nil {
				return err
			}
			if h, err = s.OpenFiles(tx, p, plan); err != nil {
				return err
			}
			if _, err := h.Reader(&sealed, plan.ID, 0); err == nil {
				t.Error("it is read before the commit")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Sealer(io.Discard, plan.ID, 0, 0); err == nil {
			t.Error("a permit to use writes")
		}
		if _, err := h.Reader(&sealed, "f2", 0); err == nil {
			t.Error("a file is read that the permit was not spent on")
		}
		r, err := h.Reader(&sealed, plan.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "dhigu magu" {
			t.Errorf("read %q, %v", got, err)
		}
		events := s.Events(t, subject)
		if len(events) != 2 || events[0].Kind != audit.KindCollect || events[1].Kind != audit.KindAccess || events[1].Facts["files"] != plan.ID {
			t.Errorf("recorded are %+v", events)
		}
	})
}

func TestI2_AFileOfAnotherFieldIsNotThePermits(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		err := s.Update(t.Context(), func(tx *db.Tx) error {
			p, err := s.Permit(tx, filing(subject, policy.Collect))
			if err != nil {
				return err
			}
			_, err = s.NewFile(tx, p, vault.File{ID: "f1", Field: "road-permit.remarks"})
			return err
		})
		if err == nil || len(s.Events(t, subject)) != 0 {
			t.Errorf("made a file of a field that was not permitted: %v", err)
		}
	})
}

func TestAForgottenFileOpensNoMore(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		pass := func(op policy.Operation, with func(*db.Tx, *vault.Permit) (*vault.Files, error)) error {
			return s.Update(t.Context(), func(tx *db.Tx) error {
				p, err := s.Permit(tx, filing(subject, op))
				if err != nil {
					return err
				}
				_, err = with(tx, p)
				return err
			})
		}
		if err := pass(policy.Collect, func(tx *db.Tx, p *vault.Permit) (*vault.Files, error) { return s.NewFile(tx, p, plan) }); err != nil {
			t.Fatal(err)
		}
		if err := s.Update(t.Context(), func(tx *db.Tx) error { return s.ForgetFile(tx, subject, plan.ID) }); err != nil {
			t.Fatal(err)
		}
		if err := pass(policy.Use, func(tx *db.Tx, p *vault.Permit) (*vault.Files, error) { return s.OpenFiles(tx, p, plan) }); err == nil {
			t.Error("it opens")
		}
	})
}

func TestI3_OneUseOpensValuesAndFilesWithOneEvent(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		subject := s.Subject(t)
		other := vault.File{ID: "f2", Field: "road-permit.road"}
		sealed := map[string][]byte{}
		if err := s.Update(t.Context(), func(tx *db.Tx) error {
			if err := s.NewScope(tx, subject, "case:1"); err != nil {
				return err
			}
			for _, f := range []vault.File{plan, other} {
				p, err := s.Permit(tx, filing(subject, policy.Collect))
				if err != nil {
					return err
				}
				h, err := s.NewFile(tx, p, f)
				if err == nil {
					sealed[f.ID], err = h.SealName(f.ID, f.ID+".pdf")
				}
				if err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		use := filing(subject, policy.Use)
		s.Collect(t, vault.Use{Actor: use.Actor, Subject: subject, Activity: use.Activity, Scope: use.Scope}, map[string]string{policy.FieldPhone: "7771234"})
		use.Fields = []string{policy.FieldPhone}
		there := []vault.File{plan, other}
		values, h, err := s.ReadWith(t.Context(), use, func(*db.Tx) ([]vault.File, error) {
			found := there
			if len(there) == 2 { // a file is destroyed between the look and the event
				there = there[:1]
				if err := s.Update(t.Context(), func(tx *db.Tx) error { return s.ForgetFile(tx, subject, other.ID) }); err != nil {
					return nil, err
				}
			}
			return found, nil
		})
		if err != nil || values.Text(policy.FieldPhone) != "7771234" {
			t.Fatalf("read %v, %v", values, err)
		}
		if name, err := h.Name(plan.ID, sealed[plan.ID]); name != "f1.pdf" || err != nil {
			t.Errorf("the file is called %q, %v", name, err)
		}
		if name, err := h.Name(other.ID, sealed[other.ID]); err == nil {
			t.Errorf("a file that was destroyed is called %q", name)
		}
		events := s.Events(t, subject)
		last := events[len(events)-1]
		if len(events) != 4 || last.Kind != audit.KindAccess || last.Facts["files"] != plan.ID || !slices.Contains(last.Fields, plan.Field) || !slices.Contains(last.Fields, policy.FieldPhone) {
			t.Errorf("recorded are %+v", events)
		}
		if _, _, err := s.ReadWith(t.Context(), use, func(*db.Tx) ([]vault.File, error) {
			return []vault.File{{ID: plan.ID, Field: "profile.secret"}}, nil
		}); err == nil || len(s.Events(t, subject)) > 5 {
			t.Errorf("a file of a field that the activity does not have opens: %v", err)
		}
	})
}
