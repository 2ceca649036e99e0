// Package pages holds the pages on which an application is made.
package pages
