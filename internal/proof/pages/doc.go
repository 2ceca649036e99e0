// Package pages draws what package proof shows: the proof.
// It decides nothing and reads nothing.
package pages
