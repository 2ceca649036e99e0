// Package pages draws what package desk shows: the queue and the case.
// It decides nothing and reads nothing.
package pages
