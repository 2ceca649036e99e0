// Package db is the one way to the store: SQLite embedded in the program or
// PostgreSQL, behind the same two calls.
//
// It promises:
//   - Update answers nil only once the transaction is durable (I3). On SQLite
//     many callers share one flush; on PostgreSQL the server does the same.
//   - A failed function leaves nothing behind, and harms nobody else's.
//   - AfterCommit hooks run only after the commit, and never otherwise.
//   - One SQL text runs on both engines; parameters are $1…$n in the order of
//     first use, which is checked, for SQLite binds others silently wrong.
//
// Outside this package SQL stands only in files named store*.go. Isolation is
// READ COMMITTED on PostgreSQL: what depends on a row's state is written as a
// compare-and-set (UPDATE … WHERE state = $1) whose row count is looked at.
// The functions given to Update may run more than once (a serialization
// failure, a deadlock), do no I/O of their own, and call neither Update nor
// View: on SQLite they run on the one goroutine that writes.
//
// Types: ids and JSON are TEXT, times BIGINT microseconds, secrets and sealed
// values BYTEA (which SQLite stores as it comes), flags are a nullable time.
package db
