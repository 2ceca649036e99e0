// Package contact says where to find help and how to reach the operator.
//
// It promises: every channel that the instance declares stands on the page
// /help, below the anchor "contact", in the language of the reader; a telephone
// number and an address of mail can be used from there; nothing on the page
// needs an account or loads anything from another site.
//
// It owns no table. Statements: O16 (contact channels), O14 (a request about
// one's data can be made through each of them).
package contact
