// Package takeout fills the package in which somebody takes their data home.
//
// It promises:
//   - Every place is opened through the gate, as a use of the program's own that
//     the person sees.
//   - A copy for another provider holds only what the person provided.
//   - Nobody else is named: officials by their role and institution.
//
// It owns no table.
package takeout
