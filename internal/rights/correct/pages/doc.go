// Package pages renders what officials see who correct.
package pages
