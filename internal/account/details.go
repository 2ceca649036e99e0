package account

import (
	"context"
	"fmt"

	"portico/internal/identity/profile"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/vault"
)

// compared are the details that an official compares with an identity card:
// what is changed of them was not compared.
func compared(field string) bool {
	return field == policy.FieldName || field == policy.FieldBirthDate || field == policy.FieldIdentityNumber
}

// detailsOf are the details among the values of a profile.
func detailsOf(values vault.Values) profile.Details {
	return profile.Details{
		Name: values.Text(policy.FieldName), BirthDate: values.Text(policy.FieldBirthDate),
		IdentityNumber: values.Text(policy.FieldIdentityNumber), Address: values.Text(policy.FieldAddress),
	}
}

// Details are what somebody says of themselves.
func (s *Service) Details(ctx context.Context, subject string) (profile.Details, error) {
	values, err := s.Stated(ctx, subject)
	return detailsOf(values), err
}

// Stated are those values, each with its source.
func (s *Service) Stated(ctx context.Context, subject string) (vault.Values, error) {
	return s.read(ctx, subject, vault.Profile, policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber, policy.FieldAddress)
}

// checkDetails says what is wrong with tidy details, or nil.
func (s *Service) checkDetails(d profile.Details) error {
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	if wrong := d.Check(number.Pattern, s.Clock.Now().In(s.Zone())); len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return nil
}

// ChangeDetails replaces what somebody says of themselves, at once: they
// entered it, so they change it (M21); what it was before stays as history (O14). It reports whether anything changed.
// What an official compared with a card is compared no more when it changes.
func (s *Service) ChangeDetails(ctx context.Context, subject string, d profile.Details) (changed bool, err error) {
	d = d.Tidy()
	if err := s.checkDetails(d); err != nil {
		return false, err
	}
	had, err := s.Stated(ctx, subject)
	if err != nil {
		return false, err
	}
	old := detailsOf(had)
	var values []vault.Value
	var fields []string
	seen := false
	for _, v := range d.Values() {
		if had.Text(v.Field) != v.Text {
			values, fields, seen = append(values, had.Replace(v, s.Clock.Now())...), append(fields, v.Field), seen || compared(v.Field)
		}
	}
	if len(values) == 0 {
		return false, nil
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if seen {
			if err := closeVisits(tx, subject, s.Clock.Now()); err != nil {
				return err // whoever compares a card looks again
			}
			if err := s.endVerification(tx, subject, old.IdentityNumber); err != nil {
				return err
			}
		}
		if err := s.put(tx, subject, vault.Profile, values...); err != nil {
			return err
		}
		return s.note(tx, subject, "details-changed", fields...)
	})
	if err != nil {
		return false, fmt.Errorf("change somebody's details: %w", err)
	}
	return true, nil
}

// endVerification takes back that somebody's identity number is verified, if
// it is: it belongs to nobody then.
func (s *Service) endVerification(tx *db.Tx, subject, number string) error {
	ended, err := endVerifications(tx, subject, s.Clock.Now())
	if err != nil || !ended {
		return err
	}
	if err := s.Vault.Took(tx, ledger.Revoke, subject, refVerification); err != nil {
		return err
	}
	if err := s.Vault.Unindex(tx, policy.FieldIdentityNumber, subject, number); err != nil {
		return err
	}
	return s.note(tx, subject, "verification-ended", policy.FieldIdentityNumber)
}
