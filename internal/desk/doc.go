// Package desk is where officials work on cases.
//
// It promises:
//
//   - Lists show references, states and dates, nothing of what a case is about.
//
//   - A case shows only what its purpose allows, to whoever holds it, and says
//     why; each view is an event that the applicant sees (O6, O10).
//
//   - Two who act at once: one wins, the other is told what happened and keeps
//     what they wrote.
//
//   - Whether notices reached the applicant stands on the case, by which way and
//     without any address.
//
//   - What is overdue is said in words, by colour and by shape; what waits for
//     the applicant is not the office's to be late with.
//
//   - A case that is not one's task opens for a reason in writing, where the
//     service declares it. Whoever looks for somebody leaves an event; what
//     matched nobody leaves nothing.
//
//   - Supervising opens no case. Officials stand in lists by reference; their
//     names open through the gate, where cases are handed over.
//
//   - Reusable remarks are read in many cases: what looks like somebody's
//     address or number is refused.
//
//   - Everything works without a script and without a mouse. Single keys are off
//     until an official turns them on (WCAG 2.1.4).
//
// What can be done with a case is package cases'; this package calls its
// methods and never reads its tables.
//
// Tables: desk_remark, desk_keys. Statements: O6, O10, O18.
package desk
