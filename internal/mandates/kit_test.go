package mandates_test

import (
	"testing"

	"portico/internal/audit"
	"portico/internal/mandates"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// declarations are those of an instance that serves companies too.
func declarations() *policy.Declarations {
	d := policytest.Declarations()
	text := func(s string) i18n.Text { return i18n.Text{"en": s, "dv": s} }
	for _, id := range []string{mandates.FieldName, mandates.FieldNumber, mandates.FieldInvited} {
		d.Fields = append(d.Fields, policy.Field{
			ID: id, Category: "contact", Name: text(id), Why: text("So that it is known for whom you act."),
			Sources: []string{policy.SourceForm, policy.SourceSystem}, Identifies: "indirectly",
		})
	}
	d.Activities = append(d.Activities,
		policy.Activity{ID: mandates.ActivityOwn, Purpose: "services", Name: text("Acting for a company"), Who: []string{"person", "system"},
			Operations: []policy.OperationName{"use", "collect"}, Relation: policy.RelationSelf, Parties: []string{"operator"},
			Fields: []string{mandates.FieldName, mandates.FieldNumber, mandates.FieldInvited}},
	)
	return d
}

// world is a store with mandates.
type world struct {
	*vaulttest.Store
	*mandates.Service
}

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		p := policytest.CompileAs(t, declarations(), policy.Options{Languages: policytest.Languages()})
		w := &world{Store: vaulttest.Open(t, d, p)}
		w.Service = mandates.New(mandates.Config{DB: d, Vault: w.Store.Vault, Policy: func() *policy.Policy { return p }, Clock: w.Store.Clock})
		run(t, w)
	}, audit.Migrations(), vault.Migrations(), mandates.Migrations())
}

// holds asks whether somebody may act for a company and a service.
func (w *world) holds(t *testing.T, subject, company, service string) (holds, verified bool) {
	t.Helper()
	if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		holds, verified, err = w.Holds(tx, subject, company, service, w.Store.Clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return holds, verified
}
