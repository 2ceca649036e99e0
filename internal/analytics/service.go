package analytics

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Config is what counting needs.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Zone  func() *time.Location
	// Cookies are what the policy in force declares of browsers; the
	// measurement called Name among them has the class that is to be granted,
	// and the period for which numbers are kept.
	Cookies func() []policy.Cookie
	// Known reports whether there is such a service, and such a page of its
	// form; page is empty for the service alone.
	Known func(service, page string) bool
	// Policy says which roles see operations.
	Policy func() *policy.Policy
}

// Name is what a policy calls this measurement where it declares it.
const Name = "visits"

// declared returns the declaration of the measurement, if there is one.
func (a *Analytics) declared() (policy.Cookie, bool) {
	all := a.Cookies()
	i := slices.IndexFunc(all, func(c policy.Cookie) bool { return c.Name == Name && c.Kind == "measurement" })
	if i < 0 {
		return policy.Cookie{}, false
	}
	return all[i], true
}

// maxKeys bounds what is counted in memory: more than a portal has pages.
const maxKeys = 20_000

// Analytics counts. It is safe for concurrent use.
type Analytics struct {
	Config
	mu      sync.Mutex
	waiting map[Key]Numbers
	seen    map[string]bool // pages that were counted since the start
}

// New returns the counting of a portal.
func New(c Config) *Analytics {
	return &Analytics{Config: c, waiting: map[Key]Numbers{}, seen: map[string]bool{}}
}

// Count adds to the numbers of today.
func (a *Analytics) Count(page, lang string, n Numbers) {
	k := Key{a.day(a.Clock.Now()), page, lang}
	a.mu.Lock()
	defer a.mu.Unlock()
	sum, counted := a.waiting[k]
	if !counted && len(a.waiting) >= maxKeys {
		return
	}
	sum.add(n)
	a.waiting[k], a.seen[page] = sum, true
}

// counted reports whether a page was ever counted: only such a one may tell
// how long it was open.
func (a *Analytics) counted(page string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen[page]
}

func (a *Analytics) day(t time.Time) string { return t.In(a.Zone()).Format(time.DateOnly) }

// Flush stores what was counted. Numbers that could not be stored wait on.
func (a *Analytics) Flush(ctx context.Context) error {
	a.mu.Lock()
	counted := a.waiting
	a.waiting = map[Key]Numbers{}
	a.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(counted), func(x, y Key) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Page, y.Page), cmp.Compare(x.Lang, y.Lang))
	})
	err := a.DB.Update(ctx, func(tx *db.Tx) error {
		for _, k := range keys { // in one order, so that two nodes do not wait for each other
			if err := addNumbers(tx, k, counted[k]); err != nil {
				return err
			}
		}
		if oldest, limited := a.oldest(); limited {
			return deleteBefore(tx, oldest)
		}
		return nil
	})
	if err == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, n := range counted {
		sum := a.waiting[k]
		sum.add(n)
		a.waiting[k] = sum
	}
	return fmt.Errorf("store what was counted: %w", err)
}

// oldest is the first day that is kept, where the declaration limits it.
func (a *Analytics) oldest() (day string, limited bool) {
	c, ok := a.declared()
	if !ok {
		return "", false
	}
	y, m, d, err := c.Period.Parts()
	return a.day(a.Clock.Now().AddDate(-y, -m, -d)), err == nil && y+m+d > 0
}

// Run stores what was counted once a minute, and once more when ctx ends.
func (a *Analytics) Run(ctx context.Context, report func(error)) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			if err := a.Flush(context.WithoutCancel(ctx)); err != nil {
				report(err)
			}
			return
		case <-ticker.C:
			if err := a.Flush(ctx); err != nil {
				report(err)
			}
		}
	}
}

// Report is what was counted over some days.
type Report struct {
	Days  []Sum // the oldest first, days without a visit too
	Pages []Sum // the most looked at first
	Langs []Sum
}

// Sum is the numbers of one day, page or language.
type Sum struct {
	Name string
	Numbers
}

// Report sums up the days before tomorrow.
func (a *Analytics) Report(ctx context.Context, days int) (*Report, error) {
	now := a.Clock.Now()
	byDay, byPage, byLang := map[string]Numbers{}, map[string]Numbers{}, map[string]Numbers{}
	err := a.DB.View(ctx, func(tx *db.Tx) error {
		clear(byDay)
		clear(byPage)
		clear(byLang)
		return selectNumbers(tx, a.day(now.AddDate(0, 0, 1-days)), func(k Key, n Numbers) {
			for m, name := range map[*map[string]Numbers]string{&byDay: k.Day, &byPage: k.Page, &byLang: k.Lang} {
				sum := (*m)[name]
				sum.add(n)
				(*m)[name] = sum
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what was counted: %w", err)
	}
	r := &Report{Pages: sums(byPage), Langs: sums(byLang)}
	for i := days - 1; i >= 0; i-- {
		day := a.day(now.AddDate(0, 0, -i))
		r.Days = append(r.Days, Sum{day, byDay[day]})
	}
	return r, nil
}

// sums sorts by views, the most first.
func sums(m map[string]Numbers) (out []Sum) {
	for name, n := range m {
		out = append(out, Sum{name, n})
	}
	slices.SortFunc(out, func(x, y Sum) int { return cmp.Or(cmp.Compare(y.Views, x.Views), cmp.Compare(x.Name, y.Name)) })
	return out
}
