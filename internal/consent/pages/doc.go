// Package pages shows what package consent says: what a person is asked for,
// where they stand, and what they said before.
package pages
