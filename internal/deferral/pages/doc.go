// Package pages draws what is shown to people later, for the officials who ask for
// it and who allow it.
package pages
