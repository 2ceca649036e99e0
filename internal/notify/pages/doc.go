// Package pages draws what package notify shows. It promises what templ does:
// values are data.
package pages
