package cases

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
)

// PageSize is how many cases a page of the queue shows: as many as leave the
// page beneath 30 KB in every language.
const PageSize = 20

// MaxCount is where Count stops counting: every opening of the queue counts six
// looks, and nobody acts on whether 5,000 or 8,000 cases wait.
const MaxCount = 5_000

// Filter narrows the queue. The zero Filter is every open case on which the
// official decides, or whose officials they supervise, by deadline.
type Filter struct {
	Service string    // empty: every one
	State   string    // empty: every open one
	Holder  string    // only those that this official holds
	Free    bool      // only those that nobody holds, while it is the office's turn
	Turn    bool      // only those where it is the office's turn
	Before  time.Time // only those whose deadline is before
	From    time.Time // only those whose deadline is not before
	Closed  bool      // those decided, the newest first
	After   string    // the Next of the page before
}

// Page is a page of the queue.
type Page struct {
	Rows []*Case
	Next string // After of the next page, empty at the end
}

// place is where a page of the queue ends.
type place struct {
	at time.Time // what the deadline counts from, or when it was closed
	id string
	// days that the deadline has; the deadline itself follows from it
	days int
}

func (p place) String() string {
	return strconv.FormatInt(clock.Micros(p.at), 36) + "." + strconv.Itoa(p.days) + "." + p.id
}

// placeOf reads an After. One that was not made here is the beginning.
func placeOf(s string) (p place, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || !id.Valid(parts[2]) {
		return place{}, false
	}
	at, err := strconv.ParseInt(parts[0], 36, 64)
	days, failed := strconv.Atoi(parts[1])
	if err != nil || failed != nil || at < 0 || days < 0 || days > 366 {
		return place{}, false
	}
	return place{clock.FromMicros(at), parts[2], days}, true
}

// Works lists the services that an official decides on or supervises.
func (c *Cases) Works(actor policy.Actor) (list []*services.Definition) {
	for _, d := range c.Catalogue.Services() {
		if d.For(actor.Roles) || c.Supervises(actor, d) {
			list = append(list, d)
		}
	}
	return list
}

// Supervises reports whether an official leads those who decide on a service:
// by a role that may supervise, of a party whose roles decide.
func (c *Cases) Supervises(actor policy.Actor, d *services.Definition) bool {
	pol := c.Policy()
	return slices.ContainsFunc(actor.Roles, func(own string) bool {
		leads, _ := pol.Role(own)
		return slices.Contains(leads.May, policy.Supervise) && slices.ContainsFunc(d.Decide.Roles, func(other string) bool {
			decides, ok := pol.Role(other)
			return ok && decides.Party == leads.Party
		})
	})
}

// Queue lists cases by deadline: references, states and dates, nothing of what
// they are about.
func (c *Cases) Queue(ctx context.Context, actor policy.Actor, f Filter) (page Page, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		page = Page{}
		for _, s := range c.streams(actor, f) {
			rows, err := c.stream(tx, s, f)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, rows...)
		}
		return nil
	})
	if err != nil {
		return Page{}, wrap("list the queue", err)
	}
	if f.Closed {
		slices.SortFunc(page.Rows, func(a, b *Case) int {
			return cmp.Or(b.Closed.Compare(a.Closed), strings.Compare(b.ID, a.ID))
		})
	} else {
		due := map[*Case]time.Time{}
		for _, row := range page.Rows {
			due[row] = c.Due(row)
		}
		slices.SortFunc(page.Rows, func(a, b *Case) int {
			return cmp.Or(due[a].Compare(due[b]), a.Counted.Compare(b.Counted), strings.Compare(a.ID, b.ID))
		})
	}
	if len(page.Rows) > PageSize {
		page.Rows = page.Rows[:PageSize]
		last := page.Rows[PageSize-1]
		page.Next = place{last.Counted, last.ID, last.Days}.String()
		if f.Closed {
			page.Next = place{last.Closed, last.ID, 0}.String()
		}
	}
	return page, nil
}

