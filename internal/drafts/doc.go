// Package drafts is an application while it is being made: page by page, on
// any device, until it is sent and becomes a case.
//
// It promises:
//   - An application is sent exactly once. A draft has the id of the case that
//     it becomes; sending takes the draft away and makes the case in one
//     transaction, and only as the person last saw it. A double click, a
//     reload, a second tab and another node find the case that there is.
//   - Nothing that was typed is lost: right or wrong, it is kept with the
//     draft, and what two devices typed at once is shown side by side.
//   - Where scripts run, a page saves itself while it is filled in, just as its
//     button does, and says so. It never conflicts with itself, what arrives
//     late undoes nothing, and what was deleted or sent does not come back. It
//     shows and hides its questions and says the fee as answers change.
//   - What was typed is one sealed value, SERVICE.draft, under the activity
//     SERVICE.apply, in the scope case:ID. Answers become values of their own
//     fields, each with its source (O3), only when the application is sent;
//     what the form does not ask as things stand is never stored as one.
//   - The profile fills in what may be reused and says so; the person can
//     refuse it. Where a value comes from is kept by the server: what the
//     person changed is the person's.
//   - The policy in force is said before anything is typed, and recorded with
//     what is sent (M6).
//   - A draft is carried over to a newer version of its service, and the person
//     is told what has changed, on each page until they say that they know. The
//     draft of a service that is withdrawn can be read and deleted, not sent.
//   - An official whom the service lets enter for others makes a draft about
//     somebody else, as their task and nobody else's (see Enter). Each value
//     then comes from staff, the case says how it came, and looking for the
//     person is an event of theirs. Somebody without an account is known by
//     their applications alone, and not at all once the last draft is gone.
//     Whoever enters finds how far it is, never what it says.
//   - A draft goes after the time that its category declares, counted from its
//     last change, and at once when the person says so; its key goes with it.
//
// Tables: drafts_draft. Statements: O2, O3, O18, M6, M18, M27.
package drafts
