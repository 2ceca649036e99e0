// Package forms turns a declared form into questions, and what people send
// into answers: JSON Schema 2020-12 for the data, CEL for the rules.
//
// It promises:
//   - A form that compiles cannot surprise later: rules are checked against
//     the types of the schema, a rule that reads what may be unanswered must
//     ask has() first, and the worst case of its cost is bounded at load.
//   - Decoding is strict: what the form does not ask, an answer twice, more
//     than the limit, broken UTF-8 and characters that hide or reorder text
//     are errors next to their field, and nothing that was typed is lost.
//   - A hidden value is dropped before rules, storage and summary, even if it
//     was sent anyway.
//   - A rule that errs or exceeds its cost stops the submission. It never
//     counts as false, hidden or zero.
//   - The only clock is the one given with the answers; money is whole
//     numbers of the smallest unit.
//
// Answers are canonical text by key: numbers without leading zeros, dates as
// 2026-11-22, times as RFC 3339, yes and no as true and false. In rules an
// answer is answers.KEY with "_" for each "-" of the key; now and today are
// the request's clock, begun(amount, unit) counts the units begun, hours(n)
// and days(n) are durations.
//
// It owns no tables, does no I/O and knows neither persons nor cases.
package forms
