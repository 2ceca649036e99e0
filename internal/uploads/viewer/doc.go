// Package viewer shows a PDF beside the data of a case: a document of its own,
// in a frame, that is given the bytes and can reach nothing.
//
// It promises:
//   - The frame has an origin that is nobody's: no cookie, no page of the
//     portal and no address but those of the viewer's own files, which say
//     nothing about anybody. It may not fetch, send, open or lead anywhere.
//   - It holds nothing of anybody until the page around it hands over a file,
//     which that page fetched as the official who reads it, by the route that
//     records it.
//   - What a PDF would do is not done: no script, form or link in it acts. No
//     code is ever made out of text.
//   - A PDF is read in a worker that the page does not wait for, one page at a
//     time as it is scrolled to, within a bound of pixels.
//   - Without scripts, or built without pdf.js, there is the file to download.
//
// It owns no table. Statements: O6, O10. Why: docs/decisions/0024-pdfs-in-a-frame.md.
package viewer
