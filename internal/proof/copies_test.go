package proof_test

import (
	"context"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/proof"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// TestO9_KeysAreAtRiskUntilADrillAndWheneverOneIsLate tells the control what
// there is of drills and epochs.
func TestO9_KeysAreAtRiskUntilADrillAndWheneverOneIsLate(t *testing.T) {
	w := newWorld(t, testkit.Database(t, db.SQLite, vault.Migrations(), audit.Migrations(), proof.Migrations()))
	now := w.system.Clock.Now()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	well := proof.Copies{Epoch: "P30D", After: "P7D", Drill: "P90D", Current: 2, Began: ago(10), Drilled: ago(9), DrilledEpoch: 2}
	for reason, change := range map[string]func(*proof.Copies){
		proof.ReasonExamined: func(*proof.Copies) {},
		"never-drilled":      func(c *proof.Copies) { c.Drilled = time.Time{} },
		"drill-old":          func(c *proof.Copies) { c.Drilled = ago(91) },
		"drill-epoch":        func(c *proof.Copies) { c.DrilledEpoch = 1 },
		"drill-failed":       func(c *proof.Copies) { c.Faults = 2 },
		"epoch-old":          func(c *proof.Copies) { c.Began = ago(31) },
		"epoch-kept":         func(c *proof.Copies) { c.Ended = ago(8) },
	} {
		c := well
		change(&c)
		w.system.Copies = func(context.Context) (proof.Copies, error) { return c, nil }
		status := proof.AtRisk
		if reason == proof.ReasonExamined {
			status = proof.Kept
		}
		w.is(t, proof.KeyBackup, status, reason)
	}
}
