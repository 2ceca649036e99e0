package cases

import (
	"context"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Load is how much of a kind of open cases there is: those of a service in a
// state, in one hand.
type Load struct {
	Service string
	State   string
	Holder  string // empty: nobody
	Waits   bool   // for somebody outside the office
	N       int
	Overdue int
	Soon    int       // due within the time asked for, not overdue
	Oldest  time.Time // when the one that waits longest was received
}

// Load says what there is to do on the services that somebody supervises: in
// numbers and times, nothing of what it is about.
func (c *Cases) Load(ctx context.Context, actor policy.Actor, soon time.Duration) (list []Load, err error) {
	now := c.Config.Clock.Now()
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		list = nil
		for _, d := range c.Works(actor) {
			if !c.Supervises(actor, d) {
				continue
			}
			idle := map[string]bool{}
			for _, state := range waiting(d) {
				idle[state] = true
			}
			all, err := selectDays(tx, d.ID)
			if err != nil {
				return err
			}
			for _, days := range all {
				// Due is a second before the end of the calendar's day.
				late, near := c.firstCounted(days, now.Add(time.Second)), c.firstCounted(days, now.Add(soon+time.Second))
				some, err := selectLoad(tx, d.ID, days, late, near)
				if err != nil {
					return err
				}
				for _, l := range some {
					if l.Waits = idle[l.State]; l.Waits {
						l.Overdue, l.Soon = 0, 0
					}
					list = append(list, l)
				}
			}
		}
		return nil
	})
	return list, wrap("see the load", err)
}
