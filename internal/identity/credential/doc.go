// Package credential holds the rules of what proves who somebody is, without
// any store: passwords, those that everybody tries, second factors, and how
// often something may be tried.
//
// It promises:
//   - A new password has 10 characters or more and is none that everybody
//     tries; it is compared after NFKC and kept as argon2id.
//   - Few hashes run at once, and one of nobody's password costs the same.
//   - What a second factor accepts is told apart by its moment, so that the
//     caller can refuse it twice.
//   - A throttle holds keyed hashes in a bounded memory.
package credential
