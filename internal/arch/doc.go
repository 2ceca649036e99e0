// Package arch holds the table of allowed imports and the rules of the house,
// and the tests that hold the project to them. No program imports it.
//
// It promises:
//   - A new edge between packages is a new row of the table in table.go; one that
//     goes sideways says why.
//   - A dependency is used by the packages that need it and by no others, so that
//     it can be replaced there.
//   - Each rule is shown to find its breach (rules_test.go), so that a rule that
//     stopped looking cannot pass.
package arch
