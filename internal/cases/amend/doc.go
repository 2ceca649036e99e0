// Package amend is changing an application that was sent, as far as its state
// allows: answers on one page, and the files of a question on a page of their
// own.
//
// It promises:
//   - Only what the state, or the office that asked, leaves open is changed, and
//     only as the person last saw the application.
//   - New files become the answer; those before them stay with the case, as they
//     were sent, and the office sees which are new.
//   - Somebody else's application is not found, and the attempt is recorded.
//
// It owns no tables. Statements: O18.
package amend
