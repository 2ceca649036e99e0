// Package described says what people are told of a service, and where: what a
// control compares with the pages of the running portal.
//
// It owns no table. Statements: O18.
package described
