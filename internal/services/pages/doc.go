// Package pages draws what package services shows: the catalogue of services.
// It decides nothing and reads nothing.
package pages
