// Package reach looks how current the contact data of people is, for whoever
// examines it: who said lately that it is right, which contacts messages do not
// reach, and whether one of these was written to all the same (N18).
//
// It promises that no value of anybody is opened: ids, fields and times only.
//
// It owns no table: it reads those of package account.
package reach
