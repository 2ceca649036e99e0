// Package sheet is what the pages about rights have in common, those of who asks,
// of officials and of institutions: how a form is read and shown again, and what
// goes for a right in words.
//
// It owns no tables. Statements: O14, N13, N14.
package sheet