// Count counts what Queue lists on all pages for each filter, to MaxCount at
// the most.
func (c *Cases) Count(ctx context.Context, actor policy.Actor, looks ...Filter) (counts []int, err error) {
	err = c.DB.View(ctx, func(tx *db.Tx) (err error) {
		counts = make([]int, len(looks))
		known := map[string][]int{} // days, by service: the same for every look
		for i, f := range looks {
			for _, s := range c.streams(actor, f) {
				days, ok := known[s.service]
				if !ok {
					if days, err = selectDays(tx, s.service); err != nil {
						return err
					}
					known[s.service] = days
				}
				more, err := c.count(tx, s, f, days, MaxCount-counts[i])
				if err != nil {
					return err
				}
				counts[i] += more
			}
		}
		return nil
	})
	return counts, wrap("count the queue", err)
}

// stream is the cases of one service.
type stream struct {
	service string
	waiting []string // states in which it is not the official's turn
}

func (c *Cases) streams(actor policy.Actor, f Filter) (list []stream) {
	for _, d := range c.Works(actor) {
		if f.Service == "" || f.Service == d.ID {
			list = append(list, stream{d.ID, waiting(d)})
		}
	}
	return list
}

// waiting lists the states in which a case waits for somebody else.
func waiting(d *services.Definition) (list []string) {
	for _, s := range d.Workflow.States {
		if !s.Final && s.Turn() != services.Official {
			list = append(list, s.ID)
		}
	}
	return list
}

// within narrows a stream to those cases whose deadline has so many days.
func (c *Cases) within(s stream, f Filter, days int) selection {
	sel := selection{service: s.service, state: f.State, holder: f.Holder, free: f.Free, days: days}
	if !f.Before.IsZero() || f.Free || f.Turn {
		sel.without = s.waiting
	}
	// Due is a second before the end of the calendar's day.
	if !f.Before.IsZero() {
		sel.before = c.firstCounted(days, f.Before.Add(time.Second))
	}
	if !f.From.IsZero() {
		sel.from = c.firstCounted(days, f.From.Add(time.Second))
	}
	return sel
}

func (c *Cases) stream(tx *db.Tx, s stream, f Filter) (list []*Case, err error) {
	after, begun := placeOf(f.After)
	if f.Closed {
		return selectClosed(tx, s.service, after, begun, PageSize+1)
	}
	all, err := selectDays(tx, s.service)
	if err != nil {
		return nil, err
	}
	for _, days := range all {
		sel := c.within(s, f, days)
		if begun {
			sel.after, sel.afterID = c.resume(after, days)
		}
		rows, err := selectOpen(tx, sel, PageSize+1)
		if err != nil {
			return nil, err
		}
		list = append(list, rows...)
	}
	return list, nil
}

// count counts a stream, and looks at no more cases once it has found so many:
// it is done for every tab of every opening of the queue.
func (c *Cases) count(tx *db.Tx, s stream, f Filter, days []int, most int) (n int, err error) {
	if f.Closed {
		return countClosed(tx, s.service, most)
	}
	for _, d := range days {
		if n == most {
			break
		}
		found, err := countOpen(tx, c.within(s, f, d), most-n)
		if err != nil {
			return 0, err
		}
		n += found
	}
	return n, nil
}

// resume is where the cases with so many days go on after a place of the
// queue, which is in order of deadline, of what it counts from, and of id.
func (c *Cases) resume(after place, days int) (at time.Time, id string) {
	if after.days == days {
		return after.at, after.id
	}
	due := c.Calendar().Due(after.at, after.days, c.Zone())
	same, later := c.firstCounted(days, due), c.firstCounted(days, due.Add(time.Microsecond))
	switch {
	case after.at.Before(same):
		return same, ""
	case !after.at.Before(later):
		return later, ""
	}
	return after.at, after.id
}

// firstCounted is the first moment from which a deadline of so many working
// days ends at due or after it. The deadlines of a day are the same, and those
// of later days never earlier, so it is searched for by halves.
func (c *Cases) firstCounted(days int, due time.Time) time.Time {
	y, m, d := due.In(c.Zone()).Date()
	day := func(back int) time.Time { return time.Date(y, m, d-back, 0, 0, 0, 0, c.Zone()) }
	low, high := -1, 8*days+64 // how many days back: at low it ends at due or later, at high before
	for high-low > 1 {
		if mid := (low + high) / 2; c.Calendar().Due(day(mid), days, c.Zone()).Before(due) {
			high = mid
		} else {
			low = mid
		}
	}
	return day(low)
}
