// Package pages has the templates of package automatic.
package pages
