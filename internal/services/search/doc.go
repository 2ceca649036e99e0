// Package search finds things by the words that people type, however they spell
// them: accents, vowel signs of Thaana, letters swapped, missing, wrong or too
// many are forgiven, and what is read of a query is bounded (O18).
package search
