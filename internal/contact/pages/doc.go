// Package pages shows where to find help and how to reach the operator.
package pages
