package proof_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"testing"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/proof"
	"portico/internal/testkit"
)

// fake is a control that finds what the test says.
type fake struct {
	id   string
	find func() proof.Finding
}

func (f fake) ID() string                            { return f.id }
func (f fake) Examine(context.Context) proof.Finding { return f.find() }

func kept() proof.Finding {
	return proof.Finding{Status: proof.Kept, Reason: proof.ReasonExamined, Evidence: []proof.Line{{Code: "seen"}}}
}

// board is a board over one promise, whose declarations and controls a test changes.
type board struct {
	*proof.Board
	clock *clock.Fake
	d     *policy.Declarations
	find  func() proof.Finding
}

func newBoard(t *testing.T, d *db.DB, p policy.Promise, demo bool, files map[string]string) *board {
	t.Helper()
	p.ID = "it"
	b := &board{
		clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)),
		d:     &policy.Declarations{Promises: []policy.Promise{p}}, find: kept,
	}
	var err error
	b.Board, err = proof.New(proof.Config{
		DB: d, Clock: b.clock, Demo: demo, Log: slog.New(slog.DiscardHandler),
		Declarations: func() *policy.Declarations { return b.d },
		Evidence: func(name string) ([]byte, error) {
			text, ok := files[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
		Controls: []proof.Control{fake{"look", func() proof.Finding { return b.find() }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *board) is(t *testing.T, status proof.Status, reason string) proof.Result {
	t.Helper()
	report, err := b.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, ok := report.Result("it")
	if !ok {
		t.Fatal("the report lacks the promise")
	}
	if r.Status != status || r.Reason != reason {
		t.Errorf("it is %s (%s), want %s (%s)", r.Status, r.Reason, status, reason)
	}
	if !r.At.Equal(b.clock.Now()) {
		t.Errorf("it was examined at %v, want %v", r.At, b.clock.Now())
	}
	return r
}

func TestNothingIsKeptThatNothingChecks(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		promise := policy.Promise{Control: "look"}
		for name, c := range map[string]struct {
			promise policy.Promise
			find    func() proof.Finding
			status  proof.Status
			reason  string
		}{
			"a control that finds it so":      {promise, kept, proof.Kept, proof.ReasonExamined},
			"a control that shows nothing":    {promise, func() proof.Finding { return proof.Finding{Status: proof.Kept} }, proof.AtRisk, proof.ReasonNoEvidence},
			"a control that says nothing":     {promise, func() proof.Finding { return proof.Finding{} }, proof.AtRisk, proof.ReasonNotExamined},
			"a control that panics":           {promise, func() proof.Finding { panic("no") }, proof.AtRisk, proof.ReasonNotExamined},
			"a control that vouches":          {promise, func() proof.Finding { return proof.Finding{Status: proof.Attested} }, proof.AtRisk, proof.ReasonNotExamined},
			"a control that excuses":          {promise, func() proof.Finding { return proof.Finding{Status: proof.NotYetKept} }, proof.AtRisk, proof.ReasonNotExamined},
			"a control that nobody wrote":     {policy.Promise{Control: "imagined"}, kept, proof.Broken, proof.ReasonNoControl},
			"neither control nor attestation": {policy.Promise{NotYetKept: true}, kept, proof.NotYetKept, proof.ReasonNotYet},
		} {
			t.Run(name, func(t *testing.T) {
				b := newBoard(t, d, c.promise, false, nil)
				b.find = c.find
				b.is(t, c.status, c.reason)
			})
		}
	}, proof.Migrations())
}

func TestO8_O11_O12_O13_AnAttestationCountsOnlyWithItsFileAndUntilItsDay(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		sum := sha256.Sum256([]byte("minutes"))
		att := func(change func(*policy.Attestation)) policy.Promise {
			a := &policy.Attestation{Evidence: "evidence/minutes.txt", SHA256: hex.EncodeToString(sum[:]), On: "2026-11-22", Until: "2026-11-22"}
			change(a)
			return policy.Promise{Attestation: a}
		}
		nothing := func(*policy.Attestation) {}
		file := map[string]string{"evidence/minutes.txt": "minutes"}
		for name, c := range map[string]struct {
			promise policy.Promise
			files   map[string]string
			demo    bool
			status  proof.Status
			reason  string
		}{
			"on its last day":       {att(nothing), file, false, proof.Attested, proof.ReasonAttested},
			"the day after":         {att(func(a *policy.Attestation) { a.Until = "2026-11-21" }), file, false, proof.AtRisk, proof.ReasonLapsed},
			"before its first day":  {att(func(a *policy.Attestation) { a.On, a.Until = "2026-11-23", "2027-11-23" }), file, false, proof.AtRisk, proof.ReasonLapsed},
			"the file is gone":      {att(nothing), nil, false, proof.Broken, proof.ReasonEvidenceGone},
			"the file was changed":  {att(nothing), map[string]string{"evidence/minutes.txt": "minutes, better"}, false, proof.Broken, proof.ReasonEvidenceOther},
			"a sample":              {att(func(a *policy.Attestation) { a.Sample = true }), file, false, proof.NotYetKept, proof.ReasonSample},
			"a sample, in a demo":   {att(func(a *policy.Attestation) { a.Sample = true }), file, true, proof.Attested, proof.ReasonSample},
			"a lapsed sample, demo": {att(func(a *policy.Attestation) { a.Sample, a.Until = true, "2026-11-21" }), file, true, proof.AtRisk, proof.ReasonLapsed},
		} {
			t.Run(name, func(t *testing.T) {
				newBoard(t, d, c.promise, c.demo, c.files).is(t, c.status, c.reason)
			})
		}
	}, proof.Migrations())
}

func TestO20_AMeasureWhoseReviewIsOverduePutsItsPromisesAtRisk(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		b := newBoard(t, d, policy.Promise{Control: "look"}, false, nil)
		b.d.Measures = []policy.Measure{{ID: "keys", NextReview: "2026-11-22", Promises: []string{"it"}}}
		b.is(t, proof.Kept, proof.ReasonExamined)
		b.clock.Advance(24 * time.Hour)
		b.is(t, proof.AtRisk, proof.ReasonOverdue)
		b.d.Measures[0].Promises = []string{"another"}
		b.is(t, proof.Kept, proof.ReasonExamined)
		b.d.Measures[0].Promises = []string{"it"}
		b.find = func() proof.Finding { return proof.Finding{Status: proof.Broken, Reason: "worse"} }
		b.is(t, proof.Broken, "worse")
	}, proof.Migrations())
}

