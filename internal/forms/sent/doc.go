// Package sent reads what a browser sent in answer to a form, and says what
// stands in its inputs when it is shown again.
//
// It promises: what the form does not ask is an error, and so is an answer
// twice, one with characters that hide or reorder text, and one that is no
// answer of its kind; what was typed is kept to be shown again; work is
// bounded by what the form asks, however much was sent.
package sent
