package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestO15_DifferenceNamesWhatChanged(t *testing.T) {
	if changes := policy.Compare(policytest.Declarations(), policytest.Declarations()); len(changes) > 0 {
		t.Errorf("the same declarations differ: %v", changes)
	}
	for _, c := range []struct {
		change func(*policy.Declarations)
		want   string
	}{
		{func(d *policy.Declarations) {
			d.Fields = append(d.Fields, d.Fields[0])
			d.Fields[len(d.Fields)-1].ID = "person.tax-number"
		}, "added field person.tax-number"},
		{func(d *policy.Declarations) { d.Fields = d.Fields[1:] }, "removed field person.name"},
		{func(d *policy.Declarations) { d.Purposes = d.Purposes[:1] }, "removed purpose access"},
		{func(d *policy.Declarations) { d.Activities = d.Activities[1:] }, "removed activity account"},
		{func(d *policy.Declarations) { d.Activities[1].Fields = append(d.Activities[1].Fields, "person.name") }, "added activity sign-in field=Name"},
		{func(d *policy.Declarations) { d.Activities[5].Parties = []string{"operator"} },
			"added activity road-permit.decide party=The operator; removed activity road-permit.decide party=Fuvahmulah City Council"},
		{func(d *policy.Declarations) { d.Activities[5].Basis = nil }, "changed activity road-permit.decide basis:eu-gdpr:A6-1-c>"},
		{func(d *policy.Declarations) { d.Parties[0].ID = "agency" }, "added party agency; removed party operator"},
		{func(d *policy.Declarations) { d.Retention[1].Period = "P6Y" }, "changed retention application period:P5Y>P6Y"},
		{func(d *policy.Declarations) { d.Cookies = nil }, "removed cookie session"},
		{func(d *policy.Declarations) { d.Promises[0].Control, d.Promises[0].NotYetKept = "", true }, "changed promise encryption-at-rest proof:control>not-yet-kept"},
		{func(d *policy.Declarations) { d.Fields[0].Why = d.Fields[0].Name }, "changed field person.name"},
	} {
		d := policytest.Declarations()
		c.change(d)
		var got []string
		for _, v := range policy.Compare(policytest.Declarations(), d) {
			s := fmt.Sprintf("%s %s %s", v.Verb, v.What, v.ID)
			switch {
			case v.Item != nil:
				s += " " + v.Part + "=" + v.Item.In("en")
			case v.Part != "":
				s += " " + v.Part + ":" + v.Before + ">" + v.After
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("got %q, want %q", s, c.want)
		}
	}
}

func TestRecordOfProcessingHasEveryActivityInFull(t *testing.T) {
	p := policytest.Compile(t)
	rows := p.Record()
	if len(rows) != len(p.Declarations().Activities) {
		t.Fatalf("%d rows", len(rows))
	}
	row := rows[5]
	if row.Purpose.ID != "services" || row.Basis.DPV != "eu-gdpr:A6-1-c" || len(row.Fields) != 3 || len(row.Categories) != 2 ||
		len(row.Retention) != 1 || row.Retention[0].ID != "application" || row.Recipients[0].ID != "council" || row.Roles[0].ID != "permit-officer" || row.OfStaff {
		t.Errorf("%+v", row)
	}
	if !rows[2].OfStaff || rows[0].OfStaff {
		t.Error("whose data it is got lost")
	}
}
