// Package pages draws how long things are kept: for the privacy officer, and
// for the person whose they are.
package pages
