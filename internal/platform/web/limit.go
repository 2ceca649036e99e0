package web

import (
	"container/list"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"portico/internal/platform/clock"
	"portico/internal/platform/fault"
)

// Limiter bounds how often something may be tried, by network and by account.
// Its memory is bounded: it forgets whoever was quiet the longest.
type Limiter struct {
	clock clock.Clock
	every rate.Limit
	burst int
	max   int

	mu    sync.Mutex
	byKey map[string]*list.Element
	quiet *list.List // least recently seen last
}

type allowance struct {
	key string
	lim *rate.Limiter
}

// NewLimiter allows burst tries at once and then one in each interval, for
// each of at most max keys.
func NewLimiter(c clock.Clock, interval time.Duration, burst, max int) *Limiter {
	return &Limiter{clock: c, every: rate.Every(interval), burst: burst, max: max, byKey: map[string]*list.Element{}, quiet: list.New()}
}

// Allow takes one try of key, or returns how long to wait for the next.
func (l *Limiter) Allow(key string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	el := l.byKey[key]
	if el == nil {
		if len(l.byKey) >= l.max {
			oldest := l.quiet.Back()
			delete(l.byKey, l.quiet.Remove(oldest).(*allowance).key)
		}
		el = l.quiet.PushFront(&allowance{key, rate.NewLimiter(l.every, l.burst)})
		l.byKey[key] = el
	}
	l.quiet.MoveToFront(el)
	now := l.clock.Now()
	res := el.Value.(*allowance).lim.ReserveN(now, 1)
	if d := res.DelayFrom(now); d > 0 {
		res.CancelAt(now)
		return d, false
	}
	return 0, true
}

// Limit takes one try for the network of the request and, unless account is
// empty, one for the account; it returns a TooMany fault when either has none
// left. Account is an id, or a keyed hash of what was typed.
func (q *Req) Limit(l *Limiter, account string) error {
	keys := []string{"n:" + q.Network()}
	if account != "" {
		keys = append(keys, "a:"+account)
	}
	for _, k := range keys {
		if wait, ok := l.Allow(k); !ok {
			q.W.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
			return fault.New(fault.TooMany, "error.too-many")
		}
	}
	return nil
}
