// Package identity knows who somebody is: accounts, contacts confirmed by a
// code, passwords, second factors, sessions, and the history of all these.
//
// It promises:
//   - What a person says about themselves is a declared value: it is sealed in
//     the vault with its source, reserves nothing and proves nothing (O2, O3).
//     Only a contact that was confirmed by its code belongs to one account.
//   - Before anything is asked, the privacy policy and the terms are there to
//     be read, and the event says which version was shown (M28).
//   - Where a portal asks people to agree to the place of storage, nobody opens
//     an account without it, and the event says under which terms (N11).
//   - Nobody learns whether a contact has an account: registering and signing
//     in do and say the same, and cost the same, for one that has and one that
//     has not. What differs goes to the contact's owner as a message.
//   - A code follows from a key, a challenge and a salt, and is never stored.
//     It is valid for 10 minutes and 5 tries.
//   - A registration that nobody finished is deleted with its keys, by the rule
//     that the policy declares for it; until then it keeps nobody who has the
//     contact from registering.
//   - A password has 10 characters or more, is none that everybody tries, and
//     is stored as argon2id, sealed. Few hashes run at once, and throttles by
//     account and by network come before the queue.
//   - A code of a second factor opens once. Officials always need one, but in
//     a demo store (O10).
//   - A session's token is stored as its hash and changes at sign-in, at the
//     second factor and with the password; it ends after 30 minutes without
//     use and after 12 hours (officials 8). A change of password ends all others.
//   - Sign-ins, failed ones, sign-outs and changes are events that the person
//     sees (M25).
//
// Throttles count in the memory of each node; everything else is in the store.
//
// Tables: identity_account, identity_channel,
// identity_challenge, identity_session, identity_failure.
package identity
