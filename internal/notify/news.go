package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
)

// jobNews looks for news that nobody was told of yet.
const jobNews = "notify.news"

// newsEvery is how often; newsBatch how many people are told in a transaction.
const (
	newsEvery = time.Hour
	newsBatch = 100
)

// aboutNews is the sort of notices about news.
const aboutNews = "news"

// Item is a piece of news.
type Item struct {
	ID        string
	Day       time.Time // the first moment of its day: it is published then
	Offer     bool
	Important bool // everybody with an account is told, whatever they chose
}

// kind is the one of the notice that tells of it.
func (i Item) kind() string {
	switch {
	case i.Offer:
		return kinds.Offer
	case i.Important:
		return kinds.Update
	}
	return kinds.News
}

// telling is how far an item was told.
type telling struct {
	Item   string
	Cursor string // the last person who was told, or did not want to be
	Done   bool
	At     time.Time // since when it is noted
	kind   string
}

// errElsewhere says that another node goes on with an item.
var errElsewhere = errors.New("another node tells of it")

// TellNews tells of each item once whoever asked for it, and of an important one
// everybody with an account (N8), in batches, each with how far it came: it goes
// on where it was interrupted. What was there when it first ran is old, and so
// is what comes later with an older day; and what comes while the instance
// declares no such notice. An offer it tells of only once an official has it
// sent.
func (s *Service) TellNews(ctx context.Context) error {
	var open []telling
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		open, err = s.openNews(tx)
		return err
	})
	for i := 0; err == nil && i < len(open); i++ {
		for one := open[i]; err == nil && !one.Done; {
			var next telling
			err = s.DB.Update(ctx, func(tx *db.Tx) (err error) {
				next, err = s.tellSome(tx, one)
				return err
			})
			one = next
		}
		if errors.Is(err, errElsewhere) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("tell of news: %w", err)
	}
	return nil
}

// openNews notes what is new, and returns what is to be told of.
func (s *Service) openNews(tx *db.Tx) (open []telling, err error) {
	known, since, err := selectNews(tx)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if since.IsZero() { // the first time
		if _, err := insertNews(tx, telling{Done: true}, now); err != nil {
			return nil, err
		}
	}
	y, m, d := since.In(s.Zone()).Date()
	first := time.Date(y, m, d, 0, 0, 0, 0, s.Zone())
	for _, item := range s.News() {
		one, ok := known[item.ID]
		if !ok && (item.Offer || item.Day.After(now)) {
			continue
		}
		if !ok {
			one = telling{Item: item.ID, Done: s.Kinds()[item.kind()] == nil || since.IsZero() || item.Day.Before(first)}
			if _, err := insertNews(tx, one, now); err != nil {
				return nil, err
			}
		}
		if one.kind = item.kind(); !one.Done {
			open = append(open, one)
		}
	}
	return open, nil
}

// tellSome tells the next people of an item, and returns how far it came.
func (s *Service) tellSome(tx *db.Tx, one telling) (next telling, err error) {
	k := s.Kinds()[one.kind]
	var people []string
	switch {
	case k == nil:
	case k.Class == kinds.ImportantClass:
		people, err = s.People(tx, one.Cursor, newsBatch)
	case k.Class == kinds.MarketingClass && s.Consents != nil:
		people, err = s.Consents.Agreed(tx, k.Purpose, one.Cursor, newsBatch)
	default:
		people, err = selectSubscribers(tx, k.ID, one.Cursor, newsBatch)
	}
	if err != nil {
		return next, err
	}
	next = one
	if next.Done = len(people) < newsBatch; len(people) > 0 {
		next.Cursor = people[len(people)-1]
	}
	moved, err := moveNews(tx, one, next)
	if err != nil {
		return next, err
	}
	if !moved {
		return next, errElsewhere
	}
	for _, subject := range people {
		about := aboutNews + ":" + one.Item
		if err := s.Queue(tx, Notice{Kind: one.kind, Subject: subject, About: about, Key: about}); err != nil {
			return next, err
		}
	}
	return next, nil
}

// followNews has news told of, where there are any.
func (s *Service) followNews() {
	if s.News != nil {
		s.Jobs.Every(jobNews, newsEvery, s.TellNews, jobs.Options{Timeout: 10 * time.Minute})
	}
}
