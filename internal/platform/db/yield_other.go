//go:build !linux

package db

// yield does nothing where there is no sched_yield to call.
func yield() {}
