// Package pages draws the pages of payments.
package pages
