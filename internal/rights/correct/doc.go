// Package correct follows what people want to have corrected that did not come
// from them alone: it becomes a task of the institution that answers for it.
//
// It promises:
//
//   - A request for rectification that names an application becomes a task of
//     those who decide on its service, in the transaction that takes the request.
//     What has no such owner is decided by who answers for the portal.
//   - A task has the time of the request, by the clock of package rights. Whoever
//     holds it reads what the person wrote, each time as an event, and answers:
//     corrected, or refused on a declared ground, which the person is told and
//     reads then. The request is answered when every part of it is (N13, N14).
//   - "Corrected" is not said of what did not change: the right value was written
//     down, or the document replaced, since the task began. A right value stands
//     beside what the person had declared, which stays: both are on the pages of
//     the application, and in the package (O14).
//   - What was refused and then granted on appeal is a task again, with a time of
//     its own, that can only be carried out. One that is not is counted, and
//     turns the promise about answers.
//   - Whoever received the old value is told, in the same transaction.
//
// States: waiting → taken → answered; answered → waiting when an appeal was
// granted.
//
// Table: correct_task. Statements: O14, N13, N14; invariants I10, I11.
package correct
