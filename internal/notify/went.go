package notify

import (
	"context"
	"fmt"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Went is what became of the notices of a time, for whoever examines whether
// their classes are kept (I12).
type Went struct {
	Important int64 // by any channel
	Off       int64 // important ones among them that were not sent because somebody did not want them
	Asked     int64 // newsletters and marketing that were sent
	Unasked   int64 // those among them whose reader had not asked or consented at that moment
}

// wentMost is how many newsletters are looked at.
const wentMost = 2000

// SentSince counts what was sent to somebody by a channel that leads to a
// field, a minute and more after a moment.
func (s *Service) SentSince(tx *db.Tx, subject, field string, moment time.Time) (int64, error) {
	c := kinds.Email
	if field == policy.FieldPhone {
		c = kinds.SMS
	}
	return countSent(tx, subject, c, moment.Add(late))
}

// late is how long after a choice what was on its way may still arrive.
const late = time.Minute

// Went looks at the notices since a moment.
func (s *Service) Went(ctx context.Context, since time.Time) (w Went, err error) {
	set := s.Kinds()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w = Went{}
		counts, err := countWent(tx, since)
		if err != nil {
			return err
		}
		for _, c := range counts {
			if k := set[c.Kind]; k != nil && !k.Optional() {
				w.Important += c.n
				if c.State == Off {
					w.Off += c.n
				}
			}
		}
		for _, k := range set {
			if k.Class != kinds.NewsletterClass && k.Class != kinds.MarketingClass {
				continue
			}
			sent, err := selectSent(tx, k.ID, since, wentMost)
			if err != nil {
				return err
			}
			for _, one := range sent {
				ok, err := s.asked(tx, k, one)
				if err != nil {
					return err
				}
				if w.Asked++; !ok {
					w.Unasked++
				}
			}
		}
		return nil
	})
	if err != nil {
		return Went{}, fmt.Errorf("look what became of notices: %w", err)
	}
	return w, nil
}

// asked reports whether somebody had asked for a kind, or consented to its
// purpose, when it was sent to them.
func (s *Service) asked(tx *db.Tx, k *kinds.Kind, d sent) (bool, error) {
	if k.Class == kinds.MarketingClass {
		return s.Consents.Stood(tx, d.Subject, k.Purpose, d.At, late)
	}
	off, err := selectEnded(tx, d.Subject, k.ID)
	return off.IsZero() || d.At.Before(off.Add(late)), err
}
