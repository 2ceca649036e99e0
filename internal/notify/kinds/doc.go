// Package kinds holds what an instance declares about notices: their classes,
// their channels and their words.
//
// It promises:
//   - A class is a type (I12). What is stored as a notice to somebody is made
//     from a Cleared, and a Cleared of a marketing kind is made from a Consent,
//     which nothing makes but the answer of whoever keeps the consents.
//   - Words are templates with placeholders from a fixed list. What is put into
//     them is data: it is never read as a template, a header or markup.
//
// It owns no table and does no I/O.
package kinds
