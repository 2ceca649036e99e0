// Package changes brings a changed policy, or changed terms, into force.
//
// It promises:
//   - What a directory says otherwise in policy or terms is proposed and waits.
//     A person with the capability publish-policy sees the difference in words
//     and whom it concerns, counted; states the reason, in every language; and
//     sets the date (O15).
//   - From then on it is announced: on the policy's page and among its versions,
//     with date, reason and difference, and by a notice to everybody with an
//     account, and to every official if the use of what is kept of officials
//     changes. It comes into force at its date, and not before the last of these
//     notices is queued (I13).
//   - What uses known data for more than was said is announced only if it is
//     asked for apart, as a consent, or if the law is the reason (I13).
//   - The first use of the portal after the date, signed in, is recorded as
//     acceptance, with the version; a message beside it says what changed and
//     how to leave (O15). Who registers accepts what they were shown (M28).
//
// It owns the tables changes_announcement, changes_told and changes_acceptance.
package changes
