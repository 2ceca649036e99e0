package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"portico/internal/testkit"
)

// TestBenchMeasuresWhatItHolds runs the short form of the measurements, whose
// figures a busy machine may spoil: only that each is there is demanded. A
// program that was built without its fonts must say so instead.
func TestBenchMeasuresWhatItHolds(t *testing.T) {
	out, err := exec.Command(testkit.Binary(t), "bench", "--short", "--json").Output()
	if failed, ok := err.(*exec.ExitError); ok && strings.Contains(string(failed.Stderr), "without its fonts") {
		return
	}
	var all []measure
	if e := json.Unmarshal(out, &all); e != nil {
		t.Fatalf("it prints no measures: %v, %v", e, err)
	}
	missed := false
	bounds := map[string]float64{
		"start to ready": 300, "idle memory": 80, "first visit": 100, "rendering, 95th percentile": 5, "whole answer, 95th percentile": 0,
		"rendering, 95th percentile, long log": 5, "whole answer, 95th percentile, long log": 0,
		"erasing many rows, sqlite": 1.2, "schedule beside DELETE, sqlite": 0.7, "schedule of small things, sqlite": 0, "people beside the schedule, sqlite": 1.5,
	}
	for _, m := range all {
		bound, known := bounds[m.Name]
		if delete(bounds, m.Name); !known || m.Bound != bound || m.Value <= 0 {
			t.Errorf("%+v", m)
		}
		missed = missed || m.missed()
	}
	if len(bounds) > 0 {
		t.Errorf("not measured: %v", bounds)
	}
	if missed != (err != nil) {
		t.Errorf("a bound is missed: %t, and it ends with %v", missed, err)
	}
}

func TestAMissedBoundIsSaid(t *testing.T) {
	var b strings.Builder
	if err := show(&b, []measure{{Name: "a", Value: 1, Bound: 2, Unit: "ms"}, {Name: "b", Value: 3, Bound: 2, Unit: "ms"}, {Name: "c", Value: 3, Unit: "ms"}, {Name: "d", Value: 3, Bound: 2, Least: true, Unit: "ms"}, {Name: "e", Value: 1, Bound: 2, Least: true, Unit: "ms"}}, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if !strings.Contains(lines[1], "kept") || !strings.Contains(lines[2], "MISSED") || strings.Contains(lines[3], "kept") || !strings.Contains(lines[4], "kept") || !strings.Contains(lines[5], "MISSED") {
		t.Error(b.String())
	}
}
