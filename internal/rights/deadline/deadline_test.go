package deadline_test

import (
	"testing"
	"time"

	"portico/internal/policy"
	"portico/internal/rights/deadline"
)

// weekdays are Monday to Friday.
type weekdays struct{}

func (weekdays) Working(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}
func TestI10_TheClockIsComputedAndPausesOnlyWhileItIsOutstandingWhoAsks(t *testing.T) {
	zone := time.FixedZone("Maldives", 5*3600)
	right := policy.Right{Within: "P30D", Extension: "P60D"}
	day := func(s string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	received := day("2026-11-23 09:00") // a Monday
	for name, c := range map[string]struct {
		moments deadline.Moments
		want    string // the first moment that is too late; empty: the clock stands
	}{
		"from receipt":                    {deadline.Moments{Received: received}, "2026-12-24 00:00"},
		"to the next working day":         {deadline.Moments{Received: day("2026-11-26 23:59")}, "2026-12-29 00:00"},
		"who asks is outstanding":         {deadline.Moments{Received: received, Asked: received}, ""},
		"and was shown four days later":   {deadline.Moments{Received: received, Asked: received, Shown: received.AddDate(0, 0, 4)}, "2026-12-29 00:00"},
		"asked later, shown the same day": {deadline.Moments{Received: received, Asked: day("2026-12-01 09:00"), Shown: day("2026-12-01 10:00")}, "2026-12-24 00:00"},
		"extended":                        {deadline.Moments{Received: received, Extended: received}, "2027-02-23 00:00"},
		"appealed":                        {deadline.Moments{Received: received, Extended: received, Appealed: day("2027-01-04 12:00")}, "2027-02-04 00:00"},
		"appealed, then shown":            {deadline.Moments{Received: received, Asked: received, Shown: day("2027-02-01 09:00"), Appealed: day("2027-01-04 12:00")}, "2027-03-04 00:00"},
		"appealed, and extended then":     {deadline.Moments{Received: received, Extended: day("2027-01-05 12:00"), Appealed: day("2027-01-04 12:00")}, "2027-04-06 00:00"},
	} {
		got := ""
		if due := deadline.Due(c.moments, right, weekdays{}, zone); !due.IsZero() {
			got = due.Format("2006-01-02 15:04")
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}
