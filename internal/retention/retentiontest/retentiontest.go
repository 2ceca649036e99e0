// Package retentiontest has what disposes of things in tests of features: the
// real service, over the feature's own kinds, with no ledger outside.
package retentiontest

import (
	"testing"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/vault/vaulttest"
)

// New returns the service over a store to which the migrations of retention
// were applied.
func New(s *vaulttest.Store, queue *jobs.Queue, pol func() *policy.Policy, kinds ...[]holdings.Kind) *retention.Service {
	var all []holdings.Kind
	for _, k := range kinds {
		all = append(all, k...)
	}
	return retention.New(retention.Config{
		DB: s.DB, Vault: s.Vault, Holdings: holdings.New(all), Jobs: queue, Ring: s.Ring, Policy: pol, Clock: s.Clock,
		Zone: func() *time.Location { return time.FixedZone("MVT", 5*60*60) },
	})
}

// Run has the daily run done, and what it disposed of swept.
func Run(t testing.TB, s *retention.Service) {
	t.Helper()
	if err := s.Run(t.Context()); err != nil {
		t.Fatalf("the daily run: %v", err)
	}
	for {
		n, err := s.Jobs.Work(t.Context())
		if err != nil {
			t.Fatalf("sweep: %v", err)
		}
		if n == 0 {
			return
		}
	}
}
