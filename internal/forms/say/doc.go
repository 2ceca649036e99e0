// Package say says answers in the words of a language: for summaries, for
// those who decide, for documents. It promises that each answer is said as its
// question asked for it, and knows no page.
package say
