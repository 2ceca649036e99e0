// Package testkit is what tests share: real databases on both engines, a
// clock that stands still, a seeded source of chance, a browser without a
// window, and pages read by CSS selectors. No program imports it.
//
// It promises:
//   - Databases runs a test on SQLite and on PostgreSQL, each time on an empty
//     database of its own. A missing PostgreSQL fails the test; it never skips.
//   - Chance prints its seed, and PORTICO_TEST_SEED repeats a run.
//   - Nothing is left behind: files are in t.TempDir, databases are dropped.
package testkit
