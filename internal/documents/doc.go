// Package documents issues what a service promises at the end: a permit that
// its holder shows and prints, and that anybody can verify.
//
// It promises:
//   - A case that comes into a state with issues: true has one document (O18).
//     Follow writes its row, with its number, in the transaction of that step:
//     it is there exactly if the step is. What the document says follows in a
//     job that the same transaction writes, because no value is revealed before
//     the event of its use is durable. Whoever opens a document that is not made
//     yet has it made at once, so a crash between delays it and loses nothing.
//   - What a document says is sealed as it was issued, in every language, in the
//     scope of its case: no later change of template, answers or texts of the
//     portal changes it. The portal makes it under SERVICE.issue, which the
//     policy names.
//   - Each view and each download by the person passes the gate and is an event;
//     somebody else's document is not found, and the attempt is recorded.
//   - A document is verified by its number and a token of 128 bits, which is
//     derived from the key directory and stored only as a keyed hash. The answer
//     is one of valid, expired, revoked, replaced and unknown, with dates and
//     what kind of document it is, never whose. A wrong token, a wrong number
//     and a document that is not made yet look and cost the same, tries are
//     limited by network, and no search engine keeps the page.
//   - Whose document is about to expire is told once, as many days before as the
//     service says; whose document was revoked or replaced, at once.
//   - Roles that the service declares revoke a document, or correct it: then
//     another takes its place. Both need a reason, which the person reads and
//     which is in the event (O6, O10). Who revokes one
//     may have the fee given back in the same transaction.
//
// Its number is the reference of the case, from the second document on with
// -2, -3 behind it: people have one number to keep, nobody counts permits by
// it, and no counter makes issues wait for each other.
//
// Table: documents_document. Statements: O3, O6, O10, O18.
package documents
