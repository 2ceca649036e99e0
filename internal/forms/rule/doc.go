// Package rule is what rules of a form may say: CEL with the functions begun,
// hours, days, round and sum, over values with declared parts. It knows no
// form.
package rule
