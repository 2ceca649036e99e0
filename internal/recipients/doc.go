// Package recipients tells everybody outside of the operator who received
// something of a person's when it was corrected, erased or restricted, and
// follows it until they acknowledge it.
//
// It promises:
//
//   - An act is queued in the transaction that does it: both are there or
//     neither. Tell takes ids and states, never a value.
//
//   - Who received something is computed from the log: the party of each
//     official who opened or wrote it, and each provider of a declared use by
//     which it left. What people did with their own data tells nobody's name.
//
//   - One row a recipient and act. An institution whose officials work here
//     finds it on its page, and its officials are written to; another party
//     gets a mail at the address that the policy declares for it. Neither holds
//     anything about the person: a reference, the numbers of the applications
//     that the recipient knows, the names of the fields, and what to do.
//
//   - It stays open until somebody acknowledges it: an official of the party,
//     whoever has the link of the mail, or the privacy officer for what came by
//     another way. After a fortnight it counts as overdue.
//
//   - A party that declares no address and has no officials here cannot be told;
//     the person and the privacy officer are shown that plainly.
//
//   - The person sees on the page of the request who was told when, and when
//     they acknowledged it.
//
// Tables: recipients_act, recipients_notice.
// Statements: O6, O14, N13, N14; invariants I6, I8.
package recipients
