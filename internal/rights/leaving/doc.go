// Package leaving destroys the accounts of those who asked for it and were
// granted it.
//
// It promises:
//   - They are told before, at the address that goes with the account; an address
//     that takes no message keeps nothing from going (N14).
//   - Of whom another part was refused reads that, and appeals, without the
//     account: by a code to where they were reached, which stays with the request.
//     Of everybody else nothing stays for it (I11).
//   - On applications that stay they use their rights like everybody without an
//     account (package rights/visitor).
//
// It owns no tables. Statements: N14; invariants I8, I11.
package leaving
