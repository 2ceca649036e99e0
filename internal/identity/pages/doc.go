// Package pages draws what package identity shows: registration, sign-in and
// the settings of an account. It decides nothing and reads nothing.
package pages