func TestSinceWhenIsTheLastChangeOfStatus(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		b := newBoard(t, d, policy.Promise{Control: "look"}, false, nil)
		start := b.clock.Now()
		b.is(t, proof.Kept, proof.ReasonExamined)
		b.clock.Advance(time.Hour)
		if r := b.is(t, proof.Kept, proof.ReasonExamined); !r.Since.Equal(start) {
			t.Errorf("kept since %v, want %v", r.Since, start)
		}
		b.find = func() proof.Finding { return proof.Finding{Status: proof.Broken, Reason: "bad"} }
		if r := b.is(t, proof.Broken, "bad"); !r.Since.Equal(start.Add(time.Hour)) {
			t.Errorf("broken since %v, want %v", r.Since, start.Add(time.Hour))
		}
		again := newBoard(t, d, policy.Promise{Control: "look"}, false, nil) // after a restart
		again.find = b.find
		again.clock.Advance(5 * time.Hour)
		if r := again.is(t, proof.Broken, "bad"); !r.Since.Equal(start.Add(time.Hour)) {
			t.Errorf("after a restart, broken since %v, want %v", r.Since, start.Add(time.Hour))
		}
	}, proof.Migrations())
}

func TestAStoreThatCannotAnswerLeavesNoOldFindingStanding(t *testing.T) {
	d := testkit.Database(t, db.SQLite, proof.Migrations())
	b := newBoard(t, d, policy.Promise{Control: "look"}, false, nil)
	b.is(t, proof.Kept, proof.ReasonExamined)
	b.find = func() proof.Finding { return proof.Finding{Status: proof.Broken, Reason: "bad"} }
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Examine(t.Context()); err == nil {
		t.Error("an examination that could not be noted answers no error")
	}
	if !b.Latest().Broken() {
		t.Error("the promise is still shown as it was before")
	}
}
