// Package cases holds applications from the first answer to the decision.
//
// It promises:
//   - An application is submitted exactly once. A draft is the person's n-th
//     application for a service; submitting is a compare-and-set on its state
//     and revision, so that a double click, a reload, a retry and a second tab
//     find what is there already.
//   - Nothing personal is in the rows of this package: ids, states and times.
//     Answers and remarks are sealed in the scope case:ID, under the activity
//     SERVICE.apply or SERVICE.decide, each value with its source (O3).
//   - A case keeps the version of the instance that it was submitted under,
//     and the hash of the policy then in force.
//   - An official sees the fields of SERVICE.decide, of a case that they hold
//     and while it is open; each view is an event. Whatever else they try is
//     denied and recorded (O6, O10). Two who act at once: one wins, the other
//     is told.
//   - Somebody else's case is not found, and the attempt is recorded.
//   - Deadlines are computed from receipt by the instance's calendar.
//
// Other features reach a case so: Submit makes one inside the caller's
// transaction (drafts do); Tag, Due, Grid, Timeline and FeeRows draw one.
// Package casestest has a portal with cases for tests.
//
// Tables: cases_case, cases_related, cases_step. Statements: O2, O3, O6, O10.
package cases
