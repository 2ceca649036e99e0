package visitor

import (
	"fmt"
	"slices"
	"strings"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/rights"
)

// reachMax bounds whom one request is about.
const reachMax = 200

// reachUse is what the hashes are made for.
const reachUse = "visitor-reach"

// compared is how a contact, or an identity number, is compared.
func compared(c credential.Contact) string { return c.Field + "\n" + c.Value }

// parse reads what is sealed in a field as what somebody is found by.
func (s *Service) parse(field, value string) (credential.Contact, bool) {
	if field == policy.FieldIdentityNumber {
		return credential.Contact{Field: field, Value: strings.ToUpper(strings.TrimSpace(value))}, value != ""
	}
	return s.Identity.ParseContact(value)
}

// Reach has somebody without an account found by what they gave in a field of
// something, and no more by what stood there before.
func (s *Service) Reach(tx *db.Tx, subject, scope, field string, given ...credential.Contact) error {
	account, err := s.Identity.HasAccount(tx, subject)
	if err == nil && !account {
		err = deleteReach(tx, subject, scope, field)
	}
	for _, c := range given {
		if err == nil && !account {
			err = insertReach(tx, subject, scope, field, s.Key.Index(reachUse, compared(c)))
		}
	}
	if err != nil {
		return fmt.Errorf("have somebody found by what they gave: %w", err)
	}
	return nil
}

// Names has somebody found by what an application names in a field, if people
// are known by that. By a number nobody is found, but told apart.
func (s *Service) Names(tx *db.Tx, subject, scope, field, value string) error {
	if !slices.Contains(reaching(), field) {
		return nil
	}
	if c, ok := s.parse(field, value); ok {
		return s.Reach(tx, subject, scope, field, c)
	}
	return nil
}

// Reached finds those without an account whom the contacts reach of who asks. A
// contact may be shared, or have been somebody else's once: of whom an identity
// number is known, only whoever was verified by that finds them, in a cabinet or
// by an official. Others says that there are some who are not found for that.
func (s *Service) Reached(tx *db.Tx, a rights.Asker) (list []string, others bool, err error) {
	number, _ := s.parse(policy.FieldIdentityNumber, a.Number)
	mine := s.Key.Index(reachUse, compared(number))
	for _, c := range a.Contacts {
		found, err := selectReach(tx, s.Key.Index(reachUse, compared(c)), reachMax)
		for _, one := range found {
			if err != nil {
				break
			}
			var account bool
			if account, err = s.Identity.HasAccount(tx, one); err != nil || account || one == a.Subject {
				continue
			}
			var known [][]byte
			known, err = selectHashes(tx, one, policy.FieldIdentityNumber)
			switch same := a.Number != "" && slices.ContainsFunc(known, func(h []byte) bool { return slices.Equal(h, mine) }); {
			case same || len(known) == 0 && !a.Told:
				list = append(list, one)
			case len(known) > 0:
				others = true
			}
		}
		if err != nil {
			return nil, false, fmt.Errorf("find whom a contact reaches: %w", err)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), others, nil
}

// Asked are the requests of those without an account that name a contact of who
// asks, and that nobody has begun to answer. Of whom an identity number is known,
// only whoever was verified by that is told of one.
func (s *Service) Asked(tx *db.Tx, a rights.Asker) (list []*rights.Request, err error) {
	whose, _, err := s.Reached(tx, a)
	for _, c := range a.Contacts {
		if err != nil {
			break
		}
		var named []string
		if named, err = selectNamed(tx, s.Key.Index(reachUse, compared(c)), reachMax); err != nil {
			break
		}
		for _, one := range named {
			r, err := s.Rights.Row(tx, strings.TrimPrefix(one, "right:"))
			if err != nil {
				return nil, fmt.Errorf("find a request: %w", err)
			}
			if r == nil || !slices.Contains(whose, r.Subject) || !r.Outside() || r.State != rights.Waiting && r.State != rights.Taken || !r.Appealed.IsZero() {
				continue
			}
			with, err := s.Rights.Corrections.Open(tx, r.ID)
			if err != nil {
				return nil, fmt.Errorf("look who corrects: %w", err)
			}
			if len(with) == 0 && !slices.ContainsFunc(list, func(o *rights.Request) bool { return o.ID == r.ID }) {
				list = append(list, r)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look for what somebody asked without an account: %w", err)
	}
	return list, nil
}

// Reindex has people found again in a store that was restored without the
// hashes: by what stands in the field now, and in a request by all of it.
func (s *Service) Reindex(tx *db.Tx) error {
	list, err := selectReaching(tx)
	for _, at := range list {
		subject, scope, field := at[0], at[1], at[2]
		hashes, err := s.Vault.Rehash(tx, reachUse, field, subject, scope, func(value string) (string, bool) {
			c, ok := s.parse(field, value)
			return compared(c), ok
		})
		if err == nil {
			err = deleteReach(tx, subject, scope, field)
		}
		if n := len(hashes); n > 1 && !strings.HasPrefix(scope, "right:") {
			hashes = hashes[n-1:]
		}
		for _, h := range hashes {
			if err == nil {
				err = insertReach(tx, subject, scope, field, h)
			}
		}
		if err != nil {
			return fmt.Errorf("have people found again: %w", err)
		}
	}
	if err != nil {
		return fmt.Errorf("list who is found by what: %w", err)
	}
	return nil
}
