// Package pages draws what is handed over, for the privacy officer.
package pages
