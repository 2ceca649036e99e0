package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// ActivityColleagues is the duty by which officials see each other's names when
// they hand over work. An instance that does not declare it shows references.
const ActivityColleagues = "staff-colleagues"

// maxColleagues bounds how many officials a page offers to choose from.
const maxColleagues = 100

// Colleague is an official as others see them.
type Colleague struct {
	Subject   string
	Reference string
	Roles     []string
	Working   bool // not invited only, suspended or removed
}

// Colleagues lists the officials who have one of these roles now, and those
// among also whatever their roles, in the order of their references.
func (s *Service) Colleagues(ctx context.Context, roles []string, also ...string) (list []Colleague, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = s.colleagues(tx, roles, also)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list colleagues: %w", err)
	}
	return list, nil
}

func (s *Service) colleagues(tx *db.Tx, roles, also []string) (list []Colleague, err error) {
	for after := ""; len(list) < maxColleagues; {
		members, err := selectMembers(tx, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			after = m.Reference
			if !slices.ContainsFunc(m.Roles, func(r string) bool { return slices.Contains(roles, r) }) && !slices.Contains(also, m.Subject) {
				continue
			}
			state, err := s.Identity.State(tx, web.RealmStaff, m.Subject)
			if err != nil {
				return nil, err
			}
			list = append(list, Colleague{Subject: m.Subject, Reference: m.Reference, Roles: m.Roles, Working: state == identity.Open})
		}
		if len(members) < pageSize {
			break
		}
	}
	return list, nil
}

// Working are the officials who have one of these roles now, and work.
func (s *Service) Working(tx *db.Tx, roles []string) (subjects []string, err error) {
	list, err := s.colleagues(tx, roles, nil)
	for _, c := range list {
		if c.Working {
			subjects = append(subjects, c.Subject)
		}
	}
	return subjects, err
}

// Official returns the roles and the party of an official, and whether they
// work now (cases.Officials). Who is no official does not.
func (s *Service) Official(tx *db.Tx, subject string) (roles []string, party string, working bool, err error) {
	if _, err := selectMember(tx, subject); errors.Is(err, db.ErrNoRows) {
		return nil, "", false, nil
	}
	if roles, party, err = s.Roles(tx, subject); err != nil {
		return nil, "", false, err
	}
	state, err := s.Identity.State(tx, web.RealmStaff, subject)
	if err != nil {
		return nil, "", false, fmt.Errorf("see whether an official works: %w", err)
	}
	return roles, party, state == identity.Open, nil
}

// Names opens the names of officials through the gate, each an event of theirs.
// Where the policy does not let this actor, there are none.
func (s *Service) Names(ctx context.Context, who policy.Actor, subjects []string) (map[string]string, error) {
	return s.NamesFor(ctx, ActivityColleagues, who, subjects)
}

// NamesFor is Names under another activity that declares them.
func (s *Service) NamesFor(ctx context.Context, activity string, who policy.Actor, subjects []string) (map[string]string, error) {
	names := map[string]string{}
	if _, declared := s.Policy().Activity(activity); !declared {
		return names, nil
	}
	for _, subject := range subjects {
		values, err := s.Vault.Read(ctx, vault.Use{
			Actor: who, Subject: subject, Activity: activity, Operation: policy.Use, Scope: vault.Profile,
			Fields: []string{policy.FieldStaffName},
		})
		if fault.KindOf(err) == fault.Denied {
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("open the name of a colleague: %w", err)
		}
		names[subject] = values.Text(policy.FieldStaffName)
	}
	return names, nil
}
