// Package roll lists and counts people with an account, for what goes to
// everybody and for what is examined of all of them.
//
// It promises that nobody who has an account is left out, and that no value of
// anybody is opened: ids and states only (N11, I13).
//
// It owns no table: it reads that of package identity.
package roll
