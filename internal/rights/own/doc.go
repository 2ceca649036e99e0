// Package own is the pages on which people ask for a right about their own data
// and follow what they asked for: in the cabinet, and for package visitor those
// of people without one. What is asked and answered is package rights.
//
// It owns no tables. Statements: O14, N13, N14.
package own
