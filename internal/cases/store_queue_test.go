package cases

import (
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestCountingTheQueueReadsAnIndexAlone looks at how SQLite counts what the
// tabs of the queue say: reading each of 100,000 rows would make them wait.
func TestCountingTheQueueReadsAnIndexAlone(t *testing.T) {
	d := testkit.Database(t, db.SQLite, Migrations())
	for name, s := range map[string]selection{
		"open":    {},
		"overdue": {before: time.Unix(1, 0)},
		"soon":    {from: time.Unix(1, 0), before: time.Unix(2, 0)},
		"free":    {free: true, without: []string{"information-requested"}},
		"held":    {holder: "an-official"},
		"state":   {state: "in-review"},
	} {
		s.service, s.days = "road-permit", 5
		var a args
		query := `EXPLAIN QUERY PLAN SELECT COUNT(*) FROM (SELECT id FROM cases_case` + s.where(&a) + ` LIMIT ` + a.add(10_000) + `) AS found`
		var plan []string
		err := d.View(t.Context(), func(tx *db.Tx) error {
			return tx.Select(func(r *db.Rows) error {
				var id, parent, unused int64
				var detail string
				err := r.Scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			}, query, a...)
		})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "; "); !strings.Contains(text, "USING COVERING INDEX cases_case_") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
