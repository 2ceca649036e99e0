// Package factor keeps what proves who somebody is: the hash of a password,
// the key of an authenticator app, passkeys, and recovery codes. It knows no
// session and shows no page; package identity decides what a proof opens.
//
// It promises:
//   - Passwords, keys of apps and passkeys with their public keys are sealed;
//     recovery codes are kept as authenticators under a key that the store has
//     not. None can be read back.
//   - A code of an app opens once, and so does a recovery code. A new set of
//     recovery codes ends the one before.
//   - A passkey proves two things at once, having and knowing: it counts only
//     if the authenticator verified its owner, for this portal's address and no
//     other, for a challenge that we made a few minutes ago, for whom, and that
//     serves once. A counter that goes back is refused: somebody may have a copy.
//   - Each knows from when on it is seasoned: what was added to an account
//     lately authorises nothing that a thief would want first.
//
// What a passkey is called is a value of its holder, in the vault.
//
// Tables: factor_secret, factor_passkey, factor_code, factor_challenge.
package factor
