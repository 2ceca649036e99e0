// Package holdings is the registry of what the portal keeps of people: what
// rights and retention walk, so that neither imports a feature.
//
// A feature that keeps something declares its kinds in a function Kept: which
// table, from which of its times a rule of retention.yaml counts, under which
// key the values are sealed, which rows go with it. The few statements that
// find, take away and sweep such rows are written once, here; the declarations
// are the only part that differs.
//
// It promises:
//   - Held is what is kept of a person, each thing with the rule that governs it
//     now.
//   - A due date is computed from the time in the row and the rule in force,
//     never copied.
//   - Take removes what makes a thing be there, as it was last seen: one row,
//     whatever hangs on it. Sweep removes the rest, a few rows at a time.
//
// It destroys no key and asks nobody: whoever disposes of something goes by
// package retention, which does.
//
// Tables: none of its own. Statements: O7, N10.
package holdings
