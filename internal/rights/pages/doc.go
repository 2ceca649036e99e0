// Package pages renders what package rights shows.
package pages
