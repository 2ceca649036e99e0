// Package cabinet is the person's own pages: what waits for them, their data
// with its sources, and who used it.
//
// It promises:
//   - A person sees every event about them, theirs only, without a gap in the
//     numbers (I15): what officials did in full, their own visits and what the
//     program did folded, denials said as such.
//   - Each line is in words: who, from which institution, in which role, which
//     data, for what, on which basis, and when. It never shows a value.
//   - Each line's record can be downloaded and verified without the operator.
//   - Seeing one's own data passes the gate like any other use (I3).
//
// It owns no table. Statements: O14 (see), M5, O3 (sources are shown).
package cabinet
