// Package office is the pages on which officials answer what people ask for
// about their data: the queue by how soon it is due, and a request, which shows
// what it is about only to the official who holds it. What is answered, and what
// follows, is package rights.
//
// It owns no tables. Statements: O14, N13, N14.
package office
