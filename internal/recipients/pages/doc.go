// Package pages renders what package recipients shows.
package pages
