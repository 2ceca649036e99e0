// Package pages is what shows a PDF: a place in a page, and the empty document
// of the frame in it.
package pages
