// Package find finds cases for officials who know a reference or an exact
// identifier.
//
// It promises:
//   - Nobody but an official, signed in as the portal wants them, finds anything,
//     and only in services that are theirs.
//   - That somebody looked is an event of the person; what matched nobody is kept
//     nowhere (O10).
//
// It owns no tables. Statements: O6, O10.
package find
