// Package forms turns a declared form into questions, and what people send
// into answers: JSON Schema 2020-12 for the data, CEL for the rules.
//
// It promises:
//   - A form that compiles cannot surprise later: rules are checked against
//     the types of the schema, a rule that reads what may be unanswered must
//     ask has() first, and the worst case of its cost, with the longest
//     answers and the most rows, is bounded at load.
//   - Decoding is strict: what the form does not ask, an answer twice, more
//     than the limit, broken UTF-8 and characters that hide or reorder text
//     are errors next to their field, and nothing that was typed is lost.
//   - A hidden value is dropped before rules, storage and summary, even if it
//     was sent anyway.
//   - A rule that errs or exceeds its cost stops the submission, and is
//     reported with its id and what it read. It never counts as false, hidden
//     or zero.
//   - The only clock is the one given with the answers; money is whole
//     numbers of the smallest unit.
//   - Data about somebody else is stated after its conditions were shown and
//     with a warranty, which is an answer like others (M18).
//
// Answers are canonical text by key: see the kinds. In rules an answer is
// answers.KEY with "_" for each "-" of the key; now and today are the
// request's clock, variant is that of the service, begun(amount, unit) counts
// the units begun, hours(n) and days(n) are durations, round(number) is a
// whole number, sum(list) adds. Rows, files and choices are lists: has, all,
// exists, exists_one, map and filter look at them one by one.
//
// A decision rule looks at answers as a whole; what follows from it is not this
// package's: see Decided.
//
// A rule may be about a part of a group: it is evaluated in each row, which it
// reads as row.PART besides the other answers. A part that is hidden in a row
// is dropped from it before any rule reads the group.
//
// Callers read what was sent by package sent, judge it by Check, and store
// Outcome.Answers; the rest of the outcome says what is asked as things stand,
// what is wrong and what it would cost. Tasks says how far each page is;
// Visible and Reads why a question is asked or hidden; Adopt which answers of
// an older draft still fit, package versions what a newer form asks otherwise.
// Package questions shows the questions, package say the answers in words.
//
// A question is asked under its key; dates, addresses and rows have an input
// for each part: KEY-day, KEY-lines, KEY.0.PART. Buttons _add=KEY and
// _remove=KEY.N change the rows of a group: what is sent says Edited, and the
// page is shown again. A file never comes with other answers: whoever takes
// uploads puts answer.FilesText into the answers. Package answer knows the
// texts of such answers; package rule is the engine that rules run on.
//
// It owns no tables, does no I/O and knows neither persons nor cases.
package forms
