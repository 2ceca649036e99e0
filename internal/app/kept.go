package app

import (
	"portico/internal/account"
	"portico/internal/cases"
	"portico/internal/changes"
	"portico/internal/contact"
	"portico/internal/contact/complaint"
	"portico/internal/desk"
	"portico/internal/documents"
	"portico/internal/drafts"
	"portico/internal/holdings"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/recovery"
	"portico/internal/login"
	"portico/internal/mandates"
	"portico/internal/notify"
	"portico/internal/payments"
	"portico/internal/recipients"
	"portico/internal/rights"
	"portico/internal/rights/correct"
	"portico/internal/rights/visitor"
	"portico/internal/staff"
	"portico/internal/staysout"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// Kept are the kinds of things that all features keep of people.
func Kept() (all []holdings.Kind) {
	for _, kinds := range [][]holdings.Kind{
		account.Kept(),
		cases.Kept(),
		changes.Kept(),
		contact.Kept(),
		complaint.Kept(),
		desk.Kept(),
		documents.Kept(),
		drafts.Kept(),
		factor.Kept(),
		identity.Kept(),
		login.Kept(),
		mandates.Kept(),
		notify.Kept(),
		payments.Kept(),
		recipients.Kept(),
		recovery.Kept(),
		rights.Kept(),
		staff.Kept(),
		staysout.Kept(),
		uploads.Kept(),
		vault.Kinds(),
		visitor.Kept(),
		correct.Kept(),
	} {
		all = append(all, kinds...)
	}
	return all
}
