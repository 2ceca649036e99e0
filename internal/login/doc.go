// Package login lets people come in by a login of somebody else, such as a
// national one, over OpenID Connect: to sign in, and to prove again who they are.
//
// It promises:
//   - The login is declared: its issuer, what of people it tells us, and the
//     level that it gives. It is asked by the authorization code flow with PKCE,
//     at one address that we named, and at no other host.
//   - What comes back counts once, within a quarter of an hour, in the browser
//     that left, and for the session that left where there was one. The ID token
//     must be signed by the issuer's key, for us, for this once, and not be over.
//   - Whatever is wrong is said on a page, and nothing of it is kept.
//   - An account is found by the login's own identifier alone, which is sealed
//     and found by a blind index. It is never found by an e-mail address: who has
//     an account signs in to it, proves anew who they are, and connects it.
//   - Somebody who is new sees what the login tells us, and opens the account
//     themselves. A contact counts only if the login confirmed it.
//   - Where the login gives the level of a national one, the identity number is
//     verified by it: nobody else has it, and it is no other than the one that
//     was verified before.
//   - An account that has no other way in stays connected.
//
// Tables: login_attempt, login_link. Statements: O2, O3, M25, M27, M28.
package login
