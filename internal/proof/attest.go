package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"portico/internal/policy"
)

// attest examines what an attestation rests on: its file, unchanged, and its
// last day. It says attested, never kept. A sample counts in a demo only.
func attest(a *policy.Attestation, file func(name string) ([]byte, error), now time.Time, demo bool) Finding {
	var e examination
	b, err := file(a.Evidence)
	if err != nil {
		e.broken(ReasonEvidenceGone, "evidence-missing", "file", a.Evidence)
		return e.finding()
	}
	sum := sha256.Sum256(b)
	if got := hex.EncodeToString(sum[:]); !strings.EqualFold(got, a.SHA256) {
		e.broken(ReasonEvidenceOther, "evidence-changed", "file", a.Evidence, "hash", got)
		return e.finding()
	}
	e.note("evidence-file", "file", a.Evidence, "hash", a.SHA256)
	switch today := policy.Date(now.Format(time.DateOnly)); {
	case a.Sample && !demo:
		e.note("sample")
		e.f.Status, e.f.Reason = NotYetKept, ReasonSample
	case today > a.Until:
		e.risk(ReasonLapsed, "lapsed", "until", string(a.Until))
	case today < a.On:
		e.risk(ReasonLapsed, "attested-from", "on", string(a.On))
	case a.Sample:
		e.note("sample")
		e.f.Status, e.f.Reason = Attested, ReasonSample
	default:
		e.note("attested-until", "until", string(a.Until))
		e.f.Status, e.f.Reason = Attested, ReasonAttested
	}
	return e.finding()
}

// overdue puts a promise at risk while a measure behind it waits for a review
// whose day has passed (O20).
func overdue(f Finding, promise string, measures []policy.Measure, now time.Time) Finding {
	if f.Status != Kept && f.Status != Attested {
		return f
	}
	today := policy.Date(now.Format(time.DateOnly))
	for _, m := range measures {
		if today <= m.NextReview || !slices.Contains(m.Promises, promise) {
			continue
		}
		f.Status, f.Reason = AtRisk, ReasonOverdue
		f.Evidence = append(f.Evidence, Line{Code: "review-overdue", Args: []any{"measure", m.ID, "day", string(m.NextReview)}})
	}
	return f
}
