// Package pages shows how the promises of a policy stand.
package pages
