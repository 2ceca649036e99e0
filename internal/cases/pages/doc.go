// Package pages draws what package cases shows: drafts, applications, the queue and decisions.
// It decides nothing and reads nothing.
package pages
