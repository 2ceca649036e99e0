// Package pdf draws a document as a PDF.
//
// It promises:
//   - Thaana stands as it is written: from the right, each vowel sign at its
//     consonant, with Latin words and numbers in their own direction. Text is
//     shaped by go-text/typesetting and drawn glyph by glyph.
//   - Nothing is drawn wrong: a character that no embedded font has is an error,
//     and so is a glyph that is no character's. Then there is the print view.
//   - The same page is the same file.
//
// The fonts are embedded as far as scripts/npm.sh has fetched them. It owns no
// tables and does no I/O.
package pdf
