// Package enter is the pages on which officials enter applications for people
// who come in person, call or write. What they fill in is a draft of package
// drafts; these are the pages on which they begin, end and find again what they
// entered.
//
// It promises:
//   - It is said how the application came, and through whom: a person is known
//     by a reference or an exact identifier, and reads that somebody looked.
//   - A company that somebody says they act for stands as claimed until an
//     official has verified it.
//   - What was entered shows its reference, service, state and dates to whoever
//     may enter for its service, never what it says.
//
// It owns no tables. Statements: O3, O10, O18.
package enter
