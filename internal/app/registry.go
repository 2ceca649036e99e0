package app

import (
	"io/fs"

	"portico/internal/account"
	"portico/internal/analytics"
	"portico/internal/audit"
	"portico/internal/backup"
	"portico/internal/cabinet"
	"portico/internal/cases"
	"portico/internal/changes"
	"portico/internal/consent"
	"portico/internal/contact"
	"portico/internal/contact/complaint"
	"portico/internal/cookies"
	"portico/internal/deferral"
	"portico/internal/demo"
	"portico/internal/desk"
	"portico/internal/documents"
	"portico/internal/drafts"
	"portico/internal/forms"
	"portico/internal/holdings"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/recovery"
	"portico/internal/instance"
	"portico/internal/ledger"
	"portico/internal/login"
	"portico/internal/mandates"
	"portico/internal/news"
	"portico/internal/notify"
	"portico/internal/payments"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/privacy"
	"portico/internal/proof"
	"portico/internal/recipients"
	"portico/internal/retention"
	"portico/internal/retention/handover"
	"portico/internal/rights"
	"portico/internal/rights/correct"
	"portico/internal/rights/visitor"
	"portico/internal/services"
	"portico/internal/services/preview"
	"portico/internal/staff"
	"portico/internal/staysout"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// Migrations are the schemas of all features.
func Migrations() []fs.FS {
	return []fs.FS{
		account.Migrations(),
		analytics.Migrations(),
		audit.Migrations(),
		backup.Migrations(),
		cases.Migrations(),
		changes.Migrations(),
		contact.Migrations(),
		complaint.Migrations(),
		consent.Migrations(),
		deferral.Migrations(),
		desk.Migrations(),
		documents.Migrations(),
		drafts.Migrations(),
		identity.Migrations(),
		factor.Migrations(),
		recovery.Migrations(),
		instance.Migrations(),
		jobs.Migrations(),
		ledger.Migrations(),
		login.Migrations(),
		mandates.Migrations(),
		payments.Migrations(),
		notify.Migrations(),
		proof.Migrations(),
		recipients.Migrations(),
		retention.Migrations(),
		handover.Migrations(),
		rights.Migrations(),
		visitor.Migrations(),
		correct.Migrations(),
		staff.Migrations(),
		staysout.Migrations(),
		uploads.Migrations(),
		vault.Migrations(),
	}
}

// Holdings declare what every column of the store holds (I1).
func Holdings() (all []db.Table) {
	for _, tables := range [][]db.Table{
		account.Holding(),
		analytics.Holding(),
		audit.Holding(),
		backup.Holding(),
		cases.Holding(),
		changes.Holding(),
		contact.Holding(),
		complaint.Holding(),
		consent.Holding(),
		deferral.Holding(),
		desk.Holding(),
		documents.Holding(),
		drafts.Holding(),
		identity.Holding(),
		factor.Holding(),
		recovery.Holding(),
		instance.Holding(),
		jobs.Holding(),
		ledger.Holding(),
		login.Holding(),
		mandates.Holding(),
		payments.Holding(),
		notify.Holding(),
		proof.Holding(),
		recipients.Holding(),
		retention.Holding(),
		handover.Holding(),
		rights.Holding(),
		visitor.Holding(),
		correct.Holding(),
		staff.Holding(),
		staysout.Holding(),
		uploads.Holding(),
		vault.Holding(),
	} {
		all = append(all, tables...)
	}
	return all
}

// Locales are the sentences of all features.
func Locales() []fs.FS {
	return []fs.FS{
		account.Locales(),
		analytics.Locales(),
		audit.Locales(),
		cabinet.Locales(),
		cases.Locales(),
		changes.Locales(),
		consent.Locales(),
		contact.Locales(),
		complaint.Locales(),
		cookies.Locales(),
		deferral.Locales(),
		demo.Locales(),
		drafts.Locales(),
		desk.Locales(),
		documents.Locales(),
		forms.Locales(),
		holdings.Locales(),
		identity.Locales(),
		recovery.Locales(),
		jobs.Locales(),
		login.Locales(),
		mail.Locales(),
		mandates.Locales(),
		payments.Locales(),
		news.Locales(),
		notify.Locales(),
		policy.Locales(),
		privacy.Locales(),
		preview.Locales(),
		proof.Locales(),
		recipients.Locales(),
		retention.Locales(),
		handover.Locales(),
		rights.Locales(),
		visitor.Locales(),
		correct.Locales(),
		services.Locales(),
		staff.Locales(),
		uploads.Locales(),
		vault.Locales(),
		web.Locales(),
	}
}
