// Package pages draws what package cases shows to a person: their applications.
// It decides nothing and reads nothing.
package pages
