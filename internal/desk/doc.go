// Package desk is where officials work on cases.
//
// It promises:
//   - Lists show references, states and dates, nothing of what a case is about.
//   - A case shows only what its purpose allows, to whoever holds it, and says
//     why; each view is an event that the applicant sees (O6, O10).
//   - Two who act at once: one wins, the other is told what happened and keeps
//     what they wrote.
//
// What can be done with a case is package cases'; this package calls its
// methods and never reads its tables. It has none of its own.
//
// Statements: O6, O10, O18.
package desk
