// Package pages shows documents: to the person whose they are, to whoever
// verifies one, and to officials who revoke and correct.
package pages
