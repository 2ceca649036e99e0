// Package pages shows the files of a question, and of a case. It promises what
// its values say: names and sentences are data, and nothing here decides.
package pages
