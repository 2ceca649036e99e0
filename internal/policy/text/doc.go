// Package text reads the words of a policy: Markdown whose facts are
// references to the declarations, so that the two cannot drift apart.
//
// It promises:
//   - No markup of the instance reaches a page but paragraphs, headings, lists,
//     quotes, emphasis, code and links to safe addresses: HTML and pictures are
//     problems, and so is whatever looks like a reference and is none.
//   - References become nodes after parsing and are expanded when shown. What
//     they expand to is data, written by the caller, never parsed as Markdown.
//   - Check finds drift in both directions: a reference to what is not declared,
//     and what is declared but not said; a chapter that O1 demands and that is
//     missing; a claim without its promise; languages that say different things.
//   - Parse never panics, whatever it is given.
//
// It owns no tables and does no I/O. It keeps O1 and the text's half of O15.
//
// # References
//
// On a line of their own, between empty lines:
//
//	{fields} {fields:CATEGORY}        the data, why, and where it comes from
//	{purposes}                        why data is used, and on what basis
//	{recipients} {recipients:SERVICE} who gets it ({parties} is the same)
//	{retention}                       how long each kind is kept
//	{cookies} {rights} {measures} {contact}
//	{automated} {deferrals}           what is decided without a person; what is shown later
//
// Within a sentence:
//
//	{promise:ID}       the mark that leads to the proof; it ends the sentence it proves
//	{retention:ID}     "5 years after the decision"
//	{parties:ID} {purposes:ID}        its name
//	{location} {operator} {law}       of portico.yaml
//
// A chapter is a heading of the second level with an anchor, "## How we use it
// {#used}". The policy has at least those that Chapters lists.
package text
