package db

import "syscall"

// yield lets other threads go on that wait for this processor. The kernel gives
// one that computes up to four milliseconds while another waits beside it, and
// Go's own scheduler cannot shorten that.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
