// Package signin holds the pages by which people come in: registering, signing
// in with a password or a passkey, the second factor, recovery codes, proving
// again, and signing out. What they do is package identity's.
//
// It promises:
//   - Nothing here needs JavaScript but a passkey, and the pages say so.
//   - Where somebody wanted to go is carried on through every step, and only a
//     page of this portal is gone to.
//   - Before anything is asked, the privacy policy and the terms are there to
//     be read (M28).
//
// It owns no table.
package signin
