package credential

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"portico/internal/platform/clock"
)

// Limit is how often something may happen within a time.
type Limit struct {
	Times  int
	Within time.Duration
}

// Searches is how often an official may look for somebody.
func Searches() Limit { return Limit{Times: 30, Within: 10 * time.Minute} }

// Throttle counts tries, in the memory of this node: what is counted is a keyed
// hash that means nothing elsewhere or after a restart. A try that was no guess
// is given back, so that signing in often costs nothing.
// Several nodes count apart, so their limits add up.
type Throttle struct {
	clock clock.Clock
	key   [32]byte
	mu    sync.Mutex
	seen  map[[32]byte]*window
}

type window struct {
	began time.Time
	span  time.Duration
	times int
}

// throttleMax bounds the memory: when it is full, what is over goes first,
// and if nothing is over everything is counted anew.
const throttleMax = 100_000

// NewThrottle returns a throttle that has counted nothing.
func NewThrottle(c clock.Clock) *Throttle {
	t := &Throttle{clock: c, seen: map[[32]byte]*window{}}
	_, _ = rand.Read(t.key[:])
	return t
}

// Take counts one more of what, by whom, and reports whether it is within the
// limit. What is refused is not counted, so that waiting helps.
func (t *Throttle) Take(l Limit, what, who string) bool {
	id := t.hash(what, who)
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.seen[id]
	if w == nil || now.Sub(w.began) >= w.span {
		if w == nil && len(t.seen) >= throttleMax {
			t.tidy(now)
		}
		w = &window{began: now, span: l.Within}
		t.seen[id] = w
	}
	if w.times >= l.Times {
		return false
	}
	w.times++
	return true
}

// Give takes a try back that turned out to be none.
func (t *Throttle) Give(what, who string) {
	id := t.hash(what, who)
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.seen[id]; w != nil && w.times > 0 {
		w.times--
	}
}

func (t *Throttle) hash(what, who string) [32]byte {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte(what + "\x00" + who))
	return [32]byte(mac.Sum(nil))
}

func (t *Throttle) tidy(now time.Time) {
	for id, w := range t.seen {
		if now.Sub(w.began) >= w.span {
			delete(t.seen, id)
		}
	}
	if len(t.seen) >= throttleMax {
		clear(t.seen)
	}
}
