package web

import (
	"context"
	"sync"
	"time"
)

// crowd is whoever waits for an answer now.
type crowd struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed once nobody does; nil: nobody does
}

func (c *crowd) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n == 1 {
		c.none = make(chan struct{})
	}
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 {
		close(c.none)
		c.none = nil
	}
}

func (c *crowd) waiting() (none <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.none
}

// Busy reports whether somebody waits for an answer of this process.
func (r *Router) Busy() bool { return r.crowd.waiting() != nil }

// Calm returns once nobody waits for an answer of this process, or after most:
// whoever has much to do that is not urgent does it then.
func (r *Router) Calm(ctx context.Context, most time.Duration) {
	none := r.crowd.waiting()
	if none == nil {
		return
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-none:
	case <-timer.C:
	case <-ctx.Done():
	}
}
