// Package pdf tells whether a PDF does something, hides something or holds other
// files. It reads the file once, from its beginning to its end, and keeps little
// of it: it may be given a file that is only just arriving.
package pdf
