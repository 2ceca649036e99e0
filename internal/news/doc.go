// Package news shows what is new on the portal.
//
// It promises:
//   - An item is a declaration of the instance: a day, a title and a text in
//     every language. Before its day nobody sees it.
//   - Everybody reads it, on pages and as an Atom feed a language; nobody who
//     reads is asked or remembered.
//   - What stands in it is text, in the pages and in the feed.
//
// It owns no table. Statements: O5, O16.
package news
