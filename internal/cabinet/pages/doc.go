// Package pages shows a person their own data and who used it.
package pages
