package testkit

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"portico/internal/platform/clock"
)

// Clock returns a clock that stands at nine on a working day in November 2026.
func Clock() *clock.Fake {
	return clock.NewFake(time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC))
}

// Chance returns a source of chance whose seed is printed when the test fails
// and can be given again in PORTICO_TEST_SEED.
func Chance(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if given := os.Getenv("PORTICO_TEST_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			t.Fatalf("PORTICO_TEST_SEED is no number: %v", err)
		}
		seed = n
	}
	t.Logf("PORTICO_TEST_SEED=%d repeats this run", seed)
	return rand.New(rand.NewPCG(seed, seed))
}
