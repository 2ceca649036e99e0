// Package answer reads what people type into the one text in which each simple
// answer is kept, and knows the texts of answers that have parts: files,
// parties, addresses, several choices. It knows no form.
package answer
