package notify

import (
	"context"
	"fmt"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
)

// jobRemind asks, some days before something is over, whether somebody is still
// to be reminded of it. Its payload holds ids.
const jobRemind = "notify.remind"

// remind plans a reminder of what stands in a state until a moment, if the
// instance declares the kind and there are that many days left.
func (s *Service) remind(tx *db.Tx, n Notice, until time.Time) error {
	k := s.Kinds()[n.Kind]
	if k == nil {
		return nil
	}
	at := until.AddDate(0, 0, -k.Days)
	if !at.After(s.Clock.Now()) {
		return nil // it would come together with what it reminds of
	}
	return s.planReminder(tx, n, at)
}

func (s *Service) planReminder(tx *db.Tx, n Notice, at time.Time) error {
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobRemind, At: at, Payload: map[string]string{
		"kind": n.Kind, "subject": n.Subject, "about": n.About, "state": n.State, "key": n.Key,
	}})
}

// reminder queues the notice of a reminder, if it is still needed. What was put
// off meanwhile, such as by a holiday, is reminded of later.
func (s *Service) reminder(ctx context.Context, job *jobs.Job) error {
	n := Notice{
		Kind: job.Get("kind"), Subject: job.Get("subject"), About: job.Get("about"), State: job.Get("state"), Key: job.Get("key"), While: true,
	}
	words, err := s.say(ctx, &notice{Notice: n, At: s.Clock.Now()}, s.printer(""))
	if err != nil {
		return fmt.Errorf("remind somebody: %w", err)
	}
	k := s.Kinds()[n.Kind]
	if k == nil || words.Gone || words.State != n.State {
		return nil
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if at := words.Until.AddDate(0, 0, -k.Days); at.After(s.Clock.Now()) {
			return s.planReminder(tx, n, at)
		}
		return s.Queue(tx, n)
	})
}

// DraftEnds tells somebody, once, that a draft is deleted at a moment unless it
// changes. It is for whoever looks at drafts from time to time.
func (s *Service) DraftEnds(tx *db.Tx, subject, draft string, ends time.Time) error {
	return s.Queue(tx, Notice{
		Kind: kinds.DraftEnds, Subject: subject, About: "draft:" + draft, State: fmt.Sprint(ends.Unix()), While: true,
		Key: fmt.Sprintf("draft:%s:%d", draft, ends.Unix()),
	})
}

// DraftDays is how many days before its end somebody is told of a draft; 0:
// nobody is.
func (s *Service) DraftDays() int {
	if k := s.Kinds()[kinds.DraftEnds]; k != nil {
		return k.Days
	}
	return 0
}
