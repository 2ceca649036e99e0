// Package pages holds the banner and the page on which cookies are chosen.
package pages
