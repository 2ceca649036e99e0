// Package policytest has a small, sound set of declarations, for the tests of
// policy and of everything that needs one.
package policytest

import (
	"testing"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Languages are those of the declarations.
func Languages() []string { return []string{"en", "dv"} }

// Compile returns the declarations compiled for a store that is no demo.
func Compile(t testing.TB) *policy.Policy {
	t.Helper()
	return CompileAs(t, Declarations(), policy.Options{Languages: Languages()})
}

// CompileAs compiles d and fails the test at any problem.
func CompileAs(t testing.TB, d *policy.Declarations, o policy.Options) *policy.Policy {
	t.Helper()
	p, problems := policy.Compile(d, o)
	for _, problem := range problems {
		t.Errorf("compile: %v", problem)
	}
	if p == nil {
		t.FailNow()
	}
	return p
}

// WithNewsletter adds a purpose that rests on consent: a newsletter by e-mail.
func WithNewsletter(d *policy.Declarations) *policy.Declarations {
	d.Purposes = append(d.Purposes, policy.Purpose{ID: "newsletter", Name: text("Newsletter", "ނިއުސްލެޓަރު"), DPV: "dpv:Marketing",
		Description: text("To send you a newsletter.", "ނިއުސްލެޓަރު ފޮނުވުމަށް."), Basis: policy.Basis{DPV: "dpv:Consent"}})
	d.Activities = append(d.Activities, policy.Activity{ID: "newsletter", Purpose: "newsletter", Name: text("Sending the newsletter", "ނިއުސްލެޓަރު ފޮނުވުން"),
		Who: []string{"system"}, Operations: []policy.OperationName{"use"}, Relation: policy.RelationSystem,
		Fields: []string{policy.FieldEmail}, Parties: []string{"mailer"}})
	for i := range d.Parties {
		if d.Parties[i].ID == "mailer" {
			d.Parties[i].Purposes = append(d.Parties[i].Purposes, "newsletter")
		}
	}
	return d
}

// WithInquiry adds a use that may be shown later: of contact data, by an
// inquirer of the operator, for criminal inquiries, when a reviewer allows it.
func WithInquiry(d *policy.Declarations) *policy.Declarations {
	d.Roles = append(d.Roles, policy.Role{ID: "inquirer", Name: text("Inquirer", "ތަޙުޤީޤުކުރާ އޮފިސަރު"), Party: "operator"})
	d.Purposes = append(d.Purposes, policy.Purpose{ID: "inquiry", Name: text("Inquiries", "ތަޙުޤީޤު"), DPV: "dpv:LegalCompliance",
		Description: text("To give what a law demands.", "ޤާނޫނުން ލާޒިމުކުރާ އެއްޗެހި ދިނުން."), Basis: policy.Basis{DPV: "dpv:LegalObligation"}})
	d.Activities = append(d.Activities, policy.Activity{ID: "inquire", Purpose: "inquiry", Name: text("Inquiring", "ތަޙުޤީޤުކުރުން"),
		Who: []string{"role:inquirer"}, Operations: []policy.OperationName{"use"}, Relation: policy.RelationReason,
		Fields: []string{policy.FieldName, policy.FieldEmail, policy.FieldPhone}, Parties: []string{"operator"}})
	d.Parties[0].Purposes = append(d.Parties[0].Purposes, "inquiry")
	d.Deferrals = append(d.Deferrals, policy.Deferral{ID: "criminal-inquiry", Name: text("A criminal inquiry", "ޖިނާޢީ ތަޙުޤީޤެއް"), Law: text("Police act", "ފުލުހުންގެ ޤާނޫނު"),
		Activities: []string{"inquire"}, Longest: "P6M", Asks: "inquirer", Allows: "reviewer"})
	return d
}

func text(en, dv string) i18n.Text { return i18n.Text{"en": en, "dv": dv} }

// Declarations returns a fresh set: a road permit that a person applies for
// and an official of the council decides.
func Declarations() *policy.Declarations {
	d := &policy.Declarations{
		Revision: policy.Revision{Date: "2026-11-22", Reason: "operations", Summary: text("The first version.", "ފުރަތަމަ ނުސްޚާ.")},
		Categories: []policy.Category{
			{ID: "identity", Name: text("Identity", "އަންގައިދޭ މަޢުލޫމާތު"), DPV: "pd:Identifying", Sensitivity: "identifying", Retention: "account"},
			{ID: "contact", Name: text("Contact", "ގުޅޭނެ މަޢުލޫމާތު"), DPV: "pd:Contact", Sensitivity: "ordinary", Retention: "account"},
			{ID: "device", Name: text("Device", "ޑިވައިސް"), DPV: "pd:DeviceBased", Sensitivity: "ordinary", Retention: "account"},
			{ID: "application", Name: text("Application", "އެޕްލިކޭޝަން"), DPV: "pd:ServiceConsumptionBehavior", Sensitivity: "ordinary", Retention: "application"},
		},
		Roles: []policy.Role{
			{ID: "permit-officer", Name: text("Permit officer", "ޕާމިޓް އޮފިސަރު"), Party: "council"},
			{ID: "reviewer", Name: text("Reviewer", "މުރާޖަޢާކުރާ"), Party: "council"},
			{ID: "administrator", Name: text("Administrator", "އެޑްމިނިސްޓްރޭޓަރު"), Party: "operator", May: []policy.Capability{policy.AdministerPeople, policy.SeeOperations}},
		},
		Purposes: []policy.Purpose{
			{ID: "services", Name: text("Public services", "ޢާންމު ޚިދުމަތް"), Description: text("To provide the service you ask for.", "އެދޭ ޚިދުމަތް ދިނުމަށް."), DPV: "dpv:ServiceProvision",
				Basis: policy.Basis{DPV: "eu-gdpr:A6-1-e", Law: text("Public task", "ޢާންމު މަސްއޫލިއްޔަތު")}},
			{ID: "access", Name: text("Access", "ވަނުން"), Description: text("To let you in.", "ވަނުމަށް."), DPV: "dpv:EnforceSecurity",
				Basis: policy.Basis{DPV: "eu-gdpr:A6-1-b"}},
		},
		Parties: []policy.Party{
			{ID: "operator", Name: text("The operator", "އޮޕަރޭޓަރު"), Kind: "dpv:DataController", Purposes: []string{"services", "access"}, Country: "MV"},
			{ID: "council", Name: text("Fuvahmulah City Council", "ފުވައްމުލައް ސިޓީ ކައުންސިލް"), Kind: "dpv:PublicAuthority", Purposes: []string{"services"}, Country: "MV"},
			{ID: "mailer", Name: text("Mail provider", "މެއިލް ޚިދުމަތް"), Kind: "dpv:DataProcessor", Purposes: []string{"access"}, Destinations: []string{"mail"}, Country: "MV"},
		},
		Retention: []policy.Retention{
			{ID: "account", Name: text("Account", "އެކައުންޓް"), Trigger: text("you close your account", "އެކައުންޓް ބަންދުކުރުން"), Period: "none", Grace: "P30D", Review: "2027-11-22"},
			{ID: "application", Name: text("Applications", "އެޕްލިކޭޝަން"), Trigger: text("the decision", "ނިންމުން"), Period: "P5Y", Grace: "P30D", Review: "2027-11-22"},
			{ID: policy.RetentionRegistration, Keeps: []string{"registration"}, Name: text("Registrations nobody finished", "ނުނިންމާ ރަޖިސްޓްރޭޝަންތައް"), Trigger: text("its last step", "އެންމެ ފަހުގެ މަރުހަލާ"), Period: "P1D", Review: "2027-11-22"},
		},
		Cookies: []policy.Cookie{
			{Name: "session", Class: policy.CookieNecessary, Purpose: text("Keeps you signed in.", "ސައިން އިން ވެފައި ބެހެއްޓުން."), Period: "session"},
		},
		Rights: []policy.Right{
			{ID: "access", Name: text("See your data", "މަޢުލޫމާތު ބެލުން"), DPV: "eu-gdpr:A15", How: text("In the cabinet.", "ކެބިނެޓުން."), Within: "P1M"},
		},
		Promises: []policy.Promise{
			{ID: "encryption-at-rest", Statements: []string{"O9"}, Text: text("Data is encrypted at rest.", "މަޢުލޫމާތު އިންކްރިޕްޓް ކުރެވިފައި."), Control: "encryption-at-rest"},
			{ID: "trained-staff", Statements: []string{"O12"}, Text: text("Staff are trained.", "މުވައްޒަފުން ތަމްރީނުވެފައި."), NotYetKept: true},
		},
		Measures: []policy.Measure{
			{ID: "keys", Name: text("Key management", "ތަޅުދަނޑި"), Owner: text("Security officer", "ސެކިއުރިޓީ އޮފިސަރު"), LastReview: "2026-10-01", NextReview: "2027-10-01", Promises: []string{"encryption-at-rest"}},
		},
	}
	for _, f := range []struct{ id, category, lookup, identifies, en, dv string }{
		{policy.FieldName, "identity", "", "directly", "Name", "ނަން"},
		{policy.FieldBirthDate, "identity", "", "indirectly", "Date of birth", "އުފަން ތާރީޚު"},
		{policy.FieldIdentityNumber, "identity", "identity-number", "directly", "Identity card number", "އައިޑީ ކާޑު ނަންބަރު"},
		{policy.FieldAddress, "contact", "", "indirectly", "Address", "އެޑްރެސް"},
		{policy.FieldEmail, "contact", "email", "directly", "E-mail", "އީމެއިލް"},
		{policy.FieldPhone, "contact", "phone", "directly", "Phone", "ފޯނު"},
		{policy.FieldBrowser, "device", "", "indirectly", "Browser", "ބްރައުޒަރު"},
		{policy.FieldPasskey, "device", "", "indirectly", "Name of a passkey", "ޕާސްކީގެ ނަން"},
		{policy.FieldStaffName, "identity", "", "directly", "Name of staff", "މުވައްޒަފުގެ ނަން"},
		{policy.FieldStaffEmail, "contact", "staff-email", "directly", "E-mail of staff", "މުވައްޒަފުގެ އީމެއިލް"},
		{policy.FieldStaffPasskey, "identity", "", "indirectly", "Name of a passkey of staff", "މުވައްޒަފުގެ ޕާސްކީގެ ނަން"},
		{"road-permit.road", "application", "", "no", "Road", "މަގު"},
		{"road-permit.remarks", "application", "", "no", "Remarks", "ރިމާކްސް"},
	} {
		source := policy.SourceForm
		if f.id == policy.FieldBrowser {
			source = policy.SourceBrowser
		}
		d.Fields = append(d.Fields, policy.Field{
			ID: f.id, Category: f.category, Name: text(f.en, f.dv), Why: text("The service needs it.", "ޚިދުމަތަށް ބޭނުންވޭ."),
			Sources: []string{source}, Lookup: f.lookup, Identifies: policy.Identifies(f.identifies), Reuse: policy.ReuseAllow,
		})
	}
	d.Activities = []policy.Activity{
		{ID: policy.ActivityAccount, Purpose: "access", Name: text("Your account", "އެކައުންޓް"), Who: []string{"person"}, Operations: []policy.OperationName{"use", "collect"}, Relation: policy.RelationSelf,
			Fields: []string{policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber, policy.FieldAddress, policy.FieldEmail, policy.FieldPhone, policy.FieldBrowser, policy.FieldPasskey}},
		{ID: policy.ActivitySignIn, Purpose: "access", Name: text("Signing in", "ސައިން އިން"), Who: []string{"system"}, Operations: []policy.OperationName{"use"}, Relation: policy.RelationSystem,
			Fields: []string{policy.FieldEmail, policy.FieldPhone}, Parties: []string{"mailer"}},
		{ID: policy.ActivityStaffAccount, Purpose: "access", Name: text("Accounts of staff", "މުވައްޒަފުންގެ އެކައުންޓް"), Who: []string{"staff", "system"}, Operations: []policy.OperationName{"use", "collect"}, Relation: policy.RelationSelf,
			Fields: []string{policy.FieldStaffName, policy.FieldStaffEmail, policy.FieldStaffPasskey}, WhileRestricted: true},
		{ID: "staff-directory", Purpose: "access", Name: text("List of staff", "މުވައްޒަފުންގެ ލިސްޓު"), Who: []string{"role:administrator"}, Operations: []policy.OperationName{"use"}, Relation: policy.RelationDuty,
			Fields: []string{policy.FieldStaffName, policy.FieldStaffEmail}, Parties: []string{"operator"}},
		{ID: "road-permit.apply", Purpose: "services", Name: text("Applying for a road permit", "މަގު ޕާމިޓަށް އެދުން"), Who: []string{"person"}, Operations: []policy.OperationName{"use", "collect"}, Relation: policy.RelationSelf,
			Fields: []string{policy.FieldName, policy.FieldPhone, "road-permit.road"}, Parties: []string{"council"}, Retention: "application"},
		{ID: "road-permit.decide", Purpose: "services", Name: text("Deciding on a road permit", "މަގު ޕާމިޓު ނިންމުން"), Who: []string{"role:permit-officer"}, Operations: []policy.OperationName{"use", "collect"}, Relation: policy.RelationTask,
			Fields: []string{policy.FieldName, "road-permit.road", "road-permit.remarks"}, Parties: []string{"council"}, Retention: "application",
			Basis: &policy.Basis{DPV: "eu-gdpr:A6-1-c", Law: text("Road act", "މަގުގެ ޤާނޫނު")}},
		{ID: "road-permit.review", Purpose: "services", Name: text("Looking into a road permit", "މަގު ޕާމިޓު ބެލުން"), Who: []string{"role:reviewer"}, Operations: []policy.OperationName{"use"}, Relation: policy.RelationReason,
			Fields: []string{policy.FieldName, "road-permit.road"}, Parties: []string{"council"}, Retention: "application"},
	}
	return d
}
