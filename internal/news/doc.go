// Package news shows what is new on the portal.
//
// It promises:
//   - An item is a declaration of the instance: a day, a title and a text in
//     every language. Before its day nobody sees it.
//   - Everybody reads it, on pages and as an Atom feed a language; nobody who
//     reads is asked or remembered.
//   - People are told of it by package notify, which asks here what a notice of
//     an item says; an offer is told of when an official has it sent.
//   - What stands in it is text, in the pages and in the feed.
//
// It owns no table. Statements: O5, O16.
package news
