// Package pages draws the pages of package login.
package pages
