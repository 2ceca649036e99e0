// Package proof tells how each promise of the policy stands, and shows why.
//
// It promises:
//   - A promise is kept only if a control has examined the running system and
//     showed evidence. What no program can examine is attested, which is drawn
//     differently; what has neither says that it is not yet kept.
//   - A control that cannot look, panics, takes too long or shows nothing puts
//     its promise at risk: it never leaves an older, better finding standing.
//   - An attestation counts until its last day, and only while its evidence is
//     the very file that was attested. A sample counts in a demo only.
//   - What a demo relaxes says "at risk: demo".
//   - A store with a column that no feature declared does not start (I1).
//   - The public page shows status, since when, and what it does not cover;
//     evidence in detail is for staff.
//
// It owns the table proof_status: since when a promise stands as it does.
// Statements: all, for it examines them; O9, O11 and O20 (reviews whose day
// has passed show as at risk) are its own.
package proof
