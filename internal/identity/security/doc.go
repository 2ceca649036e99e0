// Package security holds the pages on which somebody looks after their own
// account: how they sign in, where they are signed in, and what happened to it
// (M25). The same pages serve people in their cabinet and officials beside
// their work.
//
// It promises:
//   - What changes an account asks for a proof first, and is told to its holder.
//   - Officials cannot take their last second factor away (O10).
//
// It owns no table: accounts and credentials are package identity's.
package security
