// Package pages holds the page that shows how the portal is used.
package pages
