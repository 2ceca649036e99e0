// Package pages draws what package cases shows: drafts and applications.
// It decides nothing and reads nothing.
package pages
