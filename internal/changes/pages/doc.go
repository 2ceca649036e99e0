// Package pages shows what package changes says: to officials what is proposed
// and announced, to people that a new version is in force.
package pages
