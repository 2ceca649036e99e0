// Package cast makes the people of a demo, who do not exist.
//
// It promises:
//   - Everybody in it is made by the features that own accounts, as a real
//     person's account is.
//   - They are those of the instance (demo.yaml), or neutral ones.
//   - A start makes whoever is still missing, and nobody twice.
//
// It owns no table. It keeps no statement.
package cast
