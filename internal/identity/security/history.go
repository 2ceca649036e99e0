package security

import (
	"context"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
)

// Moment is one line of the history of an account.
type Moment struct {
	N      int64
	At     time.Time
	Kind   string
	Reason string // means or cause, a part of a catalogue key
}

// historyPage is how many lines a page of the history has. historyScan is how
// many events are read at most for those from before moments had an index.
const (
	historyPage = 20
	historyScan = 500
)

// History are the sign-ins, failed ones, sign-outs and changes of an account
// (M25), from the log, the newest first; next is where the page after begins,
// 0 for none.
func History(ctx context.Context, log *audit.Log, subject string, before int64) (list []Moment, next int64, err error) {
	events, err := log.Moments(ctx, subject, before, historyPage)
	for scanned := 0; err == nil; scanned += len(events) {
		for _, e := range events {
			if e.Moment() {
				list = append(list, Moment{e.N, clock.FromMicros(e.At), e.Kind, e.Reason})
			}
			if before = e.N; e.N == 1 {
				return list, 0, nil
			}
			if len(list) == historyPage {
				return list, before, nil
			}
		}
		if scanned >= historyScan {
			return list, before, nil
		}
		// Below the oldest moment there may be some from before the index.
		if events, err = log.Events(ctx, subject, before, 100); err == nil && len(events) == 0 {
			return list, 0, nil
		}
	}
	return nil, 0, fmt.Errorf("read the history of an account: %w", err)
}

// Cause says in words why an event of an account happened, in the sentences of
// whichever feature wrote it.
func Cause(p *i18n.Printer, reason string) string {
	if words, ok := Known(p, reason); ok {
		return words
	}
	return p.T("identity.reason.other")
}

// Known is Cause where a feature has a sentence for the reason.
func Known(p *i18n.Printer, reason string) (string, bool) {
	for _, feature := range []string{"account", "mandates", "consent", "changes", "rights", "recipients", "identity"} {
		if key := feature + ".reason." + reason; p.Has(key) {
			return p.T(key), true
		}
	}
	return "", false
}
