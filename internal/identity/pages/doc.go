// Package pages holds the pages of registration, signing in and the security
// of an account. It promises to hold no sentence and no rule.
package pages
