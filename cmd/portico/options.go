package main

import (
	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/instance"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/privacy"
	"portico/internal/proof"
	"portico/internal/services"
	"portico/internal/vault"
)

// loadOptions is what check needs to know of the program.
func loadOptions() (instance.Options, error) {
	c, err := i18n.Load(
		audit.Locales(), cases.Locales(), forms.Locales(), jobs.Locales(), mail.Locales(), policy.Locales(),
		privacy.Locales(), proof.Locales(), services.Locales(), vault.Locales(), web.Locales(),
	)
	return instance.Options{Catalogue: c, Controls: proof.ControlIDs()}, err
}
