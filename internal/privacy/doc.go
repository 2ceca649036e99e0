// Package privacy shows people what the instance declares: the policy in
// words, its versions, the record of processing, and the terms.
//
// It promises:
//   - The policy page says what the policy in force says: the facts in the text
//     are expanded from the very declarations that policy.Decide obeys (O1).
//   - The date of the last update stands on top, the newest version is at
//     /privacy, every older one stays readable, and any two can be compared in
//     words (O15).
//   - Every promise carries a mark that leads to its proof.
//   - Every recipient is listed with its purposes (O6), every field with why it
//     is asked and where it comes from (O3), those that identify only
//     indirectly like the others (O19).
//   - Declarations are data: whatever markup they hold is shown as text, and a
//     spreadsheet takes no cell of the CSV for a formula.
//   - All of it works without JavaScript and sets no cookie.
//
// It owns no tables: versions come from a Source.
package privacy
