// Package pages shows what an office gives an applicant on paper.
package pages
