package account

import (
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Vouched is what a login says of somebody: values with their source, and the
// level that it gives. Had is what the account has had until then.
type Vouched struct {
	Level  web.Level
	Party  string
	Values []vault.Value
	Had    vault.Values
}

// What a login cannot be believed to have vouched for.
var (
	ErrOtherNumber = fault.New(fault.Conflict, "account.vouched.other") // an official saw another number
	ErrNumberTaken = fault.New(fault.Conflict, "account.verify.taken")
)

// TakeVouched takes what a login says of somebody into their profile; what was
// another there stays as history. From the level
// of a national login on, the identity number is verified by that: it belongs
// to nobody else, and is no other than the one that was verified before.
func (s *Service) TakeVouched(tx *db.Tx, subject string, v Vouched) error {
	now := s.Clock.Now()
	if err := closeVisits(tx, subject, now); err != nil {
		return err // whoever compares a card looks again
	}
	var fields []string
	var put []vault.Value
	before := v.Had.Text(policy.FieldIdentityNumber)
	number := before
	for _, value := range v.Values {
		fields = append(fields, value.Field)
		put = append(put, v.Had.Replace(value, now)...)
		if value.Field == policy.FieldIdentityNumber {
			number = value.Text
		}
	}
	had, err := selectVerification(tx, subject)
	if err != nil {
		return err
	}
	if had.ID != "" && number != before {
		return ErrOtherNumber
	}
	if len(fields) > 0 {
		if err := s.put(tx, subject, vault.Profile, put...); err != nil {
			return err
		}
	}
	if v.Level < web.LevelNational && len(fields) == 0 {
		return nil
	}
	if v.Level < web.LevelNational {
		return s.note(tx, subject, "details-vouched", fields...)
	}
	if _, err := endVerifications(tx, subject, now); err != nil {
		return err
	}
	if err := s.Vault.Index(tx, policy.FieldIdentityNumber, subject, number); fault.KindOf(err) == fault.Conflict && err != nil {
		return ErrNumberTaken
	} else if err != nil {
		return err
	}
	if err := insertVerification(tx, subject, Verification{ID: id.New(now), Level: v.Level, Party: v.Party, At: now}); err != nil {
		return err
	}
	return s.note(tx, subject, "identity-vouched", fields...)
}

// Unvouch takes back a verification that only a login gave, when the account is
// connected with it no more.
func (s *Service) Unvouch(tx *db.Tx, subject, number string) error {
	v, err := selectVerification(tx, subject)
	if err != nil || v.Level < web.LevelNational {
		return err
	}
	return s.endVerification(tx, subject, number)
}
