package policy_test

import (
	"testing"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

func TestN10_APeriodOfNoDaysIsSaidToo(t *testing.T) {
	cat, err := i18n.Load(policy.Locales())
	if err != nil {
		t.Fatal(err)
	}
	rule := policy.Retention{Period: "P0D", Trigger: i18n.Text{"en": "from the last step"}}
	if said := rule.Say(cat.Printer("en", nil)); said != "0 days, from the last step" {
		t.Errorf("%q", said)
	}
}
