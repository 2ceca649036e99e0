// Package cases holds applications that were sent, from receipt to the end:
// their rules, their storage, and the pages of the person whose they are.
//
// It promises:
//   - An application is submitted exactly once: a double click, a reload, a
//     retry and another node find the case that there is.
//   - Nothing personal is in the rows of this package: ids, states and times.
//     Answers, remarks, messages and notes are sealed in the scope case:ID,
//     under the activities of the service, each value with its source (O3).
//   - A case keeps the version of the instance that it was submitted under, and
//     the hash of the policy then in force. The gate decides by the policy in
//     force all the same: where that no longer knows the service, nobody opens
//     the case, and whoever could is told why (see Left).
//   - An official sees the fields of SERVICE.decide, of a case that they hold
//     and while it is open; each view is an event. A case that is not one's
//     task opens under SERVICE.review only, to roles that the service declares,
//     for a reason in writing that the person reads. Whatever else is tried is
//     denied and recorded (O6, O10).
//   - Whatever moves a case is a compare-and-set on its state and revision: of
//     two who act at once one wins, the other is told.
//   - Somebody else's case is not found, and the attempt is recorded.
//   - Deadlines are computed by the instance's calendar and never stored. An
//     official's counts from receipt, moved by as long as the case waited for
//     the applicant in a state that pauses; others count from when the case
//     came into the state. What has passed is noted once for each state (see
//     NoteLate), and moves nothing but by an action that the workflow declares.
//   - An answer that was changed stays beside the new one, with until when (O14).
//   - Where somebody else was named, the conditions, the moment and the policy
//     stand with the answers, to the person and to who decides (M18).
//   - What the program decided, by which rule and what it read for that, is a step
//     of the case; package automatic decides (N13).
//   - Notes of officials are never on the person's page; they are declared as
//     data about them all the same.
//
// Other features reach a case so: Submit makes one inside the caller's
// transaction (drafts do); View, Act, Reply, Note, HandOver, Review and Queue
// are for officials' pages; Tag, Due, Grid, Timeline and FeeRows draw one.
// Package casestest has a portal with cases for tests.
//
// Tables: cases_case, cases_item, cases_related, cases_step.
// Statements: M5, M18, N13, O2, O3, O6, O10, O14, O18.
package cases
