package identity_test

import (
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/retention/retentiontest"
)

// rows counts the rows of each table that name a subject.
func (p *portal) rows(t *testing.T, subject string) map[string]int64 {
	t.Helper()
	schema, err := p.DB.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for table, columns := range schema {
		if !strings.Contains(" "+strings.Join(columns, " ")+" ", " subject ") {
			continue
		}
		var n int64
		err := p.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM `+table+` WHERE subject = $1`, subject).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			found[table] = n
		}
	}
	return found
}

// begun are those whose registration began, the oldest first.
func (p *portal) begun(t *testing.T) (list []string) {
	t.Helper()
	err := p.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error {
			var subject string
			err := r.Scan(&subject)
			list = append(list, subject)
			return err
		}, `SELECT subject FROM identity_account WHERE realm = 'person' ORDER BY subject`)
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestO7_NothingOfARegistrationThatNobodyFinishedStays(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		pending, described := p.browse(t), p.browse(t)
		pending.Submit("/en/register", form("contact", "777 1234"), 200)
		p.code(t)
		p.Clock.Advance(time.Second) // ids are in the order of time
		described.Submit("/en/register", form("contact", email), 200)
		described.Submit("/en/register/code", form("code", p.code(t)), 200)
		described.Submit("/en/register/details", details(), 200).One(`input[name=password]`)
		p.Clock.Advance(time.Second)
		p.register(t, p.browse(t), "finished@example.mv")
		begun := p.begun(t)
		if len(begun) != 3 {
			t.Fatalf("%d registrations began", len(begun))
		}
		p.Clock.Advance(24*time.Hour - 2*time.Second) // the first one's time
		retentiontest.Run(t, p.retention)
		if n := len(p.begun(t)); n != 2 {
			t.Fatalf("a second before the time of the second one %d are left", n)
		}
		p.Clock.Advance(24 * time.Hour)
		retentiontest.Run(t, p.retention)
		if left := p.begun(t); len(left) != 1 || left[0] != p.whose(t, "finished@example.mv") {
			t.Fatalf("%v are left", left)
		}
		for _, subject := range begun[:2] {
			rows := p.rows(t, subject)
			for table := range rows {
				if !strings.HasPrefix(table, "audit_") && !strings.HasPrefix(table, "retention_") && table != "vault_gate" && table != "vault_scope" {
					t.Errorf("%s still has a row of %s", table, subject)
				}
			}
			if rows["vault_scope"] != 1 { // that of evidence
				t.Errorf("%d keys are left", rows["vault_scope"])
			}
			if got := p.events(t, subject); got[0] != audit.KindDisposed+" disposed-due" {
				t.Errorf("the log ends with %q", got[0])
			}
			err := p.DB.View(t.Context(), func(tx *db.Tx) error {
				_, err := p.Vault.SealSecret(tx, subject, "anything", nil)
				return err
			})
			if err == nil {
				t.Error("something can still be sealed for them")
			}
		}
		if f, err := p.Log.Check(t.Context()); err != nil || !f.Kept() {
			t.Errorf("the log: %v %v", err, f.Faults)
		}
		again := p.browse(t)
		p.register(t, again, email) // their address is anybody's again
	})
}

func TestWhoDidNotFinishRegistersAnewAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		b := p.browse(t)
		b.Submit("/en/register", form("contact", email), 200)
		b.Submit("/en/register/code", form("code", p.code(t)), 200).One(`input[name=identity-number]`)
		first := p.whose(t, email)
		p.register(t, p.browse(t), email)
		if now := p.whose(t, email); now == first {
			t.Error("the address still belongs to the registration that nobody finished")
		}
		retentiontest.Run(t, p.retention)
		if rows := p.rows(t, first); rows["identity_account"] != 0 || rows["vault_value"] != 0 {
			t.Errorf("of the first one there is still %v", rows)
		}
		b.Page("/en/register/details", 422).One(`input[name=contact]`) // the first browser begins anew as well
	})
}

func TestO7_TheRuleForRegistrationsIsDeclared(t *testing.T) {
	for name, change := range map[string]func(*policy.Declarations){
		"missing": func(d *policy.Declarations) {
			for i := range d.Retention {
				if d.Retention[i].ID == policy.RetentionRegistration {
					d.Retention[i].ID = "other"
				}
			}
		},
		"no time": func(d *policy.Declarations) {
			for i := range d.Retention {
				if d.Retention[i].ID == policy.RetentionRegistration {
					d.Retention[i].Period = policy.PeriodNone
				}
			}
		},
	} {
		d := declarations(func(f *policy.Field) { f.Prefix = "+960" })
		change(d)
		if _, faults := policy.Compile(d, policy.Options{Languages: []string{"en", "dv"}}); len(faults) != 1 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
